// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_list_file;
extern const ProcessorDescriptor processorIn_fetch_file;
}  // namespace millrace::processors

namespace {

/// The clock of a test stands still: without a timer, a source that always finds something would
/// never finish its slice.
engine::Schedule everySecond() {
  engine::Schedule schedule;
  schedule.every = kSecond;
  return schedule;
}

std::vector<std::string> names(ProcessorBench& bench) {
  std::vector<std::string> result;
  for (const auto& output : bench.outputs("success"))
    result.push_back(output.attributes.at("filename"));
  return result;
}

void trigger(ProcessorBench& bench) {
  bench.clock().advance(2 * kSecond);
  bench.run(1);
}

void write(ProcessorBench& bench, const std::string& path, std::string_view content,
           Nanos modified) {
  bench.writeFile(path, content);
  QVERIFY(bench.fileSystem().setModified(path, modified).ok());
}

}  // namespace

class ListAndFetchTest : public QObject {
  Q_OBJECT
 private slots:
  void listsEachFileOnceByTimestamp() {
    ProcessorBench bench(processors::processorIn_list_file);
    bench.schedule(everySecond());
    bench.set("Input Directory", "/in");
    write(bench, "/in/b", "12345", 200 * kSecond);
    write(bench, "/in/a", "1", 300 * kSecond);
    trigger(bench);
    QCOMPARE(names(bench), (std::vector<std::string>{"b", "a"}));
    const auto first = bench.outputs("success").front();
    QCOMPARE(first.content, std::string());
    QCOMPARE(first.attributes.at("file.size"), std::string("5"));
    QCOMPARE(first.attributes.at("path"), std::string("./"));
    QCOMPARE(first.attributes.at("absolute.path"), std::string("/in/"));
    trigger(bench);
    bench.restart();
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{2});
    write(bench, "/in/c", "", 300 * kSecond);  // the same time as the newest
    write(bench, "/in/old", "", 100 * kSecond);
    write(bench, "/in/b", "changed", 400 * kSecond);
    trigger(bench);
    QCOMPARE(names(bench), (std::vector<std::string>{"b", "a", "c", "b"}));
  }
  void beginsAnewInAnotherFolder() {
    ProcessorBench bench(processors::processorIn_list_file);
    bench.schedule(everySecond());
    bench.set("Input Directory", "/in");
    write(bench, "/in/a", "", 300 * kSecond);
    write(bench, "/other/b", "", 100 * kSecond);
    trigger(bench);
    bench.set("Input Directory", "/other");
    trigger(bench);
    QCOMPARE(names(bench), (std::vector<std::string>{"a", "b"}));
  }
  void tracksEntities() {
    ProcessorBench bench(processors::processorIn_list_file);
    bench.schedule(everySecond());
    bench.set("Input Directory", "/in").set("Listing Strategy", "Tracking Entities");
    const Nanos now = bench.clock().wall() * kMillisecond;
    write(bench, "/in/ancient", "", now - 100 * 60 * kMinute);
    write(bench, "/in/a", "1", now - kMinute);
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{2});  // initial target: all
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{2});
    write(bench, "/in/older", "", now - 2 * kMinute);  // moved in with an older time
    write(bench, "/in/a", "22", now - kMinute);        // another size
    trigger(bench);
    QCOMPARE(names(bench).size(), std::size_t{4});
  }
  void withoutTrackingListsAllEachTime() {
    ProcessorBench bench(processors::processorIn_list_file);
    bench.schedule(everySecond());
    bench.set("Input Directory", "/in").set("Listing Strategy", "none");
    write(bench, "/in/a", "", 100 * kSecond);
    trigger(bench);
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{2});
  }

  void fetchesByAttributes() {
    ProcessorBench bench(processors::processorIn_fetch_file);
    const std::string large(1'500'000, 'y');
    bench.writeFile("/in/a", large);
    bench.enqueue("old", {{"absolute.path", "/in/"}, {"filename", "a"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    QVERIFY(bench.outputs("success").front().content == large);
    QVERIFY(bench.fileSystem().exists("/in/a"));
  }
  void missingFilesHaveTheirRelationship() {
    ProcessorBench bench(processors::processorIn_fetch_file);
    bench.set("File to Fetch", "/in/${filename}");
    bench.enqueue("old", {{"filename", "none"}});
    bench.run();
    QCOMPARE(bench.count("not.found"), std::size_t{1});
    QVERIFY(bench.outputs("not.found").front().penalized);
    QCOMPARE(bench.outputs("not.found").front().content, std::string("old"));
  }
  void deletesAfterTheCommit() {
    ProcessorBench bench(processors::processorIn_fetch_file);
    bench.set("File to Fetch", "/in/a").set("Completion Strategy", "Delete File");
    bench.writeFile("/in/a", "content");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.outputs("success").front().content, std::string("content"));
    QVERIFY(!bench.fileSystem().exists("/in/a"));
  }
  void movesAsTheConflictStrategySays() {
    struct Case {
      const char* strategy;
      std::size_t success;
      bool sourceStays;
      std::string target;
      std::size_t files;
    };
    const std::vector<Case> cases{{"Rename", 1, false, "old", 2},
                                  {"Replace File", 1, false, "new", 1},
                                  {"Keep Existing", 1, false, "old", 1},
                                  {"Fail", 0, true, "old", 1}};
    for (const Case& wanted : cases) {
      ProcessorBench bench(processors::processorIn_fetch_file);
      bench.set("File to Fetch", "/in/a.txt")
          .set("Completion Strategy", "Move File")
          .set("Move Destination Directory", "/done")
          .set("Move Conflict Strategy", wanted.strategy);
      bench.writeFile("/in/a.txt", "new");
      bench.writeFile("/done/a.txt", "old");
      bench.enqueue("");
      bench.run();
      QCOMPARE(bench.count("success"), wanted.success);
      QCOMPARE(bench.count("failure"), 1 - wanted.success);
      QCOMPARE(bench.fileSystem().exists("/in/a.txt"), wanted.sourceStays);
      QCOMPARE(bench.readFile("/done/a.txt"), wanted.target);
      QCOMPARE(bench.fileSystem().list("/done")->size(), wanted.files);
    }
  }
  void movesIntoANewFolder() {
    ProcessorBench bench(processors::processorIn_fetch_file);
    bench.set("File to Fetch", "/in/a")
        .set("Completion Strategy", "Move File")
        .set("Move Destination Directory", "/done/${filename}");
    bench.writeFile("/in/a", "x");
    bench.enqueue("", {{"filename", "sub"}});
    bench.run();
    QCOMPARE(bench.readFile("/done/sub/a"), std::string("x"));
  }
};

QTEST_GUILESS_MAIN(ListAndFetchTest)
#include "list_and_fetch_test.moc"
