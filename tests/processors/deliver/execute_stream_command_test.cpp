// SPDX-License-Identifier: Apache-2.0
// Programs run: ExecuteStreamCommand, and ExecuteProcess, on the machine's own.
#include "engine/base/posix_process_runner.h"
#include "processors/processes/child_output.h"
#include "tests/harness/processor_bench.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_execute_stream_command;
extern const ProcessorDescriptor processorIn_execute_process;
}  // namespace millrace::processors

namespace {

/// The clock of a test stands still: without a timer, a source that always finds something would
/// never finish its slice.
engine::Schedule everySecond() {
  engine::Schedule schedule;
  schedule.every = kSecond;
  return schedule;
}

}  // namespace

class ExecuteStreamCommandTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<ProcessRunner> runner_ = makePosixProcessRunner();

 private slots:
  void splitsArguments() {
    using processors::splitArguments;
    QCOMPARE(splitArguments("", ';'), (std::vector<std::string>{}));
    QCOMPARE(splitArguments("a;b c;\"d;e\"", ';'), (std::vector<std::string>{"a", "b c", "d;e"}));
    QCOMPARE(splitArguments("a;;b", ';'), (std::vector<std::string>{"a", "", "b"}));
    QCOMPARE(splitArguments(" -x \"y z\" ", ' '), (std::vector<std::string>{"-x", "y z"}));
  }
  void pipesContentThroughAProgram() {
    ProcessorBench bench(processors::processorIn_execute_stream_command);
    bench.processes(*runner_).set("Command Path", "tr").set("Command Arguments", "a-z;A-Z");
    std::string large;
    while (large.size() < 1'500'000) large += "some lines of text\n";
    bench.enqueue("hello", {{"filename", "f"}});
    bench.enqueue(large);
    bench.enqueue("");
    bench.run();
    const auto outputs = bench.outputs("output stream");
    QCOMPARE(outputs.size(), std::size_t{3});
    QCOMPARE(outputs.at(0).content, std::string("HELLO"));
    QCOMPARE(outputs.at(0).attributes.at("filename"), std::string("f"));
    QCOMPARE(outputs.at(0).attributes.at("execution.status"), std::string("0"));
    QCOMPARE(outputs.at(0).attributes.at("execution.command"), std::string("tr"));
    QCOMPARE(outputs.at(0).attributes.at("execution.command.args"), std::string("a-z;A-Z"));
    QVERIFY(outputs.at(1).content == QString::fromStdString(large).toUpper().toStdString());
    QCOMPARE(bench.outputs("original").at(0).content, std::string("hello"));
  }
  void aNonzeroStatusHasItsRelationship() {
    ProcessorBench bench(processors::processorIn_execute_stream_command);
    bench.processes(*runner_)
        .set("Command Path", "sh")
        .set("Command Arguments", "-c;\"echo out; echo wrong >&2; exit 7\"");
    bench.enqueue("x");
    bench.run();
    const auto output = bench.outputs("nonzero status").at(0);
    QCOMPARE(output.content, std::string("out\n"));
    QCOMPARE(output.attributes.at("execution.status"), std::string("7"));
    QCOMPARE(output.attributes.at("execution.error"), std::string("wrong\n"));
    QVERIFY(output.penalized);
    QCOMPARE(bench.count("original"), std::size_t{1});
  }
  void putsOutputIntoAnAttribute() {
    ProcessorBench bench(processors::processorIn_execute_stream_command);
    bench.processes(*runner_)
        .set("Command Path", "cat")
        .set("Output Destination Attribute", "copy")
        .set("Max Attribute Length", "4");
    bench.enqueue("abcü and more");  // ü would be cut in two
    bench.run();
    QCOMPARE(bench.outputs("original").at(0).attributes.at("copy"), std::string("abc"));
    QCOMPARE(bench.outputs("original").at(0).content, std::string("abcü and more"));
  }
  void takesArgumentsAndVariablesFromDynamicProperties() {
    ProcessorBench bench(processors::processorIn_execute_stream_command);
    bench.processes(*runner_)
        .set("Command Path", "sh")
        .set("Command Arguments Strategy", "Dynamic Property Arguments")
        .set("command.argument.2", "echo \"$GREETING $0\"")
        .set("command.argument.1", "-c")
        .set("command.argument.10", "${name}")
        .set("GREETING", "hello")
        .set("Ignore STDIN", "true");
    bench.enqueue("x", {{"name", "a; b"}});
    bench.run();
    QCOMPARE(bench.outputs("output stream").at(0).content, std::string("hello a; b\n"));
  }
  void aMissingProgramKeepsTheFlowFile() {
    ProcessorBench bench(processors::processorIn_execute_stream_command);
    bench.processes(*runner_).set("Command Path", "/no/such/program");
    bench.enqueue("x");
    bench.run();
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QVERIFY(!bench.bulletins().empty());
  }

  void executeProcessHandsOnItsOutput() {
    ProcessorBench bench(processors::processorIn_execute_process);
    bench.schedule(everySecond())
        .processes(*runner_)
        .set("Command", "printf")
        .set("Command Arguments", "%s-%s one \"two three\"")
        .set("MIME Type", "text/plain");
    bench.run(1);
    const auto output = bench.outputs("success").at(0);
    QCOMPARE(output.content, std::string("one-two three"));
    QCOMPARE(output.attributes.at("command"), std::string("printf"));
    QCOMPARE(output.attributes.at("command.arguments"), std::string("%s-%s one \"two three\""));
    QCOMPARE(output.attributes.at("mime.type"), std::string("text/plain"));
  }
  void executeProcessMakesNothingOfNoOutput() {
    ProcessorBench bench(processors::processorIn_execute_process);
    bench.schedule(everySecond()).processes(*runner_).set("Command", "true");
    bench.run(1);
    QCOMPARE(bench.count("success"), std::size_t{0});
  }
  void executeProcessLogsOrMergesErrorOutput() {
    ProcessorBench bench(processors::processorIn_execute_process);
    bench.schedule(everySecond())
        .processes(*runner_)
        .set("Command", "sh")
        .set("Command Arguments", "-c|echo $WORD >&2")
        .set("Argument Delimiter", "|")
        .set("WORD", "complaint");
    bench.run(1);
    QCOMPARE(bench.count("success"), std::size_t{0});
    QVERIFY(!bench.bulletins().empty());
    bench.set("Redirect Error Stream", "true");
    bench.clock().advance(2 * kSecond);
    bench.run(1);
    QCOMPARE(bench.outputs("success").at(0).content, std::string("complaint\n"));
  }
};

QTEST_GUILESS_MAIN(ExecuteStreamCommandTest)
#include "execute_stream_command_test.moc"
