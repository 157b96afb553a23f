// SPDX-License-Identifier: Apache-2.0
// From which level on somebody's lines are written: the closest rule decides.

#include "server/logging/log_levels.h"

#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

const std::string kId = "id:00000000-0000-0000-0000-0000000000ff";

}  // namespace

class LogLevelsTest : public QObject {
  Q_OBJECT
 private slots:
  void theClosestRuleDecides() {
    const LogSource source{"components", 0xff, "PutFile", "A/B/Put"};
    LogLevels levels;
    QCOMPARE(levels.of(source), LogLevel::kInfo);
    require(levels.set("root", "error"));
    QCOMPARE(levels.of(source), LogLevel::kError);
    require(levels.set("components", "warn"));
    QCOMPARE(levels.of(source), LogLevel::kWarn);
    require(levels.set("type:PutFile", "info"));
    QCOMPARE(levels.of(source), LogLevel::kInfo);
    require(levels.set("group:A", "debug"));
    QCOMPARE(levels.of(source), LogLevel::kDebug);
    require(levels.set("group:A/B", "error"));
    QCOMPARE(levels.of(source), LogLevel::kError);
    require(levels.set("group:A/Bx", "debug"));
    require(levels.set("group:A/B/Put", "debug"));
    QCOMPARE(levels.of(source), LogLevel::kError);
    require(levels.set(kId, "off"));
    QCOMPARE(levels.of(source), LogLevel::kOff);
    // Each that is taken away shows what is behind it.
    require(levels.unset(kId));
    QCOMPARE(levels.of(source), LogLevel::kError);
    require(levels.unset("group:A/B"));
    QCOMPARE(levels.of(source), LogLevel::kDebug);
    require(levels.unset("group:A"));
    QCOMPARE(levels.of(source), LogLevel::kInfo);
    QCOMPARE(levels.of({"http", 0, {}, {}}), LogLevel::kError);
    require(levels.unset("root"));
    QCOMPARE(levels.of({"http", 0, {}, {}}), LogLevel::kInfo);
  }

  void whatIsListedCanBeSet() {
    LogLevels levels;
    for (const std::string scope : {"http", "type:X", "group:A/b \\/ c", "group:a=b"})
      require(levels.setText(scope + "=debug"));
    require(levels.set(kId, "warn"));
    require(levels.setText("error"));
    LogLevels again;
    for (const auto& [scope, level] : levels.all()) require(again.set(scope, nameOf(level)));
    QVERIFY(again.all() == levels.all());
    QCOMPARE(levels.all().size(), std::size_t{6});
    QCOMPARE(levels.all().front().first, std::string("root"));
  }

  void whatIsNoRuleIsSaidSoAndChangesNothing() {
    LogLevels levels;
    const auto before = levels.all();
    for (const std::string bad :
         {"", "=debug", "htp=debug", "http=", "http=loud", "type:=debug", "group:=debug",
          "id:=debug", "id:12=debug", "id:00000000-0000-0000-0000-000000000000=debug", "DEBUG",
          "http=Debug"}) {
      const auto set = levels.setText(bad);
      QVERIFY2(!set.ok(), bad.c_str());
      QVERIFY2(set.error().message.find("use ") != std::string::npos, bad.c_str());
    }
    QVERIFY(!levels.unset("htp").ok());
    QVERIFY(levels.all() == before);
  }
};

QTEST_GUILESS_MAIN(LogLevelsTest)
#include "log_levels_test.moc"
