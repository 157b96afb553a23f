// SPDX-License-Identifier: Apache-2.0
// A client over its quota, as the real program and confluent-kafka see it: told so, held up, and
// served all the same.
#include "tests/harness/kafka_server.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

using namespace kafka_test;

class KafkaQuotasTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString data_ = folder_.filePath("data");

  Outcome quotas(const QStringList& arguments) const {
    return callProgram(QString(MR_BINARY_DIR) + "/bin/millrace",
                       QStringList{"quotas"} + arguments + QStringList{"--data", data_});
  }

 private slots:
  void theCommandSetsShowsAndTakesAway() {
    QCOMPARE(quotas({"set", "--client-id", "c", "--producer-byte-rate", "1000"}).code, 0);
    QCOMPARE(quotas({"set", "--client-id", "c", "--consumer-byte-rate", "2000.5"}).code, 0);
    QCOMPARE(quotas({"set", "--default-user", "--consumer-byte-rate", "3000"}).code, 0);
    const Outcome listed = quotas({"list", "--json"});
    QCOMPARE(listed.out, QByteArray("{\"client-id\":\"c\",\"producer_byte_rate\":1000.0,\"consumer_"
                                    "byte_rate\":2000.5}\n"
                                    "{\"user\":null,\"consumer_byte_rate\":3000.0}\n"));
    QVERIFY(quotas({"list"}).out.contains("(default)"));
    QCOMPARE(quotas({"remove", "--client-id", "c"}).code, 0);
    QCOMPARE(quotas({"remove", "--client-id", "c"}).code, 2);
    QCOMPARE(quotas({"remove", "--default-user"}).code, 0);
    const auto wrong = [&](const QStringList& arguments, const char* words) {
      const Outcome outcome = quotas(arguments);
      return outcome.code == 2 && outcome.err.contains(words);
    };
    QVERIFY(wrong({"set", "--producer-byte-rate", "1"}, "--client-id"));
    QVERIFY(wrong({"set", "--client-id", "c"}, "--producer-byte-rate"));
    QVERIFY(wrong({"set", "--client-id", "c", "--producer-byte-rate", "0"}, "above 0"));
  }

  void aClientIsToldThatItIsTooFast() {
    KafkaServer server(data_);
    QVERIFY2(server.start(), server.errors().constData());
    QCOMPARE(quotas({"set", "--client-id", "eager", "--producer-byte-rate", "100000"}).code, 0);
    // A megabyte where ten seconds allow one: the second piece comes when the client may again.
    const QByteArray script =
        "import sys\n"
        "from confluent_kafka import Producer\n"
        "told = []\n"
        "def run(name, until):\n"
        "  p = Producer({'bootstrap.servers': sys.argv[1], 'client.id': name, 'linger.ms': 1,\n"
        "                'throttle_cb': lambda e: told.append(e.throttle_time)})\n"
        "  sent = 0\n"
        "  while not until(sent):\n"
        "    p.produce('t', b'x' * 200000)\n"
        "    if p.flush(60): sys.exit('not acknowledged')\n"
        "    sent += 1\n"
        "run('other', lambda sent: sent == 10)\n"
        "assert not told, told\n"
        "run('eager', lambda sent: told or sent == 500)\n"
        "assert told and told[0] > 0, told\n"
        "print('told')\n";
    QElapsedTimer timer;
    timer.start();
    Outcome said;
    // The server takes the quota within a second.
    do {
      said = callProgram("/usr/bin/python3", {"-c", script, server.address()});
    } while (said.code != 0 && !timer.hasExpired(kPatience));
    QVERIFY2(said.out == "told\n", said.err.constData());
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(KafkaQuotasTest)
#include "kafka_quotas_test.moc"
