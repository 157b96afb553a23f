// SPDX-License-Identifier: Apache-2.0
// Seconds become minutes become five minutes, and go when they are too old.

#include "repositories/history/status_history.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

constexpr Millis kStart = 1800000000000;  // a whole five minutes
constexpr Millis kSecondMillis = 1000;
constexpr Millis kMinuteMillis = 60000;

std::unique_ptr<StatusHistory> opened(const std::string& path = ":memory:",
                                      std::string* bulletin = nullptr) {
  auto history = StatusHistory::open(path, [bulletin](const std::string& text) {
    if (bulletin != nullptr) *bulletin = text;
  });
  if (!history.ok()) qFatal("%s", history.error().message.c_str());
  return std::move(*history);
}

void add(StatusHistory& history, Millis at, const std::vector<HistorySample>& samples) {
  const auto added = history.add(at, samples);
  if (!added.ok()) qFatal("%s", added.error().message.c_str());
}

std::vector<HistoryRow> rows(StatusHistory& history, std::uint64_t id, HistoryStep step,
                             std::size_t most = 1000) {
  auto found = history.rows(id, step, 0, INT64_MAX, most);
  if (!found.ok()) qFatal("%s", found.error().message.c_str());
  return std::move(*found);
}

class StatusHistoryTest : public QObject {
  Q_OBJECT
 private slots:
  void aMinuteIsTheSumOfItsSeconds() {
    const auto history = opened();
    for (int second = 0; second < 120; ++second)
      add(*history, kStart + second * kSecondMillis + 7, {{~0ULL, HistoryKind::kSums, {1, 10}}});
    QCOMPARE(rows(*history, ~0ULL, HistoryStep::kSecond).size(), std::size_t(120));
    QCOMPARE(rows(*history, ~0ULL, HistoryStep::kMinute).size(), std::size_t(1));
    add(*history, kStart + 120 * kSecondMillis, {});
    const auto minutes = rows(*history, ~0ULL, HistoryStep::kMinute);
    QCOMPARE(minutes.size(), std::size_t(2));
    QCOMPARE(minutes[1].at, kStart + kMinuteMillis);
    QCOMPARE(minutes[1].values[0], std::int64_t(60));
    QCOMPARE(minutes[1].values[1], std::int64_t(600));
    QVERIFY(rows(*history, 1, HistoryStep::kSecond).empty());
  }

  void aMinuteOfLevelsHasTheirMeanAndTheirGreatest() {
    const auto history = opened();
    add(*history, kStart, {{5, HistoryKind::kLevels, {10, 100, 10, 100}}});
    add(*history, kStart + kSecondMillis, {{5, HistoryKind::kLevels, {30, 500, 30, 500}}});
    add(*history, kStart + kMinuteMillis, {});
    const auto minutes = rows(*history, 5, HistoryStep::kMinute);
    QCOMPARE(minutes.size(), std::size_t(1));
    QVERIFY(minutes[0].kind == HistoryKind::kLevels);
    QVERIFY((minutes[0].values == HistoryValues{20, 300, 30, 500}));
  }

  void fiveMinutesAreMadeOfMinutesAlsoAfterAPause() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("history").toStdString();
    {
      const auto history = opened(path);
      for (int minute = 0; minute < 7; ++minute)
        add(*history, kStart + minute * kMinuteMillis, {{9, HistoryKind::kSums, {1}}});
    }
    const auto history = opened(path);
    add(*history, kStart + 60 * kMinuteMillis, {});
    const auto five = rows(*history, 9, HistoryStep::kFiveMinutes);
    QCOMPARE(five.size(), std::size_t(2));
    QCOMPARE(five[0].values[0], std::int64_t(5));
    QCOMPARE(five[1].values[0], std::int64_t(2));
    QCOMPARE(five[1].at, kStart + 5 * kMinuteMillis);
  }

  void whatIsTooOldGoes() {
    const auto history = opened();
    add(*history, kStart, {{1, HistoryKind::kSums, {1}}});
    const Millis day = 24 * 60 * kMinuteMillis;
    add(*history, kStart + 11 * kMinuteMillis, {});
    QVERIFY(rows(*history, 1, HistoryStep::kSecond).empty());
    QCOMPARE(rows(*history, 1, HistoryStep::kMinute).size(), std::size_t(1));
    add(*history, kStart + day + 5 * kMinuteMillis, {});
    QVERIFY(rows(*history, 1, HistoryStep::kMinute).empty());
    QCOMPARE(rows(*history, 1, HistoryStep::kFiveMinutes).size(), std::size_t(1));
    add(*history, kStart + 31 * day, {});
    QVERIFY(rows(*history, 1, HistoryStep::kFiveMinutes).empty());
  }

  void theLatestRowsAreGivenWhenThereAreTooMany() {
    const auto history = opened();
    for (int second = 0; second < 5; ++second)
      add(*history, kStart + second * kSecondMillis, {{1, HistoryKind::kSums, {second}}});
    const auto found = rows(*history, 1, HistoryStep::kSecond, 2);
    QCOMPARE(found.size(), std::size_t(2));
    QCOMPARE(found[0].values[0], std::int64_t(3));
    QCOMPARE(found[1].values[0], std::int64_t(4));
  }

  void aFileThatIsNoHistoryIsBegunAnewAndSaysSo() {
    QTemporaryDir folder;
    QFile file(folder.filePath("history"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(10000, 'x'));
    file.close();
    std::string bulletin;
    const auto history = opened(file.fileName().toStdString(), &bulletin);
    QVERIFY(bulletin.find("begun anew") != std::string::npos);
    add(*history, kStart, {{1, HistoryKind::kSums, {1}}});
    QCOMPARE(rows(*history, 1, HistoryStep::kSecond).size(), std::size_t(1));
  }

  void aClockPutBackDoesNotStopTheHistory() {
    const auto history = opened();
    add(*history, kStart, {{1, HistoryKind::kSums, {1}}});
    add(*history, kStart - 60 * kMinuteMillis, {{1, HistoryKind::kSums, {2}}});
    add(*history, kStart - 59 * kMinuteMillis, {});
    const auto minutes = rows(*history, 1, HistoryStep::kMinute);
    QCOMPARE(minutes.size(), std::size_t(1));
    QCOMPARE(minutes[0].values[0], std::int64_t(2));
  }
};

}  // namespace

QTEST_GUILESS_MAIN(StatusHistoryTest)
#include "status_history_test.moc"
