// SPDX-License-Identifier: Apache-2.0
// Provenance as a user asks for it, on flights of the quickstart: search, lineage from an output
// file back to the row it came from, replay, and what is refused.

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
const QString kSource = MR_SOURCE_DIR;
constexpr int kPatience = 240000;
constexpr int kFlights = 200;

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

QList<QJsonObject> objects(const QByteArray& lines) {
  QList<QJsonObject> result;
  for (const QByteArray& line : lines.split('\n')) {
    if (!line.isEmpty()) result += QJsonDocument::fromJson(line).object();
  }
  return result;
}

}  // namespace

class ProvenanceTest : public QObject {
  Q_OBJECT

 private:
  Outcome call(const QStringList& arguments) {
    QProcess process;
    process.setWorkingDirectory(kSource);
    process.start(kProgram, arguments);
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  Outcome provenance(const QStringList& arguments) {
    return call(QStringList{"provenance"} + arguments + QStringList{"--data", data_});
  }
  QStringList run() const {
    return {"run",         "flows/flight-status.yaml",
            "--data",      data_,
            "--param",     "flights=" + folder_.filePath("flights.jsonl"),
            "--param",     "results=" + folder_.filePath("results"),
            "--archive",   "12 h",
            "--until-idle"};
  }

  QTemporaryDir folder_;
  QString data_;
  QList<QByteArray> rows_;

 private slots:
  void initTestCase() {
    data_ = folder_.filePath("data");
    QFile all(kSource + "/flows/data/flights.jsonl");
    QVERIFY(all.open(QIODevice::ReadOnly));
    QFile some(folder_.filePath("flights.jsonl"));
    QVERIFY(some.open(QIODevice::WriteOnly));
    for (int i = 0; i < kFlights; ++i) {
      rows_ += all.readLine();
      some.write(rows_.back());
    }
    some.close();
    const Outcome ran = call(run());
    QVERIFY2(ran.code == 0, ran.err.constData());
  }

  void everyFlightIsSentOnce() {
    const Outcome sent = provenance({"search", "--type", "SEND", "--json", "--limit", "1000"});
    QVERIFY2(sent.code == 0, sent.err.constData());
    QCOMPARE(objects(sent.out).size(), qsizetype(kFlights));
    const Outcome forks = provenance({"search", "--type", "fork", "--json"});
    qsizetype children = 0;
    for (const QJsonObject& fork : objects(forks.out))
      children += fork["children"].toArray().size();
    QCOMPARE(children, qsizetype(kFlights));
  }

  void searchByFilenameAndAttributeFindsWhatTheFileHas() {
    const QDir results(folder_.filePath("results"));
    const QString name = results.entryList(QDir::Files).first();
    QFile file(results.filePath(name));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const qsizetype lines = file.readAll().count('\n');
    const Outcome sent =
        provenance({"search", "--type", "SEND", "--filename", name, "--json", "--limit", "1000"});
    QCOMPARE(objects(sent.out).size(), lines);
    const QString severity = name.section('-', 1).section('.', 0, 0);
    const QString destination = name.section('-', 0, 0);
    const Outcome same = provenance(
        {"search", "--component", "Write", "--type", "SEND", "--attribute", "severity=" + severity,
         "--attribute", "flight.destination=" + destination, "--json", "--limit", "1000"});
    QCOMPARE(same.out, sent.out);
    const Outcome none = provenance({"search", "--filename", "no such file"});
    QCOMPARE(none.code, 0);
    QCOMPARE(none.out, QByteArray());
  }

  // pins: 1.1/7, 1.9/17
  void lineageLeadsFromAnOutputBackToItsSourceRow() {
    const QJsonObject sent =
        objects(provenance({"search", "--type", "SEND", "--limit", "1", "--json"}).out).first();
    const QString uuid = sent["uuid"].toString();
    const Outcome graph = provenance({"lineage", uuid, "--json"});
    QVERIFY2(graph.code == 0, graph.err.constData());
    QString fork;
    bool received = false;
    for (const QJsonObject& node : objects(graph.out)) {
      if (node["type"] == "FORK") fork = node["node"].toString();
      received |= node["type"] == "RECEIVE" && node["component"] == "Read flights";
    }
    QVERIFY(received);
    QVERIFY(!fork.isEmpty());
    // The first event of the child that changed something still has the row as its content.
    QList<QJsonObject> own =
        objects(provenance({"search", "--uuid", uuid, "--component", "Fields", "--json"}).out);
    QCOMPARE(own.size(), qsizetype(1));
    const Outcome row = provenance({"show", own.first()["id"].toString(), "--content", "before"});
    QVERIFY2(row.code == 0, row.err.constData());
    const int index = own.first()["attributes"].toObject()["fragment.index"].toString().toInt();
    QVERIFY(index >= 1 && index <= kFlights);
    QCOMPARE(row.out.trimmed(), rows_[index - 1].trimmed());
    const Outcome dot = provenance({"lineage", uuid, "--dot"});
    QVERIFY(dot.out.startsWith("digraph"));
    QVERIFY(dot.out.contains(uuid.toUtf8()));
  }

  // pins: 1.9/11, 1.9/18
  void replayGivesTheSameChildren() {
    const QJsonObject fork =
        objects(provenance({"search", "--type", "FORK", "--limit", "1", "--json"}).out).first();
    const qsizetype children = fork["children"].toArray().size();
    const Outcome again = provenance({"replay", fork["id"].toString(), "--json"});
    QVERIFY2(again.code == 0, again.err.constData());
    const QString made = objects(again.out).first()["uuid"].toString();
    const QList<QJsonObject> replays =
        objects(provenance({"search", "--type", "REPLAY", "--uuid", made, "--json"}).out);
    QCOMPARE(replays.size(), qsizetype(1));
    QCOMPARE(replays.first()["parents"].toArray().first().toString(), fork["uuid"].toString());
    const Outcome ran = call(run());
    QVERIFY2(ran.code == 0, ran.err.constData());
    const QList<QJsonObject> forks =
        objects(provenance({"search", "--type", "FORK", "--uuid", made, "--json"}).out);
    QCOMPARE(forks.size(), qsizetype(1));
    QCOMPARE(forks.first()["children"].toArray().size(), children);
    // Each row was sent once more, with the same text.
    QMap<QString, int> sizes;
    for (const QJsonObject& sent :
         objects(provenance({"search", "--type", "SEND", "--json", "--limit", "1000"}).out)) {
      const QJsonObject attributes = sent["attributes"].toObject();
      ++sizes[attributes["fragment.index"].toString() + attributes["filename"].toString()];
    }
    QCOMPARE(sizes.size(), qsizetype(kFlights));
    for (const int count : sizes) QCOMPARE(count, 2);
  }

  void whatCannotBeIsRefusedInOneLine() {
    for (const QStringList& wrong :
         {QStringList{"search", "--type", "LOST"}, QStringList{"search", "--component", "Nobody"},
          QStringList{"search", "--from", "yesterday"}, QStringList{"show", "12"},
          QStringList{"show", "999999.0"}, QStringList{"lineage", "nothing"},
          QStringList{"search", "--attribute", "novalue"}}) {
      const Outcome bad = provenance(wrong);
      QVERIFY2(bad.code == 2, qPrintable(wrong.join(' ')));
      QCOMPARE(bad.err.count('\n'), 1);
    }
    const Outcome nowhere =
        call({"provenance", "search", "--data", folder_.filePath("nothing here")});
    QCOMPARE(nowhere.code, 2);
    QVERIFY(nowhere.err.contains("is no data directory"));
  }

  void aDamagedIndexIsMadeAgain() {
    const Outcome before = provenance({"search", "--json"});
    QFile index(data_ + "/provenance/index.sqlite");
    QVERIFY(index.open(QIODevice::WriteOnly | QIODevice::Truncate));
    index.write(QByteArray(5000, 'x'));
    index.close();
    const Outcome after = provenance({"search", "--json"});
    QCOMPARE(after.code, 0);
    QCOMPARE(after.out, before.out);
    QVERIFY(QFile::remove(data_ + "/provenance/index.sqlite"));
    QCOMPARE(provenance({"search", "--json"}).out, before.out);
  }

  void verifyReadsEveryBlockAndNamesTheDamagedOne() {
    const Outcome sound = call({"repo", "verify", data_});
    QVERIFY2(sound.code == 0, sound.err.constData());
    QVERIFY(sound.out.contains("provenance: "));
    const QDir folder(data_ + "/provenance");
    const QString name = folder.entryList({"*.provenance"}, QDir::Files, QDir::Name).first();
    QFile file(folder.filePath(name));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(400));
    char byte = 0;
    QVERIFY(file.getChar(&byte));
    QVERIFY(file.seek(400));
    QVERIFY(file.putChar(static_cast<char>(byte ^ 0x40)));
    file.close();
    const Outcome damaged = call({"repo", "verify", data_});
    QCOMPARE(damaged.code, 1);
    QVERIFY2(damaged.err.contains(name.toUtf8() + " at offset 64"), damaged.err.constData());
    const Outcome search = provenance({"search", "--limit", "100000"});
    QCOMPARE(search.code, 1);
    QVERIFY(search.err.contains(name.toUtf8() + " at offset 64"));
  }
};

QTEST_GUILESS_MAIN(ProvenanceTest)
#include "provenance_test.moc"
