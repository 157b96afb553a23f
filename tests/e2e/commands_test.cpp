// SPDX-License-Identifier: Apache-2.0
// The commands of the program as a user calls them: output, places and exit codes.

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

const char kGood[] =
    "millrace: 1\n"
    "name: good\n"
    "processors:\n"
    "  - name: Make\n"
    "    type: GenerateFlowFile\n"
    "    properties: {Custom Text: hello}\n"
    "    schedule: {runs: 3}\n"
    "  - name: End\n"
    "    type: UpdateAttribute\n"
    "    state: stopped\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: End}\n";

}  // namespace

class CommandsTest : public QObject {
  Q_OBJECT

 private:
  Outcome call(const QStringList& arguments, const QByteArray& input = {}) {
    QProcess process;
    process.setWorkingDirectory(folder_.path());
    process.start(kProgram, arguments);
    if (!process.waitForStarted(kPatience)) return {};
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  void write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), qint64(text.size()));
  }

  QTemporaryDir folder_;

 private slots:
  void init() { write("good.yaml", kGood); }

  void helpShowsTheFirstSteps() {
    const Outcome help = call({"--help"});
    QCOMPARE(help.code, 0);
    QVERIFY(help.out.contains("First steps"));
    for (const char* command : {"run", "validate", "convert", "diff", "processors", "el", "repo"})
      QVERIFY2(help.out.contains(command), command);
    QCOMPARE(call({}).code, 2);
    QCOMPARE(call({"frobnicate"}).code, 2);
  }

  void checkConfigSaysWhatAServerWouldBeTold() {
    write("server.yaml", "data: here\nkafka: 'off'\nkafka-settings: {num.partitions: 4}\n");
    const Outcome good = call({"check-config", "server.yaml"});
    QVERIFY2(good.code == 0, good.err.constData());
    for (const char* line : {"data: here\n", "kafka: off\n", "listen: 127.0.0.1:8080\n",
                             "drain: 10s\n", "  num.partitions: 4\n"})
      QVERIFY2(good.out.contains(line), line);
    write("server.yaml", "kafka: nowhere\n");
    const Outcome bad = call({"check-config", "server.yaml"});
    QCOMPARE(bad.code, 2);
    QVERIFY(bad.err.contains("--kafka: "));
    write("server.yaml", "dat: here\n");
    const Outcome unknown = call({"server", "--config", "server.yaml"});
    QCOMPARE(unknown.code, 2);
    QVERIFY(unknown.err.contains("server.yaml:1:1: error: there is no 'dat'"));
    QCOMPARE(call({"check-config", "none.yaml"}).code, 2);
  }

  void validateAcceptsWhatCanStart() {
    const Outcome good = call({"validate", "good.yaml"});
    QVERIFY2(good.code == 0, good.err.constData());
    QCOMPARE(good.err, QByteArray());
  }

  void validateListsEveryProblemWithItsPlace() {
    write(
        "b\xc3\xa4"
        "d.yaml",
        QByteArray(kGood)
            .replace("UpdateAttribute", "UpdateAtribute")
            .replace("Custom Text: hello", "Batch Size: many"));
    const QString name = QString::fromUtf8(
        "b\xc3\xa4"
        "d.yaml");
    for (const QStringList& command :
         {QStringList{"validate", name}, QStringList{"run", name, "--until-idle"}}) {
      const Outcome bad = call(command);
      QCOMPARE(bad.code, 2);
      QVERIFY2(bad.err.contains("b\xc3\xa4"
                                "d.yaml:6:18: error: Make: "),
               bad.err.constData());
      QVERIFY2(bad.err.contains("b\xc3\xa4"
                                "d.yaml:9:11: error: End: "),
               bad.err.constData());
      QVERIFY2(bad.err.contains("did you mean 'UpdateAttribute'"), bad.err.constData());
    }
    const Outcome json = call({"validate", "--json", name});
    QCOMPARE(json.code, 2);
    const auto first = QJsonDocument::fromJson(json.out.split('\n').first()).object();
    QCOMPARE(first["line"].toInt(), 6);
    QCOMPARE(first["column"].toInt(), 18);
    QCOMPARE(first["severity"].toString(), QString("error"));
  }

  void validateLooksIntoExpressionsWithTheirParameters() {
    QByteArray flow = QByteArray(kGood).replace("hello", "'${now():format(#{f}'");
    write("expression.yaml", flow);
    const Outcome bad = call({"validate", "expression.yaml"});
    QCOMPARE(bad.code, 2);
    QVERIFY2(bad.err.contains("expression.yaml:6:18: error: Make: "), bad.err.constData());
    write("cron.yaml", QByteArray(kGood).replace("{runs: 3}", "{cron: never}"));
    const Outcome cron = call({"validate", "cron.yaml"});
    QCOMPARE(cron.code, 2);
    QVERIFY2(cron.err.contains("cron.yaml:7:"), cron.err.constData());
  }

  void strictMakesErrorsOfWarnings() {
    // A serial source cannot run two tasks: odd, but it starts.
    write("odd.yaml", QByteArray(kGood).replace("auto-terminate: [success]",
                                                "properties: {seen: '${nobody.writes.this}'}\n"
                                                "    auto-terminate: [success]"));
    const Outcome lenient = call({"validate", "odd.yaml"});
    QCOMPARE(lenient.code, 0);
    QVERIFY2(lenient.err.contains(": warning: "), lenient.err.constData());
    const Outcome strict = call({"validate", "--strict", "odd.yaml"});
    QCOMPARE(strict.code, 2);
    QVERIFY(strict.err.contains(": error: "));
  }

  void unreadableAndEmptyFilesAreBadInput() {
    write("empty.yaml", "");
    QCOMPARE(call({"validate", "empty.yaml"}).code, 2);
    const Outcome several = call({"validate", "absent.yaml", "good.yaml"});
    QCOMPARE(several.code, 2);
    QVERIFY(several.err.contains("absent.yaml"));
    QVERIFY(several.out.contains("good.yaml"));
    QCOMPARE(call({"diff", "good.yaml", "absent.yaml"}).code, 2);
    QCOMPARE(call({"diff", "empty.yaml", "good.yaml"}).code, 2);
  }

  void diffSpeaksOfMeaningOnly() {
    write("same.yaml", QByteArray("# a comment\n") + kGood);
    QCOMPARE(call({"diff", "good.yaml", "same.yaml"}).code, 0);
    write("other.yaml", QByteArray(kGood).replace("hello", "\xc3\xa9t\xc3\xa9"));
    const Outcome other = call({"diff", "good.yaml", "other.yaml"});
    QCOMPARE(other.code, 1);
    QVERIFY2(other.out.contains("\xc3\xa9t\xc3\xa9"), other.out.constData());
  }

  void processorsListsAndDescribes() {
    const Outcome all = call({"processors"});
    QCOMPARE(all.code, 0);
    QVERIFY(all.out.contains("GenerateFlowFile "));
    const Outcome one = call({"processors", "GenerateFlowFile", "--json"});
    QCOMPARE(one.code, 0);
    QCOMPARE(QJsonDocument::fromJson(one.out).object()["type"].toString(),
             QString("GenerateFlowFile"));
    const Outcome wrong = call({"processors", "GenerateFlowFil"});
    QCOMPARE(wrong.code, 2);
    QVERIFY(wrong.err.contains("did you mean 'GenerateFlowFile'"));
    QCOMPARE(call({"processors", "--json", "--markdown"}).code, 2);
  }

  void elEvaluatesOne() {
    const Outcome good = call({"el", "#{p}: ${a:toUpper()} ${getStateValue('s')}", "--attribute",
                               "a=x", "--attribute", "b=y", "--state", "s=1", "--param", "p=q=r"});
    QVERIFY2(good.code == 0, good.err.constData());
    QCOMPARE(good.out, QByteArray("q=r: X 1\n"));
    QCOMPARE(call({"el", "[x,y]"}).out, QByteArray("[x,y]\n"));
    QCOMPARE(call({"el", "${a:noSuchFunction()}"}).code, 2);
    QCOMPARE(call({"el", "x", "--attribute", "a"}).code, 2);
    QCOMPARE(call({"el"}).code, 2);
  }

  void elBatchAnswersInOrder() {
    constexpr int kLines = 10000;
    QByteArray input;
    for (int i = 0; i < kLines; ++i) {
      input += "{\"id\":" + QByteArray::number(i) +
               ",\"expr\":\"${a:append('-'):append(${nextInt()})}\",\"attributes\":{\"a\":\"" +
               QByteArray::number(i) + "\"}}\n";
    }
    const Outcome batch = call({"el", "--batch"}, input);
    QCOMPARE(batch.code, 0);
    const QList<QByteArray> lines = batch.out.split('\n');
    QCOMPARE(lines.size(), qsizetype(kLines + 1));
    qint64 before = -1;
    for (int i = 0; i < kLines; ++i) {
      const QJsonObject answer = QJsonDocument::fromJson(lines[i]).object();
      QCOMPARE(answer["id"].toInt(-1), i);
      const QStringList value = answer["value"].toString().split('-');
      QCOMPARE(value[0], QString::number(i));
      const qint64 counted = value[1].toLongLong();
      QVERIFY(i == 0 || counted == before + 1);
      before = counted;
    }
  }

  void elBatchSurvivesMalformedLines() {
    const QByteArray deep = QByteArray(100000, '[');
    const QByteArray huge = "{\"id\":\"h\",\"expr\":\"" + QByteArray(50000, '(') + "${" +
                            QByteArray(100000, '$') + "{\"}";
    const Outcome batch =
        call({"el", "--batch"}, "nonsense\n\n[1]\n" + deep +
                                    "\n{\"id\":[1],\"expr\":\"x\"}\n\xff\xfe\n" + huge +
                                    "\n{\"id\":7}\n{\"id\":\"\xc3\xa9\",\"expr\":"
                                    "\"\xc3\xa9\"}");
    QCOMPARE(batch.code, 0);
    const QList<QByteArray> lines = batch.out.trimmed().split('\n');
    QCOMPARE(lines.size(), qsizetype(9));
    for (int i = 0; i < 6; ++i) {
      const QJsonObject answer = QJsonDocument::fromJson(lines[i]).object();
      QVERIFY(answer.contains("id") && answer["id"].isNull());
      QVERIFY(!answer["error"].toString().isEmpty());
    }
    QCOMPARE(QJsonDocument::fromJson(lines[6]).object()["id"].toString(), QString("h"));
    QVERIFY(QJsonDocument::fromJson(lines[7]).object().contains("error"));
    QCOMPARE(QJsonDocument::fromJson(lines[8]).object()["value"].toString(),
             QString::fromUtf8("\xc3\xa9"));
  }

  void withoutDurabilityTheOnlyFilesAreThoseThatTheFlowWrites() {
    const QByteArray large(3 << 20, 'x');
    QVERIFY(QDir(folder_.path()).mkpath("in"));
    write("in/large.bin", large);
    write("in/small.txt", "small");
    write("none.yaml",
          "millrace: 1\n"
          "name: none\n"
          "processors:\n"
          "  - name: Take\n"
          "    type: GetFile\n"
          "    properties: {Input Directory: in, Polling Interval: 0 s}\n"
          "    schedule: {runs: 3}\n"
          "  - name: Put\n"
          "    type: PutFile\n"
          "    properties: {Directory: out}\n"
          "    auto-terminate: [success, failure]\n"
          "connections:\n"
          "  - {from: Take, relationship: success, to: Put}\n");
    const QStringList plain{"run", "none.yaml", "--until-idle", "--durability", "none"};
    const Outcome run = call(plain + QStringList{"--data", "kept"});
    QVERIFY2(run.code == 0, run.err.constData());
    QVERIFY(!QFile::exists(folder_.filePath("kept")));
    QVERIFY(QDir(folder_.filePath("in")).isEmpty());
    QFile out(folder_.filePath("out/large.bin"));
    QVERIFY(out.open(QIODevice::ReadOnly));
    QVERIFY(out.readAll() == large);
    QVERIFY(QFile::exists(folder_.filePath("out/small.txt")));
    QCOMPARE(call(plain).code, 0);

    const Outcome useless = call(plain + QStringList{"--archive", "1 h"});
    QCOMPARE(useless.code, 2);
    QVERIFY2(useless.err.contains("--archive has no meaning"), useless.err.constData());
    QCOMPARE(call({"run", "good.yaml", "--data", "queued", "--for", "1s"}).code, 0);
    const Outcome earlier =
        call({"run", "good.yaml", "--data", "queued", "--for", "1s", "--durability", "none"});
    QCOMPARE(earlier.code, 2);
    QVERIFY2(earlier.err.contains("earlier run"), earlier.err.constData());
    QCOMPARE(call({"repo", "verify", "queued"}).code, 0);
  }

  void repoVerifyReadsAStoreAndFindsDamage() {
    QCOMPARE(call({"repo", "verify", "."}).code, 2);
    const Outcome run = call({"run", "good.yaml", "--data", "data", "--for", "1s"});
    QVERIFY2(run.code == 0, run.err.constData());
    const Outcome sound = call({"repo", "verify", "data"});
    QVERIFY2(sound.code == 0, sound.err.constData());
    QVERIFY2(sound.out.contains("3 FlowFiles, 15 bytes"), sound.out.constData());

    const QDir journal(folder_.filePath("data/journal"));
    const QString name = journal.entryList({"0*.journal"}, QDir::Files, QDir::Name).first();
    QFile file(journal.filePath(name));
    QVERIFY(file.open(QIODevice::ReadWrite));
    // The first frame stands behind the segment's head of 512 bytes; its own head takes 72.
    QVERIFY(file.seek(512 + 80));
    char byte = 0;
    QVERIFY(file.getChar(&byte));
    QVERIFY(file.seek(512 + 80));
    QVERIFY(file.putChar(static_cast<char>(byte ^ 0x10)));
    file.close();
    const Outcome damaged = call({"repo", "verify", "data"});
    QCOMPARE(damaged.code, 1);
    QVERIFY2(damaged.err.contains(name.toUtf8() + " at offset 512"), damaged.err.constData());
  }

  void repoVerifyFindsMissingContent() {
    write("large.yaml", QByteArray(kGood).replace("{Custom Text: hello}", "{File Size: 64 KB}"));
    QCOMPARE(call({"run", "large.yaml", "--data", "large", "--for", "1s"}).code, 0);
    QCOMPARE(call({"repo", "verify", "large"}).code, 0);
    const QDir content(folder_.filePath("large/content"));
    for (const QString& name : content.entryList(QDir::Files))
      QVERIFY(QFile::remove(content.filePath(name)));
    const Outcome missing = call({"repo", "verify", "large"});
    QCOMPARE(missing.code, 1);
    QVERIFY2(missing.err.contains("FlowFile ") && missing.err.contains("connection "),
             missing.err.constData());
  }
};

QTEST_GUILESS_MAIN(CommandsTest)
#include "commands_test.moc"
