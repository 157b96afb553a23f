// SPDX-License-Identifier: Apache-2.0
// ACLs, as clients of Kafka meet them: `millrace acls` and kafka-python's admin set them, and kcat,
// kafka-python and confluent-kafka are refused by name of topic, group and transactional id.
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;

class KafkaAclsTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString data_ = folder_.filePath("data");
  std::unique_ptr<KafkaServer> server_;

  static Outcome millrace(const QStringList& arguments, const QByteArray& input = {}) {
    return callProgram(QString(MR_BINARY_DIR) + "/bin/millrace", arguments, input);
  }
  Outcome acls(const QStringList& arguments) const {
    return millrace(QStringList{"acls"} + arguments + QStringList{"--data", data_});
  }
  static QStringList as(const QString& user) {
    return {"-X", "security.protocol=SASL_PLAINTEXT",
            "-X", "sasl.mechanism=PLAIN",
            "-X", "sasl.username=" + user,
            "-X", "sasl.password=password of " + user};
  }
  Outcome publish(const QString& user, const QString& topic) const {
    return kcat(*server_,
                as(user) + QStringList{"-P", "-t", topic, "-X", "message.timeout.ms=8000"},
                user.toUtf8() + "\n");
  }
  /// Asked again until the server has read what a command wrote, which it does within a second.
  template <typename Condition>
  static bool soon(Condition condition) {
    QElapsedTimer timer;
    timer.start();
    while (!condition()) {
      if (timer.hasExpired(kPatience)) return false;
    }
    return true;
  }
  /// The script gets the address; `from` makes a dict of settings for a user.
  Outcome kafkaPython(const QString& script) const {
    return callProgram("/usr/bin/python3",
                       {"-c",
                        "import sys\n"
                        "to = sys.argv[1]\n"
                        "def of(user): return dict(bootstrap_servers=to, "
                        "security_protocol='SASL_PLAINTEXT', sasl_mechanism='SCRAM-SHA-256', "
                        "sasl_plain_username=user, sasl_plain_password='password of ' + user)\n" +
                            script,
                        server_->address()});
  }
  Outcome confluent(const QString& script) const {
    return callProgram(
        "/usr/bin/python3",
        {"-c",
         "import sys\n"
         "to = sys.argv[1]\n"
         "from confluent_kafka import Producer, Consumer, KafkaException, TopicPartition\n"
         "def of(user): return {'bootstrap.servers': to, 'security.protocol': 'SASL_PLAINTEXT', "
         "'sasl.mechanism': 'PLAIN', 'sasl.username': user, 'sasl.password': 'password of ' + "
         "user}\n" +
             script,
         server_->address()});
  }

 private slots:
  void initTestCase() {
    for (const char* user : {"admin", "ann", "bob"}) {
      const QByteArray password = QByteArray("password of ") + user + "\n";
      QCOMPARE(millrace({"add-user", user, "--kafka", "--data", data_}, password).code, 0);
    }
    server_ = std::make_unique<KafkaServer>(data_);
    qputenv("MILLRACE_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT");
    qputenv("KAFKA_AUTHORIZER_CLASS_NAME",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    qputenv("KAFKA_SUPER_USERS", "User:admin;User:nobody");
    const bool started = server_->start();
    for (const char* name :
         {"MILLRACE_KAFKA_SECURITY_PROTOCOL", "KAFKA_AUTHORIZER_CLASS_NAME", "KAFKA_SUPER_USERS"})
      qunsetenv(name);
    QVERIFY2(started, server_->errors().constData());
    QCOMPARE(publish("admin", "orders").code, 0);
  }
  void cleanupTestCase() { QCOMPARE(server_->stop(), 0); }

  void aTopicIsWrittenAndReadByThoseWhoMay() {
    const Outcome refused = publish("ann", "orders");
    QVERIFY(refused.code != 0);
    QVERIFY2(refused.err.contains("authorization failed"), refused.err.constData());
    // A topic that is not there is not made either.
    QVERIFY(publish("ann", "fresh").code != 0);
    const Outcome added =
        acls({"add", "--allow-principal", "User:ann", "--topic", "orders", "--producer"});
    QVERIFY2(added.code == 0, added.err.constData());
    QVERIFY(added.out.contains("orders"));
    QVERIFY(soon([&] { return publish("ann", "orders").code == 0; }));
    QVERIFY(publish("bob", "orders").code != 0);
    QVERIFY(publish("ann", "others").code != 0);

    const auto read = [&](const QString& user) {
      return kcat(*server_, as(user) + QStringList{"-C", "-t", "orders", "-o", "beginning", "-e",
                                                   "-q", "-m", "5"});
    };
    QVERIFY(read("ann").code != 0);
    QCOMPARE(acls({"add", "--allow-principal", "User:*", "--deny-principal", "User:ann", "--topic",
                   "ord", "--resource-pattern-type", "prefixed", "--operation", "Read"})
                 .code,
             0);
    QVERIFY(soon([&] { return read("bob").code == 0; }));
    QVERIFY(read("bob").out.startsWith("admin\nann\n"));
    QVERIFY(read("ann").code != 0);
  }

  void aGroupIsJoinedByThoseWhoMay() {
    const QString script =
        "import sys\n"
        "c = Consumer({**of(sys.argv[2] if len(sys.argv) > 2 else 'bob'), 'group.id': 'board', "
        "'auto.offset.reset': 'earliest'})\n"
        "c.subscribe(['orders'])\n"
        "for i in range(60):\n"
        "  m = c.poll(1)\n"
        "  if m is None: continue\n"
        "  print(m.error().name() if m.error() else m.value().decode())\n"
        "  break\n"
        "c.close()\n";
    QCOMPARE(acls({"add", "--allow-principal", "User:bob", "--topic", "orders", "--consumer",
                   "--group", "nobodys"})
                 .code,
             0);
    QVERIFY(
        soon([&] { return kcat(*server_, as("bob") + QStringList{"-L"}).out.contains("orders"); }));
    Outcome said = confluent(script);
    QVERIFY2(said.out == "GROUP_AUTHORIZATION_FAILED\n", (said.out + said.err).constData());
    QCOMPARE(acls({"add", "--allow-principal", "User:bob", "--topic", "orders", "--consumer",
                   "--group", "board"})
                 .code,
             0);
    QVERIFY(soon([&] {
      said = confluent(script);
      return said.out == "admin\n";
    }));
  }

  void aTransactionIsBegunByThoseWhoMay() {
    const QString script =
        "p = Producer({**of('ann'), 'transactional.id': 'till-1'})\n"
        "try:\n"
        "  p.init_transactions(20)\n"
        "  p.begin_transaction()\n"
        "  p.produce('orders', b'in a transaction')\n"
        "  p.commit_transaction(20)\n"
        "  print('done')\n"
        "except KafkaException as e:\n"
        "  print(e.args[0].name())\n";
    QCOMPARE(acls({"add", "--allow-principal", "User:ann", "--topic", "orders", "--producer"}).code,
             0);
    QVERIFY(soon([&] { return publish("ann", "orders").code == 0; }));
    Outcome said = confluent(script);
    QVERIFY2(said.out == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED\n",
             (said.out + said.err).constData());
    QCOMPARE(acls({"add", "--allow-principal", "User:ann", "--transactional-id", "till-",
                   "--resource-pattern-type", "prefixed", "--producer"})
                 .code,
             0);
    QVERIFY(soon([&] {
      said = confluent(script);
      return said.out == "done\n";
    }));
  }

  void aClientsAdminSeesAndChangesThem() {
    const Outcome said = kafkaPython(
        "from kafka.admin import (KafkaAdminClient, ACL, ACLFilter, ACLOperation, "
        "ACLPermissionType,\n"
        "  ResourceType, ResourcePattern, ResourcePatternFilter, ACLResourcePatternType)\n"
        "from kafka.errors import ClusterAuthorizationFailedError\n"
        "a = KafkaAdminClient(**of('admin'))\n"
        "made = ACL(principal='User:bob', host='*', operation=ACLOperation.DESCRIBE,\n"
        "  permission_type=ACLPermissionType.ALLOW,\n"
        "  resource_pattern=ResourcePattern(ResourceType.TOPIC, 'of-python',\n"
        "    ACLResourcePatternType.PREFIXED))\n"
        "r = a.create_acls([made])\n"
        "print(len(r['succeeded']), len(r['failed']))\n"
        "f = ACLFilter(principal=None, host=None, operation=ACLOperation.ANY,\n"
        "  permission_type=ACLPermissionType.ANY,\n"
        "  resource_pattern=ResourcePatternFilter(ResourceType.TOPIC, 'of-python-1',\n"
        "    ACLResourcePatternType.MATCH))\n"
        "acls, error = a.describe_acls(f)\n"
        "print(acls == [made], error.__name__)\n"
        "print(len(a.delete_acls([f])[0][1]))\n"
        "print(len(a.describe_acls(f)[0]))\n"
        "b = KafkaAdminClient(**of('bob'))\n"
        "print(b.create_acls([made])['failed'][0][1].errno)\n");
    QVERIFY2(said.out == "1 0\nTrue NoError\n1\n0\n31\n", (said.out + said.err).constData());
  }

  void theCommandListsAndTakesBack() {
    QCOMPARE(acls({"add", "--deny-principal", "User:eve", "--cluster", "--operation",
                   "describe-configs", "--host", "10.1.2.3"})
                 .code,
             0);
    const Outcome listed = acls({"list", "--cluster", "--json"});
    QCOMPARE(listed.out,
             QByteArray("{\"resource\":\"cluster\",\"pattern\":\"literal\",\"name\":\"kafka-"
                        "cluster\",\"principal\":\"User:eve\",\"host\":\"10.1.2.3\",\"operation\":"
                        "\"describe-configs\",\"permission\":\"deny\"}\n"));
    const QStringList same{"remove",      "--deny-principal", "User:eve", "--cluster",
                           "--operation", "DescribeConfigs",  "--host",   "10.1.2.3"};
    QCOMPARE(acls(same).code, 0);
    QCOMPARE(acls({"list", "--cluster", "--json"}).out, QByteArray());
    const Outcome again = acls(same);
    QVERIFY(again.code != 0);
    QVERIFY2(again.err.contains("there is no such ACL"), again.err.constData());
    const auto wrong = [&](const QStringList& arguments, const char* words) {
      const Outcome outcome = acls(QStringList{"add"} + arguments);
      return outcome.code == 2 && outcome.err.contains(words);
    };
    QVERIFY(wrong({"--topic", "t", "--operation", "Read"}, "--allow-principal"));
    QVERIFY(
        wrong({"--allow-principal", "ann", "--topic", "t", "--operation", "Read"}, "User:alice"));
    QVERIFY(wrong({"--allow-principal", "User:ann", "--operation", "Read"}, "--topic"));
    QVERIFY(wrong({"--allow-principal", "User:ann", "--topic", "t"}, "--operation"));
    QVERIFY(
        wrong({"--allow-principal", "User:ann", "--topic", "t", "--operation", "Fly"}, "'Fly'"));
    QVERIFY(wrong({"--allow-principal", "User:ann", "--group", "g", "--producer"}, "--producer"));
  }
};

QTEST_GUILESS_MAIN(KafkaAclsTest)
#include "kafka_acls_test.moc"
