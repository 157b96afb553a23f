// SPDX-License-Identifier: Apache-2.0
// Quotas on the wire: set and described by frames written byte by byte, and obeyed.
#include "log-backend/broker/requests.h"
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QTest>

using namespace broker_test;
using partition_test::batchOf;

namespace {

constexpr std::int64_t kThousand = 0x408F400000000000;  // 1000.0 as IEEE 754 says

/// Entity, key, value, remove, of an AlterClientQuotas entry.
Bytes entryOf(const std::string& type, const std::string& name, const std::string& key,
              std::int64_t value, int remove = 0) {
  Bytes bytes;
  bytes.i32(1).text(type).text(name).i32(1).text(key).i64(value).i8(remove);
  return bytes;
}
Bytes alter(const Bytes& entry, int onlyCheck = 0) {
  return request(49, 0).i32(1).raw(entry.get()).i8(onlyCheck);
}

}  // namespace

class QuotaRequestsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<DeskFixture> made_;
  std::unique_ptr<QuotaList> quotas_;
  std::vector<Answer> answers_;

  void send(const Bytes& bytes) {
    const auto exchange = Exchange::open(
        bytes.get(), "127.0.0.1", [this](Answer answer) { answers_.push_back(std::move(answer)); });
    QVERIFY(exchange.ok());
    beginRequest(made_->desk, *exchange);
  }
  /// The one answer that came, behind size and correlation id; how long its client is held up.
  std::pair<Reader, Nanos> answer() {
    if (answers_.size() != 1 || answers_[0].kind != Answer::Kind::kFrame) abort();
    const Nanos pause = answers_[0].pause;
    Reader reader(std::move(answers_[0].frame));
    answers_.clear();
    reader.i32();
    reader.i32();
    return {std::move(reader), pause};
  }
  static Bytes produceAs(const std::string& clientId, std::span<const std::byte> batch) {
    Bytes bytes;
    bytes.i16(0).i16(7).i32(7).text(clientId);
    return bytes.i16(-1).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).block(batch);
  }
  struct Fetched {
    std::int64_t told = 0;  ///< throttle time, in ms
    Nanos pause = 0;
    std::size_t bytes = 0;
  };
  Fetched fetchFirst() {
    Bytes bytes = request(1, 4);
    bytes.i32(-1).i32(0).i32(1).i32(1 << 20).i8(0).i32(1).text("t").i32(1).i32(0).i64(0);
    send(bytes.i32(1 << 20));
    auto [reader, pause] = answer();
    Fetched fetched{reader.i32(), pause, 0};
    reader.i32();
    reader.text();
    reader.i32();
    reader.i32();
    if (reader.i16() != 0) abort();
    reader.i64();
    reader.i64();
    if (reader.i32() > 0) abort();
    fetched.bytes = reader.block().size();
    return fetched;
  }
  std::int64_t codeOf(const Bytes& alteration) {
    send(alteration);
    auto [reader, pause] = answer();
    reader.i32();
    reader.i32();
    return reader.i16();
  }

 private slots:
  void init() {
    made_ = std::make_unique<DeskFixture>();
    auto list = QuotaList::open(made_->files, "/data");
    QVERIFY(list.ok());
    quotas_ = std::move(*list);
    made_->desk.quotas = quotas_.get();
  }
  void cleanup() { made_.reset(); }

  void aQuotaIsSetDescribedAndTakenAway() {
    QCOMPARE(codeOf(alter(entryOf("client-id", "c", "producer_byte_rate", kThousand))), 0);
    Bytes everyUser;
    everyUser.i32(1).text("user").i16(-1).i32(1).text("consumer_byte_rate").i64(kThousand).i8(0);
    QCOMPARE(codeOf(alter(everyUser)), 0);
    QCOMPARE(quotas_->quotas()->size(), std::size_t{2});
    // Exactly client-id c.
    send(request(48, 0).i32(1).text("client-id").i8(0).text("c").i8(1));
    {
      auto [reader, pause] = answer();
      reader.i32();
      QCOMPARE(reader.i16(), 0);
      QCOMPARE(reader.i16(), -1);
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.text(), std::string("client-id"));
      QCOMPARE(reader.text(), std::string("c"));
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.text(), std::string("producer_byte_rate"));
      QCOMPARE(reader.i64(), kThousand);
      QVERIFY(reader.atEnd());
    }
    // The default of users.
    send(request(48, 0).i32(1).text("user").i8(1).i16(-1).i8(0));
    {
      auto [reader, pause] = answer();
      reader.i32();
      reader.i16();
      reader.i16();
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.text(), std::string("user"));
      QCOMPARE(reader.i16(), -1);
    }
    QCOMPARE(codeOf(alter(entryOf("client-id", "c", "producer_byte_rate", 0, 1))), 0);
    QCOMPARE(quotas_->quotas()->size(), std::size_t{1});
  }

  void whatCannotBeObeyedIsRefused() {
    QCOMPARE(codeOf(alter(entryOf("ip", "::1", "producer_byte_rate", kThousand))), 42);
    QCOMPARE(codeOf(alter(Bytes().i32(0).i32(0))), 42);
    QCOMPARE(codeOf(alter(entryOf("user", "u", "request_percentage", kThousand))), 42);
    QCOMPARE(codeOf(alter(entryOf("user", "u", "producer_byte_rate", 0))), 42);
    // Only checked.
    QCOMPARE(codeOf(alter(entryOf("user", "u", "producer_byte_rate", kThousand), 1)), 0);
    QVERIFY(quotas_->quotas()->empty());
  }

  void whoPublishesTooFastIsToldAndNotHeard() {
    QVERIFY(quotas_->change({{{{}, {true, "c"}}, {100.0, std::nullopt}}}).ok());
    auto batch = batchOf(std::string(3000, 'x'));
    send(produceAs("c", batch));
    auto [reader, pause] = answer();
    reader.i32();
    reader.text();
    reader.i32();
    reader.i32();
    QCOMPARE(reader.i16(), 0);  // it is taken all the same
    reader.i64();
    reader.i64();
    reader.i64();
    const std::int64_t told = reader.i32();
    // More than 3,000 bytes where ten seconds allow 1,000.
    QVERIFY(told >= 20000);
    QCOMPARE(pause / kMillisecond, told);
    // Another client is not concerned.
    auto more = batchOf(std::string(3000, 'x'));
    send(produceAs("d", more));
    QCOMPARE(answer().second, Nanos{0});
  }

  void whoFetchesTooFastGetsNothingForAWhile() {
    for (int i = 0; i < 4; ++i) {
      auto batch = batchOf(std::string(800, 'x'));
      send(produceAs("c", batch));
      answer();
    }
    made_->syncAll();
    QVERIFY(quotas_->change({{{{}, {true, std::nullopt}}, {std::nullopt, 200.0}}}).ok());
    // Not more than ten seconds' worth at once.
    const Fetched first = fetchFirst();
    QVERIFY(first.bytes > 800 && first.bytes <= 2000);
    QCOMPARE(first.told, std::int64_t{0});
    QCOMPARE(first.pause, Nanos{0});
    // The next goes over it, is given and has to be paid for; before that is done there is no more.
    const Fetched second = fetchFirst();
    QVERIFY(second.bytes > 800);
    QVERIFY(second.told > 0);
    QCOMPARE(second.pause / kMillisecond, second.told);
    const Fetched third = fetchFirst();
    QCOMPARE(third.bytes, std::size_t{0});
    QVERIFY(third.told > 0);
    made_->clock.advance(60 * kSecond);
    QVERIFY(fetchFirst().bytes > 800);
  }
};
QTEST_GUILESS_MAIN(QuotaRequestsTest)
#include "quota_requests_test.moc"
