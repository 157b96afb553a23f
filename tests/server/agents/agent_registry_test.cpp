// SPDX-License-Identifier: Apache-2.0
#include "tests/server/agents/agents_rig.h"

using namespace agents_rig;

namespace {

/// A day of a registry; each call is one that was answered or one that failed.
struct Day {
  Rig rig;
  std::vector<std::string> answered;

  template <typename T>
  bool note(const std::string& what, const Answered<T>& answer) {
    if (!std::holds_alternative<T>(answer)) return false;
    answered.push_back(what);
    return true;
  }
  /// True when all of it was answered.
  bool live() {
    AgentRegistry& registry = *rig.registry;
    const AgentCaller caller{""};
    AgentReport report;
    report.agent = "a";
    report.agentClass = "c";
    return note("agent", registry.heartbeat(caller, report)) &&
           note("flow 1", registry.deploy({TargetKind::kClass, "c"}, "first", "")) &&
           note("order", registry.ask("a", "STOP", "flow", {}, "")) &&
           note("outcome",
                registry.acknowledge(caller, {"flow-1-61", Outcome::kRefused, "no", "", ""})) &&
           note("flow 2", registry.deploy({TargetKind::kAgent, "a"}, "second", "")) &&
           note("order done",
                registry.acknowledge(caller, {"order-1", Outcome::kApplied, "", "", ""})) &&
           note("enrolled", registry.enrol("", "c", ""));
  }
};

bool has(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

/// What is wrong with a registry that was opened after a crash, for what was answered before.
std::string wrong(AgentRegistry& registry, const std::vector<std::string>& answered) {
  const Fleet fleet = registry.fleet();
  const auto agent = fleet.agents.find("a");
  if (has(answered, "agent") && agent == fleet.agents.end()) return "the agent is gone";
  for (const auto& [what, serial, text] :
       {std::tuple("flow 1", 1, "first"), std::tuple("flow 2", 2, "second")}) {
    const auto flow = registry.flow({""}, fleet.flowIdOf(static_cast<std::uint64_t>(serial)));
    const bool there = std::holds_alternative<SignedFlow>(flow);
    if (has(answered, what) && !there) return std::string(what) + " is gone";
    if (there && std::get<SignedFlow>(flow).bytes != text) return std::string(what) + " is torn";
    const bool named = fleet.find(static_cast<std::uint64_t>(serial)) != nullptr;
    if (named != there) return std::string(what) + " is named and not there";
  }
  if (has(answered, "order") && fleet.orders.size() != 1) return "the order is gone";
  if (has(answered, "order done") && fleet.orders[0].isOpen()) return "the order is open again";
  if (has(answered, "outcome") && agent->second.outcome != Outcome::kRefused)
    return "the outcome is gone";
  if (has(answered, "enrolled") && fleet.enrolments.size() != 1) return "the enrolment is gone";
  return {};
}

class AgentRegistryTest : public QObject {
  Q_OBJECT
 private slots:
  void whatWasAnsweredIsThereAfterARestart() {
    Day day;
    QVERIFY(day.live());
    Rig::must(day.rig.open());
    const std::string complaint = wrong(*day.rig.registry, day.answered);
    QVERIFY2(complaint.empty(), complaint.c_str());
    QCOMPARE(day.rig.registry->agent("a")->wanted, std::uint64_t{2});
  }

  /// A power cut in the middle of each step that changes the medium.
  void aPowerCutLeavesWhatWasAnsweredAndNothingHalf() {
    int cuts = 0;
    for (std::uint64_t cut = 1;; ++cut) {
      Day day;
      day.rig.files->cutPowerAt(cut);
      const bool whole = day.live();
      if (whole && day.rig.files->powered()) break;
      ++cuts;
      day.rig.desk.reset();
      day.rig.registry.reset();
      auto after = day.rig.files->crash();
      day.rig.files = std::move(after);
      const auto opened = day.rig.open();
      QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
      const std::string complaint = wrong(*day.rig.registry, day.answered);
      QVERIFY2(complaint.empty(), complaint.c_str());
      // Whatever was lost, the same day can be lived again.
      QVERIFY(std::holds_alternative<Deployment>(
          day.rig.registry->deploy({TargetKind::kClass, "c"}, "third", "")));
    }
    QVERIFY2(cuts > 20, std::to_string(cuts).c_str());
  }

  void aFullDiskRefusesAndChangesNothing() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    rig.files->fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kForEver);
    const auto made = rig.registry->deploy({TargetKind::kAgent, "a"}, "x", "");
    QVERIFY(std::holds_alternative<Refused>(made));
    QCOMPARE(std::get<Refused>(made).status, 503);
    QVERIFY(rig.registry->fleet().deployments.empty());
    QCOMPARE(rig.heartbeat(Rig::beat("new")).status, 503);
    rig.files->clearFaults();
    Rig::good(rig.registry->deploy({TargetKind::kAgent, "a"}, "x", ""));
    QCOMPARE(rig.heartbeat(Rig::beat("new")).status, 200);
  }

  void aHeartbeatThatSaysNothingNewWritesNothing() {
    Rig rig;
    rig.heartbeat(Rig::beat("a", "c", "f"));
    const std::uint64_t before = rig.files->operations();
    for (int i = 0; i < 10; ++i) {
      rig.clock.advance(30 * kSecond);
      QCOMPARE(rig.heartbeat(Rig::beat("a", "c", "f")).status, 200);
    }
    QCOMPARE(rig.files->operations(), before);
    // When it was seen last is kept at the end.
    const Millis seen = rig.registry->agent("a")->agent.lastSeen;
    Rig::must(rig.registry->close());
    Rig::must(rig.open());
    QCOMPARE(rig.registry->agent("a")->agent.lastSeen, seen);
    QVERIFY(!rig.registry->agent("a")->online);
  }

  void whoIsSilentForThreeHeartbeatsIsOffline() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    rig.clock.advance(100 * kSecond);
    rig.heartbeat(Rig::beat("a"));
    rig.clock.advance(299 * kSecond);
    QVERIFY(rig.registry->agent("a")->online);
    rig.clock.advance(2 * kSecond);
    QVERIFY(!rig.registry->agent("a")->online);
  }

  void flowsThatNobodyNamesAnyMoreGo() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    for (int i = 0; i < 150; ++i)
      Rig::good(rig.registry->deploy({TargetKind::kAgent, "a"}, "x", ""));
    QCOMPARE(rig.registry->fleet().deployments.size(), std::size_t{101});
    QCOMPARE(rig.files->list("data/agents/flows")->size(), std::size_t{101});
    Rig::good(rig.registry->forget("a"));
    QVERIFY(rig.files->list("data/agents/flows")->empty());
    QVERIFY(std::holds_alternative<Refused>(rig.registry->forget("a")));
  }

  void aRegistryThatIsDamagedIsNotOpened() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    std::string text = *rig.files->readAll("data/agents/registry");
    text[text.size() / 2] = '#';
    Rig::must(rig.files->replaceAll("data/agents/registry", text));
    const auto opened = rig.open();
    QVERIFY(!opened.ok());
    QVERIFY2(opened.error().message.find("data/agents/registry:") == 0,
             opened.error().message.c_str());
    Rig::must(rig.files->remove("data/agents/registry"));
    Rig::must(rig.files->replaceAll("data/agents/signing.key", "no key"));
    QVERIFY(!rig.open().ok());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(AgentRegistryTest)
#include "agent_registry_test.moc"
