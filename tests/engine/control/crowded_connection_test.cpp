// SPDX-License-Identifier: Apache-2.0
// Connections that drop something where they are full: what stays, what is told, and a week without
// a network.

#include "engine/flow/yaml_reader.h"
#include "tests/engine/control/powered_engine.h"

#include <QTest>
#include <set>

using namespace millrace;
using millrace::tests::Names;
using millrace::tests::require;
using Rig = millrace::tests::PoweredEngine;

namespace {

constexpr const char* kDroppedCounter = "FlowFiles dropped where a connection is full";

const std::string kHead = "millrace: 1\nname: test\nprocessors:\n";

/// A FlowFile each minute, named by its time, to a link.
std::string weekFlow(const std::string& link, const std::string& whenFull) {
  return kHead +
         "  - name: Make\n    type: GenerateFlowFile\n    schedule: {every: 1 min}\n"
         "    properties: {File Size: 64 KB, Unique FlowFiles: 'true'}\n"
         "  - name: Name\n    type: UpdateAttribute\n"
         "    properties: {filename: '${now():toNumber()}'}\n" +
         link +
         "connections:\n"
         "  - {from: Make, relationship: success, to: Name}\n"
         "  - {from: Name, relationship: success, to: Link, back-pressure: {count: 0, size: 64 MB, "
         "when-full: " +
         whenFull + "}}\n";
}

/// Nobody is there: it tries again every ten minutes.
const std::string kAway =
    "  - name: Link\n    type: PutSiteToSite\n    yield: 10 min\n    auto-terminate: [success]\n"
    "    properties: {URLs: 'nifi://far.example:1', Port: lines}\n";
const std::string kBack =
    "  - name: Link\n    type: PutFile\n    auto-terminate: [success, failure]\n"
    "    properties: {Directory: out}\n";

/// Lines of a file, one FlowFile each, with its attribute `n`.
std::string linesFlow(const std::string& sinks, const std::string& connections) {
  return kHead +
         "  - name: Read\n    type: GetFile\n    schedule: {every: 1 sec}\n"
         "    properties: {Input Directory: in, Minimum File Age: 0 sec}\n"
         "  - name: Lines\n    type: SplitText\n    auto-terminate: [original, failure]\n"
         "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'false'}\n" +
         sinks + "connections:\n  - {from: Read, relationship: success, to: Lines}\n" + connections;
}

std::string sink(const std::string& name, const std::string& state) {
  return "  - name: " + name +
         "\n    type: PutFile\n    auto-terminate: [success, failure]\n    state: " + state +
         "\n    properties: {Directory: " + name + ", Conflict Resolution Strategy: append}\n";
}

class CrowdedConnectionTest : public QObject {
  Q_OBJECT
 private slots:
  void whatStaysIsWhatTheRuleSays_data() {
    QTest::addColumn<std::string>("rule");
    QTest::addColumn<std::string>("left");
    QTest::newRow("oldest") << std::string("drop oldest") << std::string("g\nh\ni\n");
    QTest::newRow("newest") << std::string("drop newest") << std::string("a\nb\nc\n");
  }
  void whatStaysIsWhatTheRuleSays() {
    QFETCH(std::string, rule);
    QFETCH(std::string, left);
    Rig rig;
    require(rig.files->createDirectories("in"));
    const auto flow = [&](const std::string& state) {
      // Another connection gets all of it: what one drops is whole in the other.
      return linesFlow(sink("some", state) + sink("all", state),
                       "  - {from: Lines, relationship: splits, to: some, back-pressure: {count: "
                       "3, when-full: " +
                           rule + "}}\n  - {from: Lines, relationship: splits, to: all}\n");
    };
    rig.open(flow("stopped"));
    for (const char* lines : {"a\nb\n", "c\nd\ne\nf\ng\n", "h\ni\n"}) {
      require(rig.files->replaceAll("in/lines", lines));
      rig.run(5 * kSecond);
    }
    QCOMPARE(rig.queue("Lines [splits] -> some").count, std::uint64_t{3});
    QCOMPARE(rig.queue("Lines [splits] -> all").count, std::uint64_t{9});
    QCOMPARE(rig.engine->counter(kDroppedCounter), 6);
    QCOMPARE(rig.told().size(), std::size_t{1});
    rig.crash(flow("running"));
    rig.run(5 * kSecond);
    QCOMPARE(rig.read("some/lines"), left);
    QCOMPARE(rig.read("all/lines"), std::string("a\nb\nc\nd\ne\nf\ng\nh\ni\n"));
  }

  void whatIsLargerThanTheLimitNeverStays() {
    for (const std::string rule : {"drop oldest", "drop newest"}) {
      Rig rig;
      require(rig.files->createDirectories("in"));
      rig.open(
          linesFlow(sink("some", "stopped"),
                    "  - {from: Lines, relationship: splits, to: some, back-pressure: {size: 6 "
                    "B, when-full: " +
                        rule + "}}\n"));
      require(rig.files->replaceAll("in/lines", "ab\n1234567890\ncd\n"));
      rig.run(5 * kSecond);
      const auto queue = rig.queue("Lines [splits] -> some");
      // Nobody gave way to what can never stay.
      QCOMPARE(queue.count, std::uint64_t{2});
      QCOMPARE(queue.bytes, std::uint64_t{6});
      QCOMPARE(rig.engine->counter(kDroppedCounter), 1);
    }
  }

  void whoWritesDoesNotWait() {
    Rig rig;
    rig.open(
        kHead + "  - {name: Make, type: GenerateFlowFile, schedule: {every: 1 sec}}\n" +
        sink("Keep", "stopped") +
        "connections:\n  - {from: Make, relationship: success, to: Keep, back-pressure: {count: "
        "2, when-full: drop newest}}\n");
    rig.run(100 * kSecond);
    QVERIFY(rig.madeBy("Make") <= 2 && rig.queue("Make [success] -> Keep").count == 2);
    QVERIFY(rig.engine->counter(kDroppedCounter) >= 95);
    // Told at once, then once a minute, and each is told once.
    QCOMPARE(rig.told().size(), std::size_t{2});
    QVERIFY(rig.told()[0].find("1 FlowFiles (0 bytes) were dropped, the newest first") !=
            std::string::npos);
  }

  void aRuleThatIsNoneIsRefused() {
    const auto refusal = [](const std::string& more) {
      const auto read = flow::readFlow(
          kHead + "  - {name: Make, type: GenerateFlowFile}\n" + sink("Keep", "stopped") +
          "connections:\n  - {from: Make, relationship: success, to: Keep, " + more + "}\n");
      return read.findings.empty() ? std::string() : read.findings.front().message;
    };
    QCOMPARE(refusal("back-pressure: {when-full: drop oldest}"), std::string());
    QCOMPARE(refusal("back-pressure: {when-full: drop oldest}, prioritizers: [oldest first]"),
             std::string());
    QCOMPARE(refusal("back-pressure: {when-full: drop newest}, prioritizers: [priority attribute]"),
             std::string());
    QVERIFY(refusal("back-pressure: {when-full: drop all}").find("when-full") != std::string::npos);
    QVERIFY(refusal("back-pressure: {when-full: drop oldest}, prioritizers: [priority attribute]")
                .find("not the oldest") != std::string::npos);
    QVERIFY(refusal("back-pressure: {when-full: drop newest}, via: {topic: t}").find("topic") !=
            std::string::npos);
  }

  /// What is urgent goes first when the link is there again, whatever waits.
  void whatIsUrgentGoesFirst() {
    Rig rig;
    require(rig.files->createDirectories("in"));
    const auto flow = [](const std::string& state) {
      return linesFlow(
          "  - name: Rank\n    type: UpdateAttribute\n    properties: {priority: "
          "'${fileSize:le(2):ifElse(\"1\",\"9\")}'}\n" +
              sink("Link", state),
          "  - {from: Lines, relationship: splits, to: Rank}\n"
          "  - {from: Rank, relationship: success, to: Link, prioritizers: [priority attribute], "
          "back-pressure: {count: 5, when-full: drop newest}}\n");
    };
    rig.open(flow("stopped"));
    require(rig.files->replaceAll("in/lines", "bulk 1\nbulk 2\na\nbulk 3\nb\nbulk 4\n"));
    rig.run(5 * kSecond);
    rig.crash(flow("running"));
    rig.run(5 * kSecond);
    QCOMPARE(rig.read("Link/lines"), std::string("a\nb\nbulk 1\nbulk 2\nbulk 3\n"));
  }

  void aWeekWithoutANetwork_data() {
    QTest::addColumn<std::string>("rule");
    QTest::newRow("oldest") << std::string("drop oldest");
    QTest::newRow("newest") << std::string("drop newest");
  }
  void aWeekWithoutANetwork() {
    QFETCH(std::string, rule);
    constexpr std::uint64_t kBudget = 64ULL << 20;
    constexpr std::uint64_t kKept = kBudget / (64 << 10);
    const std::string link = "Name [success] -> Link";
    Rig rig;
    // Beside what waits: journal, snapshots and pages. A full disk would end the test.
    rig.files->setCapacity(kBudget + (8ULL << 20));
    rig.open(weekFlow(kAway, rule));
    const Nanos begun = rig.clock.monotonic();
    std::uint64_t made = 0;
    std::int64_t dropped = 0;
    std::size_t told = 0;
    for (int day = 1; day <= 7; ++day) {
      while (rig.clock.monotonic() < begun + day * 24 * 60 * kMinute) {
        rig.run(kMinute);
        QVERIFY(rig.queue(link).bytes <= kBudget);
      }
      if (day != 3) continue;
      // Counters and statistics begin anew.
      made += rig.madeBy("Make");
      dropped += rig.engine->counter(kDroppedCounter);
      told += rig.told().size();
      QVERIFY(dropped > 0);
      rig.crash(weekFlow(kAway, rule));
    }
    made += rig.madeBy("Make");
    dropped += rig.engine->counter(kDroppedCounter);
    told += rig.told().size();
    QVERIFY(made >= 7 * 24 * 60);
    QCOMPARE(rig.queue(link).count, kKept);
    // What the power cut took was never durable, and at most a minute's.
    const auto lost = static_cast<std::int64_t>(made) - dropped - static_cast<std::int64_t>(kKept);
    QVERIFY2(lost >= 0 && lost <= 2, std::to_string(lost).c_str());
    QVERIFY(told > 100 && told <= 7 * 24 * 60 + 2);

    // The network is back: the other side has room of its own.
    rig.files->setCapacity(4 * kBudget);
    require(rig.engine->edit(weekFlow(kBack, rule)));
    const Millis back = rig.clock.wall();
    while (rig.queue(link).count > 0) rig.step();
    const Names arrived = rig.filesIn("out");
    QVERIFY2(arrived.size() >= kKept && arrived.size() <= kKept + 2,
             std::to_string(arrived.size()).c_str());
    const std::set<std::string> distinct(arrived.begin(), arrived.end());
    QCOMPARE(distinct.size(), arrived.size());
    // One a minute, without a gap but where the power went.
    const Millis first = std::stoll(arrived.front());
    const Millis last = std::stoll(arrived[kKept - 1]);
    QVERIFY(last - first <= static_cast<Millis>(kKept + 2) * 60'000);
    if (rule == "drop oldest") {
      QVERIFY(back - last <= 2 * 60'000);
    } else {
      QVERIFY(first - 1'700'000'000'000 <= 2 * 60'000);
    }
  }
};

}  // namespace

QTEST_GUILESS_MAIN(CrowdedConnectionTest)
#include "crowded_connection_test.moc"
