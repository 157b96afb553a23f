// SPDX-License-Identifier: Apache-2.0
// millrace flow queue and flow empty, with filters, against the real server.
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using namespace rest_test;

namespace {

const QByteArray kFlow =
    "millrace: 1\n"
    "name: queued\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: '1500'}, "
    "state: stopped}\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Keep}\n";

}  // namespace

class QueueCommandsTest : public QObject {
  Q_OBJECT

  struct Outcome {
    int code = -1;
    QByteArray out;
    QByteArray err;
  };
  static Outcome flow(const RestServer& server, QStringList arguments) {
    QProcess process;
    arguments.prepend("flow");
    process.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments
                                                                << "--server"
                                                                << "http://" + server.address());
    if (!process.waitForFinished(kPatience)) return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }

 private slots:
  void aQueueIsListedAndEmptiedWithAFilter() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors().constData());
    const QString wire = "Make -> Keep";
    const QJsonObject all = server.curl("/api/v1/flow").json()["flow"].toObject();
    const QJsonValue make = all["processors"].toArray()[0].toObject()["id"];
    const QJsonObject once{{"action", "run-once"}, {"ids", QJsonArray{make}}};
    QCOMPARE(server.post("/api/v1/actions", QJsonDocument(once).toJson()).status, 200);
    QCOMPARE(flow(server, {"queue", wire}).out.count('\n'), 100);
    QCOMPARE(flow(server, {"queue", wire, "--limit", "100000"}).out.count('\n'), 1500);
    const QString tenth = "${queueDateIndex:mod(10):equals(3)}";
    const Outcome some = flow(server, {"queue", wire, "--filter", tenth, "--json", "--limit", "7"});
    QCOMPARE(some.out.count('\n'), 7);
    QCOMPARE(QJsonDocument::fromJson(some.out.left(some.out.indexOf('\n')))["position"].toInt(), 3);
    QCOMPARE(flow(server, {"empty", wire, "--filter", tenth}).out, "150 dropped, 450 B\n");
    QCOMPARE(flow(server, {"queue", wire, "--filter", tenth}).out, "");
    const Outcome wrong = flow(server, {"empty", wire, "--filter", "${filename:nothing()}"});
    QCOMPARE(wrong.code, 2);
    QVERIFY2(wrong.err.contains("the filter"), wrong.err.constData());
    QCOMPARE(flow(server, {"empty", wire}).out, "1350 dropped, 4050 B\n");
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(QueueCommandsTest)
#include "queue_commands_test.moc"
