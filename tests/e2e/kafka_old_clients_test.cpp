// SPDX-License-Identifier: Apache-2.0
// Clients that speak as they did before Kafka 0.11, with messages instead of batches: kcat and
// kafka-python, told that the broker is that old, beside new ones.
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>
#include <QTest>

using namespace kafka_test;

namespace {

// BROKER VERSION CODEC…: writes one message a codec, then reads all there are, by a group where the
// version has them.
const char* const kPython =
    "import sys\n"
    "from kafka import KafkaConsumer, KafkaProducer\n"
    "version = tuple(int(part) for part in sys.argv[2].split('.'))\n"
    "for codec in sys.argv[4:]:\n"
    "  p = KafkaProducer(bootstrap_servers=sys.argv[1], api_version=version, acks='all',\n"
    "                    compression_type=None if codec == 'none' else codec)\n"
    "  sent = [p.send('old', ('python/%s/%s/%d' % (sys.argv[2], codec, i)).encode(), key=b'k')\n"
    "          for i in range(20)]\n"
    "  offsets = [one.get(60).offset for one in sent]\n"
    "  assert offsets == list(range(offsets[0], offsets[0] + 20)), offsets\n"
    "  p.close()\n"
    "c = KafkaConsumer('old', bootstrap_servers=sys.argv[1], api_version=version,\n"
    "                  group_id='old-' + sys.argv[2], auto_offset_reset='earliest',\n"
    "                  max_partition_fetch_bytes=700, consumer_timeout_ms=60000)\n"
    "for _, m in zip(range(int(sys.argv[3])), c):\n"
    "  assert m.key == b'k', m\n"
    "  old = version < (0, 10) or m.value.decode().split('/')[1] in ('0.8.2', '0.9.0', '0.9')\n"
    "  assert (m.timestamp is None or m.timestamp == -1) == old, m\n"
    "  print(m.value.decode())\n"
    "c.commit()\n"
    "c.close()\n";

/// "0.9.0" as librdkafka is told it.
QStringList as(const QString& version) {
  if (version == "new") return {};
  return {"-X", "api.version.request=false", "-X", "broker.version.fallback=" + version};
}

}  // namespace

class KafkaOldClientsTest : public QObject {
  Q_OBJECT

  static QByteArrayList sorted(const QByteArray& lines) {
    QByteArrayList all = lines.trimmed().split('\n');
    std::sort(all.begin(), all.end());
    return all;
  }

 private slots:
  void oldAndNewReadWhatOldAndNewWrote() {
    QTemporaryDir folder;
    KafkaServer server(folder.filePath("data"));
    QVERIFY2(server.start(), server.errors().constData());
    QByteArrayList written;
    for (const QString& version : QStringList{"0.8.2", "0.9.0", "0.10.0", "new"}) {
      for (const QString& codec : QStringList{"none", "gzip", "snappy", "lz4"}) {
        // librdkafka has no lz4 for the versions whose frames are wrong.
        if (codec == "lz4" && version.startsWith("0.") && version != "0.10.0") continue;
        QByteArray lines;
        for (int i = 0; i < 20; ++i) {
          written += ("kcat/" + version + '/' + codec + '/' + QString::number(i)).toUtf8();
          lines += "k|" + written.back() + '\n';
        }
        const Outcome sent = kcat(
            server, as(version) + QStringList{"-P", "-t", "old", "-z", codec, "-K", "|"}, lines);
        QVERIFY2(sent.code == 0, sent.err.constData());
      }
    }
    for (const QString& version : QStringList{"0.9", "0.10"}) {
      QStringList codecs{"none", "gzip", "snappy"};
      if (version == "0.10") codecs += "lz4";
      for (const QString& codec : codecs) {
        for (int i = 0; i < 20; ++i)
          written += ("python/" + version + '/' + codec + '/' + QString::number(i)).toUtf8();
      }
      const Outcome ran =
          callProgram("/usr/bin/python3", QStringList{"-B", "-c", kPython, server.address(),
                                                      version, QString::number(written.size())} +
                                              codecs);
      QVERIFY2(ran.code == 0, ran.err.constData());
      QByteArrayList wanted = written;
      std::sort(wanted.begin(), wanted.end());
      QCOMPARE(sorted(ran.out), wanted);
    }
    std::sort(written.begin(), written.end());
    for (const QString& version : QStringList{"0.8.2", "0.9.0", "0.10.0", "new"}) {
      const Outcome read =
          kcat(server, as(version) + QStringList{"-C", "-t", "old", "-o", "beginning", "-e", "-q"});
      QVERIFY2(read.code == 0, read.err.constData());
      QVERIFY2(sorted(read.out) == written, qPrintable(version));
    }
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(KafkaOldClientsTest)
#include "kafka_old_clients_test.moc"
