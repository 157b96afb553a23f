// SPDX-License-Identifier: Apache-2.0
// How fast clients are allowed to be: the rate over Kafka's window, which quota counts (KIP-55),
// and the file.
#include "engine/base/fault_file_system.h"
#include "log-backend/security/quota_list.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

namespace {

using Part = QuotaEntity::Part;
const Part kNobody;
const Part kAll{true, std::nullopt};
Part named(const char* name) { return {true, name}; }

constexpr auto kPublish = QuotaList::Direction::kPublish;
constexpr auto kFetch = QuotaList::Direction::kFetch;

std::unique_ptr<QuotaList> openIn(FileSystem& files) {
  auto list = QuotaList::open(files, "data");
  if (!list.ok()) qFatal("%s", list.error().message.c_str());
  return std::move(*list);
}

}  // namespace

class QuotaTest : public QObject {
  Q_OBJECT
 private slots:
  void aRateIsOverTheLastTenSeconds() {
    QuotaMeter meter;
    const Nanos t = 1000 * kSecond;
    meter.add(5000, t);
    // A short time counts as ten whole samples.
    QCOMPARE(meter.rate(t), 500.0);
    QCOMPARE(meter.waitFor(500, t), Nanos{0});
    // (500 - 250) / 250 of ten seconds.
    QCOMPARE(meter.waitFor(250, t), 10 * kSecond);
    QCOMPARE(meter.waitFor(400, t), 10 * kSecond / 4);
    meter.add(5000, t + 5 * kSecond);
    QCOMPARE(meter.rate(t + 10 * kSecond), 1000.0);
    QCOMPARE(meter.rate(t + 10 * kSecond + 500 * kMillisecond), 10000.0 / 10.5);
    // The first sample is forgotten.
    QCOMPARE(meter.rate(t + 11 * kSecond), 500.0);
    QCOMPARE(meter.rate(t + 100 * kSecond), 0.0);
  }
  void manySamplesAreKeptInOrder() {
    QuotaMeter meter;
    const Nanos t = 7 * kSecond;
    for (int i = 0; i < 100; ++i) meter.add(10, t + i * 500 * kMillisecond);
    // At 49.5 s: eleven samples from the one of 39 s on, with two additions each.
    QCOMPARE(meter.rate(t + 99 * 500 * kMillisecond), 220 / 10.5);
  }
  void theMostParticularQuotaCounts() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const auto list = openIn(files);
    // From the weakest to the strongest, as KIP-55 orders them.
    const std::vector<QuotaEntity> order{
        {kNobody, kAll},    {kNobody, named("c")}, {kAll, kNobody},    {kAll, kAll},
        {kAll, named("c")}, {named("u"), kNobody}, {named("u"), kAll}, {named("u"), named("c")}};
    double limit = 100;
    for (const QuotaEntity& entity : order) {
      limit += 1;
      QVERIFY(list->change({{entity, {limit, std::nullopt}}}).ok());
      const auto most = list->mostAtOnce(kPublish, "u", "c");
      QVERIFY(most.has_value());
      QCOMPARE(*most, limit * 10);
      QVERIFY(!list->mostAtOnce(kFetch, "u", "c").has_value());
    }
    QCOMPARE(*list->mostAtOnce(kPublish, "v", "d"), 104.0 * 10);
    QCOMPARE(*list->mostAtOnce(kPublish, "v", "c"), 105.0 * 10);
    QCOMPARE(*list->mostAtOnce(kPublish, "u", "d"), 107.0 * 10);
    // One that says nothing about fetching lets a weaker one count.
    QVERIFY(list->change({{{kNobody, kAll}, {101.0, 55.0}}}).ok());
    QCOMPARE(*list->mostAtOnce(kFetch, "u", "c"), 550.0);
  }
  void whatAQuotaAllowsIsSharedByThoseItIsFor() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const auto list = openIn(files);
    const Nanos t = 50 * kSecond;
    QCOMPARE(list->charge(kPublish, "u", "a", 1e9, t), Nanos{0});
    QVERIFY(list->change({{{named("u"), kNobody}, {100.0, 100.0}}, {{kNobody, kAll}, {100.0, {}}}})
                .ok());
    // A user's clients share, another client id has its own, and so has fetching.
    QCOMPARE(list->charge(kPublish, "u", "a", 1000, t), Nanos{0});
    QCOMPARE(list->charge(kPublish, "u", "b", 1000, t), 10 * kSecond);
    QCOMPARE(list->charge(kPublish, "v", "a", 1000, t), Nanos{0});
    QCOMPARE(list->charge(kPublish, "v", "b", 1000, t), Nanos{0});
    QCOMPARE(list->charge(kFetch, "u", "a", 1000, t), Nanos{0});
    // Asking costs nothing, and time passes.
    QCOMPARE(list->charge(kPublish, "u", "a", 0, t + kSecond), 10 * kSecond);
    QCOMPARE(list->charge(kPublish, "u", "a", 0, t + 11 * kSecond), Nanos{0});
  }
  void theFileIsAsItsFormatSays() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const auto list = openIn(files);
    QVERIFY(list->change({{{kNobody, kAll}, {1e6, std::nullopt}},
                          {{named("a\tb"), kNobody}, {std::nullopt, 0.5}},
                          {{kAll, named("c")}, {2.0, 3.0}}})
                .ok());
    const std::string text =
        "-\t*\t1000000\t-\n"
        "*\t=c\t2\t3\n"
        "=a%09b\t-\t-\t0.5\n";
    QCOMPARE(*files.readAll("data/kafka-quotas"), text);
    const auto again = openIn(files);
    QVERIFY(*again->quotas() == *list->quotas());
    QVERIFY(again->change({{{kNobody, kAll}, {}}}).ok());
    QCOMPARE(list->quotas()->size(), std::size_t{3});
    QVERIFY(list->refresh().ok());
    QCOMPARE(list->quotas()->size(), std::size_t{2});
    for (const char* wrong : {"-\t-\t1\t-", "-\t*\t1", "-\t*\tx\t-", "-\t*\t-1\t-", "-\tc\t1\t-",
                              "-\t*\t0\t-", "-\t*\tinf\t-", "*\t=c\t1\t1"}) {
      QVERIFY(files.replaceAll("data/kafka-quotas", text + wrong + "\n").ok());
      const auto refused = QuotaList::open(files, "data");
      QVERIFY2(!refused.ok(), wrong);
      QVERIFY2(refused.error().message.starts_with("data/kafka-quotas:4: this is no quota"), wrong);
      QVERIFY(!list->refresh().ok());
      QCOMPARE(list->quotas()->size(), std::size_t{2});
    }
  }
};
QTEST_GUILESS_MAIN(QuotaTest)
#include "quota_test.moc"
