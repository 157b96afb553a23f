// SPDX-License-Identifier: Apache-2.0
// What is said, as it is written: both formats, what is too fast, files that fail, secrets.

#include "server/logging/log_book.h"

#include "engine/base/fault_file_system.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

const std::string kFile = "/logs/server.log";
constexpr Millis kAt = 1'700'000'000'123;  // 2023-11-14T22:13:20.123Z

/// A book whose lines are written when the test says so.
struct Desk {
  VirtualClock clock{kAt};
  MemoryFileSystem files;
  std::string heard;
  std::unique_ptr<LogBook> book;

  explicit Desk(LogOptions options) {
    book =
        std::make_unique<LogBook>(files, clock, std::move(options), [this](std::string_view text) {
          heard += text;
          return true;
        });
  }
  std::string fileText() {
    const auto text = files.readAll(kFile);
    return text.ok() ? *text : std::string();
  }
  std::string said(LogLevel level, const LogSource& source, std::string_view message,
                   std::string_view flowFile = {}) {
    heard.clear();
    book->write(level, source, message, flowFile);
    book->writeNow();
    return heard;
  }
};

LogOptions json() {
  LogOptions options;
  options.format = LogFormat::kJson;
  return options;
}

LogOptions withFile() {
  LogOptions options;
  options.file = kFile;
  return options;
}

const LogSource kPut{"components", 0x5f0c'2a00'0000'0001, "PutFile", "Alerts/In \\/ Out"};
const std::string kUuid = "6b1c0a52-0000-4000-8000-000000000001";

}  // namespace

class LogBookTest : public QObject {
  Q_OBJECT
 private slots:
  void aLineOfTextSaysAll() {
    Desk desk({});
    QCOMPARE(desk.said(LogLevel::kError, kPut, "no room", kUuid),
             "2023-11-14T22:13:20.123Z ERROR Alerts/In \\/ Out (PutFile "
             "00000000-0000-0000-5f0c-2a0000000001): no room [" +
                 kUuid + "]\n");
    QCOMPARE(desk.said(LogLevel::kInfo, {"http", 0, {}, {}}, "listens"),
             std::string("2023-11-14T22:13:20.123Z INFO  http: listens\n"));
  }

  void anObjectOfJsonSaysAll() {
    Desk desk(json());
    const auto line =
        nlohmann::json::parse(desk.said(LogLevel::kWarn, kPut, "no \"room\"\n", kUuid));
    QVERIFY((line == nlohmann::json{{"time", "2023-11-14T22:13:20.123Z"},
                                    {"level", "warn"},
                                    {"area", "components"},
                                    {"component", "00000000-0000-0000-5f0c-2a0000000001"},
                                    {"name", "In / Out"},
                                    {"group", "Alerts"},
                                    {"type", "PutFile"},
                                    {"message", "no \"room\"\n"},
                                    {"flowFile", kUuid}}));
    const auto plain = nlohmann::json::parse(desk.said(LogLevel::kInfo, {"http", 0, {}, {}}, "é"));
    QCOMPARE(plain.size(), std::size_t{4});
    QCOMPARE(plain.at("message").get<std::string>(), std::string("é"));
  }

  void nothingThatIsSaidLooksLikeAnotherLine() {
    const std::string forged = "x\n2023-11-14T22:13:20.123Z ERROR server: it burns\r\x1b[2J\x00y";
    Desk text({});
    const std::string lines = text.said(LogLevel::kInfo, kPut, forged, "u\nv");
    std::size_t begins = 0;
    for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1)
      begins += lines[at] == '2' ? 1 : 0;
    QCOMPARE(begins, std::size_t{1});
    QVERIFY(lines.find('\x1b') == std::string::npos && lines.find('\r') == std::string::npos);
    Desk objects(json());
    const std::string one = objects.said(LogLevel::kInfo, kPut, forged + "\xff\xc3");
    QCOMPARE(QByteArray::fromStdString(one).count('\n'), 1);
    QVERIFY(nlohmann::json::parse(one).at("message").get<std::string>().starts_with("x\n2023"));
  }

  void levelsDecideAndAreChangedMeanwhile() {
    Desk desk({});
    QCOMPARE(desk.said(LogLevel::kDebug, kPut, "quiet"), std::string());
    QVERIFY(
        desk.book
            ->changeLevels([](LogLevels& levels) { return levels.set("type:PutFile", "debug"); })
            .ok());
    QVERIFY(!desk.said(LogLevel::kDebug, kPut, "loud").empty());
    QVERIFY(!desk.book
                 ->changeLevels([](LogLevels& levels) -> Result<> {
                   MR_TRY(levels.set("root", "off"));
                   return levels.set("nothing", "off");
                 })
                 .ok());
    QVERIFY(!desk.said(LogLevel::kInfo, {"http", 0, {}, {}}, "still").empty());
  }

  void whatIsTooFastIsDroppedCountedAndSaid() {
    Desk desk({});
    for (std::size_t i = 0; i < LogBook::kMostLines + 7; ++i)
      desk.book->write(LogLevel::kInfo, "engine", std::to_string(i));
    desk.book->writeNow();
    QCOMPARE(desk.book->figures().dropped, std::uint64_t{7});
    QVERIFY(desk.heard.find("engine: " + std::to_string(LogBook::kMostLines - 1) + "\n") !=
            std::string::npos);
    QVERIFY(desk.heard.find("WARN  server: 7 lines were dropped") != std::string::npos);
    QVERIFY(!desk.said(LogLevel::kInfo, {"engine", 0, {}, {}}, "again").empty());
    // And by bytes.
    const std::string large(LogBook::kLongest, 'x');
    for (std::size_t i = 0; i < 20; ++i) desk.book->write(LogLevel::kInfo, "engine", large);
    QVERIFY(desk.book->figures().dropped > 7);
  }

  void aGiantMessageIsCutAtACharacter() {
    Desk desk({});
    std::string giant(LogBook::kLongest - 1, 'x');
    giant += "é and more";
    const std::string line = desk.said(LogLevel::kInfo, {"engine", 0, {}, {}}, giant);
    QVERIFY(line.find("x… (1048586 bytes in all)") != std::string::npos);
  }

  void aFileThatFailsStopsNothingAndSaysWhatIsMissing() {
    Desk desk(withFile());
    desk.said(LogLevel::kInfo, kPut, "one");
    desk.files.fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kForEver,
                    kFile);
    const std::string first = desk.said(LogLevel::kInfo, kPut, "two");
    QVERIFY(first.find("two") != std::string::npos);
    QVERIFY(first.find("cannot be written to its file") != std::string::npos);
    QVERIFY(!desk.book->figures().trouble.empty());
    for (int i = 0; i < 4; ++i) {
      desk.clock.advance(3 * kSecond);
      const std::string next = desk.said(LogLevel::kInfo, kPut, "three");
      QVERIFY(next.find("cannot be written") == std::string::npos);
    }
    desk.files.clearFaults();
    desk.clock.advance(6 * kSecond);
    QVERIFY(desk.said(LogLevel::kInfo, kPut, "four").find("is written again") != std::string::npos);
    const std::string text = desk.fileText();
    QVERIFY2(text.find("one\n") < text.find("5 lines are missing here"), text.c_str());
    QVERIFY(text.find("5 lines are missing here") < text.find("four\n"));
    QVERIFY(text.find("two\n") == std::string::npos);
    QCOMPARE(desk.book->figures().missing, std::uint64_t{5});
    QVERIFY(desk.book->figures().trouble.empty());
    desk.said(LogLevel::kInfo, kPut, "five");
    QVERIFY(desk.fileText().ends_with("five\n"));
  }

  void aFileIsWrittenAgainWhenNobodySaysAnything() {
    Desk desk(withFile());
    desk.said(LogLevel::kInfo, kPut, "one");
    desk.files.fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kForEver,
                    kFile);
    desk.said(LogLevel::kInfo, kPut, "two");
    desk.clock.advance(6 * kSecond);
    desk.book->writeNow();
    QVERIFY(!desk.book->figures().trouble.empty());
    desk.files.clearFaults();
    desk.book->writeNow();  // too early
    QVERIFY(!desk.book->figures().trouble.empty());
    desk.clock.advance(6 * kSecond);
    desk.book->writeNow();
    QVERIFY(desk.book->figures().trouble.empty());
    QCOMPARE(desk.book->figures().missing, std::uint64_t{1});
    QVERIFY(desk.fileText().ends_with(
        "1 lines are missing here, since this file could not be written\n"));
  }

  void theEndIsALastTry() {
    Desk desk(withFile());
    desk.files.fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kOnce, kFile);
    desk.said(LogLevel::kInfo, kPut, "one");
    desk.book->write(LogLevel::kInfo, "server", "stops");
    desk.book->stop();
    QVERIFY(desk.fileText().find("1 lines are missing here") < desk.fileText().find("stops\n"));
  }

  void secretsAreStars() {
    Desk desk(json());
    desk.book->hide({"hunter2", "hunter2-longer", "abc", ""});
    const std::string line = desk.said(LogLevel::kInfo, kPut, "hunter2-longer or hunter2 is abc");
    QCOMPARE(nlohmann::json::parse(line).at("message").get<std::string>(),
             std::string("******** or ******** is abc"));
    desk.book->hide({"another"});
    QVERIFY(desk.said(LogLevel::kInfo, kPut, "another hunter2").find("******** ********") !=
            std::string::npos);
  }

  void aSecretWhereAMessageIsCutLeavesNoHalf() {
    Desk desk(json());
    desk.book->hide({"hunter2"});
    const std::string before(LogBook::kLongest - 4, 'x');  // of which four bytes would stay
    const std::string line = desk.said(LogLevel::kInfo, kPut, before + "hunter2" + before);
    QVERIFY(line.find("bytes in all") != std::string::npos);
    QVERIFY(line.find("hunt") == std::string::npos);
  }

  void whatWaitsIsWrittenAtTheEnd() {
    Desk desk(withFile());
    desk.book->start();
    for (int i = 0; i < 1000; ++i) desk.book->write(LogLevel::kInfo, "engine", std::to_string(i));
    desk.book->stop();
    QCOMPARE(QByteArray::fromStdString(desk.fileText()).count('\n'), 1000);
    QVERIFY(desk.fileText().ends_with("engine: 999\n"));
    QCOMPARE(desk.book->figures().written, std::uint64_t{1000});
  }
};

QTEST_GUILESS_MAIN(LogBookTest)
#include "log_book_test.moc"
