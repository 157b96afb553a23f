// SPDX-License-Identifier: Apache-2.0
// Flows of NiFi and MiNiFi as a user brings them: converted, validated and run.

#include <QDir>
#include <QFile>
#include <QMap>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
const QString kSamples = MR_SOURCE_DIR "/tests/engine/flow/import/data/";
constexpr int kPatience = 120000;

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

using Files = QMap<QString, QByteArray>;

struct Sample {
  QString name;
  bool runs = true;  // the flow comes to an end by itself
  Files out;         // what is in `out` after a run on in/LEJ ("morning")
};

}  // namespace

class ConvertTest : public QObject {
  Q_OBJECT

 private:
  static Outcome call(const QString& folder, const QStringList& arguments) {
    QProcess process;
    process.setWorkingDirectory(folder);
    process.start(kProgram, arguments);
    if (!process.waitForStarted(kPatience)) return {};
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  static void write(const QString& path, const QByteArray& text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), qint64(text.size()));
  }
  static Files filesIn(const QString& folder) {
    Files files;
    for (const QString& name : QDir(folder).entryList(QDir::Files)) {
      QFile file(folder + '/' + name);
      if (file.open(QIODevice::ReadOnly)) files[name] = file.readAll();
    }
    return files;
  }

 private slots:
  void everySampleIsConvertedValidatedAndRun() {
    const Files copied{{"LEJ", "morning"}};
    // sha256sum of "morning"
    const Files hashed{{"LEJ", "c23b31a0179b550f8a18fb06bc52a26e32333540369073d646da5c84a4dc341f"}};
    const QList<Sample> samples{
        {"minifi-01-v1-tail.yml", false, {}},  // its peer is not there
        {"minifi-02-v2-copy.yml", true, copied},
        {"minifi-03-v3-groups.yml", true, {{"LEJ", "stamped: morning"}}},
        {"minifi-04-cpp-route.yml", true, {{"big-LEJ", "morning"}}},
        {"minifi-05-cron.yml", false, {}},
        {"minifi-06-parameters.yml", true, {{"LEJ", "good day, morning"}}},
        {"minifi-07-remote.yml", false, {}},
        {"minifi-08-services.yml", true, {{"LEJ", "Leipzig"}}},
        {"minifi-09-config.json", true, copied},
        {"minifi-10-nifi-keys.json", true, copied},
        {"minifi-11-duplicates.yml", true, {}},
        {"minifi-12-unknown.yml", false, {}},
        {"minifi-13-cpp-tail.yml",
         true,
         {{"airports.0-10.csv.csv", "code,town\n"},
          {"airports.10-22.csv.csv", "LEJ,Leipzig\n"},
          {"airports.22-33.csv.csv", "TXL,Berlin\n"}}},
        {"nifi-01-definition.json", true, copied},
        {"nifi-02-stopped.json", true, {{"LEJ", "step two, step one, morning"}}},
        {"nifi-03-flow.json", false, {}},
        {"nifi-04-flow.json.gz", true, hashed},
        {"nifi-05-variables.json", true, {{"LEJ", "HELLO from LEJ, morning"}}},
        {"nifi-06-services.json", true, {{"Leipzig", "morning"}}},
        // split at n, a plus to what has fewer than three bytes, together with strokes between
        {"nifi-07-letters.json", true, {{"LEJ.txt", "mor/i+/g+"}}},
    };
    QCOMPARE(samples.size(), QDir(kSamples).entryList(QDir::Files).size());
    for (const Sample& sample : samples) {
      QTemporaryDir folder;
      QVERIFY(QDir(folder.path()).mkdir("in"));
      write(folder.filePath("in/LEJ"), "morning");
      write(folder.filePath("airports.csv"), "code,town\nLEJ,Leipzig\nTXL,Berlin\n");
      const Outcome converted =
          call(folder.path(), {"convert", kSamples + sample.name, "-o", "flow.yaml"});
      const QByteArray told = sample.name.toUtf8() + '\n' + converted.out + converted.err;
      QVERIFY2(converted.code == 0, told.constData());
      const Outcome checked = call(folder.path(), {"validate", "flow.yaml"});
      QVERIFY2(checked.code == 0, (told + checked.err).constData());
      if (!sample.runs) continue;
      const Outcome run = call(folder.path(), {"run", "flow.yaml", "--until-idle"});
      QVERIFY2(run.code == 0, (told + run.err).constData());
      const Files out = filesIn(folder.filePath("out"));
      if (sample.name == "minifi-11-duplicates.yml") {
        // Two connections carry every file twice, under random names.
        QCOMPARE(out.size(), 2);
        for (const QByteArray& content : out) QCOMPARE(content, QByteArray("morning"));
      } else {
        QVERIFY2(out == sample.out,
                 (told + run.out + run.err + out.values().join("|")).constData());
      }
    }
  }

  void unknownTypesAreListedAndOnlyWarnedOf() {
    QTemporaryDir folder;
    const Outcome converted =
        call(folder.path(), {"convert", kSamples + "minifi-12-unknown.yml", "-o", "flow.yaml"});
    QCOMPARE(converted.code, 0);
    QVERIFY2(converted.err.split('\n').contains("unknown type: ReadFieldbus"),
             converted.err.constData());
    const Outcome checked = call(folder.path(), {"validate", "flow.yaml"});
    QVERIFY2(checked.code == 0, checked.err.constData());
    QVERIFY2(checked.err.contains("warning: Bus: unknown type: ReadFieldbus"),
             checked.err.constData());
  }

  void whatIsBrokenExitsWithItsPlace() {
    QTemporaryDir folder;
    write(folder.filePath("bad.json"), "{\"rootGroup\":\n {\"processors\": [{}]}}");
    const Outcome bad = call(folder.path(), {"convert", "bad.json", "-o", "flow.yaml"});
    QCOMPARE(bad.code, 2);
    QVERIFY2(bad.err.contains("bad.json:2:18: error: Processor: at rootGroup.processors[0]"),
             bad.err.constData());
    QVERIFY(!QFile::exists(folder.filePath("flow.yaml")));
    write(folder.filePath("bytes.json"), QByteArray("\0\xFF{", 3));
    const Outcome bytes = call(folder.path(), {"convert", "bytes.json", "-o", "flow.yaml"});
    QCOMPARE(bytes.code, 2);
    QVERIFY2(bytes.err.contains("this is no text"), bytes.err.constData());
    QCOMPARE(call(folder.path(), {"convert", "none.yml", "-o", "flow.yaml"}).code, 2);
    QCOMPARE(call(folder.path(), {"convert", "bad.json"}).code, 2);
    const Outcome itself = call(folder.path(), {"convert", "bad.json", "-o", "./bad.json"});
    QCOMPARE(itself.code, 2);
    QVERIFY2(itself.err.contains("overwritten"), itself.err.constData());
    write(folder.filePath("good.yml"), "Flow Controller: {name: x}\nProcessors: []\n");
    QCOMPARE(call(folder.path(), {"convert", "good.yml", "-o", "none/flow.yaml"}).code, 2);
    QCOMPARE(call(folder.path(), {"convert", "good.yml", "-o", "flow.yaml"}).code, 0);
    QCOMPARE(call(folder.path(), {"convert", "flow.yaml", "-o", "again.yaml"}).code, 2);
  }
};

QTEST_GUILESS_MAIN(ConvertTest)
#include "convert_test.moc"
