// SPDX-License-Identifier: Apache-2.0
#include "server/agents/fleet_file.h"

#include <QFile>
#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

std::string golden() {
  QFile file(QStringLiteral(MR_SOURCE_DIR "/tests/server/agents/golden.registry"));
  if (!file.open(QIODevice::ReadOnly)) qFatal("the golden file cannot be read");
  return file.readAll().toStdString();
}

}  // namespace

class FleetFileTest : public QObject {
  Q_OBJECT
 private slots:
  void aFileOfVersionOneOpensAndIsWrittenAsItWas() {
    const auto fleet = fleetFromText(golden(), "registry");
    QVERIFY2(fleet.ok(), fleet.ok() ? "" : fleet.error().message.c_str());
    QCOMPARE(fleet->lastSerial, std::uint64_t{3});
    QCOMPARE(fleet->enrolments.size(), std::size_t{1});
    QCOMPARE(fleet->enrolments[0].agentClass, std::string("rivers"));
    QCOMPARE(fleet->deployments[1].target.name, std::string("gauge 1"));
    const Agent& agent = fleet->agents.at("gauge 1");
    QCOMPARE(agent.credential, std::string("token 00000000000000aa"));
    QVERIFY(agent.outcome == Outcome::kApplied);
    QCOMPARE(agent.outcomeAt, Millis{1700000001500});
    QCOMPARE(fleet->orders[0].arguments.at("connection"), std::string("c-1"));
    QVERIFY(fleet->orders[1].isOpen());
    QCOMPARE(fleetToText(*fleet), golden());
  }

  void theLatestFlowForAnAgentOrItsClassIsTheOneItShouldRun() {
    const Fleet fleet = *fleetFromText(golden(), "registry");
    QCOMPARE(fleet.wantedBy(fleet.agents.at("gauge 1"))->serial, std::uint64_t{3});
    Agent other = fleet.agents.at("gauge 1");
    other.id = "gauge 2";
    QCOMPARE(fleet.wantedBy(other)->serial, std::uint64_t{2});
    other.agentClass = "";
    QVERIFY(fleet.wantedBy(other) == nullptr);
    QCOMPARE(fleet.flowIdOf(0xabc), std::string("01234567-89ab-cdef-0123-000000000abc"));
    QCOMPARE(fleet.serialOf(fleet.flowIdOf(0xabc)).value(), std::uint64_t{0xabc});
    QVERIFY(!fleet.serialOf("01234567-89ab-cdef-0124-000000000abc"));
    QVERIFY(!fleet.serialOf("nonsense"));
  }

  void everyChangedByteAndEveryMissingEndIsNoticed() {
    const std::string text = golden();
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ 1);
      QVERIFY(!fleetFromText(other, "registry").ok());
      QVERIFY(!fleetFromText(text.substr(0, i), "registry").ok());
    }
  }

  void whatANewerProgramWroteIsRefusedAndItsLineNamed() {
    Fleet fleet = *fleetFromText(golden(), "registry");
    std::string text = fleetToText(fleet);
    text.replace(text.find("\"by\":\"ann\""), 10, "\"of\":\"ann\"");
    const auto read = fleetFromText(text, "data/agents/registry");
    QVERIFY(!read.ok());
    QVERIFY2(read.error().message.starts_with("data/agents/registry:2:"),
             read.error().message.c_str());
  }
};

QTEST_GUILESS_MAIN(FleetFileTest)
#include "fleet_file_test.moc"
