// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_tail_file;
}

namespace {

constexpr const char* kLog = "/logs/app.log";

/// One trigger: whatever the pause that the last one asked for, it is over.
void trigger(ProcessorBench& bench) {
  bench.clock().advance(2 * kSecond);
  bench.run(1);
}

void append(ProcessorBench& bench, const std::string& path, std::string_view text) {
  auto file = bench.fileSystem().open(path, OpenMode::kReadWrite);
  QVERIFY(file.ok());
  QVERIFY((*file)->writeAt((*file)->size().value(), asBytes(text)).ok());
}

std::string all(ProcessorBench& bench) {
  std::string text;
  for (const auto& output : bench.outputs("success")) text += output.content;
  return text;
}

}  // namespace

class TailFileTest : public QObject {
  Q_OBJECT
 private slots:
  void handsOnCompleteLinesOnly() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    bench.writeFile(kLog, "one\ntwo\r\nthr");
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{1});
    const auto first = bench.outputs("success").front();
    QCOMPARE(first.content, std::string("one\ntwo\r\n"));
    QCOMPARE(first.attributes.at("filename"), std::string("app.0-9.log"));
    QCOMPARE(first.attributes.at("tailfile.original.path"), std::string(kLog));
    QCOMPARE(first.attributes.at("mime.type"), std::string("text/plain"));
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{1});
    append(bench, kLog, "ee\nfour\n");
    trigger(bench);
    QCOMPARE(bench.outputs("success").at(1).content, std::string("three\nfour\n"));
    QCOMPARE(bench.outputs("success").at(1).attributes.at("filename"), std::string("app.9-20.log"));
  }
  void aCarriageReturnAtTheEndMayBeHalfALineEnd() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    bench.writeFile(kLog, "a\rb\r");
    trigger(bench);
    QCOMPARE(all(bench), std::string("a\r"));
    append(bench, kLog, "\nc");
    trigger(bench);
    QCOMPARE(all(bench), std::string("a\rb\r\n"));
  }
  void waitsForAFileThatIsNotThere() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{0});
    QVERIFY(bench.bulletins().empty());
    bench.writeFile(kLog, "now\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("now\n"));
  }
  void goesOnWhereItWasAfterARestart() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    bench.writeFile(kLog, "one\n");
    trigger(bench);
    bench.restart();
    append(bench, kLog, "two\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\ntwo\n"));
  }
  void findsTheRestInARolledOverFile() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Rolling Filename Pattern", "${filename}.log.*");
    bench.writeFile(kLog, "one\n");
    trigger(bench);
    bench.restart();
    append(bench, kLog, "two\nlast without end");
    QVERIFY(bench.fileSystem().rename(kLog, "/logs/app.log.1").ok());
    bench.writeFile(kLog, "new\n");
    trigger(bench);
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\ntwo\nlast without endnew\n"));
  }
  void findsTheRestWhenTheNewFileIsNotThereYet() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Rolling Filename Pattern", "app.log.*");
    bench.writeFile(kLog, "one\n");
    trigger(bench);
    append(bench, kLog, "two\n");
    QVERIFY(bench.fileSystem().rename(kLog, "/logs/app.log.1").ok());
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\ntwo\n"));
    bench.writeFile(kLog, "three\n");
    trigger(bench);
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\ntwo\nthree\n"));
  }
  void findsTheRestAfterCopyAndTruncate() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Rolling Filename Pattern", "app.log.*");
    bench.writeFile(kLog, "one one one\n");
    trigger(bench);
    append(bench, kLog, "two\n");
    bench.writeFile("/logs/app.log.1", bench.readFile(kLog));
    bench.writeFile(kLog, "three\n");
    trigger(bench);
    trigger(bench);
    QCOMPARE(all(bench), std::string("one one one\ntwo\nthree\n"));
  }
  void noticesATruncatedFileThatGrewBeyondItsOldLength() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    bench.writeFile(kLog, "old\n");
    trigger(bench);
    bench.writeFile(kLog, "entirely other lines\nand more\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("old\nentirely other lines\nand more\n"));
  }
  void beginsWithWhatWasRolledOverWhenAsked() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog)
        .set("Rolling Filename Pattern", "app.log.*")
        .set("Initial Start Position", "Beginning of Time");
    bench.writeFile("/logs/app.log.2", "oldest\n");
    bench.writeFile("/logs/app.log.1", "older\n");
    bench.writeFile(kLog, "new\n");
    QVERIFY(bench.fileSystem().setModified("/logs/app.log.2", 1000 * kSecond).ok());
    QVERIFY(bench.fileSystem().setModified("/logs/app.log.1", 2000 * kSecond).ok());
    QVERIFY(bench.fileSystem().setModified(kLog, 3000 * kSecond).ok());
    trigger(bench);
    trigger(bench);
    QCOMPARE(all(bench), std::string("oldest\nolder\nnew\n"));
    QCOMPARE(bench.outputs("success").front().attributes.at("filename"), std::string("app.log.2"));
  }
  void beginsAtTheEndWhenAsked() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Initial Start Position", "Current Time");
    bench.writeFile(kLog, "past\n");
    trigger(bench);
    append(bench, kLog, "future\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("future\n"));
  }
  void keepsReadingARolledOverFileForAWhile() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog)
        .set("Rolling Filename Pattern", "app.log.*")
        .set("Post-Rollover Tail Period", "1 min");
    bench.writeFile(kLog, "one\n");
    trigger(bench);
    QVERIFY(bench.fileSystem().rename(kLog, "/logs/app.log.1").ok());
    bench.writeFile(kLog, "new\n");
    append(bench, "/logs/app.log.1", "late\n");
    const auto now = [&] { return bench.clock().wall() * kMillisecond; };
    QVERIFY(bench.fileSystem().setModified("/logs/app.log.1", now()).ok());
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\nlate\n"));
    append(bench, "/logs/app.log.1", "later\n");
    QVERIFY(bench.fileSystem().setModified("/logs/app.log.1", now()).ok());
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\nlate\nlater\n"));
    bench.clock().advance(2 * kMinute);
    trigger(bench);
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\nlate\nlater\nnew\n"));
  }
  void followsManyFiles() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("Tailing Mode", "Multiple files")
        .set("Base Directory", "/logs")
        .set("Files to Tail", R"(.*\.log)")
        .set("Recursive Lookup", "true")
        .set("Maximum Age", "9999 days")
        .set("Lookup Frequency", "0 sec");
    bench.writeFile("/logs/a.log", "a\n");
    bench.writeFile("/logs/deep/b.log", "b\n");
    bench.writeFile("/logs/c.txt", "c\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("a\nb\n"));
    bench.writeFile("/logs/d.log", "d\n");
    append(bench, "/logs/a.log", "a2\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("a\nb\na2\nd\n"));
  }
  void neverSplitsAMessage() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Line Start Pattern", "^<");
    bench.writeFile(kLog, "<a\n  more\n");
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{0});
    append(bench, kLog, "<b\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("<a\n  more\n"));
  }
  void givesAMessageThatIsTooLongInParts() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Line Start Pattern", "^<").set("Max Buffer Size", "10 B");
    bench.writeFile(kLog, "<a\n a long continuation\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("<a\n a long continuation\n"));
  }
  void stopsBeforeAZeroByteWhenAsked() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Reread on NUL Encountered", "true");
    bench.writeFile(kLog, std::string_view("one\n\0\0\0\0\n", 9));
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\n"));
    bench.writeFile(kLog, "one\ntwo!\n");
    trigger(bench);
    QCOMPARE(all(bench), std::string("one\ntwo!\n"));
  }
  void linesMayBeLongerThanAnyBuffer() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog);
    const std::string line = std::string(300'000, 'x') + "ü\n";
    bench.writeFile(kLog, line + std::string(200'000, 'y'));
    trigger(bench);
    QVERIFY(all(bench) == line);
  }
  void eachLineMayBeAFlowFile() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Result Mode", "Flow file per delimiter");
    const std::string longLine = std::string(200'000, 'x') + "\n";
    bench.writeFile(kLog, "one\n\n\xC3\xA4\r\n" + longLine + "not ended");
    trigger(bench);
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{4});
    QCOMPARE(outputs[0].content, std::string("one\n"));
    QCOMPARE(outputs[0].attributes.at("filename"), std::string("app.0-4.log"));
    QCOMPARE(outputs[1].content, std::string("\n"));
    QCOMPARE(outputs[1].attributes.at("filename"), std::string("app.4-5.log"));
    QCOMPARE(outputs[2].content, std::string("\xC3\xA4\r\n"));
    QVERIFY(outputs[3].content == longLine);
    append(bench, kLog, " yet\n");
    bench.restart();
    trigger(bench);
    QCOMPARE(bench.outputs("success").back().content, std::string("not ended yet\n"));
  }
  void manyLinesAreCommittedSoManyAtATime() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Result Mode", "Flow file per delimiter");
    std::string lines;
    for (int i = 0; i < 25'000; ++i) lines += "line " + std::to_string(i) + "\n";
    bench.writeFile(kLog, lines);
    trigger(bench);
    QCOMPARE(bench.count("success"), std::size_t{25'000});
    QVERIFY(all(bench) == lines);
  }
  void piecesEndWithTheDelimiterWhateverTheBatch() {
    for (const char* batch : {"0", "1", "2", "1000"}) {
      ProcessorBench bench(processors::processorIn_tail_file);
      bench.set("File to Tail", kLog).set("Result Mode", "Flow file per delimiter");
      bench.set("Input Delimiter", ";").set("Batch Size", batch);
      bench.writeFile(kLog, "a;b\n;;c;d");
      trigger(bench);
      trigger(bench);
      QCOMPARE(all(bench), std::string("a;b\n;;c;"));
      QCOMPARE(bench.count("success"), std::size_t{4});
    }
  }
  void aTriggerMakesNoMoreThanItsBatch() {
    for (const auto& [batch, made] : {std::pair("0", 5U), {"2", 2U}, {"5", 5U}, {"9", 5U}}) {
      ProcessorBench bench(processors::processorIn_tail_file);
      engine::Schedule once;
      once.runs = 1;
      bench.schedule(once).set("File to Tail", kLog);
      bench.set("Result Mode", "Flow file per delimiter").set("Batch Size", batch);
      bench.writeFile(kLog, "1\n2\n3\n4\n5\n");
      trigger(bench);
      trigger(bench);
      QCOMPARE(bench.count("success"), std::size_t{made});
    }
  }
  void linesOfARolledOverFileGoOnWhereABatchEnded() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Rolling Filename Pattern", "app.log.*");
    bench.set("Result Mode", "Flow file per delimiter").set("Batch Size", "2");
    bench.set("Initial Start Position", "Beginning of Time");
    bench.writeFile("/logs/app.log.1", "1\n2\n3\n4\n5 has no end");
    bench.writeFile(kLog, "6\n7\n");
    for (int i = 0; i < 6; ++i) {
      trigger(bench);
      bench.restart();
    }
    QCOMPARE(all(bench), std::string("1\n2\n3\n4\n5 has no end6\n7\n"));
    QCOMPARE(bench.count("success"), std::size_t{7});
  }
  void refusesADelimiterOfManyCharacters() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("File to Tail", kLog).set("Result Mode", "Flow file per delimiter");
    bench.set("Input Delimiter", "ab");
    QVERIFY(bench.problem().find("Input Delimiter 'ab'") != std::string::npos);
  }
  void refusesManyFilesWithoutABase() {
    ProcessorBench bench(processors::processorIn_tail_file);
    bench.set("Tailing Mode", "Multiple files").set("Files to Tail", ".*");
    QVERIFY(!bench.problem().empty());
  }
};

QTEST_GUILESS_MAIN(TailFileTest)
#include "tail_file_test.moc"
