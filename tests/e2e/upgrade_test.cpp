// SPDX-License-Identifier: Apache-2.0
// Data directories of earlier versions (tests/e2e/golden): opened, with all that was in them.
#include "tests/harness/rest_server.h"

#include <QDir>
#include <QTemporaryDir>

using namespace rest_test;

namespace {

const QString kGolden = QString(MR_SOURCE_DIR) + "/tests/e2e/golden";

struct Outcome {
  int code = -1;
  QByteArray said;
};

Outcome run(const QString& program, const QStringList& arguments) {
  QProcess process;
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start(program, arguments);
  process.closeWriteChannel();
  if (!process.waitForFinished(kPatience)) return {};
  return {process.exitCode(), process.readAll()};
}
Outcome millrace(const QStringList& arguments) {
  return run(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
}

}  // namespace

class UpgradeTest : public QObject {
  Q_OBJECT

  /// Of a server of the directory, as its user.
  struct Client {
    const RestServer& server;
    QStringList token;

    QJsonObject get(const QString& path) const { return server.curl(path, token).json(); }
    Answer post(const QString& path, const QByteArray& body) const {
      return server.curl(path, token + QStringList{"-d", body});
    }
    QString connection(const QString& from) const {
      for (const QJsonValue& each :
           get("/api/v1/flow")["flow"].toObject()["connections"].toArray()) {
        if (each.toObject()["from"].toString() == from) return each.toObject()["id"].toString();
      }
      return {};
    }
    QString processor(const QString& name) const {
      for (const QJsonValue& each :
           get("/api/v1/flow")["flow"].toObject()["processors"].toArray()) {
        if (each.toObject()["name"].toString() == name) return each.toObject()["id"].toString();
      }
      return {};
    }
    QJsonArray queue(const QString& from) const {
      return get("/api/v1/connections/" + connection(from) + "/queue?limit=100")["flowfiles"]
          .toArray();
    }
    QByteArray content(const QString& from, const QJsonValue& file) const {
      return server
          .curl("/api/v1/connections/" + connection(from) + "/flowfiles/" +
                    file.toObject()["uuid"].toString() + "/content",
                token)
          .body;
    }
  };

  static void lookAtQueues(const Client& client) {
    const QJsonArray made = client.queue("Make");
    QCOMPARE(made.size(), 7);
    for (const QJsonValue& file : made) {
      QCOMPARE(file.toObject()["attributes"].toObject()["colour"].toString(), QString("red"));
      QCOMPARE(client.content("Make", file), QByteArray("golden content"));
    }
    const QJsonArray large = client.queue("Large");
    QCOMPARE(large.size(), 2);
    for (const QJsonValue& file : large)
      QCOMPARE(client.content("Large", file), QByteArray("0123456789").repeated(1000));
    const QJsonArray counted = client.queue("Count");
    QCOMPARE(counted.size(), 3);
    for (int i = 0; i < 3; ++i)
      QCOMPARE(counted[i].toObject()["attributes"].toObject()["number"].toString(),
               QString::number(i + 1));
    QVERIFY(client.queue("Odd").isEmpty());
    const QJsonArray state =
        client.get("/api/v1/components/" + client.processor("Count") + "/state")["entries"]
            .toArray();
    QVERIFY2(QJsonDocument(state).toJson().contains("\"3\""), QJsonDocument(state).toJson());
  }

  static void lookAtTheJournal(const Client& client) {
    const QJsonArray changes = client.get("/api/v1/changes?after=1")["changes"].toArray();
    QCOMPARE(changes.size(), 2);
    QVERIFY(QJsonDocument(changes[0].toObject()).toJson().contains("golden comment"));
    // Undoing the deletion brings the connection back, and what was parked of it.
    const QJsonArray parked = client.get("/api/v1/parked")["parked"].toArray();
    QCOMPARE(parked.size(), 1);
    QCOMPARE(parked[0].toObject()["count"].toInt(), 4);
    QVERIFY(client.connection("Gone").isEmpty());
    QCOMPARE(client.post("/api/v1/changes/3/revert", "").status, 200);
    const QJsonArray back = client.queue("Gone");
    QCOMPARE(back.size(), 4);
    QCOMPARE(client.content("Gone", back[0]), QByteArray("parked"));
  }

  static void lookAtTheLog(const RestServer& server) {
    const QString kafka = server.ready("kafka");
    const Outcome all = millrace(
        {"consume", "golden", "--bootstrap", kafka, "--from", "beginning", "--count", "5"});
    QCOMPARE(all.said, QByteArray("record 1\nrecord 2\nrecord 3\nrecord 4\nrecord 5\n"));
    // The group goes on where it was.
    const Outcome rest =
        millrace({"consume", "golden", "--bootstrap", kafka, "--group", "readers", "--count", "2"});
    QCOMPARE(rest.said, QByteArray("record 4\nrecord 5\n"));
  }

 private slots:
  void allThatWasThereIsFound_data() {
    QTest::addColumn<QString>("archive");
    const QStringList archives = QDir(kGolden).entryList({"data-*.tar.gz"});
    QVERIFY(!archives.isEmpty());
    for (const QString& archive : archives) QTest::newRow(qPrintable(archive)) << archive;
  }
  void allThatWasThereIsFound() {
    QFETCH(QString, archive);
    QTemporaryDir folder;
    QCOMPARE(run("tar", {"-xzf", kGolden + "/" + archive, "-C", folder.path()}).code, 0);
    const QString data = folder.filePath("data");
    // What reads without a server.
    const Outcome sound = millrace({"repo", "verify", data});
    QVERIFY2(sound.code == 0, sound.said);
    RestServer server(folder.path());
    QVERIFY2(server.start({"--kafka", "127.0.0.1:0", "--archive", "3650d"}), server.errors());
    QCOMPARE(server.curl("/api/v1/flow").status, 401);
    const Answer in =
        server.post("/api/v1/login", R"({"user":"ann","password":"golden password"})");
    QCOMPARE(in.status, 200);
    const Client client{server, {"-H", "Authorization: Bearer " + in.json()["token"].toString()}};
    QCOMPARE(client.get("/api/v1/me")["role"].toString(), QString("modify"));
    lookAtQueues(client);
    if (QTest::currentTestFailed()) return;
    lookAtTheJournal(client);
    if (QTest::currentTestFailed()) return;
    lookAtTheLog(server);
    if (QTest::currentTestFailed()) return;
    const QJsonArray secrets = client.get("/api/v1/secrets")["secrets"].toArray();
    QCOMPARE(secrets.size(), 1);
    QVERIFY(secrets[0].toObject()["name"] == "password" && secrets[0].toObject()["set"].toBool());
    const QJsonArray events = client
                                  .get("/api/v1/provenance?component=" + client.processor("Make") +
                                       "&limit=100")["events"]
                                  .toArray();
    QCOMPARE(events.size(), 7);
    QCOMPARE(server.stop(), 0);
    const Outcome after = millrace({"repo", "verify", data});
    QVERIFY2(after.code == 0, after.said);
  }
};

QTEST_GUILESS_MAIN(UpgradeTest)
#include "upgrade_test.moc"
