// SPDX-License-Identifier: Apache-2.0
// Consumer groups and transactions as Kafka's clients use them: kcat and confluent-kafka
// (librdkafka) and kafka-python against the real program.
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;

namespace {

QByteArray numbered(int count) {
  QByteArray lines;
  for (int i = 0; i < count; ++i) lines += QByteArray::number(i) + '\n';
  return lines;
}

/// What every script begins with: consumers that are polled until something holds.
const QByteArray kPrelude =
    "import sys, time\n"
    "at = sys.argv[1]\n"
    "end = time.monotonic() + 100\n"
    "def until(condition, step):\n"
    "    while not condition():\n"
    "        assert time.monotonic() < end, 'it takes too long'\n"
    "        step()\n";

}  // namespace

class KafkaGroupsTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  std::unique_ptr<KafkaServer> server_;

  Outcome python(const QByteArray& script) {
    return callProgram("/usr/bin/python3", {"-c", kPrelude + script, server_->address()});
  }
  QByteArray readGroup(const QString& group, const QString& topic, int count) {
    const Outcome run =
        kcat(*server_, {"-G", group, "-q", "-c", QString::number(count), "-X",
                        "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", topic});
    return run.code == 0 ? run.out : "failed: " + run.err;
  }

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    server_ = std::make_unique<KafkaServer>(folder_.filePath("data"));
    QVERIFY(server_->start());
  }
  void cleanupTestCase() {
    QCOMPARE(server_->stop(), 0);
    server_.reset();
  }

  void aGroupGoesOnWhereItStoppedAlsoAfterARestart() {
    QVERIFY(kcat(*server_, {"-P", "-t", "lines"}, numbered(9)).code == 0);
    QCOMPARE(readGroup("g", "lines", 4), QByteArray("0\n1\n2\n3\n"));
    QCOMPARE(readGroup("g", "lines", 2), QByteArray("4\n5\n"));
    QCOMPARE(readGroup("other", "lines", 1), QByteArray("0\n"));
    QCOMPARE(server_->stop(), 0);
    QVERIFY(server_->start());
    QCOMPARE(readGroup("g", "lines", 3), QByteArray("6\n7\n8\n"));
  }

  void twoConsumersShareAndAnAdministratorSeesIt() {
    const QByteArray script =
        "from kafka import KafkaConsumer, KafkaProducer\n"
        "from kafka.admin import KafkaAdminClient, NewTopic\n"
        "admin = KafkaAdminClient(bootstrap_servers=at)\n"
        "admin.create_topics([NewTopic('shared', 4, 1)])\n"
        "p = KafkaProducer(bootstrap_servers=at)\n"
        "for i in range(4):\n"
        "    p.send('shared', b'%d' % i, partition=i).get(60)\n"
        "def make():\n"
        "    return KafkaConsumer('shared', bootstrap_servers=at, group_id='pair',\n"
        "        auto_offset_reset='earliest', enable_auto_commit=False)\n"
        "one, two = make(), make()\n"
        "got = []\n"
        "import threading, time\n"
        "done = threading.Event()\n"
        "def follow(c):\n"  // each joins while the other does, so each has a thread
        "    while not done.is_set():\n"
        "        for records in c.poll(200).values():\n"
        "            got.extend(int(r.value) for r in records)\n"
        "threads = [threading.Thread(target=follow, args=(c,)) for c in (one, two)]\n"
        "for t in threads: t.start()\n"
        "def shared():\n"
        "    a, b = one.assignment(), two.assignment()\n"
        "    return len(a) == 2 and len(b) == 2 and not a & b\n"
        "until(lambda: shared() and set(got) == {0, 1, 2, 3}, lambda: time.sleep(0.05))\n"
        "done.set()\n"
        "for t in threads: t.join()\n"
        "one.commit(); two.commit()\n"
        "print(('pair', 'consumer') in admin.list_consumer_groups())\n"
        "d = admin.describe_consumer_groups(['pair'])[0]\n"
        "print(d.state, d.protocol, len(d.members))\n"
        "print(sorted(o.offset for o in admin.list_consumer_group_offsets('pair').values()))\n"
        "one.close(); two.close()\n"
        "print(admin.describe_consumer_groups(['pair'])[0].state)\n"
        "print(admin.delete_consumer_groups(['pair'])[0][1].__name__)\n"
        "print(admin.list_consumer_group_offsets('pair'))\n";
    const Outcome run = python(script);
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.out, QByteArray("True\nStable range 2\n[1, 1, 1, 1]\nEmpty\nNoError\n{}\n"));
  }

  void cooperativeStaticMembersKeepWhatTheyHave() {
    const QByteArray script =
        "from confluent_kafka import Consumer\n"
        "from confluent_kafka.admin import AdminClient, NewTopic\n"
        "admin = AdminClient({'bootstrap.servers': at})\n"
        "admin.create_topics([NewTopic('coop', 4, 1)])['coop'].result(60)\n"
        "def make(name):\n"
        "    c = Consumer({'bootstrap.servers': at, 'group.id': 'coop', 'group.instance.id': "
        "name,\n"
        "        'partition.assignment.strategy': 'cooperative-sticky',\n"
        "        'session.timeout.ms': 30000, 'auto.offset.reset': 'earliest'})\n"
        "    lost = []\n"
        "    c.subscribe(['coop'], on_revoke=lambda c, ps: lost.extend(ps))\n"
        "    return c, lost\n"
        "held = lambda c: {p.partition for p in c.assignment()}\n"
        "one, lostOne = make('a')\n"
        "until(lambda: len(held(one)) == 4, lambda: one.poll(0.1))\n"
        "two, lostTwo = make('b')\n"
        "until(lambda: len(held(one)) == 2 and len(held(two)) == 2,\n"
        "      lambda: (one.poll(0.1), two.poll(0.1)))\n"
        "print(len(lostOne), held(one) & held(two))\n"
        "before, kept = held(two), held(one)\n"
        "two.close()\n"
        "two, lostTwo = make('b')\n"
        "until(lambda: len(held(two)) == 2, lambda: (one.poll(0.1), two.poll(0.1)))\n"
        "print(held(two) == before, held(one) == kept, len(lostOne))\n"
        "one.close(); two.close()\n";
    const Outcome run = python(script);
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.out, QByteArray("2 set()\nTrue True 2\n"));
  }

  void aTransactionIsAllOrNothing() {
    const QByteArray script =
        "from confluent_kafka import Consumer, Producer, TopicPartition\n"
        "from confluent_kafka.admin import AdminClient, NewTopic\n"
        "admin = AdminClient({'bootstrap.servers': at})\n"
        "for f in admin.create_topics([NewTopic('in', 1, 1), NewTopic('out', 2, 1)]).values():\n"
        "    f.result(60)\n"
        "feed = Producer({'bootstrap.servers': at})\n"
        "for i in range(10):\n"
        "    feed.produce('in', str(i))\n"
        "feed.flush(60)\n"
        "c = Consumer({'bootstrap.servers': at, 'group.id': 'etl', 'enable.auto.commit': False,\n"
        "    'auto.offset.reset': 'earliest'})\n"
        "c.subscribe(['in'])\n"
        "p = Producer({'bootstrap.servers': at, 'transactional.id': 'etl'})\n"
        "p.init_transactions(60)\n"
        "def step(count, commits):\n"
        "    p.begin_transaction()\n"
        "    got = []\n"
        "    def one():\n"
        "        m = c.poll(0.5)\n"
        "        if m is not None and m.error() is None: got.append(m)\n"
        "    until(lambda: len(got) == count, one)\n"
        "    for m in got:\n"
        "        p.produce('out', m.value(), partition=int(m.value()) % 2)\n"
        "    if not commits:\n"
        "        p.flush(60)\n"
        "        p.abort_transaction(60)\n"
        "        c.seek(TopicPartition('in', 0, got[0].offset()))\n"
        "        return\n"
        "    p.send_offsets_to_transaction([TopicPartition('in', 0, got[-1].offset() + 1)],\n"
        "        c.consumer_group_metadata(), 60)\n"
        "    p.commit_transaction(60)\n"
        "step(4, True); step(3, False); step(3, True)\n"
        "print(c.committed([TopicPartition('in', 0)], 60)[0].offset)\n"
        "old = p\n"
        "p = Producer({'bootstrap.servers': at, 'transactional.id': 'etl'})\n"
        "p.init_transactions(60)\n"
        "try:\n"
        "    old.begin_transaction(); old.produce('out', 'zombie', partition=0)\n"
        "    old.commit_transaction(60)\n"
        "    print('the old one went on')\n"
        "except Exception as e:\n"
        "    print(e.args[0].fatal())\n"
        "c.close()\n";
    const Outcome run = python(script);
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.out, QByteArray("7\nTrue\n"));
    const auto read = [this](const char* isolation) {
      const Outcome all = kcat(*server_, {"-C", "-q", "-e", "-t", "out", "-o", "beginning", "-X",
                                          QString("isolation.level=") + isolation});
      QList<QByteArray> lines = all.out.split('\n');
      lines.removeAll(QByteArray());
      std::sort(lines.begin(), lines.end());
      return lines.join(' ');
    };
    QCOMPARE(read("read_committed"), QByteArray("0 1 2 3 4 5 6"));
    QCOMPARE(read("read_uncommitted"), QByteArray("0 1 2 3 4 4 5 5 6 6"));
  }

  void partitionsAndConfigsAreChanged() {
    const QByteArray script =
        "from kafka.admin import KafkaAdminClient, NewTopic, NewPartitions, ConfigResource\n"
        "admin = KafkaAdminClient(bootstrap_servers=at)\n"
        "admin.create_topics([NewTopic('grows', 1, 1)])\n"
        "admin.create_partitions({'grows': NewPartitions(3)})\n"
        "print(len(admin.describe_topics(['grows'])[0]['partitions']))\n"
        "what = ConfigResource('TOPIC', 'grows', {'retention.ms': '1234'})\n"
        "admin.alter_configs([what])\n"
        "told = admin.describe_configs([ConfigResource('TOPIC', 'grows')])\n"
        "rows = [c for r in told for x in r.resources for c in x[4]]\n"
        "print([c[1] for c in rows if c[0] == 'retention.ms'])\n";
    const Outcome run = python(script);
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.out, QByteArray("3\n['1234']\n"));
  }
};

QTEST_GUILESS_MAIN(KafkaGroupsTest)
#include "kafka_groups_test.moc"
