// SPDX-License-Identifier: Apache-2.0
// What components say: all of it to the log, with who said it and of which FlowFile; bulletins are
// what is at or above their level, and that alone.

#include "engine/base/fault_file_system.h"
#include "tests/harness/engine_bench.h"

#include <QTest>

using namespace millrace;
using millrace::tests::EngineBench;
using millrace::tests::EngineBenchOptions;

namespace {

struct Said {
  BulletinLevel level;
  std::string path, type, message, flowFile;
  bool hasComponent;
};

struct Life {
  MemoryFileSystem files;
  VirtualClock clock;
  std::vector<Said> said;
  std::unique_ptr<EngineBench> bench;

  /// `steps`: of a flow that is never idle, else as many as it takes.
  explicit Life(const std::string& yaml, int steps = 0) {
    EngineBenchOptions options;
    options.onRemark = [this](const engine::Remark& remark) {
      said.push_back({remark.level, std::string(remark.path), std::string(remark.type),
                      std::string(remark.message), std::string(remark.flowFile),
                      remark.component != ComponentId()});
    };
    bench = std::make_unique<EngineBench>(files, clock, 1, std::move(options));
    require(bench->open(yaml));
    if (steps == 0) require(bench->runUntilIdle());
    for (int i = 0; i < steps; ++i) {
      if (const auto step = bench->step(); !step.ok()) qFatal("%s", step.error().message.c_str());
    }
  }
  ~Life() { require(bench->close()); }
  static void require(const Result<>& result) {
    if (!result.ok()) qFatal("%s", result.error().message.c_str());
  }
};

std::string flowWith(const std::string& logger) {
  return "millrace: 1\n"
         "name: said\n"
         "processors:\n"
         "  - {name: Make, type: GenerateFlowFile, schedule: {runs: 2}}\n"
         "  - {name: Tell, type: " +
         logger +
         ", auto-terminate: [success]}\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Tell}\n";
}

bool isUuid(const std::string& text) { return text.size() == 36 && text[8] == '-'; }

}  // namespace

class RemarksTest : public QObject {
  Q_OBJECT
 private slots:
  void whatIsBelowTheBulletinLevelGoesToTheLogAlone() {
    Life life(flowWith("LogMessage, properties: {Log Level: info, Log Message: 'here it is'}"));
    QVERIFY(life.bench->controller().bulletins().since().empty());
    QCOMPARE(life.said.size(), std::size_t{2});
    for (const Said& said : life.said) {
      QVERIFY(said.level == BulletinLevel::kInfo && said.hasComponent);
      QCOMPARE(said.path, std::string("Tell"));
      QCOMPARE(said.type, std::string("LogMessage"));
      QCOMPARE(said.message, std::string("here it is"));
      QVERIFY(isUuid(said.flowFile));
    }
    QVERIFY(life.said[0].flowFile != life.said[1].flowFile);
  }

  void aBulletinIsInTheLogOnce() {
    Life life(flowWith("LogMessage, properties: {Log Level: error, Log Message: 'bad'}"));
    QCOMPARE(life.bench->controller().bulletins().since().size(), std::size_t{2});
    QCOMPARE(life.said.size(), std::size_t{2});
  }

  void withoutBulletinsTheLogStillHasIt() {
    Life life(flowWith(
        "LogMessage, bulletin-level: none, properties: {Log Level: error, Log Message: 'bad'}"));
    QVERIFY(life.bench->controller().bulletins().since().empty());
    QCOMPARE(life.said.size(), std::size_t{2});
  }

  void attributesAreLoggedWithTheFlowFileThatHasThem() {
    Life life(flowWith("LogAttribute"));
    QCOMPARE(life.said.size(), std::size_t{2});
    QVERIFY(isUuid(life.said[0].flowFile));
    QVERIFY(life.said[0].message.find(life.said[0].flowFile) != std::string::npos);
  }

  void aTriggerThatFailsNamesItsFlowFile() {
    Life life(flowWith("LogMessage, properties: {Log Message: '${uuid:toDate(\"yyyy\")}'}"), 100);
    QVERIFY(!life.said.empty());
    const auto bulletins = life.bench->controller().bulletins().since();
    QCOMPARE(bulletins.size(), life.said.size());
    QVERIFY(life.said[0].level == BulletinLevel::kError);
    QVERIFY(isUuid(life.said[0].flowFile));
  }
};

QTEST_GUILESS_MAIN(RemarksTest)
#include "remarks_test.moc"
