// SPDX-License-Identifier: Apache-2.0
// What a data directory keeps when its flow was renamed by hand, or when it was copied.

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;

const QByteArray kFlow =
    "# made by hand\n"
    "millrace: 1\n"
    "name: adoption\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: x}, schedule: {runs: 3}}\n"
    "  - {name: Count, type: UpdateAttribute, properties: {n: a}, state: disabled}\n"
    "groups:\n"
    "  - name: Deep\n"
    "    inputs: [in]\n"
    "    processors:\n"
    "      - {name: End, type: UpdateAttribute, auto-terminate: [success], state: disabled}\n"
    "    connections:\n"
    "      - {from: in, to: End}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Count}  # the first\n"
    "  - {from: Count, relationship: success, to: Deep/in}\n"
    "  - {from: Make, relationship: success, to: Deep/in}\n";

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

}  // namespace

class AdoptionTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  QString at(const QString& name) const { return folder_.filePath(name); }
  Outcome call(const QStringList& arguments) const {
    QProcess process;
    process.setWorkingDirectory(folder_.path());
    process.start(kProgram, arguments);
    if (!process.waitForStarted(kPatience)) return {};
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  void write(const QByteArray& text) const {
    QFile file(at("flow.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(text), qint64(text.size()));
  }
  QByteArray read() const {
    QFile file(at("flow.yaml"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  Outcome run(const QStringList& more = {}) const {
    return call(QStringList{"run", "flow.yaml", "--data", "data", "--for", "300 ms"} + more);
  }
  QByteArray queues() const { return call({"repo", "verify", "data", "--flow", "flow.yaml"}).out; }

 private slots:
  void init() { QDir(at("data")).removeRecursively(); }

  void whatWasRenamedTakesOverItsQueues() {
    write(kFlow);
    QCOMPARE(run().code, 0);
    QVERIFY(queues().contains("Make [success] -> Count: 3 FlowFiles"));
    QVERIFY(queues().contains("Deep/in -> Deep/End: 3 FlowFiles"));
    QByteArray renamed = kFlow;
    renamed.replace("Count", "Tally=1").replace("Deep", "Shallow").replace("runs: 3", "runs: 1");
    write(renamed);
    const Outcome told = run();
    QCOMPARE(told.code, 0);
    QVERIFY2(told.err.contains("Make [success] -> Count: 3 FlowFiles wait in a connection"),
             told.err.constData());
    QVERIFY(told.err.contains("--adopt OLD=NEW"));
    QCOMPARE(read(), renamed);

    const Outcome done = run({"--adopt", "Count=Tally=1", "--adopt", "Deep=Shallow"});
    QVERIFY2(done.code == 0, done.err.constData());
    QVERIFY(done.err.contains("'Tally=1' takes over what 'Count' had"));
    QVERIFY2(!done.err.contains("wait in a connection that"), done.err.constData());
    QVERIFY(read().startsWith(renamed));  // comments and all; the ids follow
    QCOMPARE(run().code, 0);              // and hold without the option
    const QByteArray now = queues();
    QVERIFY2(now.contains("Make [success] -> Tally=1: 6 FlowFiles"), now.constData());
    QVERIFY2(now.contains("Shallow/in -> Shallow/End: 6 FlowFiles"), now.constData());
    QVERIFY2(now.contains("queues: 2 with 12 FlowFiles"), now.constData());
  }

  void aPairThatFitsNothingChangesNothing() {
    write(kFlow);
    QCOMPARE(run().code, 0);
    for (const auto& [pair, word] : std::initializer_list<std::pair<QString, QByteArray>>{
             {"Count", "write OLD=NEW"},
             {"Count=Nothing", "write OLD=NEW"},
             {"Gone=Count", "knows nothing of 'Gone'"},
             {"Make=Count", "'Make' is still in the flow"}}) {
      const Outcome refused = run({"--adopt", pair});
      QCOMPARE(refused.code, 2);
      QVERIFY2(refused.err.contains(word), refused.err.constData());
      QCOMPARE(read(), kFlow);
    }
    const Outcome nowhere = call({"run", "flow.yaml", "--adopt", "A=Count"});
    QCOMPARE(nowhere.code, 2);
    QVERIFY(nowhere.err.contains("without --data"));
  }

  void anAdoptedCopyHasFlowFilesOfItsOwn() {
    write(kFlow);
    QCOMPARE(run().code, 0);
    QDir(at("copy")).removeRecursively();
    QProcess copy;
    copy.start("cp", {"-r", at("data"), at("copy")});
    QVERIFY(copy.waitForFinished(kPatience) && copy.exitCode() == 0);
    const Outcome adopted = call({"repo", "adopt", "copy"});
    QVERIFY2(adopted.code == 0, adopted.err.constData());
    QVERIFY(adopted.out.startsWith("copy is "));
    const Outcome sound = call({"repo", "verify", "copy"});
    QVERIFY2(sound.code == 0, sound.err.constData());
    QVERIFY(sound.out.contains("queues: 2 with 6 FlowFiles"));
    QVERIFY(sound.out.contains("store " + adopted.out.mid(8, 32)));

    const QRegularExpression uuid("[0-9a-f]{8}-[0-9a-f-]{27}");
    const auto uuidsIn = [&](const QString& data) {
      const Outcome found = call({"provenance", "search", "--data", data, "--type", "CREATE"});
      QStringList all;
      auto each = uuid.globalMatch(QString::fromUtf8(found.out));
      while (each.hasNext()) all << each.next().captured();
      return all;
    };
    const QStringList first = uuidsIn("data");
    const QStringList second = uuidsIn("copy");
    QCOMPARE(first.size(), 3);
    QCOMPARE(second.size(), 3);
    for (const QString& one : second) QVERIFY(!first.contains(one));
    QCOMPARE(call({"repo", "adopt", "nowhere"}).code, 2);
  }
};

QTEST_GUILESS_MAIN(AdoptionTest)
#include "adoption_test.moc"
