// SPDX-License-Identifier: Apache-2.0
#include "log-backend/topic/topics.h"

#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>

using namespace partition_test;

class TopicsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<OpenFiles> open_;
  VirtualClock clock_;
  std::unique_ptr<Topics> topics_;

  Result<> start() {
    topics_.reset();
    open_ = std::make_unique<OpenFiles>(*files_, 50);
    TopicsOptions options;
    options.seed = 5;
    topics_ = MR_TRY(Topics::open(*open_, clock_, "/data/log", options));
    return Done{};
  }
  bool put(const std::string& topic, const std::string& value) {
    auto batch = batchOf(value);
    const auto partition = topics_->partition(topic, 0);
    return partition->append(batch).ok() && partition->sync().ok();
  }
  std::vector<std::string> values(const std::string& topic) {
    return valuesOf(readAll(*topics_->partition(topic, 0), 0));
  }

 private slots:
  void init() {
    files_ = std::make_unique<MemoryFileSystem>();
    QVERIFY(start().ok());
  }
  void cleanup() { topics_.reset(); }

  void aTopicAndItsIdOutliveARestart() {
    QVERIFY(!topics_->create("flights", 3, {{"retention.ms", "1000"}}).refused());
    const TopicId id = topics_->find("flights")->entry.id;
    QVERIFY(put("flights", "x"));
    topics_.reset();
    files_ = files_->crash();
    QVERIFY(start().ok());
    const auto topic = topics_->find("flights");
    QVERIFY(topic != nullptr);
    QVERIFY(topic->entry.id == id);
    QCOMPARE(topic->entry.partitions, 3);
    QCOMPARE(topic->entry.config.partition().retentionMs, Millis(1000));
    QCOMPARE(values("flights"), std::vector<std::string>{"x"});
    QVERIFY(topics_->find(id) == topic);
    QCOMPARE(topics_->partition("flights", 0)->bounds().leaderEpoch, 1);
    QVERIFY(topics_->close().ok());
    QVERIFY(start().ok());
    QCOMPARE(topics_->partition("flights", 0)->bounds().leaderEpoch, 1);
  }

  void aTopicMadeAgainIsAnotherOne() {
    QVERIFY(!topics_->create("t", 1, {}).refused());
    const TopicId id = topics_->find("t")->entry.id;
    QVERIFY(put("t", "old"));
    const auto old = topics_->partition("t", 0);
    QVERIFY(!topics_->remove("t").refused());
    QVERIFY(topics_->find("t") == nullptr && topics_->find(id) == nullptr);
    QVERIFY(!topics_->create("t", 1, {}).refused());
    QVERIFY(!(topics_->find("t")->entry.id == id));
    QVERIFY(put("t", "new"));
    QCOMPARE(values("t"), std::vector<std::string>{"new"});
    const auto names = *files_->list("/data/log");
    QCOMPARE(names.size(), std::size_t(2));
  }

  void refusalsNameWhatIsWrong() {
    const auto codeOf = [&](const std::string& name, std::int32_t partitions,
                            const TopicConfig::Texts& config) {
      const Refusal refusal = topics_->create(name, partitions, config);
      for (const auto& [key, value] : config) {
        if (refusal.message.find(key) == std::string::npos) return ErrorCode::kUnknownServerError;
      }
      return refusal.code;
    };
    for (const char* name : {"", ".", "..", "a b", "a/b", "\xc3\xa9"})
      QCOMPARE(codeOf(name, 1, {}), ErrorCode::kInvalidTopic);
    QCOMPARE(codeOf(std::string(250, 'x'), 1, {}), ErrorCode::kInvalidTopic);
    QCOMPARE(codeOf(std::string(249, 'x'), 1, {}), ErrorCode::kNone);
    QCOMPARE(codeOf("t", 0, {}), ErrorCode::kInvalidPartitions);
    QCOMPARE(codeOf("t", -1, {}), ErrorCode::kInvalidPartitions);
    for (const auto& [name, value] :
         std::vector<std::pair<const char*, const char*>>{{"no.such.config", "1"},
                                                          {"retention.ms", ""},
                                                          {"retention.ms", "-2"},
                                                          {"retention.ms", "1 h"},
                                                          {"retention.ms", "9223372036854775808"},
                                                          {"segment.bytes", "13"},
                                                          {"segment.bytes", "2147483648"},
                                                          {"cleanup.policy", ""},
                                                          {"cleanup.policy", "delete,shrink"},
                                                          {"min.cleanable.dirty.ratio", "1.1"},
                                                          {"min.cleanable.dirty.ratio", "half"},
                                                          {"compression.type", "zstd"},
                                                          {"message.timestamp.type", "createtime"},
                                                          {"preallocate", "true"}})
      QCOMPARE(codeOf("t", 1, {{name, value}}), ErrorCode::kInvalidConfig);
    QCOMPARE(codeOf("t", 1, {{"min.compaction.lag.ms", "2"}, {"max.compaction.lag.ms", "1"}}),
             ErrorCode::kInvalidConfig);
    QCOMPARE(codeOf("t", 1, {}), ErrorCode::kNone);
    QCOMPARE(codeOf("t", 1, {}), ErrorCode::kTopicAlreadyExists);
    QCOMPARE(topics_->remove("u").code, ErrorCode::kUnknownTopicOrPartition);
    QCOMPARE(topics_->growTo("t", 1).code, ErrorCode::kInvalidPartitions);
  }

  void defaultsAreKafkas() {
    // By Kafka 3.9's documentation of topic configs.
    const TopicConfig config;
    QCOMPARE(config.text("retention.ms"), std::string_view("604800000"));
    QCOMPARE(config.text("segment.bytes"), std::string_view("1073741824"));
    QCOMPARE(config.text("max.message.bytes"), std::string_view("1048588"));
    QCOMPARE(config.text("cleanup.policy"), std::string_view("delete"));
    QCOMPARE(config.minInsyncReplicas(), std::int64_t(1));
    const PartitionConfig partition = config.partition();
    const PartitionConfig plain;
    QCOMPARE(partition.retentionMs, plain.retentionMs);
    QCOMPARE(partition.retentionBytes, plain.retentionBytes);
    QCOMPARE(partition.segmentMs, plain.segmentMs);
    QCOMPARE(partition.segmentIndexBytes, plain.segmentIndexBytes);
    QCOMPARE(partition.indexIntervalBytes, plain.indexIntervalBytes);
    QCOMPARE(partition.maxMessageBytes, plain.maxMessageBytes);
    QCOMPARE(partition.deleteRetentionMs, plain.deleteRetentionMs);
    QCOMPARE(partition.maxCompactionLagMs, plain.maxCompactionLagMs);
    QCOMPARE(partition.minCleanableDirtyRatio, plain.minCleanableDirtyRatio);
    QCOMPARE(partition.timestampAfterMaxMs, plain.timestampAfterMaxMs);
    for (const ConfigDefinition& each : topicConfigs())
      QVERIFY2(TopicConfig::parse({{std::string(each.name), std::string(each.byDefault)}}).ok(),
               each.name.data());
  }

  void configsAndPartitionsChange() {
    QVERIFY(!topics_->create("t", 2, {{"retention.ms", "5"}}).refused());
    QVERIFY(!topics_->configure("t", {{"cleanup.policy", "compact, delete"}}).refused());
    QVERIFY(!topics_->growTo("t", 4).refused());
    for (int restart = 0; restart < 2; ++restart) {
      const PartitionConfig config = topics_->partition("t", 3)->config();
      QVERIFY(config.compacts && config.deletes);
      QCOMPARE(config.retentionMs, Millis(604800000));
      QVERIFY(topics_->partition("t", 4) == nullptr);
      topics_.reset();
      files_ = files_->crash();
      QVERIFY(start().ok());
    }
    QCOMPARE(topics_->configure("t", {{"retention.ms", "x"}}).code, ErrorCode::kInvalidConfig);
    QVERIFY(topics_->partition("t", 0)->config().compacts);
  }

  void aLostOrDamagedCatalogueIsNoEmptyStore() {
    QVERIFY(!topics_->create("t", 1, {}).refused());
    topics_.reset();
    const std::string whole = *files_->readAll("/data/log/topics");
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      QVERIFY(!decodeCatalogue(changed).ok());
      QVERIFY(!decodeCatalogue(std::string_view(whole).substr(0, i)).ok());
    }
    QVERIFY(files_->remove("/data/log/topics").ok());
    QVERIFY(!start().ok());
    QVERIFY(files_->exists("/data/log/t-0"));
  }

  void aFullDiskMakesNoHalfTopic() {
    files_->setCapacity(1);
    QCOMPARE(topics_->create("t", 3, {}).code, ErrorCode::kStorageError);
    QVERIFY(topics_->find("t") == nullptr);
    files_->setCapacity(1U << 30U);
    QVERIFY(!topics_->create("t", 3, {}).refused());
  }

  void anIdIsShownAsKafkaShowsIt() {
    // The bytes 0 to 15 in base64url, without padding.
    QCOMPARE((TopicId{0x0001020304050607, 0x08090a0b0c0d0e0f}).text(),
             std::string("AAECAwQFBgcICQoLDA0ODw"));
  }

  void aCrashAnywhereLeavesWholeTopics() {
    for (std::uint64_t at = 1;; ++at) {
      files_ = std::make_unique<MemoryFileSystem>(at);
      QVERIFY(start().ok());
      QVERIFY(!topics_->create("stays", 1, {}).refused());
      QVERIFY(put("stays", "x"));
      files_->cutPowerAt(at);
      const bool made = !topics_->create("made", 2, {}).refused();
      const bool filled = made && put("made", "y");
      const bool removed = filled && !topics_->remove("made").refused();
      const bool again = removed && !topics_->create("made", 1, {}).refused();
      topics_.reset();
      files_ = files_->crash();
      const auto started = start();
      QVERIFY2(started.ok(), started.ok() ? "" : started.error().message.c_str());
      QCOMPARE(values("stays"), std::vector<std::string>{"x"});
      const auto topic = topics_->find("made");
      if (again) QVERIFY(topic != nullptr && topic->entry.partitions == 1);
      if (filled && !removed && topic != nullptr)
        QCOMPARE(values("made"), std::vector<std::string>{"y"});
      if (made && !filled) QVERIFY(topic != nullptr);
      if (removed && topic != nullptr) QVERIFY(values("made").empty());
      std::size_t folders = 0;
      const auto entries = *files_->list("/data/log");
      for (const auto& entry : entries) folders += entry.kind == FileKind::kDirectory ? 1U : 0U;
      const std::size_t expected =
          1 + (topic == nullptr ? 0 : static_cast<std::size_t>(topic->entry.partitions));
      QCOMPARE(folders, expected);
      if (again) break;
    }
  }
};

QTEST_GUILESS_MAIN(TopicsTest)
#include "topics_test.moc"
