// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_put_file;
}

namespace {

std::size_t filesIn(ProcessorBench& bench, const std::string& folder) {
  const auto entries = bench.fileSystem().list(folder);
  return entries.ok() ? entries->size() : 0;
}

/// Runs until nothing is left to do, through short pauses.
void runAll(ProcessorBench& bench) {
  for (int i = 0; i < 6; ++i) {
    bench.run();
    bench.clock().advance(10 * kMillisecond);
  }
}

}  // namespace

class PutFileTest : public QObject {
  Q_OBJECT
 private slots:
  void writesEachFlowFileUnderItsName() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out/${kind}");
    const std::string large(2'000'000, 'x');
    bench.enqueue("hello", {{"filename", "a.txt"}, {"kind", "small"}});
    bench.enqueue("", {{"filename", "empty"}, {"kind", "small"}});
    bench.enqueue(large, {{"filename", "größe.bin"}, {"kind", "large"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{3});
    QCOMPARE(bench.readFile("/out/small/a.txt"), std::string("hello"));
    QCOMPARE(bench.readFile("/out/small/empty"), std::string());
    QVERIFY(bench.readFile("/out/large/größe.bin") == large);
    QCOMPARE(filesIn(bench, "/out/small"), std::size_t{2});  // nothing hidden stays
  }
  void whatWentToSuccessSurvivesAPowerCut() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      MemoryFileSystem disk(seed);
      QVERIFY(disk.createDirectories("/out").ok());
      QVERIFY(disk.syncDirectory("/").ok());
      ProcessorBench bench(processors::processorIn_put_file);
      bench.files(disk).set("Directory", "/out/new");
      bench.enqueue(std::string(10'000, 'x'), {{"filename", "a"}});
      bench.run();
      QCOMPARE(bench.count("success"), std::size_t{1});
      const auto after = disk.crash();
      QVERIFY(after->readAll("/out/new/a").value() == std::string(10'000, 'x'));
    }
  }
  void failsOnAConflict() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out");
    bench.writeFile("/out/a", "old");
    bench.enqueue("new", {{"filename", "a"}});
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
    QVERIFY(bench.outputs("failure").front().penalized);
    QCOMPARE(bench.readFile("/out/a"), std::string("old"));
    QCOMPARE(filesIn(bench, "/out"), std::size_t{1});
  }
  void ignoresAConflict() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "ignore");
    bench.writeFile("/out/a", "old");
    bench.enqueue("new", {{"filename", "a"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    QCOMPARE(bench.readFile("/out/a"), std::string("old"));
  }
  void replacesOnAConflict() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "replace");
    bench.writeFile("/out/a", "old and longer");
    bench.enqueue("new", {{"filename", "a"}});
    bench.run();
    QCOMPARE(bench.readFile("/out/a"), std::string("new"));
  }
  void refusesNamesThatLeadOutOfTheFolder() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out");
    for (const char* name : {"../b", "a/../../b", "", "..", "sub/"})
      bench.enqueue("x", {{"filename", name}});
    bench.enqueue("x", {{"filename", "sub/../inside"}});
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{5});
    QVERIFY(!bench.fileSystem().exists("/b"));
    QCOMPARE(bench.count("success"), std::size_t{1});
  }
  void missingFoldersMayBeForbidden() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/nowhere").set("Create Missing Directories", "false");
    bench.enqueue("x", {{"filename", "a"}});
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
    QVERIFY(!bench.fileSystem().exists("/nowhere"));
  }
  void aFullFolderTakesNoMore() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Maximum File Count", "2");
    for (const char* name : {"a", "b", "c"}) bench.enqueue("x", {{"filename", name}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }
  void setsPermissionsAndTime() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out")
        .set("Permissions", "${mode}")
        .set("Last Modified Time", "2024-02-29T12:00:00+0000");
    bench.enqueue("x", {{"filename", "a"}, {"mode", "640"}});
    bench.enqueue("x", {{"filename", "b"}, {"mode", "rwxr-x---"}});
    bench.enqueue("x", {{"filename", "c"}, {"mode", "nonsense"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{3});
    QCOMPARE(bench.fileSystem().info("/out/a")->mode, 0640U);
    QCOMPARE(bench.fileSystem().info("/out/b")->mode, 0750U);
    QCOMPARE(bench.fileSystem().info("/out/a")->modified, Nanos{1709208000} * kSecond);
    QVERIFY(!bench.bulletins().empty());
  }
  void aFailingDiskIsAFailureOfThatFlowFile() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out");
    bench.enqueue("x", {{"filename", "bad"}});
    bench.enqueue("y", {{"filename", "good"}});
    bench.memoryFiles().fail(MemoryFileSystem::Operation::kWrite, 1,
                             MemoryFileSystem::Times::kForEver, "bad");
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
    QCOMPARE(bench.count("success"), std::size_t{1});
    QCOMPARE(bench.readFile("/out/good"), std::string("y"));
    QVERIFY(!bench.fileSystem().exists("/out/bad"));
  }
  void appendsInOrder() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "append");
    std::string wanted;
    for (int i = 0; i < 500; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      wanted += line;
      bench.enqueue(line, {{"filename", "all.txt"}});
    }
    runAll(bench);
    QCOMPARE(bench.count("success"), std::size_t{500});
    QCOMPARE(bench.readFile("/out/all.txt"), wanted);
    bench.enqueue("more\n", {{"filename", "all.txt"}});
    runAll(bench);
    QCOMPARE(bench.readFile("/out/all.txt"), wanted + "more\n");
  }
  void appendsToWhatWasThereBefore() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "append");
    bench.writeFile("/out/a", "before\n");
    bench.enqueue("after\n", {{"filename", "a"}});
    runAll(bench);
    QCOMPARE(bench.readFile("/out/a"), std::string("before\nafter\n"));
  }
  void cutsOffWhatNoCommitKnows() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "append");
    bench.enqueue("one\n", {{"filename", "a"}});
    runAll(bench);
    // As a crash between the write and the commit leaves it.
    {
      auto file = bench.fileSystem().open("/out/a", OpenMode::kReadWrite);
      QVERIFY((*file)->writeAt(4, asBytes("two\nth")).ok());
    }
    bench.restart();
    bench.enqueue("two\n", {{"filename", "a"}});
    runAll(bench);
    QCOMPARE(bench.readFile("/out/a"), std::string("one\ntwo\n"));
  }
  void appendsToAFileThatSomebodyReplaced() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "append");
    bench.enqueue("one\n", {{"filename", "a"}});
    runAll(bench);
    QVERIFY(bench.fileSystem().rename("/out/a", "/out/a.1").ok());
    bench.writeFile("/out/a", "somebody's\n");
    bench.enqueue("two\n", {{"filename", "a"}});
    runAll(bench);
    QCOMPARE(bench.readFile("/out/a"), std::string("somebody's\ntwo\n"));
    QCOMPARE(bench.readFile("/out/a.1"), std::string("one\n"));
  }
  void aFailedWriteAppendsNothingTwice() {
    ProcessorBench bench(processors::processorIn_put_file);
    bench.set("Directory", "/out").set("Conflict Resolution Strategy", "append");
    bench.enqueue("one\n", {{"filename", "a"}});
    runAll(bench);
    bench.enqueue("two\n", {{"filename", "a"}});
    bench.memoryFiles().fail(MemoryFileSystem::Operation::kSync, 1, MemoryFileSystem::Times::kOnce,
                             "/out/a");
    runAll(bench);
    QCOMPARE(bench.queued(), std::uint64_t{1});  // rolled back and penalized
    bench.clock().advance(kMinute);
    runAll(bench);
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.readFile("/out/a"), std::string("one\ntwo\n"));
  }
};

QTEST_GUILESS_MAIN(PutFileTest)
#include "put_file_test.moc"
