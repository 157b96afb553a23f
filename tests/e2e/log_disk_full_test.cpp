// SPDX-License-Identifier: Apache-2.0
// A log whose disk is full: producers are told so, readers go on, and what waits is written once
// there is room. The disk is made for the test and needs the right to mount; without it the test is
// skipped.
#include "tests/harness/kafka_server.h"
#include "tests/harness/small_disk.h"

using namespace kafka_test;
using namespace disk_test;

class LogDiskFullTest : public QObject {
  Q_OBJECT

  /// The name of the error that a producer is given which does not try again; "taken" without one.
  static QByteArray publishOnce(const KafkaServer& server) {
    const QString script =
        "import sys\n"
        "from confluent_kafka import Producer\n"
        "said = []\n"
        "p = Producer({'bootstrap.servers': sys.argv[1], 'message.send.max.retries': 0})\n"
        "p.produce('t', b'x' * 100000, on_delivery=lambda error, _: said.append(error))\n"
        "p.flush(60)\n"
        "print(said[0].name() if said[0] else 'taken')\n";
    return callProgram("/usr/bin/python3", {"-c", script, server.address()}).out.trimmed();
  }

 private slots:
  void producersAreToldAndWhatWaitsIsWrittenLater() {
    const SmallDisk disk(400 << 20);
    if (!disk.mounted()) QSKIP("no right to mount");
    KafkaServer server(disk.at("data"));
    QVERIFY2(server.start(), server.errors().constData());
    QByteArray before;
    for (int i = 0; i < 1000; ++i) before += "before " + QByteArray::number(i) + '\n';
    QVERIFY(kcat(server, {"-P", "-t", "t"}, before).code == 0);
    fill(disk.at("ballast"), 400 << 20);
    QByteArray said;
    for (int tries = 0; tries < 100 && said != "KAFKA_STORAGE_ERROR"; ++tries)
      said = publishOnce(server);  // there may be room left that was made ready before
    QCOMPARE(said, QByteArray("KAFKA_STORAGE_ERROR"));
    const auto read = [&] {
      return kcat(server, {"-C", "-t", "t", "-o", "beginning", "-e", "-q"}).out;
    };
    QVERIFY(read().startsWith(before));
    // One that tries again has all of it there, once and in order, when there is room.
    QByteArray later;
    for (int i = 0; i < 20000; ++i) later += "later " + QByteArray::number(i) + '\n';
    QProcess patient;
    patient.start("kcat",
                  {"-P", "-b", server.address(), "-t", "t", "-X", "enable.idempotence=true"});
    QVERIFY(patient.waitForStarted(kPatience));
    patient.write(later);
    patient.closeWriteChannel();
    QCOMPARE(publishOnce(server), QByteArray("KAFKA_STORAGE_ERROR"));
    QVERIFY(QFile::remove(disk.at("ballast")));
    QVERIFY(patient.waitForFinished(kPatience));
    QVERIFY2(patient.exitCode() == 0, patient.readAllStandardError());
    QVERIFY(read().endsWith('\n' + later) || read().endsWith(later));
    QCOMPARE(publishOnce(server), QByteArray("taken"));
    // And a kill afterwards takes nothing of it.
    const QByteArray all = read();
    server.kill();
    QVERIFY2(server.start(), server.errors().constData());
    QVERIFY(read() == all);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(LogDiskFullTest)
#include "log_disk_full_test.moc"
