// SPDX-License-Identifier: Apache-2.0
// DetectDuplicate, Wait and Notify on a map cache.
#include "processors/cache/map_cache.h"
#include "processors/cache/signal.h"
#include "tests/harness/processor_bench.h"

#include <QTest>

using namespace millrace;
using namespace millrace::tests;
using millrace::processors::MapCache;
using millrace::processors::Signal;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_detect_duplicate;
extern const ProcessorDescriptor processorIn_notify;
extern const ProcessorDescriptor processorIn_wait;
}  // namespace millrace::processors

namespace {

class MemoryCache final : public MapCache {
 public:
  Result<std::optional<std::string>> get(std::string_view key) override {
    const auto found = entries.find(std::string(key));
    return found == entries.end() ? std::optional<std::string>() : std::optional(found->second);
  }
  Result<> update(std::string_view key, const Change& change) override {
    if (broken) return Error::environment("the cache is gone");
    const auto before = *get(key);
    const auto after = change(before);
    if (after) entries[std::string(key)] = *after;
    if (!after) entries.erase(std::string(key));
    return Done{};
  }
  std::map<std::string, std::string> entries;
  bool broken = false;
};

struct Rig : ProcessorBench {
  Rig(const ProcessorDescriptor& descriptor, MemoryCache& cache) : ProcessorBench(descriptor) {
    service("cache", &cache).set("Distributed Cache Service", "cache");
  }
};

/// A Wait and a Notify on one cache.
struct Pair {
  MemoryCache cache;
  Rig wait{processors::processorIn_wait, cache};
  Rig notify{processors::processorIn_notify, cache};

  Pair() {
    wait.set("Release Signal Identifier", "${id}");
    notify.set("Release Signal Identifier", "${id}");
  }
  void hold(const std::string& content, ProcessorBench::AttributeMap attributes) {
    wait.enqueue(content, attributes);
  }
  void signal(ProcessorBench::AttributeMap attributes) {
    notify.enqueue("", attributes);
    notify.run();
  }
  /// Runs Wait for a while, on its own clock.
  void look() {
    wait.clock().advance(2 * kSecond);
    wait.run(20);
  }
  std::string released() {
    std::string all;
    for (const auto& output : wait.outputs("success")) all += output.content;
    return all;
  }
};

}  // namespace

class CacheProcessorsTest : public QObject {
  Q_OBJECT
 private slots:
  // -- DetectDuplicate
  void whatCameBeforeIsADuplicate() {
    MemoryCache cache;
    Rig bench(processors::processorIn_detect_duplicate, cache);
    bench.set("Cache Entry Identifier", "${key}").set("FlowFile Description", "${what} of them");
    bench.enqueue("1", {{"key", "a"}, {"what", "first"}});
    bench.enqueue("2", {{"key", "a"}, {"what", "second"}});
    bench.enqueue("3", {{"key", "b"}, {"what", "other"}});
    bench.enqueue("4", {{"key", " "}});
    bench.enqueue("5", {});
    bench.run();
    const auto duplicates = bench.outputs("duplicate");
    QCOMPARE(duplicates.size(), std::size_t{1});
    QCOMPARE(duplicates[0].content, std::string("2"));
    QCOMPARE(duplicates[0].attributes.at("original.flowfile.description"),
             std::string("first of them"));
    QCOMPARE(bench.count("non-duplicate"), std::size_t{2});
    QCOMPARE(bench.count("failure"), std::size_t{2});
    QVERIFY(bench.outputs("failure")[0].penalized);
  }

  void anOldEntryAgesOff() {
    MemoryCache cache;
    Rig bench(processors::processorIn_detect_duplicate, cache);
    bench.set("Cache Entry Identifier", "k").set("Age Off Duration", "10 s");
    const auto next = [&](Nanos later) {
      bench.clock().advance(later);
      bench.enqueue("", {});
      bench.run();
    };
    next(0);
    next(9 * kSecond);
    QCOMPARE(bench.count("duplicate"), std::size_t{1});
    next(kSecond);  // ten seconds after the first: its time is over, and this one is the first now
    QCOMPARE(bench.count("non-duplicate"), std::size_t{2});
    next(9 * kSecond);
    QCOMPARE(bench.count("duplicate"), std::size_t{2});
  }

  void lookingOnlyRemembersNothing() {
    MemoryCache cache;
    Rig bench(processors::processorIn_detect_duplicate, cache);
    bench.set("Cache Entry Identifier", "k").set("Cache The Entry Identifier", "false");
    bench.enqueue("", {});
    bench.enqueue("", {});
    bench.run();
    QCOMPARE(bench.count("non-duplicate"), std::size_t{2});
    QVERIFY(cache.entries.empty());
  }

  void aFlowFileIsNoDuplicateOfItself() {
    MemoryCache cache;
    Rig bench(processors::processorIn_detect_duplicate, cache);
    bench.set("Cache Entry Identifier", "k");
    bench.enqueue("x", {{"uuid", "11111111-2222-3333-4444-555555555555"}});
    bench.run();
    QCOMPARE(bench.count("non-duplicate"), std::size_t{1});
    // As after a crash between the cache and the commit: the same FlowFile comes again.
    bench.enqueue("x", {{"uuid", "11111111-2222-3333-4444-555555555555"}});
    bench.run();
    QCOMPARE(bench.count("non-duplicate"), std::size_t{2});
  }

  void aCacheThatIsGoneLosesNothing() {
    MemoryCache cache;
    cache.broken = true;
    Rig bench(processors::processorIn_detect_duplicate, cache);
    bench.set("Cache Entry Identifier", "k");
    bench.enqueue("x", {});
    bench.run();
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QVERIFY(!bench.bulletins().empty());
  }

  // -- signals
  void aSignalIsReadBackAsItWasWritten() {
    Signal signal;
    signal.counts = {{"", -5}, {"a", INT64_MAX}, {"\xC3\xA9", INT64_MIN}};
    signal.attributes = {{"x", std::string("\0\n", 2)}, {"y", ""}};
    signal.releasable = -3;
    const std::string text = signal.encode();
    QVERIFY(Signal::decode(text) == signal);
    for (std::size_t i = 0; i < text.size(); ++i) QVERIFY(!Signal::decode(text.substr(0, i)));
    QVERIFY(!Signal::decode(text + "x"));
    QVERIFY(!Signal::decode(""));
  }

  void countsBecomeReleasesAsOftenAsTheTargetFits() {
    Signal signal;
    signal.notify("c", 7);
    QCOMPARE(signal.release("c", 3, 2, 3), std::size_t{3});  // twice three: four may go, one left
    QCOMPARE(signal.count("c"), std::int64_t{1});
    QCOMPARE(signal.releasable, std::int64_t{1});
    QCOMPARE(signal.release("c", 3, 2, 5), std::size_t{1});
    signal.notify("c", 0);
    QVERIFY(signal.isSpent());
    signal.notify("d", 2);
    signal.notify("e", 1);
    QCOMPARE(signal.release("", 3, 1, 1), std::size_t{1});  // of all counters together
    QVERIFY(signal.isSpent());
  }

  // -- Wait and Notify
  void aFlowFileWaitsForItsSignal() {
    Pair pair;
    pair.hold("x", {{"id", "1"}});
    pair.look();
    QCOMPARE(pair.wait.count("wait"), std::size_t{1});
    QVERIFY(pair.wait.outputs("wait")[0].attributes.contains("wait.start.timestamp"));
    pair.signal({{"id", "2"}});
    pair.signal({{"id", "1"}});
    QCOMPARE(pair.notify.outputs("success")[1].attributes.at("notified"), std::string("true"));
    pair.hold("y", {{"id", "1"}});
    pair.look();
    const auto released = pair.wait.outputs("success");
    QCOMPARE(released.size(), std::size_t{1});
    QCOMPARE(released[0].attributes.at("wait.counter.default"), std::string("1"));
    QCOMPARE(released[0].attributes.at("wait.counter.total"), std::string("1"));
    QVERIFY(!released[0].attributes.contains("wait.start.timestamp"));
    QVERIFY(!pair.cache.entries.contains("1"));  // used up
    QVERIFY(pair.cache.entries.contains("2"));
  }

  void theTargetIsCountedAndTheReleasableGo() {
    Pair pair;
    pair.wait.set("Wait Mode", "keep")
        .set("Target Signal Count", "${target}")
        .set("Signal Counter Name", "done")
        .set("Releasable FlowFile Count", "2")
        .set("Wait Buffer Count", "10");
    pair.notify.set("Signal Counter Name", "${counter}").set("Signal Counter Delta", "${delta}");
    for (const char* content : {"a", "b", "c", "d", "e"})
      pair.hold(content, {{"id", "1"}, {"target", "3"}});
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "2"}});
    pair.signal({{"id", "1"}, {"counter", "other"}, {"delta", "9"}});
    pair.look();
    QCOMPARE(pair.released(), std::string());
    QCOMPARE(pair.wait.queued(), std::uint64_t{5});
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "2"}});
    pair.look();
    QCOMPARE(pair.released(), std::string("ab"));
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "2"}});  // 1 was left over
    pair.look();
    QCOMPARE(pair.released(), std::string("abcd"));
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "2"}});
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "0"}});
    pair.signal({{"id", "1"}, {"counter", "done"}, {"delta", "2"}});
    pair.look();
    QCOMPARE(pair.released(), std::string("abcd"));
    QCOMPARE(pair.wait.queued(), std::uint64_t{1});
  }

  void anOpenGateLetsAllGoAndStaysOpen() {
    Pair pair;
    pair.wait.set("Releasable FlowFile Count", "0").set("Target Signal Count", "2");
    pair.signal({{"id", "1"}});
    pair.hold("a", {{"id", "1"}});
    pair.look();
    QCOMPARE(pair.released(), std::string());
    pair.signal({{"id", "1"}});
    for (const char* content : {"b", "c"}) pair.hold(content, {{"id", "1"}});
    pair.look();
    QCOMPARE(pair.released(), std::string("bc"));
    QVERIFY(pair.cache.entries.contains("1"));
  }

  void attributesComeWithTheSignal() {
    for (const bool replace : {false, true}) {
      Pair pair;
      pair.wait.set("Attribute Copy Mode", replace ? "replace" : "keeporiginal");
      pair.notify.set("Attribute Cache Regular Expression", "re.*");
      pair.signal({{"id", "1"}, {"result", "new"}, {"rest", "r"}, {"other", "o"}});
      pair.hold("x", {{"id", "1"}, {"result", "old"}});
      pair.look();
      const auto released = pair.wait.outputs("success");
      QCOMPARE(released.size(), std::size_t{1});
      const auto& attributes = released[0].attributes;
      QCOMPARE(attributes.at("result"), std::string(replace ? "new" : "old"));
      QCOMPARE(attributes.at("rest"), std::string("r"));
      QVERIFY(!attributes.contains("other"));
    }
  }

  void whoWaitsTooLongExpires() {
    Pair pair;
    pair.wait.set("Expiration Duration", "1 min").set("Wait Mode", "keep");
    pair.hold("x", {{"id", "1"}});
    pair.look();
    pair.wait.clock().advance(50 * kSecond);
    pair.look();
    QCOMPARE(pair.wait.count("expired"), std::size_t{0});
    pair.wait.clock().advance(20 * kSecond);
    pair.look();
    QCOMPARE(pair.wait.count("expired"), std::size_t{1});
    QVERIFY(!pair.wait.outputs("expired")[0].attributes.contains("wait.start.timestamp"));
  }

  void whatMakesNoSenseFails() {
    Pair pair;
    pair.wait.set("Target Signal Count", "${n}");
    pair.notify.set("Signal Counter Delta", "${n}");
    pair.signal({{"id", " "}, {"n", "1"}});
    pair.signal({{"id", "1"}, {"n", "many"}});
    QCOMPARE(pair.notify.count("failure"), std::size_t{2});
    QCOMPARE(pair.notify.outputs("failure")[0].attributes.at("notified"), std::string("false"));
    QVERIFY(pair.cache.entries.empty());
    pair.signal({{"id", "1"}, {"n", "1"}});
    pair.hold("a", {{"n", "1"}});                                              // no signal
    pair.hold("b", {{"id", "1"}, {"n", "some"}});                              // no number
    pair.hold("c", {{"id", "1"}, {"n", "1"}, {"wait.start.timestamp", "x"}});  // no time
    pair.look();
    QCOMPARE(pair.wait.count("failure"), std::size_t{3});
    for (const auto& output : pair.wait.outputs("failure"))
      QVERIFY(!output.attributes.contains("wait.start.timestamp"));
    QCOMPARE(pair.released(), std::string());
  }

  void aSignalThatDoesNotComeCanBePassedOver() {
    Pair pair;
    pair.wait.set("Wait Mode", "keep").set("Wait Penalty Duration", "1 min");
    pair.hold("a", {{"id", "1"}});
    pair.hold("b", {{"id", "2"}});
    pair.signal({{"id", "2"}});
    for (int i = 0; i < 3; ++i) pair.look();
    QCOMPARE(pair.released(), std::string("b"));
    pair.signal({{"id", "1"}});
    pair.look();
    QCOMPARE(pair.released(), std::string("b"));
    pair.wait.clock().advance(kMinute);
    pair.look();
    QCOMPARE(pair.released(), std::string("ba"));
  }

  void somethingElseInTheCacheIsLeftAlone() {
    Pair pair;
    pair.cache.entries["1"] = "precious";
    pair.notify.enqueue("", {{"id", "1"}});
    pair.notify.run();
    pair.hold("x", {{"id", "1"}});
    pair.look();
    QCOMPARE(pair.cache.entries["1"], std::string("precious"));
    QCOMPARE(pair.notify.queued(), std::uint64_t{1});
    QCOMPARE(pair.wait.queued(), std::uint64_t{1});
  }

  void signalsOfManyAreSentTogether() {
    Pair pair;
    pair.notify.set("Signal Buffer Count", "10");
    for (int i = 0; i < 7; ++i) pair.notify.enqueue("", {{"id", i % 2 == 0 ? "even" : "odd"}});
    pair.notify.run();
    QCOMPARE(pair.notify.count("success"), std::size_t{7});
    QCOMPARE(Signal::decode(pair.cache.entries["even"])->counts.at("default"), std::int64_t{4});
    QCOMPARE(Signal::decode(pair.cache.entries["odd"])->counts.at("default"), std::int64_t{3});
  }
};

QTEST_GUILESS_MAIN(CacheProcessorsTest)
#include "cache_processors_test.moc"
