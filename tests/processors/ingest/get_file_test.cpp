// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_get_file;
}

namespace {

std::set<std::string> names(ProcessorBench& bench) {
  std::set<std::string> result;
  for (const auto& output : bench.outputs("success"))
    result.insert(output.attributes.at("filename"));
  return result;
}

}  // namespace

class GetFileTest : public QObject {
  Q_OBJECT
 private slots:
  void takesFilesAndDeletesThem() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in");
    const std::string large(2'000'000, 'x');
    bench.writeFile("/in/a.txt", "hello");
    bench.writeFile("/in/deep/er/b.bin", large);
    bench.writeFile("/in/empty", "");
    bench.run();
    QCOMPARE(names(bench), (std::set<std::string>{"a.txt", "b.bin", "empty"}));
    for (const auto& output : bench.outputs("success")) {
      if (output.attributes.at("filename") == "a.txt") {
        QCOMPARE(output.content, std::string("hello"));
        QCOMPARE(output.attributes.at("path"), std::string("./"));
        QCOMPARE(output.attributes.at("absolute.path"), std::string("/in/"));
        QVERIFY(output.attributes.contains("file.lastModifiedTime"));
      }
      if (output.attributes.at("filename") == "b.bin") {
        QVERIFY(output.content == large);
        QCOMPARE(output.attributes.at("path"), std::string("deep/er/"));
      }
    }
    QVERIFY(!bench.fileSystem().exists("/in/a.txt"));
    QVERIFY(!bench.fileSystem().exists("/in/deep/er/b.bin"));
  }
  void takesEachFileOnceWhenItsRemovalFails() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in").set("Polling Interval", "0 sec");
    bench.writeFile("/in/a.txt", "hello");
    bench.memoryFiles().fail(MemoryFileSystem::Operation::kName, 1,
                             MemoryFileSystem::Times::kForEver, "/in/a.txt");
    for (int i = 0; i < 5; ++i) {
      bench.run(3);
      bench.clock().advance(kSecond);
    }
    QCOMPARE(bench.count("success"), std::size_t{1});
  }
  void takesAFileAgainThatCameBack() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in");
    for (const char* content : {"one", "two"}) {
      bench.writeFile("/in/a.txt", content);
      bench.run();
      bench.clock().advance(kMinute);
    }
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.outputs("success").at(1).content, std::string("two"));
  }
  void looksAgainOnlyAfterThePollingInterval() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in").set("Polling Interval", "30 sec");
    bench.writeFile("/in/a", "x");
    bench.run();
    bench.writeFile("/in/b", "x");
    bench.clock().advance(29 * kSecond);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    bench.clock().advance(2 * kSecond);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
  }
  void keepsTheSourceWhenAsked() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in").set("Keep Source File", "true");
    bench.writeFile("/in/a", "x");
    bench.run();
    bench.clock().advance(kMinute);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.readFile("/in/a"), std::string("x"));
  }
  void filters() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in/")
        .set("File Filter", R"(.*\.log)")
        .set("Path Filter", "keep(/.*)?")
        .set("Minimum File Size", "2 B")
        .set("Maximum File Size", "4 B");
    bench.writeFile("/in/top.log", "xxx");
    bench.writeFile("/in/top.txt", "xxx");
    bench.writeFile("/in/small.log", "x");
    bench.writeFile("/in/big.log", "xxxxx");
    bench.writeFile("/in/.hidden.log", "xxx");
    bench.writeFile("/in/keep/sub/yes.log", "xxx");
    bench.writeFile("/in/skip/no.log", "xxx");
    bench.run();
    QCOMPARE(names(bench), (std::set<std::string>{"top.log", "yes.log"}));
  }
  void leavesYoungFilesForLater() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in").set("Minimum File Age", "10 min");
    bench.writeFile("/in/a", "x");
    const Nanos now = bench.clock().wall() * kMillisecond;
    QVERIFY(bench.fileSystem().setModified("/in/a", now - kMinute).ok());
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{0});
    bench.clock().advance(10 * kMinute);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
  }
  void aMissingFolderIsAnError() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/nowhere");
    bench.run(1);
    QVERIFY(!bench.bulletins().empty());
  }
  void refusesABadPattern() {
    ProcessorBench bench(processors::processorIn_get_file);
    bench.set("Input Directory", "/in").set("Batch Size", "0");
    QVERIFY(!bench.problem().empty());
  }
};

QTEST_GUILESS_MAIN(GetFileTest)
#include "get_file_test.moc"
