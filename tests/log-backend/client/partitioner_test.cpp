// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/partitioner.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

class PartitionerTest : public QObject {
  Q_OBJECT
 private slots:
  // The values are those of the tests of Kafka's Java client.
  void hashesAreThoseOfTheJavaClient_data() {
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<int>("hash");
    QTest::newRow("digits") << QByteArray("21") << -973932308;
    QTest::newRow("foobar") << QByteArray("foobar") << -790332482;
    QTest::newRow("long") << QByteArray("a-little-bit-long-string") << -985981536;
    QTest::newRow("longer") << QByteArray("a-little-bit-longer-string") << -1486304829;
    QTest::newRow("longest") << QByteArray("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")
                             << -58897971;
    QTest::newRow("three") << QByteArray("abc") << 479470107;
  }
  void hashesAreThoseOfTheJavaClient() {
    QFETCH(QByteArray, key);
    QFETCH(int, hash);
    const std::string text = key.toStdString();
    QCOMPARE(static_cast<int>(murmur2(asBytes(text))), hash);
  }

  void aNegativeHashHasAPartitionToo() {
    // The sign bit is taken off, as the Java client does: (-973932308 & 0x7fffffff) % 7.
    QCOMPARE(partitionOfKey(asBytes("21"), 7), std::int32_t{1173551340 % 7});
    QCOMPARE(partitionOfKey(asBytes("21"), 1), 0);
  }
};

QTEST_GUILESS_MAIN(PartitionerTest)
#include "partitioner_test.moc"
