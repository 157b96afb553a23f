// SPDX-License-Identifier: Apache-2.0
// The contract of a log, kept by a cluster: librdkafka's own mock of one.
#include "log-backend/client/kafka_log.h"
#include "tests/log-backend/client/log_contract.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

using namespace log_contract;

namespace {

class MockCluster final : public LogBench {
 public:
  MockCluster() {
    char why[512];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    KafkaSettings settings;
    settings.bootstrapServers = rd_kafka_mock_cluster_bootstraps(cluster_);
    log_ = KafkaLog::make(std::move(settings)).value();
  }
  ~MockCluster() override {
    log_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  Log& log() override { return *log_; }
  rd_kafka_mock_cluster_t* cluster() { return cluster_; }
  void makeTopic(const std::string& name, int partitions) override {
    QCOMPARE(rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1),
             RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  bool commit(std::unique_ptr<LogWork> work) override {
    std::vector<std::unique_ptr<LogWork>> works;
    works.push_back(std::move(work));
    const auto writing = log_->commits()->prepare(std::move(works));
    Commit commit;
    if (!writing.ok() || !(*writing)->write(commit).ok()) return false;
    (*writing)->submitted();
    for (const auto& each : commit.onDurable) each();
    return true;
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::unique_ptr<KafkaLog> log_;
};

}  // namespace

class KafkaLogTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MockCluster> bench_;

 private slots:
  void init() { bench_ = std::make_unique<MockCluster>(); }
  void cleanup() { bench_.reset(); }

  void recordsComeOutAsTheyWentIn() { log_contract::recordsComeOutAsTheyWentIn(*bench_); }
  void aKeyHasThePartitionOfTheJavaClient() {
    log_contract::aKeyHasThePartitionOfTheJavaClient(*bench_);
  }
  void whatAnUndoneSessionPolledComesAgain() {
    log_contract::whatAnUndoneSessionPolledComesAgain(*bench_);
  }
  void aGroupGoesOnBehindWhatItCommitted() {
    log_contract::aGroupGoesOnBehindWhatItCommitted(*bench_);
  }
  void aRecordThatIsTooLongIsRefused() { log_contract::aRecordThatIsTooLongIsRefused(*bench_); }
  void whoWaitsIsTold() { log_contract::whoWaitsIsTold(*bench_); }

  void aRecordThatTheClusterRefusesIsAnError() {
    bench_->makeTopic("t", 1);
    constexpr int16_t kProduce = 0;
    rd_kafka_mock_push_request_errors(bench_->cluster(), kProduce, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    const auto producer = bench_->log().producer({}).value();
    const OutRecord record{"t", 0, std::nullopt, asBytes("v"), {}};
    QVERIFY(!producer->send(std::span(&record, 1)).ok());
    QVERIFY(producer->send(std::span(&record, 1)).ok());
  }

  void transactionsGoThrough() {
    bench_->makeTopic("t", 1);
    ProducerOptions options;
    options.transactionalId = "id";
    const auto producer = bench_->log().producer(options).value();
    const OutRecord record{"t", 0, std::nullopt, asBytes("v"), {}};
    for (int i = 0; i < 2; ++i) {
      const auto sent = producer->send(std::span(&record, 1));
      QVERIFY2(sent.ok(), sent.ok() ? "" : sent.error().message.c_str());
    }
  }

  void settingsThatMeanNothingAreRefusedByName() {
    KafkaSettings settings;
    settings.bootstrapServers = "127.0.0.1:1";
    settings.settings.emplace_back("no.such.setting", "1");
    const auto made = KafkaLog::make(settings);
    QVERIFY(!made.ok());
    QVERIFY(made.error().message.find("no.such.setting") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(KafkaLogTest)
#include "kafka_log_test.moc"
