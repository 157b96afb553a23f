// SPDX-License-Identifier: Apache-2.0
// A connection that is a topic: what goes through it is there for kcat and for other groups as
// well, once each, whenever the program is killed; rewound, it gives the rest again.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <algorithm>

using namespace kafka_test;

namespace {

/// Files of IN go through the topic `wire`, and in the session that takes them out into `sink`.
const QByteArray kFlow =
    "millrace: 1\n"
    "name: wire\n"
    "services:\n"
    "  - {name: Topics, type: Kafka3ConnectionService}\n"
    "processors:\n"
    "  - name: Source\n"
    "    type: GetFile\n"
    "    properties: {Input Directory: IN, Polling Interval: 20 ms, Batch Size: '7'}\n"
    "  - name: Sink\n"
    "    type: PublishKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Topic Name: sink\n"
    "      FlowFile Attribute Header Pattern: filename\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - from: Source\n"
    "    relationship: success\n"
    "    to: Sink\n"
    "    via: {topic: wire}\n"
    "    back-pressure: {count: 20, size: 1 GB}\n";

/// In one step: half a file must not be taken.
void writeFile(const QString& path, const QByteArray& bytes) {
  const QFileInfo about(path);
  const QString hidden = about.path() + "/." + about.fileName();
  QFile file(hidden);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(bytes), qint64{bytes.size()});
  file.close();
  QVERIFY(QFile::rename(hidden, path));
}

int rounds(int stated) {
  bool given = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&given);
  return std::max(1, static_cast<int>(stated * (given ? factor : 0.1)));
}

}  // namespace

class TopicWireTest : public QObject {
  Q_OBJECT
  std::unique_ptr<QTemporaryDir> folder_;

  QString path(const QString& name) const { return folder_->filePath(name); }
  void writeFlow() {
    QByteArray flow = kFlow;
    flow.replace("IN", path("in").toUtf8());
    writeFile(path("flow.yaml"), flow);
  }
  static QByteArrayList read(const KafkaServer& server, const QString& topic,
                             const QStringList& more = {}) {
    const Outcome all =
        kcat(server,
             QStringList{"-C", "-q", "-t", topic, "-o", "beginning", "-e", "-f", "%h|%S\n"} + more);
    QByteArrayList lines = all.out.split('\n');
    lines.removeLast();
    return lines;
  }
  static bool soon(const std::function<bool()>& condition) {
    QElapsedTimer timer;
    timer.start();
    while (!condition()) {
      if (timer.hasExpired(kPatience)) return false;
      QTest::qWait(20);  // the server's output is read meanwhile
    }
    return true;
  }
  /// Of the headers of a record: the file that it was.
  static QByteArray fileOf(const QByteArray& line) {
    const auto found = QRegularExpression("filename=([^,|]*)").match(QString::fromUtf8(line));
    return found.captured(1).toUtf8();
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(folder_->path()).mkdir("in"));
    writeFlow();
  }

  void everythingPassesOnceWheneverItIsKilled() {
    const int kills = rounds(50);
    const int files = 40 * kills;
    millrace::Random random(20261123);
    KafkaServer server(path("data"), path("flow.yaml"));
    int written = 0;
    for (int kill = 0; kill < kills; ++kill) {
      QVERIFY2(server.start(), server.errors().constData());
      const int until = files * (kill + 1) / kills;
      for (; written < until; ++written)
        writeFile(path(QString("in/f%1").arg(written)), QByteArray::number(written));
      QTest::qSleep(static_cast<int>(random.below(120)));
      server.kill();
    }
    QVERIFY2(server.start(), server.errors().constData());
    const bool all = soon([&] { return read(server, "sink").size() >= files; });
    QVERIFY2(all, QByteArray::number(read(server, "sink").size()) + " in the sink, " +
                      QByteArray::number(read(server, "wire").size()) + " on the wire, " +
                      QByteArray::number(QDir(path("in")).count()) + " entries not taken; " +
                      server.errors());
    for (const char* topic : {"sink", "wire"}) {
      QByteArrayList names;
      for (const QByteArray& line : read(server, topic)) names.push_back(fileOf(line));
      std::sort(names.begin(), names.end());
      QByteArrayList expected;
      for (int i = 0; i < files; ++i) expected.push_back("f" + QByteArray::number(i));
      std::sort(expected.begin(), expected.end());
      QCOMPARE(names, expected);
    }
    // Another group reads the wire for itself.
    const QByteArray script =
        "import sys\n"
        "from confluent_kafka import Consumer\n"
        "c = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'tap', "
        "'auto.offset.reset': 'earliest'})\n"
        "c.subscribe(['wire'])\n"
        "seen = []\n"
        "while len(seen) < int(sys.argv[2]):\n"
        "  m = c.poll(60)\n"
        "  assert m is not None and not m.error(), m and m.error()\n"
        "  seen.append(dict(m.headers())['filename'])\n"
        "assert len(set(seen)) == len(seen)\n"
        "assert m.offset() >= len(seen) - 1\n"
        "c.close()\n";
    const Outcome tap =
        callProgram("/usr/bin/python3", {"-c", script, server.address(), QString::number(files)});
    QVERIFY2(tap.code == 0, tap.err.constData());
    QCOMPARE(server.stop(), 0);
  }

  void rewoundItGivesTheRestAgain() {
    KafkaServer server(path("data"), path("flow.yaml"));
    QVERIFY2(server.start(), server.errors().constData());
    for (int i = 0; i < 30; ++i) writeFile(path(QString("in/f%1").arg(i)), QByteArray::number(i));
    QVERIFY(soon([&] { return read(server, "sink").size() == 30; }));
    const QByteArrayList passed = read(server, "wire");
    QCOMPARE(server.stop(), 0);
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Outcome groups =
        callProgram(program, {"groups", "list", "--json", "--data", path("data")});
    const QString group = QRegularExpression("wire-wire-[0-9a-f]{16}")
                              .match(QString::fromUtf8(groups.out))
                              .captured();
    QVERIFY2(!group.isEmpty(), groups.out.constData());
    const Outcome rewound = callProgram(program, {"groups", "reset", group, "--topic", "wire",
                                                  "--to-offset", "12", "--data", path("data")});
    QVERIFY2(rewound.code == 0, rewound.err.constData());
    // More comes in while the rest is given again: a rewind does not hold up the source.
    writeFile(path("in/fresh"), "fresh");
    QVERIFY2(server.start(), server.errors().constData());
    QVERIFY(soon([&] { return read(server, "sink").size() == 30 + 18 + 1; }));
    QByteArrayList again = read(server, "sink").mid(30);
    QByteArrayList names;
    for (const QByteArray& line : again) names.push_back(fileOf(line));
    QByteArrayList expected;
    for (const QByteArray& line : passed.mid(12)) expected.push_back(fileOf(line));
    expected.push_back("fresh");
    QCOMPARE(names, expected);
    QCOMPARE(server.stop(), 0);
  }

  void rewoundWhileItRunsItGivesTheRestAgain() {
    KafkaServer server(path("data"), path("flow.yaml"));
    QVERIFY2(server.start(), server.errors().constData());
    for (int i = 0; i < 30; ++i) writeFile(path(QString("in/f%1").arg(i)), QByteArray::number(i));
    QVERIFY(soon([&] { return read(server, "sink").size() == 30; }));
    const QByteArrayList passed = read(server, "wire");
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const QStringList to{"--bootstrap", server.address()};
    const Outcome groups = callProgram(program, QStringList{"groups", "list", "--json"} + to);
    const QString group = QRegularExpression("wire-wire-[0-9a-f]{16}")
                              .match(QString::fromUtf8(groups.out))
                              .captured();
    QVERIFY2(!group.isEmpty(), groups.out.constData());
    const auto reset = [&](const QStringList& where) {
      return callProgram(program,
                         QStringList{"groups", "reset", group, "--topic", "wire"} + where + to);
    };
    const Outcome rewound = reset({"--to-offset", "12"});
    QVERIFY2(rewound.code == 0, rewound.err.constData());
    QByteArrayList expected;
    for (const QByteArray& line : passed.mid(12)) expected.push_back(fileOf(line));
    QVERIFY(soon([&] { return read(server, "sink").size() >= 30 + 18; }));
    // What comes in meanwhile passes, too, and once.
    writeFile(path("in/fresh"), "fresh");
    expected.push_back("fresh");
    QVERIFY(soon([&] { return read(server, "sink").size() >= 30 + 18 + 1; }));
    const Outcome all = reset({"--to-earliest"});
    QVERIFY2(all.code == 0, all.err.constData());
    for (const QByteArray& line : passed) expected.push_back(fileOf(line));
    expected.push_back("fresh");
    QVERIFY(soon([&] { return read(server, "sink").size() >= 30 + 18 + 1 + 31; }));
    QByteArrayList names;
    for (const QByteArray& line : read(server, "sink").mid(30)) names.push_back(fileOf(line));
    QCOMPARE(names, expected);
    QCOMPARE(server.stop(), 0);
  }

  void emptyContentsPassAndLongOnesWaitUntilTheTopicTakesThem() {
    writeFile(path("in/empty"), "");
    writeFile(path("in/long"), QByteArray(3 << 20, 'x'));
    writeFile(path("in/short"), "short");
    KafkaServer server(path("data"), path("flow.yaml"));
    QVERIFY2(server.start(), server.errors().constData());
    QVERIFY(soon([&] { return read(server, "sink").size() == 2; }));
    QByteArrayList lines = read(server, "sink");
    std::sort(lines.begin(), lines.end());
    QCOMPARE(lines, (QByteArrayList{"filename=empty|0", "filename=short|5"}));
    QByteArray said;
    QVERIFY(soon([&] {
      said += server.errors();
      return said.contains("max.message.bytes");
    }));
    // Nothing is lost: it is there when the topics take it, after its penalty.
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    for (const char* topic : {"wire", "sink"}) {
      const Outcome changed =
          callProgram(program, {"topics", "alter", topic, "--config", "max.message.bytes=8000000",
                                "--bootstrap", server.address()});
      QVERIFY2(changed.code == 0, changed.err.constData());
    }
    QVERIFY(soon([&] { return read(server, "wire").size() == 3; }));
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(TopicWireTest)
#include "topic_wire_test.moc"
