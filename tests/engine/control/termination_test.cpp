// SPDX-License-Identifier: Apache-2.0
// A processor that hangs is terminated: its work is undone, a fresh one takes its place, and what
// its thread does when it comes back has no effect.
#include "engine/base/fault_file_system.h"
#include "processors/registry.h"
#include "tests/engine/schedule/probe.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <algorithm>
#include <thread>

using namespace millrace;
using engine::Count;
using millrace::tests::EngineBench;
using millrace::tests::EngineBenchOptions;

namespace {

constexpr Relationship kSuccess{"success", "What came in."};
constexpr const Relationship* kRelationships[] = {&kSuccess};

/// What the instances of the processor below and the test tell each other.
struct Story {
  Count made, scheduled, stopped, hanging, letGo, over, passed;
  std::atomic<bool> hold{false};  // the first instance holds what it gets before it hangs
  std::atomic<int> durable{0};
  std::vector<std::string> allowed;  // what the thread could still do when it came back
};
Story* story = nullptr;  // of the test that runs

/// The first instance hangs in its trigger, then tries to go on; later ones pass everything on.
class Hanging final : public Processor {
 public:
  Hanging() : first_(story->made.value() == 0) { story->made.add(); }
  Result<> onScheduled(ProcessContext&) override {
    story->scheduled.add();
    return Done{};
  }
  void onStopped(ProcessContext&) override { story->stopped.add(); }
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (!first_) {
      for (SessionFlowFile* file : session.get(100)) {
        session.transfer(*file, kSuccess);
        story->passed.add();
      }
      return Done{};
    }
    const auto files = session.get(3);
    if (files.empty()) return Done{};
    if (story->hold) {
      for (SessionFlowFile* file : files) held_.push_back(session.hold(*file));
      story->hanging.add();
      story->letGo.waitFor(1);
      tryHeld(session);
      story->over.add();
      return Done{};
    }
    session.putAttribute(*files[0], "touched", "yes");
    MR_TRY(session.writeAll(*files[1], std::string(10'000, 'x')));
    SessionFlowFile& child = session.create(*files[2]);
    session.putState("key", "value");
    session.adjustCounter("counted", 1);
    session.onDurable([] { ++story->durable; });
    auto writer = MR_TRY(session.write(child));
    MR_TRY(writer->write(std::string(10'000, 'y')));
    auto reader = MR_TRY(session.read(*files[1]));
    FileSystem& world = context.files();
    story->hanging.add();
    story->letGo.waitFor(1);
    // It may look at what it has, but do nothing any more.
    if (files[0]->value("touched") != "yes") story->allowed.emplace_back("the FlowFile is gone");
    if (files[1]->size() != 10'000) story->allowed.emplace_back("the size is gone");
    std::byte one[1];
    refused("read", reader->read(one));
    refused("write", writer->write(std::string("z")));
    refused("finish", writer->finish());
    refused("writeAll", session.writeAll(*files[0], std::string("new")));
    refused("commit", session.commit());
    refused("files", world.open("escaped", OpenMode::kCreate));
    refused("more files", context.files().createDirectories("escaped"));
    refused("processes", context.processes().start({.command = "true"}));
    throws("get", [&] { session.get(); });
    throws("create", [&] { session.create(); });
    throws("transfer", [&] { session.transfer(*files[0], kSuccess); });
    throws("remove", [&] { session.remove(*files[1]); });
    throws("counter", [&] { session.adjustCounter("counted", 1, true); });
    throws("state", [&] { session.putState("key", "other"); });
    throws("effect", [&] { session.onDurable([] { ++story->durable; }); });
    context.log(BulletinLevel::kError, "heard from the beyond");
    story->over.add();
    return Done{};
  }

 private:
  template <typename T>
  static void refused(const char* what, const Result<T>& result) {
    if (result.ok()) story->allowed.emplace_back(what);
  }
  template <typename Call>
  static void throws(const char* what, Call&& call) {
    try {
      call();
      story->allowed.emplace_back(what);
    } catch (const std::exception&) {
    }
  }
  void tryHeld(ProcessSession& session) {
    if (held_.front()->flowFile().value("path") != "./")
      story->allowed.emplace_back("held is gone");
    throws("take", [&] { session.take(std::move(held_.front())); });
    held_.clear();
  }

  const bool first_;
  std::vector<std::unique_ptr<HeldFlowFile>> held_;
};

constinit const ProcessorDescriptor kHanging{.type = "Hanging",
                                             .summary = "Hangs until it is let go.",
                                             .relationships = kRelationships,
                                             .batching = true,
                                             .make = make<Hanging>};

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

std::string flowOf(const std::string& state, bool withHang = true) {
  return "millrace: 1\nname: hangs\nprocessors:\n"
         "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '5'}, schedule: "
         "{every: 1 sec, runs: 1}}\n" +
         std::string(withHang ? "  - {name: Hang, type: Hanging, state: " + state + "}\n" : "") +
         "  - {name: End, type: UpdateAttribute, auto-terminate: [success], state: stopped}\n"
         "funnels: [all]\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: " +
         (withHang ? "Hang}\n  - {from: Hang, relationship: success, to: all}\n" : "all}\n") +
         "  - {from: all, to: End}\n";
}

/// A flow on threads in which Hang has taken three of its five FlowFiles and hangs.
struct Rig {
  Story told;
  MemoryFileSystem files{1};
  VirtualClock clock;
  std::unique_ptr<EngineBench> engine;

  explicit Rig(bool hold = false, bool runs = true) {
    story = &told;
    told.hold = hold;
    engine = std::make_unique<EngineBench>(files, clock, 7, options());
    require(engine->open(flowOf(runs ? "running" : "stopped")));
    engine->store().start();
    require(controller().start());
    if (runs) told.hanging.waitFor(1);
  }
  static EngineBenchOptions options() {
    EngineBenchOptions options;
    options.findType = [](std::string_view type) {
      return type == "Hanging" ? &kHanging : findProcessorType(type);
    };
    options.stopPatience = kMillisecond;
    return options;
  }
  engine::FlowController& controller() { return engine->controller(); }
  engine::ComponentSnapshot component(const std::string& path) {
    for (const auto& snapshot : controller().components()) {
      if (snapshot.path == path) return snapshot;
    }
    qFatal("there is no component %s", path.c_str());
  }
  engine::QueueStatus queue(const std::string& path) {
    for (const auto& connection : controller().connections()) {
      if (connection.path == path) return connection.queue;
    }
    qFatal("there is no connection %s", path.c_str());
  }
  std::size_t bulletins(const std::string& part) {
    const auto all = controller().bulletins().since();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& b) {
      return b.message.find(part) != std::string::npos;
    }));
  }
  void letGo() {
    told.letGo.add();
    told.over.waitFor(1);
    while (!controller().hanging().empty()) std::this_thread::yield();
  }
};

const std::string kBefore = "Make [success] -> Hang";

}  // namespace

class TerminationTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/32
  void whatAHungTaskHasInHandGoesBackAtOnceAndAFreshInstanceTakesItsPlace() {
    Rig rig;
    const ComponentId id = rig.component("Hang").id;
    require(rig.engine->edit(flowOf("stopped")));
    QCOMPARE(rig.bulletins("did not stop in time"), std::size_t{1});
    QVERIFY(rig.component("Hang").state == engine::ComponentState::kStopping);
    QVERIFY(rig.queue(kBefore).unacknowledged > 0);
    require(rig.controller().terminate(id));
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
    QVERIFY(rig.component("Hang").state == engine::ComponentState::kStopped);
    QCOMPARE(rig.bulletins("was terminated with 1 of its tasks hanging"), std::size_t{1});
    QVERIFY(rig.controller().hanging() == std::vector<std::string>{"Hang"});

    // While the old thread hangs, the new instance does the work.
    require(rig.engine->edit(flowOf("running")));
    rig.told.passed.waitFor(5);
    // A stop may come before the funnel's turn.
    while (rig.queue("all -> End").count < 5) std::this_thread::yield();
    QCOMPARE(rig.told.made.value(), 2);
    QCOMPARE(rig.told.scheduled.value(), 2);
    QVERIFY(rig.told.over.value() == 0);

    rig.letGo();
    QVERIFY2(rig.told.allowed.empty(),
             rig.told.allowed.empty() ? "" : rig.told.allowed.front().c_str());
    const auto ended = rig.controller().stop();
    QVERIFY(ended.empty());
    require(rig.engine->store().stop());
    QCOMPARE(rig.component("Hang").in, std::uint64_t{5});
    QCOMPARE(rig.component("Hang").out, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{0});
    QCOMPARE(rig.queue("all -> End").count, std::uint64_t{5});
    QCOMPARE(rig.told.durable.load(), 0);
    QCOMPARE(rig.engine->counter("counted"), std::int64_t{0});
    QVERIFY(!rig.files.exists("escaped"));
    QCOMPARE(rig.bulletins("heard from the beyond"), std::size_t{0});
    QCOMPARE(rig.told.stopped.value(), 1);  // the fresh one's
  }

  // pins: 1.1/32
  void whatAHungTaskHeldGoesBackToo() {
    Rig rig(true);
    require(rig.engine->edit(flowOf("stopped")));
    QVERIFY(rig.queue(kBefore).unacknowledged >= 3);
    require(rig.controller().terminate(rig.component("Hang").id));
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
    rig.letGo();
    QVERIFY2(rig.told.allowed.empty(),
             rig.told.allowed.empty() ? "" : rig.told.allowed.front().c_str());
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
  }

  void oneThatWasRemovedWhileItHungCanBeTerminated() {
    Rig rig;
    const ComponentId id = rig.component("Hang").id;
    require(rig.engine->edit(flowOf("", false)));
    QVERIFY(rig.queue(kBefore).unacknowledged > 0);  // its queue is parked
    require(rig.controller().terminate(id));
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
    rig.letGo();
    QVERIFY(!rig.controller().terminate(id).ok());  // nothing is left of it
  }

  void theWholeFlowStopsAndIsDurableWhileAThreadHangs() {
    Rig rig;
    QVERIFY(rig.controller().stop() == std::vector<std::string>{"Hang"});
    require(rig.engine->store().stop());
    QVERIFY(rig.controller().hanging() == std::vector<std::string>{"Hang"});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
    rig.letGo();
    QVERIFY2(rig.told.allowed.empty(),
             rig.told.allowed.empty() ? "" : rig.told.allowed.front().c_str());
    rig.engine.reset();
    EngineBench again(rig.files, rig.clock, 8, Rig::options());
    require(again.open(flowOf("stopped")));
    QCOMPARE(again.recovered(), std::uint64_t{5});
  }

  void oneThatHangsInItsOnlyTriggerHoldsUpNobodyAndIsTerminated() {
    Rig rig(false, false);
    const ComponentId id = rig.component("Hang").id;
    while (rig.queue(kBefore).count < 5) std::this_thread::yield();
    auto ran = rig.controller().runOnce(id);
    while (ran.ok()) ran = rig.controller().runOnce(id);  // no worker had the time yet
    QVERIFY(ran.error().message.find("terminate it") != std::string::npos);
    rig.told.hanging.waitFor(1);
    QVERIFY(rig.component("Hang").state == engine::ComponentState::kStopping);
    QVERIFY(!rig.controller().runOnce(id).ok());
    require(rig.controller().terminate(id));
    QCOMPARE(rig.queue(kBefore).count, std::uint64_t{5});
    QCOMPARE(rig.queue(kBefore).unacknowledged, std::uint64_t{0});
    QVERIFY(rig.component("Hang").state == engine::ComponentState::kStopped);
    while (rig.told.passed.value() < 5) (void)rig.controller().runOnce(id);
    QCOMPARE(rig.told.made.value(), 2);
    rig.letGo();
  }

  // pins: 1.1/32
  void onlyAProcessorThatWasStoppedIsTerminated() {
    Rig rig;
    const auto refused = [&](ComponentId id, const std::string& why) {
      const auto result = rig.controller().terminate(id);
      return !result.ok() && result.error().message.find(why) != std::string::npos;
    };
    QVERIFY(refused(ComponentId(12345), "no processor with that id"));
    QVERIFY(refused(rig.component("all").id, "only processors"));
    QVERIFY(refused(rig.component("Hang").id, "stop it before"));
    require(rig.controller().terminate(rig.component("End").id));  // at rest: nothing to do
    QCOMPARE(rig.bulletins("was terminated"), std::size_t{0});
    require(rig.engine->edit(flowOf("stopped")));
    require(rig.controller().terminate(rig.component("Hang").id));
    rig.letGo();
  }
};

QTEST_GUILESS_MAIN(TerminationTest)
#include "termination_test.moc"
