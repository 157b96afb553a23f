// SPDX-License-Identifier: Apache-2.0
#include "engine/base/posix_process_runner.h"

#include "engine/base/posix_file_system.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QtTest>
#include <array>
#include <cerrno>
#include <set>

using namespace millrace;

namespace {

struct Outcome {
  std::string out;
  std::string error;
  int code = -1;
};

/// Runs a program to its end, with `input` on its standard input.
Result<Outcome> run(const ProcessRequest& request, std::string_view input = {}) {
  const auto runner = makePosixProcessRunner();
  auto child = MR_TRY(runner->start(request));
  Outcome outcome;
  std::vector<std::byte> buffer(16 * 1024);
  bool open = true;
  while (true) {
    if (open && input.empty()) {
      child->closeInput();
      open = false;
    }
    if (open) {
      const auto put = child->writeSome(asBytes(input));
      if (put.ok()) {
        input.remove_prefix(*put);
      } else {
        open = false;
      }
    }
    const auto got = MR_TRY(child->wait(buffer, open, 10 * kSecond));
    if (got.ended) break;
    const auto text = asText(std::span(buffer).first(got.bytes));
    (got.stream == ChildProcess::Stream::kOut ? outcome.out : outcome.error) += text;
  }
  outcome.code = MR_TRY(child->exitCode());
  return outcome;
}

std::set<std::string> openDescriptors() {
  const auto files = makePosixFileSystem();
  std::set<std::string> names;
  const auto entries = files->list("/proc/self/fd");
  for (const auto& entry : *entries) names.insert(entry.name);
  return names;
}

/// Descriptors above the standard streams that any child of this program has.
int inheritable() {
  int count = 0;
  for (const std::string& name : openDescriptors()) {
    const int descriptor = std::stoi(name);
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (descriptor > STDERR_FILENO && flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
  }
  return count;
}

}  // namespace

class PosixProcessRunnerTest : public QObject {
  Q_OBJECT
 private slots:
  void keepsStreamsAndExitCodeApart() {
    const auto done = run({.command = "sh", .arguments = {"-c", "echo out; echo err >&2; exit 3"}});
    QVERIFY(done.ok());
    QCOMPARE(done->out, std::string("out\n"));
    QCOMPARE(done->error, std::string("err\n"));
    QCOMPARE(done->code, 3);
  }
  void handsArgumentsOverWithoutAShell() {
    const auto done = run({.command = "printf", .arguments = {"[%s]", "a b", "", "$HOME;*", "ü"}});
    QVERIFY(done.ok());
    QCOMPARE(done->out, std::string("[a b][][$HOME;*][ü]"));
  }
  void mergesTheErrorStreamWhenAsked() {
    const auto done = run({.command = "sh",
                           .arguments = {"-c", "echo a >&2; echo b; echo c >&2"},
                           .mergeErrorStream = true});
    QVERIFY(done.ok());
    QCOMPARE(done->out, std::string("a\nb\nc\n"));
    QCOMPARE(done->error, std::string());
  }
  void pipesMoreThanAPipeHoldsInBothDirections() {
    std::string input;
    while (input.size() < 3'000'000) input += "0123456789abcdef\n";
    const auto done = run({.command = "cat"}, input);
    QVERIFY(done.ok());
    QVERIFY(done->out == input);
    QCOMPARE(done->code, 0);
  }
  void tellsWhenTheProgramDoesNotReadItsInput() {
    const auto runner = makePosixProcessRunner();
    auto child = runner->start(
        {.command = "sh", .arguments = {"-c", "exec 0<&-; echo closed; exec sleep 1000"}});
    QVERIFY(child.ok());
    std::array<std::byte, 64> buffer{};
    const auto closed = (*child)->wait(buffer, false, 10 * kSecond);
    QVERIFY(closed.ok() && closed->bytes > 0);
    QVERIFY(!(*child)->writeSome(asBytes("x")).ok());  // and SIGPIPE did not end this program
    QVERIFY(!(*child)->writeSome(asBytes("x")).ok());
    (*child)->kill();
    QCOMPARE((*child)->exitCode().value(), 128 + SIGKILL);
  }
  void addsToTheEnvironmentAndChangesFolder() {
    const auto done = run({.command = "sh",
                           .arguments = {"-c", "echo $GREETING; pwd; test -n \"$PATH\""},
                           .workingDirectory = "/usr",
                           .environment = {{"GREETING", "good day"}}});
    QVERIFY(done.ok());
    QCOMPARE(done->out, std::string("good day\n/usr\n"));
    QCOMPARE(done->code, 0);
  }
  void replacesAVariableOfItsOwnEnvironment() {
    const auto done = run({.command = "sh",
                           .arguments = {"-c", "env | grep -c ^PATH=; echo $PATH"},
                           .environment = {{"PATH", "/bin:/usr/bin"}}});
    QVERIFY(done.ok());
    QCOMPARE(done->out, std::string("1\n/bin:/usr/bin\n"));
  }
  void refusesWhatCannotBeStarted() {
    const auto missing = run({.command = "/no/such/program"});
    QVERIFY(!missing.ok());
    QVERIFY(missing.error().message.find("/no/such/program") != std::string::npos);
    const auto folder = run({.command = "true", .workingDirectory = "/no/such/folder"});
    QVERIFY(!folder.ok());
    QVERIFY(folder.error().message.find("/no/such/folder") != std::string::npos);
  }
  void killsTheWholeProcessGroup() {
    const auto runner = makePosixProcessRunner();
    auto child =
        runner->start({.command = "sh", .arguments = {"-c", "sleep 1000 & echo $!; wait"}});
    QVERIFY(child.ok());
    std::array<std::byte, 64> buffer{};
    const auto first = (*child)->wait(buffer, false, 10 * kSecond);
    QVERIFY(first.ok() && first->bytes > 0);
    (*child)->kill();
    // The grandchild held the streams open: only its end ends them.
    auto next = (*child)->wait(buffer, false, 10 * kSecond);
    while (next.ok() && !next->ended) next = (*child)->wait(buffer, false, 10 * kSecond);
    QVERIFY(next.ok() && next->ended);
    QCOMPARE((*child)->exitCode().value(), 128 + SIGKILL);
  }
  void leavesNeitherZombiesNorDescriptors() {
    const auto before = openDescriptors();
    const auto runner = makePosixProcessRunner();
    for (int i = 0; i < 20; ++i) {
      QVERIFY(run({.command = "true"}).ok());
      QVERIFY(!runner->start({.command = "/no/such/program"}).ok());
      auto abandoned = runner->start({.command = "sleep", .arguments = {"1000"}});
      QVERIFY(abandoned.ok());
    }
    QCOMPARE(openDescriptors(), before);
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
    QCOMPARE(errno, ECHILD);  // no child is left, neither running nor dead
  }
  void givesTheChildNoOtherDescriptors() {
    const auto runner = makePosixProcessRunner();
    auto other = runner->start({.command = "sleep", .arguments = {"1000"}});
    QVERIFY(other.ok());
    const auto done = run({.command = "sh", .arguments = {"-c", "ls /proc/self/fd | wc -l"}});
    QVERIFY(done.ok());
    // Three streams, the folder that ls reads, and what whoever started this program left open.
    QCOMPARE(std::stoi(done->out), 4 + inheritable());
  }
  void waitsNoLongerThanAsked() {
    const auto runner = makePosixProcessRunner();
    auto child = runner->start({.command = "sleep", .arguments = {"1000"}});
    QVERIFY(child.ok());
    std::array<std::byte, 16> buffer{};
    const auto none = (*child)->wait(buffer, false, kMillisecond);
    QVERIFY(none.ok());
    QCOMPARE(none->bytes, std::size_t{0});
    QVERIFY(!none->ended);
  }
};

QTEST_GUILESS_MAIN(PosixProcessRunnerTest)
#include "posix_process_runner_test.moc"
