// SPDX-License-Identifier: Apache-2.0
// The log over HTTP: what Kafka's clients write and read, curl sees.
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using namespace rest_test;

class LogHttpTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  static bool kcat(const QStringList& arguments, const QByteArray& input = {}) {
    QProcess client;
    client.start("kcat", arguments);
    if (!client.waitForStarted(kPatience)) return false;
    client.write(input);
    client.closeWriteChannel();
    return client.waitForFinished(kPatience) && client.exitCode() == 0;
  }

 private slots:
  void whatClientsWriteAndReadIsSeen() {
    RestServer server(folder_.path());
    QVERIFY(server.writeFlow("millrace: 1\nname: log\n"));
    QVERIFY2(server.start({"--kafka", "127.0.0.1:0"}), server.errors().constData());
    const QString kafka = server.ready("kafka");
    QVERIFY(kcat({"-b", kafka, "-P", "-t", "lines", "-K", ":"}, "a:1\nb:2\na:3\n"));
    const QJsonArray topics = server.curl("/api/v1/log/topics").json()["topics"].toArray();
    QCOMPARE(topics.size(), 1);
    QCOMPARE(topics[0].toObject()["records"].toInt(), 3);
    const auto page = server.curl("/api/v1/log/topics/lines/records?before=end&limit=2").json();
    const QJsonArray records = page["records"].toArray();
    QCOMPARE(records.size(), 2);
    QCOMPARE(records[1].toObject()["value"].toObject()["text"].toString(), "3");
    QCOMPARE(records[1].toObject()["key"].toObject()["text"].toString(), "a");
    QCOMPARE(server.curl("/api/v1/log/topics/lines/records/0/1/content/value").body, "2");
    QCOMPARE(server.curl("/api/v1/log/topics/lines/records/0/3/content/value").status, 404);

    // A group reads one record, and is two behind.
    QVERIFY(kcat({"-b", kafka, "-G", "readers", "-c", "1", "-X", "auto.offset.reset=earliest", "-q",
                  "lines"}));
    const auto group = server.curl("/api/v1/log/groups/readers").json();
    const QJsonObject place = group["partitions"].toArray()[0].toObject();
    QCOMPARE(place["topic"].toString(), "lines");
    QCOMPARE(place["endOffset"].toInt(), 3);
    QCOMPARE(place["lag"].toInt(), 3 - place["offset"].toInt());
    QVERIFY(server.curl("/metrics")
                .body.contains(
                    "millrace_log_group_lag{group=\"readers\",topic=\"lines\",partition=\"0\"} "));
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(LogHttpTest)
#include "log_http_test.moc"
