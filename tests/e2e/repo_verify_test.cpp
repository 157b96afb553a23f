// SPDX-License-Identifier: Apache-2.0
// `millrace repo verify` on data directories in every damaged state: it names what is wrong and
// where, and `run` does not open what cannot be trusted.

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

// Small FlowFiles travel in the journal, large ones lie in content files.
const char kFlow[] =
    "millrace: 1\n"
    "name: kept\n"
    "processors:\n"
    "  - name: Small\n"
    "    type: GenerateFlowFile\n"
    "    properties: {File Size: 1 KB, Batch Size: '100', Unique FlowFiles: 'true'}\n"
    "    schedule: {runs: 10, every: 30 ms}\n"
    "  - name: Large\n"
    "    type: GenerateFlowFile\n"
    "    properties: {File Size: 20 KB, Unique FlowFiles: 'true'}\n"
    "    schedule: {runs: 5}\n"
    "  - {name: End, type: UpdateAttribute, state: stopped, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Small, relationship: success, to: End}\n"
    "  - {from: Large, relationship: success, to: End}\n";

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

void copyFolder(const QString& from, const QString& to) {
  QVERIFY(QDir().mkpath(to));
  for (const QFileInfo& entry :
       QDir(from).entryInfoList(QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot)) {
    if (entry.isDir()) {
      copyFolder(entry.filePath(), to + "/" + entry.fileName());
    } else {
      QVERIFY(QFile::copy(entry.filePath(), to + "/" + entry.fileName()));
    }
  }
}

void flip(const QString& path, qint64 offset) {
  QFile file(path);
  QVERIFY2(file.open(QIODevice::ReadWrite), qPrintable(path));
  QVERIFY(file.seek(offset));
  char byte = 0;
  QVERIFY(file.getChar(&byte));
  QVERIFY(file.seek(offset));
  QVERIFY(file.putChar(static_cast<char>(byte ^ 0x10)));
}

}  // namespace

class RepoVerifyTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int copies_ = 0;

  QString at(const QString& name) const { return folder_.filePath(name); }
  Outcome call(const QStringList& arguments) {
    QProcess process;
    process.start(kProgram, arguments);
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  Outcome run(const QString& data, const QString& snapshotEvery = "256 KB") {
    return call({"run", at("flow.yaml"), "--data", data, "--for", "600 ms", "--journal-segment",
                 "64 KB", "--snapshot-every", snapshotEvery});
  }
  Outcome verify(const QString& data, const QStringList& more = {}) {
    return call(QStringList{"repo", "verify", data} + more);
  }
  /// A copy of the sound store, to spoil.
  QString copy(const QString& of = "sound") {
    const QString to = at("copy" + QString::number(copies_++));
    copyFolder(at(of), to);
    return to;
  }
  /// The n-th file of a folder that ends so; negative: from the last.
  static QString fileOf(const QString& folder, const QString& pattern, int n) {
    const QStringList names = QDir(folder).entryList({pattern}, QDir::Files, QDir::Name);
    const qsizetype index = n < 0 ? names.size() + n : n;
    return index >= 0 && index < names.size() ? folder + "/" + names[index] : QString();
  }
  static QByteArray lineOf(const QByteArray& text, const QByteArray& part) {
    for (const QByteArray& line : text.split('\n')) {
      if (line.contains(part)) return line;
    }
    return {};
  }
  /// Both commands refuse, with the same words.
  void bothRefuse(const QString& data, const QByteArrayList& words) {
    const Outcome verified = verify(data);
    const Outcome ran = run(data);
    for (const Outcome& each : {verified, ran}) {
      QVERIFY2(each.code == 1, each.err.constData());
      for (const QByteArray& word : words)
        QVERIFY2(each.err.contains(word), (word + " | " + each.err).constData());
    }
    QVERIFY(verified.out.contains("damaged"));
    QCOMPARE(verified.err.trimmed().count('\n'), 0);  // one sentence for one damage
  }

 private slots:
  void initTestCase() {
    QFile flow(at("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(kFlow);
    flow.close();
    const Outcome made = run(at("sound"));
    QVERIFY2(made.code == 0, made.err.constData());
    QVERIFY(QFile::exists(at("sound/snapshot")));
  }

  void aSoundStoreIsToldQueueByQueue() {
    const Outcome plain = verify(at("sound"), {"--flow", at("flow.yaml")});
    QVERIFY2(plain.code == 0 && plain.err.isEmpty(), plain.err.constData());
    QVERIFY(plain.out.contains("Small [success] -> End: 1000 FlowFiles, 1024000 bytes"));
    QVERIFY(plain.out.contains("Large [success] -> End: 5 FlowFiles, 102400 bytes"));
    QVERIFY(plain.out.contains("stopped cleanly") && plain.out.endsWith("sound\n"));

    const Outcome json = verify(at("sound"), {"--flow", at("flow.yaml"), "--json"});
    QCOMPARE(json.code, 0);
    QHash<QString, qint64> counts;
    QJsonObject store;
    for (const QByteArray& line : json.out.trimmed().split('\n')) {
      store = QJsonDocument::fromJson(line).object();
      QVERIFY2(!store.isEmpty(), line.constData());
      counts[store["connection"].toString()] = store["flowFiles"].toInteger();
    }
    QCOMPARE(counts["Small [success] -> End"], qint64{1000});
    QCOMPARE(counts["Large [success] -> End"], qint64{5});
    QVERIFY(store["sound"].toBool() && store["contentsChecked"].toInt() == 5);
    QVERIFY(store.contains("snapshotCommit"));
  }

  void aConnectionThatTheFlowDoesNotHaveKeepsItsNumber() {
    QFile flow(at("other.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(QByteArray(kFlow).replace("Large", "Renamed"));
    flow.close();
    const Outcome outcome = verify(at("sound"), {"--flow", at("other.yaml")});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.contains("Small [success] -> End: 1000"));
    QVERIFY(outcome.out.contains("  connection "));
    QCOMPARE(verify(at("sound"), {"--flow", at("missing.yaml")}).code, 2);
  }

  void aFlippedByteInTheJournalIsNamedByFileOffsetAndCommit() {
    // All of the journal is needed where there is no snapshot yet.
    const QString data = at("journal only");
    QCOMPARE(run(data, "64 MB").code, 0);
    QVERIFY(!QFile::exists(data + "/snapshot"));
    const QString file = fileOf(data + "/journal", "0*.journal", 0);
    QVERIFY(!file.isEmpty());
    // The first frame stands behind the segment's head of 512 bytes; its own head takes 72.
    flip(file, 512 + 80);
    bothRefuse(data, {file.toUtf8() + " at offset 512", "commit ", "were durable"});
  }

  void aMissingJournalIsDamage() {
    const QString data = copy();
    QVERIFY(QDir(data + "/journal").removeRecursively());
    bothRefuse(data, {"the journal is damaged before its first commit", "were durable"});
  }

  void theLastSegmentMissingIsDamage() {
    const QString data = copy();
    const QString last = fileOf(data + "/journal", "0*.journal", -1);
    QVERIFY(QFile::remove(last));
    const Outcome outcome = verify(data);
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.err.contains("the journal is damaged") && outcome.err.contains("commit "),
             outcome.err.constData());
    QCOMPARE(run(data).code, 1);
  }

  void aFlippedByteInTheSnapshotIsNamed() {
    const QString data = copy();
    flip(data + "/snapshot", QFile(data + "/snapshot").size() / 2);
    bothRefuse(data, {(data + "/snapshot").toUtf8(), "at byte "});
  }

  void aMissingSnapshotIsNoticed() {
    const QString data = copy();
    QVERIFY(QFile::remove(data + "/snapshot"));
    bothRefuse(data, {data.toUtf8(), "commits between them are missing"});
  }

  void theSnapshotOfAnotherStoreIsRefused() {
    QCOMPARE(run(at("foreign")).code, 0);
    const QString data = copy();
    QVERIFY(QFile::remove(data + "/snapshot"));
    QVERIFY(QFile::copy(at("foreign/snapshot"), data + "/snapshot"));
    bothRefuse(data, {data.toUtf8() + "/snapshot belongs to another store"});
  }

  void theIdentityOfAnotherStoreIsRefused() {
    QCOMPARE(run(at("foreign")).code, 0);
    const QString data = copy();
    QVERIFY(QFile::remove(data + "/store"));
    QVERIFY(QFile::copy(at("foreign/store"), data + "/store"));
    const Outcome outcome = verify(data);
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.err.contains(".journal belongs to another store"), outcome.err.constData());
    QCOMPARE(outcome.err.trimmed().count('\n'), 0);
    QVERIFY(run(data).code != 0);
  }

  void aDamagedIdentityIsNamed() {
    const QString data = copy();
    flip(data + "/store", 30);
    bothRefuse(data, {(data + "/store").toUtf8() + " is damaged"});
  }

  void aMissingIdentityIsNoDataDirectoryAndNothingIsStartedAnewOnTop() {
    const QString data = copy();
    QVERIFY(QFile::remove(data + "/store"));
    QCOMPARE(verify(data).code, 2);
    const Outcome ran = run(data);
    QVERIFY(ran.code != 0);
    QVERIFY2(ran.err.contains("belongs to another store"), ran.err.constData());
  }

  void aFlippedByteInAContentNamesItsFlowFileAndConnection() {
    const QString data = copy();
    const QString file = fileOf(data + "/content", "*.content", 0);
    flip(file, 64 + 1000);
    const Outcome outcome = verify(data, {"--flow", at("flow.yaml")});
    QCOMPARE(outcome.code, 1);
    const QByteArray line = lineOf(outcome.err, file.toUtf8());
    QVERIFY2(line.contains("FlowFile ") && line.contains("offset 64"), outcome.err.constData());
    QVERIFY2(line.contains("Large [success] -> End"), line.constData());
    QVERIFY(outcome.out.contains("1000 FlowFiles"));  // what is sound is told all the same
    // One spoilt content does not keep the others from being worked on.
    QCOMPARE(run(data).code, 0);
  }

  void aMissingContentFileIsNamed() {
    const QString data = copy();
    const QString file = fileOf(data + "/content", "*.content", 0);
    QVERIFY(QFile::remove(file));
    const Outcome outcome = verify(data);
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.err.contains("there is no " + file.toUtf8()), outcome.err.constData());
  }

  void damageIsToldAsJsonToo() {
    const QString data = copy();
    flip(data + "/snapshot", QFile(data + "/snapshot").size() / 2);
    const Outcome outcome = verify(data, {"--json"});
    QCOMPARE(outcome.code, 1);
    const QJsonObject damage = QJsonDocument::fromJson(lineOf(outcome.out, "damage")).object();
    QVERIFY(damage["damage"].toString().contains(data + "/snapshot"));
    QVERIFY(lineOf(outcome.out, "\"sound\":false") != QByteArray());
  }
};

QTEST_GUILESS_MAIN(RepoVerifyTest)
#include "repo_verify_test.moc"
