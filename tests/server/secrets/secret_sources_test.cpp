// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_sources.h"

#include "engine/base/fault_file_system.h"
#include "server/secrets/terminal_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <QTest>
#include <cstdlib>
#include <thread>

using namespace millrace;
using namespace millrace::server;

namespace {

SecretSources from(std::map<std::string, std::string> environment, std::string file = {}) {
  SecretSources sources;
  sources.file = std::move(file);
  sources.environment = [environment](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  return sources;
}

void secretsFile(MemoryFileSystem& files, std::string_view text, std::uint32_t mode = 0600) {
  QVERIFY(files.replaceAll("s", text).ok());
  QVERIFY(files.setPermissions("s", mode).ok());
}

}  // namespace

class SecretSourcesTest : public QObject {
  Q_OBJECT
 private slots:
  void variablesAreInCapitals() {
    QCOMPARE(secretVariable("db password-2.x"), std::string("MILLRACE_PARAM_DB_PASSWORD_2_X"));
    QCOMPARE(secretVariable("\xC3\xA9"), std::string("MILLRACE_PARAM___"));
  }

  void theFileComesBeforeTheEnvironmentAndThatBeforeWhatWasKept() {
    MemoryFileSystem files;
    secretsFile(files, "a=file\n");
    auto sources = from({{"MILLRACE_PARAM_A", "env"}, {"MILLRACE_PARAM_B", "env"}}, "s");
    sources.kept = {{"a", "kept"}, {"b", "kept"}, {"c", "kept"}, {"unused", "stays"}};
    const auto gathered = gatherSecrets(files, {"a", "b", "c"}, sources);
    QVERIFY(gathered.ok());
    QVERIFY(gathered->values ==
            (SecretValues{{"a", "file"}, {"b", "env"}, {"c", "kept"}, {"unused", "stays"}}));
    QVERIFY(gathered->notes.empty());
  }

  void theFileKeepsAllBehindTheFirstEqualsSign() {
    MemoryFileSystem files;
    secretsFile(files, "# comment\n\n  \r\n a b =  x=y # z \r\nempty=\nlast=\xC3\xA9");
    const auto gathered = gatherSecrets(files, {"a b", "empty", "last"}, from({}, "s"));
    QVERIFY(gathered.ok());
    QVERIFY(gathered->values ==
            (SecretValues{{"a b", "  x=y # z "}, {"empty", ""}, {"last", "\xC3\xA9"}}));
  }

  void brokenFilesAreRefusedWithoutShowingThem() {
    for (const char* text : {"hush\n", "=hush\n", "a=1\na=hush\n"}) {
      MemoryFileSystem files;
      secretsFile(files, text);
      const auto gathered = gatherSecrets(files, {"a"}, from({}, "s"));
      QVERIFY(!gathered.ok());
      QVERIFY(gathered.error().message.find("s:") == 0);
      QVERIFY(gathered.error().message.find("hush") == std::string::npos);
    }
    MemoryFileSystem files;
    QVERIFY(!gatherSecrets(files, {"a"}, from({}, "absent")).ok());
  }

  void whatIsOddAboutTheFileIsNoted() {
    MemoryFileSystem files;
    secretsFile(files, "a=1\nb=2\n", 0644);
    const auto gathered = gatherSecrets(files, {"a"}, from({}, "s"));
    QVERIFY(gathered.ok());
    QCOMPARE(gathered->notes.size(), std::size_t(2));
    QVERIFY(gathered->notes[0].find("chmod 600") != std::string::npos);
    QVERIFY(gathered->notes[1].find("'b'") != std::string::npos);
    QVERIFY(!gathered->values.contains("b"));
  }

  void whatNobodyHasIsAskedForOrMissing() {
    MemoryFileSystem files;
    auto sources = from({});
    const auto missing = gatherSecrets(files, {"one", "two"}, sources);
    QVERIFY(!missing.ok());
    QVERIFY(missing.error().fault == Fault::kUser);
    for (const char* word : {"'one'", "'two'", "MILLRACE_PARAM_ONE", "--secrets"})
      QVERIFY(missing.error().message.find(word) != std::string::npos);
    sources.mayMiss = true;
    const auto without = gatherSecrets(files, {"one", "two"}, sources);
    QVERIFY(without.ok() && without->values.empty());
    QCOMPARE(without->notes, (std::vector<std::string>{missing.error().message}));
    sources.ask = [](const std::string& name) -> Result<std::string> { return name + "!"; };
    QVERIFY(gatherSecrets(files, {"one", "two"}, sources)->values ==
            (SecretValues{{"one", "one!"}, {"two", "two!"}}));
    sources.ask = [](const std::string&) -> Result<std::string> { return Error::user("gone"); };
    QVERIFY(!gatherSecrets(files, {"one"}, sources).ok());
  }

  void anAnswerAtTheTerminalIsNotShown() {
    const int person = ::posix_openpt(O_RDWR | O_NOCTTY);
    QVERIFY(person >= 0 && ::grantpt(person) == 0 && ::unlockpt(person) == 0);
    const int terminal = ::open(::ptsname(person), O_RDWR | O_NOCTTY);
    QVERIFY(terminal >= 0);
    std::string seen;
    const auto see = [&](std::string_view until) {
      char c = '\0';
      while (seen.find(until) == std::string::npos && ::read(person, &c, 1) == 1) seen.push_back(c);
    };
    Result<std::string> answer = std::string();
    std::thread asking([&] { answer = askAtTerminal(terminal, "value? "); });
    see("value? ");  // from here on the echo is off
    QCOMPARE(::write(person, "hush hush\n", 10), ssize_t(10));
    asking.join();
    QVERIFY(answer.ok());
    QCOMPARE(*answer, std::string("hush hush"));
    QCOMPARE(::write(terminal, "end.", 4), ssize_t(4));
    see("end.");
    QVERIFY(seen.find("hush") == std::string::npos);
    termios after{};
    QVERIFY(::tcgetattr(terminal, &after) == 0);
    QVERIFY((after.c_lflag & ECHO) != 0);
    ::close(terminal);
    ::close(person);
  }

  void withoutATerminalNothingIsAsked() {
    const int nothing = ::open("/dev/null", O_RDWR);
    QVERIFY(!askAtTerminal(nothing, "value? ").ok());
    ::close(nothing);
  }
};

QTEST_GUILESS_MAIN(SecretSourcesTest)
#include "secret_sources_test.moc"
