// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every Log must do, whatever is behind it. A bench says how topics are made and how the work
// of a session becomes durable.

#include "log-backend/client/log.h"

#include <QTest>
#include <atomic>
#include <string>
#include <vector>

namespace log_contract {

using namespace millrace;
using namespace millrace::log;
using Texts = std::vector<std::string>;

class LogBench {
 public:
  virtual ~LogBench() = default;
  virtual Log& log() = 0;
  virtual void makeTopic(const std::string& name, int partitions) = 0;
  /// The session of the work commits, and is durable on return.
  virtual bool commit(std::unique_ptr<LogWork> work) = 0;
  /// Lets happen what is under way, such as joining a group.
  virtual void settle() {}
};

inline ConsumerOptions groupOn(const std::string& topic) {
  ConsumerOptions options;
  options.group = "group-of-" + topic;
  options.member = "m";
  options.topics = {topic};
  options.reset = OffsetReset::kEarliest;
  return options;
}

inline void publish(LogBench& bench, const OutRecord& record) {
  const auto producer = bench.log().producer({});
  QVERIFY2(producer.ok(), producer.ok() ? "" : producer.error().message.c_str());
  auto sent = (*producer)->send(std::span(&record, 1));
  QVERIFY2(sent.ok(), sent.ok() ? "" : sent.error().message.c_str());
  if (*sent != nullptr) QVERIFY(bench.commit(std::move(*sent)));
}
inline void publish(LogBench& bench, const std::string& topic, const std::string& value,
                    std::optional<std::int32_t> partition = 0) {
  publish(bench, {topic, partition, std::nullopt, asBytes(value), {}});
}

/// A poll that found something, of a few.
inline Polled pollSome(LogBench& bench, LogConsumer& consumer, std::size_t most = 1000) {
  PollLimits limits;
  limits.records = most;
  constexpr int kPolls = 30;
  for (int i = 0; i < kPolls; ++i) {
    auto polled = consumer.poll(limits);
    if (!polled.ok()) qFatal("%s", polled.error().message.c_str());
    if (!polled->parts.empty()) return std::move(*polled);
    bench.settle();
  }
  return {};
}

inline Texts valuesOf(const Polled& polled) {
  Texts values;
  for (const auto& part : polled.parts) {
    for (const auto& each : part.records)
      values.emplace_back(each.value.has_value() ? std::string(asText(*each.value)) : "(none)");
  }
  return values;
}

/// So many values in sessions that commit; a poll may give fewer than there are.
inline Texts take(LogBench& bench, LogConsumer& consumer, std::size_t count) {
  Texts values;
  while (values.size() < count) {
    Polled polled = pollSome(bench, consumer, count - values.size());
    if (polled.parts.empty()) break;
    for (std::string& each : valuesOf(polled)) values.push_back(std::move(each));
    if (!bench.commit(std::move(polled.work))) qFatal("not committed");
  }
  return values;
}

inline void recordsComeOutAsTheyWentIn(LogBench& bench) {
  bench.makeTopic("whole", 1);
  const std::vector<LogHeader> headers{{"name", "text"}, {"empty", ""}, {"name", "again"}};
  publish(bench, {"whole", 0, asBytes("key"), asBytes("value"), headers});
  publish(bench, {"whole", 0, asBytes("key"), std::nullopt, {}});
  publish(bench, {"whole", 0, std::nullopt, asBytes(""), {}});
  const auto consumer = bench.log().consumer(groupOn("whole")).value();
  std::vector<std::string> seen;
  while (seen.size() < 3) {
    Polled polled = pollSome(bench, *consumer);
    QVERIFY(!polled.parts.empty());
    for (const auto& part : polled.parts) {
      QCOMPARE(part.topic, std::string("whole"));
      QCOMPARE(part.partition, 0);
      for (const InRecord& each : part.records) {
        QCOMPARE(each.offset, static_cast<std::int64_t>(seen.size()));
        QVERIFY(each.timestamp > 0);
        std::string text = each.key ? "k:" + std::string(asText(*each.key)) : "no key";
        text += each.value ? " v:" + std::string(asText(*each.value)) : " no value";
        for (const LogHeader& header : each.headers)
          text += " " + header.name + "=" + header.value.value_or("(none)");
        seen.push_back(text);
      }
    }
    QVERIFY(bench.commit(std::move(polled.work)));
  }
  QCOMPARE(seen,
           Texts({"k:key v:value name=text empty= name=again", "k:key no value", "no key v:"}));
}

inline void aKeyHasThePartitionOfTheJavaClient(LogBench& bench) {
  bench.makeTopic("keyed", 7);
  publish(bench, {"keyed", std::nullopt, asBytes("21"), asBytes("v"), {}});
  const auto consumer = bench.log().consumer(groupOn("keyed")).value();
  const Polled polled = pollSome(bench, *consumer);
  QCOMPARE(polled.parts.size(), std::size_t{1});
  // The Java client's murmur2 of "21" is -973932308.
  QCOMPARE(polled.parts.front().partition, 1173551340 % 7);
}

inline void whatAnUndoneSessionPolledComesAgain(LogBench& bench) {
  bench.makeTopic("undone", 1);
  for (const char* value : {"a", "b", "c"}) publish(bench, "undone", value);
  const auto consumer = bench.log().consumer(groupOn("undone")).value();
  QCOMPARE(valuesOf(pollSome(bench, *consumer, 1)), Texts({"a"}));
  QCOMPARE(take(bench, *consumer, 2), Texts({"a", "b"}));
  QCOMPARE(take(bench, *consumer, 1), Texts({"c"}));
}

inline void aGroupGoesOnBehindWhatItCommitted(LogBench& bench) {
  bench.makeTopic("group", 1);
  for (const char* value : {"a", "b", "c"}) publish(bench, "group", value);
  {
    const auto consumer = bench.log().consumer(groupOn("group")).value();
    QCOMPARE(take(bench, *consumer, 2), Texts({"a", "b"}));
  }
  const auto consumer = bench.log().consumer(groupOn("group")).value();
  QCOMPARE(take(bench, *consumer, 1), Texts({"c"}));
}

inline void aRecordThatIsTooLongIsRefused(LogBench& bench) {
  bench.makeTopic("long", 1);
  ProducerOptions options;
  options.maxRecordBytes = 2000;
  const auto producer = bench.log().producer(options).value();
  const std::string value(100000, 'x');
  const OutRecord record{"long", 0, std::nullopt, asBytes(value), {}};
  QVERIFY(!producer->send(std::span(&record, 1)).ok());
}

inline void whoWaitsIsTold(LogBench& bench) {
  bench.makeTopic("told", 1);
  std::atomic<int> told{0};
  ConsumerOptions options = groupOn("told");
  options.onReady = [&told] { ++told; };
  const auto consumer = bench.log().consumer(options).value();
  for (int i = 0; i < 3; ++i) {
    QVERIFY(consumer->poll({})->parts.empty());
    bench.settle();
  }
  const int before = told;
  publish(bench, "told", "a");
  QTRY_VERIFY_WITH_TIMEOUT(told > before, 60000);
}

}  // namespace log_contract
