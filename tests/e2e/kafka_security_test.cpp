// SPDX-License-Identifier: Apache-2.0
// Clients of Kafka that must prove who they are, with and without TLS: kcat, kafka-python and
// confluent-kafka, with every mechanism.
#include "tests/harness/secured_kafka.h"

using namespace kafka_test;

class KafkaSecurityTest : public QObject {
  Q_OBJECT

  SecuredKafka kafka_;

  static Outcome millrace(const QStringList& arguments, const QByteArray& input = {}) {
    return callProgram(QString(MR_BINARY_DIR) + "/bin/millrace", arguments, input);
  }
  QStringList settings(const QString& protocol, const QString& mechanism,
                       const QString& password = kPassword) const {
    return kafka_.settings(protocol, mechanism, password);
  }
  /// A Python client publishes one record and reads it.
  Outcome python(const QString& script, const QString& protocol, const QString& mechanism,
                 const QString& topic) const {
    return callProgram("/usr/bin/python3", {"-c", script, kafka_.server().address(), protocol,
                                            mechanism, kafka_.path("cert.pem"), topic});
  }

 private slots:
  void initTestCase() {
    const QByteArray wrong = kafka_.prepare();
    QVERIFY2(wrong.isEmpty(), wrong.constData());
    QVERIFY(kafka_.addUser("bob", "short").code == 2);
  }
  void cleanup() { QCOMPARE(kafka_.stop(), 0); }

  void everyClientProvesWhoItIsWithEveryMechanism_data() {
    QTest::addColumn<QString>("protocol");
    QTest::addColumn<QString>("mechanism");
    for (const char* protocol : {"SASL_PLAINTEXT", "SASL_SSL"}) {
      for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
        QTest::addRow("%s %s", protocol, mechanism) << protocol << mechanism;
    }
  }
  void everyClientProvesWhoItIsWithEveryMechanism() {
    QFETCH(QString, protocol);
    QFETCH(QString, mechanism);
    QVERIFY2(kafka_.start(protocol), kafka_.server().errors().constData());
    const QString topic = "of-" + protocol + "-" + mechanism;
    const QStringList known = settings(protocol, mechanism);
    const Outcome sent = kcat(kafka_.server(), known + QStringList{"-P", "-t", topic}, "kcat\n");
    QVERIFY2(sent.code == 0, sent.err.constData());
    const QString kafkaPython =
        "import sys\n"
        "from kafka import KafkaProducer, KafkaConsumer\n"
        "to, protocol, mechanism, ca, topic = sys.argv[1:]\n"
        "c = dict(bootstrap_servers=to, security_protocol=protocol, sasl_mechanism=mechanism,\n"
        "  sasl_plain_username='ann', sasl_plain_password='correct horse', ssl_cafile=ca)\n"
        "p = KafkaProducer(**c)\n"
        "p.send(topic, b'kafka-python').get(60)\n"
        "for m in KafkaConsumer(topic, auto_offset_reset='earliest', consumer_timeout_ms=60000, "
        "**c):\n"
        "  print(m.value.decode(), flush=True)\n"
        "  if m.value == b'kafka-python': break\n";
    const Outcome first = python(kafkaPython, protocol, mechanism, topic);
    QVERIFY2(first.out == "kcat\nkafka-python\n", first.err.constData());
    const QString confluent =
        "import sys\n"
        "from confluent_kafka import Producer, Consumer\n"
        "to, protocol, mechanism, ca, topic = sys.argv[1:]\n"
        "c = {'bootstrap.servers': to, 'security.protocol': protocol, 'sasl.mechanism': "
        "mechanism,\n"
        "  'sasl.username': 'ann', 'sasl.password': 'correct horse', 'ssl.ca.location': ca}\n"
        "p = Producer(c)\n"
        "p.produce(topic, b'confluent')\n"
        "if p.flush(60): sys.exit(1)\n"
        "r = Consumer({**c, 'group.id': 'g' + topic, 'auto.offset.reset': 'earliest'})\n"
        "r.subscribe([topic])\n"
        "while True:\n"
        "  m = r.poll(60)\n"
        "  if m is None: sys.exit(2)\n"
        "  if m.error(): continue\n"
        "  print(m.value().decode(), flush=True)\n"
        "  if m.value() == b'confluent': break\n"
        "r.close()\n";
    const Outcome second = python(confluent, protocol, mechanism, topic);
    QVERIFY2(second.out == "kcat\nkafka-python\nconfluent\n", second.err.constData());
    const Outcome read =
        millrace(QStringList{"consume", topic, "--bootstrap", kafka_.server().address()} + known);
    QVERIFY2(read.out == "kcat\nkafka-python\nconfluent\n", read.err.constData());
  }

  void whoCannotProveItGetsNothing() {
    QVERIFY(kafka_.start("SASL_PLAINTEXT"));
    const auto list = [&](const QStringList& with) {
      return millrace(QStringList{"topics", "list", "--internal", "--bootstrap",
                                  kafka_.server().address(), "-X", "socket.timeout.ms=3000"} +
                      with);
    };
    QVERIFY(list(settings("SASL_PLAINTEXT", "PLAIN")).code == 0);
    for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
      const Outcome wrong = list(settings("SASL_PLAINTEXT", mechanism, "wrong horse"));
      QVERIFY(wrong.code != 0);
      QCOMPARE(wrong.out, QByteArray());
    }
    QVERIFY(list({}).code != 0);
    QVERIFY(list(settings("SSL", "")).code != 0);
    // A user who is added while it runs may come in, one who is removed may not.
    QCOMPARE(
        millrace({"add-user", "ann", "--kafka", "--remove", "--data", kafka_.path("data")}).code,
        0);
    QVERIFY(list(settings("SASL_PLAINTEXT", "PLAIN")).code != 0);
    QCOMPARE(kafka_.addUser("ann", kPassword).code, 0);
    QVERIFY(list(settings("SASL_PLAINTEXT", "SCRAM-SHA-512")).code == 0);
  }

  // No client of Debian 12 or npm has AlterUserScramCredentials: its bytes are put together here,
  // and the password is salted by Python.
  void aUserWhoIsMadeOverTheWireComesInAtOnce() {
    QVERIFY(kafka_.start("SASL_PLAINTEXT"));
    const QString alter =
        "import hashlib, socket, struct, sys\n"
        "host, port = sys.argv[1].split(':')\n"
        "line = socket.create_connection((host, int(port)))\n"
        "def ask(key, version, body, flexible=False):\n"
        "  head = struct.pack('>hhih', key, version, 7, 1) + b'c' + (b'\\0' if flexible else b'')\n"
        "  line.sendall(struct.pack('>i', len(head + body)) + head + body)\n"
        "  size = struct.unpack('>i', line.recv(4, socket.MSG_WAITALL))[0]\n"
        "  return line.recv(size, socket.MSG_WAITALL)[4:]\n"
        "assert ask(17, 1, struct.pack('>h', 5) + b'PLAIN')[:2] == b'\\0\\0'\n"
        "token = b'\\0ann\\0correct horse'\n"
        "assert ask(36, 0, struct.pack('>i', len(token)) + token)[:2] == b'\\0\\0'\n"
        "compact = lambda b: bytes([len(b) + 1]) + b\n"
        "name, password = sys.argv[5].split(':')\n"
        "salt = b'of sixteen bytes'\n"
        "rows = b''\n"
        "for mechanism, digest in ((1, 'sha256'), (2, 'sha512')):\n"
        "  salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, 8192)\n"
        "  rows += compact(name.encode()) + struct.pack('>bi', mechanism, 8192)\n"
        "  rows += compact(salt) + compact(salted) + b'\\0'\n"
        "body = b'\\1\\3' + rows + b'\\0'\n"
        "if not password:\n"
        "  gone = b''.join(compact(name.encode()) + bytes([m, 0]) for m in (1, 2))\n"
        "  body = b'\\3' + gone + b'\\1\\0'\n"
        "answer = ask(51, 0, body, True)\n"
        "assert answer[0:5] == b'\\0' * 5 and answer[5] == 2, answer\n"
        "at = 6 + len(compact(name.encode()))\n"
        "print(struct.unpack('>h', answer[at:at + 2])[0])\n";
    const auto list = [&](const QString& password) {
      QStringList with;
      for (const QString& each : settings("SASL_PLAINTEXT", "SCRAM-SHA-512", password))
        with << (each == "sasl.username=ann" ? "sasl.username=dora" : each);
      return millrace(QStringList{"topics", "list", "--bootstrap", kafka_.server().address(), "-X",
                                  "socket.timeout.ms=3000"} +
                      with);
    };
    QVERIFY(list("first horse").code != 0);
    for (const char* password : {"first horse", "second horse"}) {
      const Outcome made = python(alter, "", "", QString("dora:") + password);
      QVERIFY2(made.out == "0\n", made.err.constData());
      const Outcome listed = list(password);
      QVERIFY2(listed.code == 0, listed.err.constData());
    }
    QVERIFY(list("first horse").code != 0);
    // It is there after a kill.
    kafka_.server().kill();
    QVERIFY(kafka_.start("SASL_PLAINTEXT"));
    QCOMPARE(list("second horse").code, 0);
    QCOMPARE(python(alter, "", "", "dora:").out, QByteArray("0\n"));
    QVERIFY(list("second horse").code != 0);
    QCOMPARE(python(alter, "", "", "dora:").out, QByteArray("91\n"));
  }

  void tlsAloneIsSpokenToEverybodyAndNothingElseIs() {
    QVERIFY(kafka_.start("SSL"));
    QVERIFY(
        kcat(kafka_.server(), settings("SSL", "") + QStringList{"-P", "-t", "tls"}, "a\n").code ==
        0);
    QByteArray large;
    for (int i = 0; i < 30000; ++i) large += "line " + QByteArray::number(i) + " of some length\n";
    QVERIFY(millrace(QStringList{"produce", "tls", "--bootstrap", kafka_.server().address()} +
                         settings("SSL", ""),
                     large)
                .code == 0);
    const Outcome all =
        kcat(kafka_.server(),
             settings("SSL", "") + QStringList{"-C", "-t", "tls", "-o", "beginning", "-e", "-q"});
    QVERIFY(all.out == "a\n" + large);
    QVERIFY(kcat(kafka_.server(), {"-L", "-m", "3"}).code != 0);
  }

  void aCertificateOfAnAuthorityOfOursIsWhoOneIs() {
    for (const char* name : {"ann", "eve"}) {
      const QString file = name;
      const QByteArray wrong =
          kafka_.makeCertificate("/O=Rivers/CN=" + file, file + ".pem", file + ".key");
      QVERIFY2(wrong.isEmpty(), wrong.constData());
    }
    const auto with = [&](const QString& name) {
      QStringList all = settings("SSL", "");
      if (!name.isEmpty())
        all << "-X"
            << "ssl.certificate.location=" + kafka_.path(name + ".pem") << "-X"
            << "ssl.key.location=" + kafka_.path(name + ".key");
      return all << "-X"
                 << "message.timeout.ms=8000";
    };
    const QMap<QByteArray, QByteArray> trust{
        {"MILLRACE_KAFKA_TRUST", kafka_.path("ann.pem").toUtf8()},
        {"KAFKA_AUTHORIZER_CLASS_NAME", "StandardAuthorizer"}};
    QVERIFY2(kafka_.start("SSL", trust), kafka_.server().errors().constData());
    const auto publish = [&](const QString& name, const QString& topic) {
      return kcat(kafka_.server(), with(name) + QStringList{"-P", "-t", topic}, "mine\n").code;
    };
    const Outcome allowed = millrace({"acls", "add", "--allow-principal", "User:CN=ann,O=Rivers",
                                      "--producer", "--consumer", "--group", "*", "--topic",
                                      "rivers", "--data", kafka_.path("data")});
    QVERIFY2(allowed.code == 0, allowed.err.constData());
    QTRY_COMPARE_WITH_TIMEOUT(publish("ann", "rivers"), 0, kPatience);
    QVERIFY(publish("ann", "roads") != 0);   // she may not
    QVERIFY(publish("", "rivers") != 0);     // nobody in particular
    QVERIFY(publish("eve", "rivers") != 0);  // of an authority that is not ours
    const QString reads =
        "import sys, ssl\n"
        "from kafka import KafkaConsumer\n"
        "c = KafkaConsumer('rivers', bootstrap_servers=sys.argv[1], security_protocol=sys.argv[2],"
        " ssl_cafile=sys.argv[4], ssl_certfile=sys.argv[5] + '.pem',"
        " ssl_keyfile=sys.argv[5] + '.key', group_id='g', auto_offset_reset='earliest',"
        " consumer_timeout_ms=20000)\n"
        "print(next(c).value.decode())\n";
    const Outcome read = python(reads, "SSL", "", kafka_.path("ann"));
    QVERIFY2(read.out == "mine\n", read.err.constData());
    QVERIFY(python(reads, "SSL", "", kafka_.path("eve")).code != 0);
    const Outcome refused = millrace({"server", "--data", kafka_.path("other"), "--listen", "off",
                                      "--kafka-trust", kafka_.path("ann.pem")});
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.err.contains("SSL or SASL_SSL"), refused.err.constData());
  }

  void otherMachinesAreServedWithProofsOnly() {
    const auto refusal = [&](const QStringList& arguments) {
      return millrace(QStringList{"server", "--data", kafka_.path("other"), "--listen", "off"} +
                      arguments);
    };
    Outcome said = refusal({"--kafka", "0.0.0.0:0"});
    QCOMPARE(said.code, 2);
    QVERIFY2(said.err.contains("SASL_SSL"), said.err.constData());
    said = refusal({"--kafka", "0.0.0.0:0", "--kafka-security-protocol", "SASL_PLAINTEXT"});
    QCOMPARE(said.code, 2);
    QVERIFY2(said.err.contains("--kafka-advertise"), said.err.constData());
    said = refusal({"--kafka-security-protocol", "SSL"});
    QCOMPARE(said.code, 2);
    QVERIFY2(said.err.contains("--tls-cert"), said.err.constData());
    said = refusal({"--kafka-security-protocol", "TLS"});
    QCOMPARE(said.code, 2);
    QVERIFY2(said.err.contains("'TLS' is none"), said.err.constData());
  }
};

QTEST_GUILESS_MAIN(KafkaSecurityTest)
#include "kafka_security_test.moc"
