// SPDX-License-Identifier: Apache-2.0
// Which flow an agent runs: trials on a virtual clock, and the power cut at every step of them.

#include "minifi-agent/c2/deployments.h"

#include "engine/base/fault_file_system.h"

#include <QTest>
#include <memory>

using namespace millrace;
using namespace millrace::agent;

namespace {

using Which = Deployments::Which;

OfferedFlow offer(std::uint64_t serial) {
  const std::string number = std::to_string(serial);
  return {"flow-" + number + "-61", "id-" + number, serial, "the flow " + number};
}

void must(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

struct Rig {
  std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>(7);
  std::unique_ptr<Deployments> deployments;
  TrialTerms terms{std::string(64, 'a'), 30 * kSecond, 3 * kMinute};

  explicit Rig(std::uint64_t seed = 7) : files(std::make_unique<MemoryFileSystem>(seed)) {
    must(files->createDirectories("data"));
    must(files->syncDirectory("."));
  }
  Result<> open() {
    deployments.reset();
    auto opened = Deployments::open(*files, "data", terms);
    if (!opened.ok()) return opened.error();
    deployments = std::move(*opened);
    return Done{};
  }
  /// The power goes, and comes back.
  void crash() {
    deployments.reset();
    files = files->crash();
  }
  std::pair<Which, std::string> choice() {
    std::string trouble;
    const auto chosen = deployments->choose(trouble);
    return {chosen.which, chosen.bytes};
  }
  void prove(std::uint64_t serial, Nanos at = 0) {
    must(deployments->begin(offer(serial)));
    deployments->started(at);
    const auto proven = deployments->reached(at + terms.period);
    if (!proven.ok() || !*proven) qFatal("not proven");
  }
};

const std::pair<Which, std::string> kOwn{Which::kOwn, ""};
std::pair<Which, std::string> good(int serial) {
  return {Which::kGood, "the flow " + std::to_string(serial)};
}
std::pair<Which, std::string> trial(int serial) {
  return {Which::kTrial, "the flow " + std::to_string(serial)};
}

class DeploymentsTest : public QObject {
  Q_OBJECT
 private slots:
  void atFirstTheAgentsOwnFlowRuns() {
    Rig rig;
    must(rig.open());
    QCOMPARE(rig.choice(), kOwn);
    QVERIFY(!rig.deployments->deadline());
    QCOMPARE(rig.files->info("data/c2")->mode, 0700U);
  }

  void aFlowProvesItselfByAHeartbeatWellAfterItBegan() {
    Rig rig;
    must(rig.open());
    must(rig.deployments->begin(offer(1)));
    QCOMPARE(rig.choice(), trial(1));
    // Nothing counts before it runs.
    QVERIFY(!*rig.deployments->reached(100 * kSecond));
    rig.deployments->started(100 * kSecond);
    QCOMPARE(*rig.deployments->deadline(), 280 * kSecond);
    // One that was under way then says nothing of it.
    QVERIFY(!*rig.deployments->reached(99 * kSecond));
    QVERIFY(!*rig.deployments->reached(114 * kSecond));
    QVERIFY(*rig.deployments->reached(115 * kSecond));
    QCOMPARE(rig.choice(), good(1));
    QVERIFY(!rig.deployments->deadline());
    QVERIFY(rig.deployments->state().report->applied);
    QCOMPARE(rig.deployments->state().report->operation, std::string("flow-1-61"));
    must(rig.deployments->reported());
    QVERIFY(!rig.deployments->state().report);
    QVERIFY(!*rig.deployments->reached(200 * kSecond));
  }

  void aFlowThatIsGivenUpIsFollowedByTheOneBeforeIt() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    must(rig.deployments->begin(offer(2)));
    rig.deployments->started(0);
    must(rig.deployments->giveUp("it does not start"));
    QCOMPARE(rig.choice(), good(1));
    const auto report = rig.deployments->state().report;
    QVERIFY(report && !report->applied);
    QCOMPARE(report->details, std::string("it does not start"));
    // For the same operation it is not tried again, for another it is.
    QCOMPARE(rig.deployments->objection(offer(2)), std::string("it does not start"));
    OfferedFlow again = offer(2);
    again.operation = "flow-3-61";
    again.serial = 3;
    QCOMPARE(rig.deployments->objection(again), std::string());
  }

  void aRestartTriesOnceMoreAndThenGoesBack() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    must(rig.deployments->begin(offer(2)));
    rig.deployments->started(0);
    rig.crash();
    must(rig.open());
    QCOMPARE(rig.choice(), trial(2));
    QVERIFY(!rig.deployments->deadline());
    rig.deployments->started(kMinute);
    QCOMPARE(*rig.deployments->deadline(), 4 * kMinute);
    rig.crash();
    must(rig.open());
    QCOMPARE(rig.choice(), good(1));
    QVERIFY(rig.deployments->state().report->details.find("started 2 times") != std::string::npos);
    // What is to be reported is kept until it is.
    rig.crash();
    must(rig.open());
    QVERIFY(rig.deployments->state().report.has_value());
    must(rig.deployments->reported());
    rig.crash();
    must(rig.open());
    QVERIFY(!rig.deployments->state().report);
    QCOMPARE(rig.choice(), good(1));
  }

  void aSecondStartMayProveIt() {
    Rig rig;
    must(rig.open());
    must(rig.deployments->begin(offer(1)));
    rig.crash();
    must(rig.open());
    QCOMPARE(rig.choice(), trial(1));
    rig.deployments->started(0);
    QVERIFY(*rig.deployments->reached(kMinute));
    rig.crash();
    must(rig.open());
    QCOMPARE(rig.choice(), good(1));
  }

  void aNewerFlowTakesThePlaceOfOneOnTrial() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    must(rig.deployments->begin(offer(2)));
    rig.deployments->started(0);
    must(rig.deployments->begin(offer(3)));
    QCOMPARE(rig.choice(), trial(3));
    // The time of the one before it is not its own.
    QVERIFY(!rig.deployments->deadline());
    must(rig.deployments->giveUp("no"));
    QCOMPARE(rig.choice(), good(1));
    QCOMPARE(rig.files->list("data/c2/flows")->size(), std::size_t{2});
  }

  void anOlderSerialIsRefusedWhileTheKeyIsTheSame() {
    Rig rig;
    must(rig.open());
    rig.prove(5);
    QVERIFY(rig.deployments->objection(offer(4)).find("older than 5") != std::string::npos);
    QCOMPARE(rig.deployments->objection(offer(5)), std::string());
    QCOMPARE(rig.deployments->objection(offer(6)), std::string());
    // Also when what raised it was given up.
    must(rig.deployments->begin(offer(7)));
    must(rig.deployments->giveUp("no"));
    QVERIFY(!rig.deployments->objection(offer(6)).empty());
    rig.crash();
    must(rig.open());
    QVERIFY(!rig.deployments->objection(offer(6)).empty());
    rig.terms.key = std::string(64, 'b');
    must(rig.open());
    QCOMPARE(rig.deployments->objection(offer(1)), std::string());
    // What runs, runs on.
    QCOMPARE(rig.choice(), good(5));
    rig.terms.key.clear();
    must(rig.open());
    QCOMPARE(rig.deployments->objection(offer(1)), std::string());
  }

  void thePowerIsCutAtEveryStep() {
    std::uint64_t cuts = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      for (std::uint64_t cut = 1;; ++cut) {
        Rig rig(seed);
        must(rig.open());
        rig.prove(1);
        must(rig.deployments->reported());
        rig.files->cutPowerAt(cut);
        const bool begun = rig.deployments->begin(offer(2)).ok();
        rig.deployments->started(0);
        bool proven = false;
        if (begun) {
          const auto reached = rig.deployments->reached(kMinute);
          proven = reached.ok() && *reached;
        }
        const bool reported = proven && rig.deployments->reported().ok();
        if (reported) {
          QVERIFY(cut > 8);
          break;
        }
        ++cuts;
        rig.crash();
        must(rig.open());
        const auto chosen = rig.choice();
        const C2State& state = rig.deployments->state();
        if (proven) {
          QCOMPARE(chosen, good(2));
        } else if (begun) {
          QVERIFY(chosen == trial(2) || chosen == good(2));
          QCOMPARE(state.serial, std::uint64_t{2});
        } else {
          // It was not kept, or it was and nobody had heard of it.
          QVERIFY(chosen == good(1) || chosen == trial(2));
        }
        // A serial is never below what was taken.
        QCOMPARE(state.serial, chosen == good(1) ? std::uint64_t{1} : std::uint64_t{2});
        // And it goes on from there.
        rig.prove(3);
        QCOMPARE(rig.choice(), good(3));
        QCOMPARE(rig.files->list("data/c2/flows")->size(), std::size_t{1});
      }
    }
    QVERIFY(cuts > 50);
  }

  void thePowerIsCutWhileItGoesBack() {
    std::uint64_t cuts = 0;
    for (std::uint64_t cut = 1;; ++cut) {
      Rig rig(cut);
      must(rig.open());
      rig.prove(1);
      must(rig.deployments->begin(offer(2)));
      rig.deployments->started(0);
      rig.files->cutPowerAt(cut);
      if (rig.deployments->giveUp("late").ok()) break;
      ++cuts;
      rig.crash();
      must(rig.open());
      const auto chosen = rig.choice();
      QVERIFY(chosen == trial(2) || chosen == good(1));
      QCOMPARE(rig.deployments->state().report.has_value(), chosen == good(1));
    }
    QVERIFY(cuts >= 3);
  }

  void aFullDiskChangesNothing() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    rig.files->setCapacity(1);
    QVERIFY(!rig.deployments->begin(offer(2)).ok());
    QCOMPARE(rig.choice(), good(1));
    QVERIFY(!rig.deployments->state().trial);
    rig.files->setCapacity(1ULL << 30);
    rig.prove(2);
    QCOMPARE(rig.choice(), good(2));
  }

  void aTrialEndsOnAFullDiskToo() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    must(rig.deployments->begin(offer(2)));
    rig.deployments->started(0);
    rig.files->setCapacity(1);
    QVERIFY(!rig.deployments->giveUp("late").ok());
    QCOMPARE(rig.choice(), good(1));
    // A start that cannot be counted is none with it.
    rig.crash();
    rig.files->setCapacity(1);
    must(rig.open());
    std::string trouble;
    QVERIFY(rig.deployments->choose(trouble).which == Which::kGood);
    QVERIFY(trouble.find("cannot be written") != std::string::npos);
    rig.crash();
    rig.files->setCapacity(1ULL << 30);
    must(rig.open());
    QCOMPARE(rig.choice(), trial(2));
    rig.deployments->started(0);
    rig.files->setCapacity(1);
    QVERIFY(!rig.deployments->reached(kMinute).ok());
    QCOMPARE(rig.choice(), good(2));
  }

  void aDamagedFlowIsGivenUp() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    must(rig.deployments->begin(offer(2)));
    const auto damage = [&](std::uint64_t file) {
      must(rig.files->replaceAll("data/c2/flows/" + std::to_string(file), "the flaw 2"));
    };
    damage(rig.deployments->state().trial->flow.file);
    std::string trouble;
    QVERIFY(rig.deployments->choose(trouble).which == Which::kGood);
    QVERIFY(trouble.find("damaged") != std::string::npos);
    QVERIFY(!rig.deployments->state().report->applied);
    damage(rig.deployments->state().good->file);
    QVERIFY(rig.deployments->choose(trouble).which == Which::kOwn);
    QVERIFY(!rig.deployments->state().good);
  }

  void aDamagedStateIsNamed() {
    Rig rig;
    must(rig.open());
    rig.prove(1);
    const std::string text = *rig.files->readAll("data/c2/state");
    for (const std::string& wrong : {std::string(), std::string("{}"),
                                     text.substr(0, text.size() - 2), "x" + text, text + "\n"}) {
      must(rig.files->replaceAll("data/c2/state", wrong));
      const auto opened = rig.open();
      QVERIFY(!opened.ok());
      QVERIFY(opened.error().message.find("data/c2/state is damaged") != std::string::npos);
    }
    must(rig.files->replaceAll("data/c2/state", text));
    must(rig.open());
    QCOMPARE(rig.choice(), good(1));
  }

  /// The file as FORMAT.md says it, written here by hand.
  void theFileIsAsItsFormatSays() {
    const std::string line =
        "{\"millrace-c2\":1,\"agent\":\"gauge-1\",\"key\":\"" + std::string(64, 'a') +
        "\",\"serial\":9,\"good\":{\"file\":3,\"flowId\":\"id-8\",\"serial\":8,\"bytes\":10,"
        "\"crc32c\":7},\"trial\":{\"file\":4,\"flowId\":\"id-9\",\"serial\":9,\"bytes\":11,"
        "\"crc32c\":4294967295,\"operation\":\"flow-9-61\",\"starts\":1},\"report\":{"
        "\"operation\":\"flow-8-61\",\"applied\":true,\"details\":\"\"},\"refused\":{"
        "\"operation\":\"flow-7-61\",\"details\":\"no \\\"x\\\"\"},\"states\":{\"stopped\":true,"
        "\"components\":{\"Take\":true}}}\n";
    C2State state;
    state.agent = "gauge-1";
    state.key = std::string(64, 'a');
    state.serial = 9;
    state.good = DeployedFlow{3, "id-8", 8, 10, 7};
    state.trial = FlowTrial{{4, "id-9", 9, 11, 0xffffffff}, "flow-9-61", 1};
    state.report = TrialReport{"flow-8-61", true, ""};
    state.refused = RefusedFlow{"flow-7-61", "no \"x\""};
    state.states = RunStates{true, {{"Take", true}}};
    const std::string text = stateToText(state);
    QCOMPARE(text.substr(0, line.size()), line);
    QCOMPARE(text.substr(line.size(), 11), std::string("{\"crc32c\":\""));
    QCOMPARE(text.size(), line.size() + 22);
    const auto read = stateFromText(text, "state");
    QVERIFY(read.ok());
    QVERIFY(*read == state);
  }

  void twoAgentsDoNotShareAFolder() {
    Rig rig;
    must(rig.open());
    const auto second = Deployments::open(*rig.files, "data", rig.terms);
    QVERIFY(!second.ok());
  }

  void aNameThatIsMadeUpStays() {
    Rig rig;
    must(rig.open());
    QCOMPARE(*rig.deployments->agentName("host", 0x1234), std::string("host-00001234"));
    QCOMPARE(*rig.deployments->agentName("other", 0x9999), std::string("host-00001234"));
    rig.crash();
    must(rig.open());
    QCOMPARE(*rig.deployments->agentName("", 1), std::string("host-00001234"));
  }

  void whatWasStoppedFromAfarIsForgottenWithTheNextFlow() {
    Rig rig;
    must(rig.open());
    must(rig.deployments->setStates({true, {{"Take", true}}}));
    rig.crash();
    must(rig.open());
    QVERIFY(rig.deployments->state().states.stopped);
    must(rig.deployments->begin(offer(1)));
    must(rig.deployments->giveUp("no"));
    QVERIFY(rig.deployments->state().states.stopped);
    rig.prove(2);
    QVERIFY(rig.deployments->state().states == RunStates{});
  }
};

}  // namespace

QTEST_GUILESS_MAIN(DeploymentsTest)
#include "deployments_test.moc"
