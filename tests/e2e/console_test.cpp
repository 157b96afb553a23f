// SPDX-License-Identifier: Apache-2.0
// millrace topics, groups, produce and consume, against the real server and against its data
// directory, with kcat as the one who reads and writes, too.
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;

class ConsoleTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<KafkaServer> server_;

  QString data() const { return folder_.filePath("data"); }

  static Outcome call(const QStringList& arguments, const QByteArray& input = {}) {
    return callProgram(QString(MR_BINARY_DIR) + "/bin/millrace", arguments, input);
  }
  /// At the running server.
  Outcome there(QStringList arguments, const QByteArray& input = {}) const {
    return call(arguments << "--bootstrap" << server_->address(), input);
  }
  /// What stands at a way of names and numbers, `a/0/b`, in one line of JSON.
  static QJsonValue at(const Outcome& outcome, const QString& way) {
    QJsonValue value = QJsonDocument::fromJson(outcome.out).object();
    for (const QString& step : way.split('/'))
      value = value.isArray() ? value.toArray().at(step.toInt()) : value.toObject().value(step);
    return value;
  }
  static void wellDone(const Outcome& outcome) {
    QVERIFY2(outcome.code == 0, outcome.err.constData());
  }
  static void refused(const Outcome& outcome, const QByteArray& words) {
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains(words), outcome.err.constData());
    QCOMPARE(outcome.err.count('\n'), 1);
  }

 private slots:
  void init() {
    server_ = std::make_unique<KafkaServer>(data());
    QVERIFY2(server_->start(), server_->errors().constData());
  }
  void cleanup() { QCOMPARE(server_->stop(), 0); }

  void topicsAreMadeListedDescribedChangedAndDeleted() {
    wellDone(there({"topics", "create", "t", "--partitions", "2", "--config", "retention.ms=7000",
                    "--config", "segment.bytes=2000000"}));
    refused(there({"topics", "create", "t"}), "exists already");
    refused(there({"topics", "create", "a/b"}), "creating topic 'a/b' failed");
    refused(there({"topics", "create", "u", "--config", "retention"}), "is not NAME=VALUE");
    QCOMPARE(there({"topics", "list"}).out, "t\n");
    Outcome about = there({"topics", "describe", "t", "--json"});
    QCOMPARE(at(about, "partitions").toArray().size(), 2);
    QCOMPARE(at(about, "configs/retention.ms/value").toString(), "7000");
    QCOMPARE(at(about, "configs/cleanup.policy/default").toBool(), true);

    wellDone(there({"topics", "alter", "t", "--partitions", "3", "--config", "retention.ms=8000"}));
    wellDone(there({"topics", "alter", "t", "--config", "cleanup.policy=compact"}));
    about = there({"topics", "describe", "t", "--json"});
    QCOMPARE(at(about, "partitions").toArray().size(), 3);
    QCOMPARE(at(about, "configs/retention.ms/value").toString(), "8000");
    QCOMPARE(at(about, "configs/segment.bytes/value").toString(), "2000000");
    QCOMPARE(at(about, "configs/cleanup.policy/value").toString(), "compact");
    wellDone(there({"topics", "alter", "t", "--delete-config", "retention.ms"}));
    about = there({"topics", "describe", "t", "--json"});
    QCOMPARE(at(about, "configs/retention.ms/default").toBool(), true);
    QCOMPARE(at(about, "configs/cleanup.policy/value").toString(), "compact");
    refused(there({"topics", "alter", "t"}), "nothing to change");
    refused(there({"topics", "describe", "none"}), "there is no topic 'none'");

    wellDone(there({"topics", "delete", "t"}));
    QCOMPARE(there({"topics", "list"}).out, "");
    refused(there({"topics", "delete", "t"}), "deleting topic 't' failed");
  }

  void linesArePublishedAndPrinted() {
    wellDone(there({"topics", "create", "lines"}));
    const QByteArray lines = "one\n\xc3\xbc two\n\nlast without an end";
    wellDone(there({"produce", "lines", "--compression", "zstd"}, lines));
    QCOMPARE(kcat(*server_, {"-C", "-t", "lines", "-e", "-q"}).out, lines + "\n");
    QCOMPARE(there({"consume", "lines"}).out, lines + "\n");
    QCOMPARE(there({"consume", "lines", "--count", "1"}).out, "one\n");
    QCOMPARE(there({"consume", "lines", "--from", "2"}).out, "\nlast without an end\n");
    QCOMPARE(there({"consume", "lines", "--from", "end"}).out, "");
    QCOMPARE(there({"consume", "lines", "--from", "2020-01-01"}).out, lines + "\n");
    QCOMPARE(there({"consume", "lines", "--from", "2999-01-01"}).out, "");
    refused(there({"consume", "lines", "--from", "then"}), "--from: 'then'");
    refused(there({"consume", "none"}), "there is no topic 'none'");
    wellDone(there({"topics", "delete", "lines"}));
  }

  void keysHeadersAndPartitionsAreKept() {
    wellDone(there({"topics", "create", "keyed", "--partitions", "2"}));
    wellDone(there({"produce", "keyed", "--key-separator", "::", "--header", "from=me", "--header",
                    "empty=", "--partition", "1"},
                   "a::1\nb::\n"));
    QCOMPARE(kcat(*server_, {"-C", "-t", "keyed", "-e", "-q", "-f", "%p %k=%s %h\\n"}).out,
             "1 a=1 from=me,empty=\n1 b= from=me,empty=\n");
    QCOMPARE(there({"consume", "keyed", "--key-separator", "="}).out, "a=1\nb=\n");
    const Outcome first = there({"consume", "keyed", "--count", "1", "--json"});
    QCOMPARE(at(first, "partition").toInt(), 1);
    QCOMPARE(at(first, "offset").toInt(), 0);
    QCOMPARE(at(first, "key").toString(), "a");
    QCOMPARE(at(first, "headers/0/name").toString(), "from");
    QCOMPARE(at(first, "headers/0/value").toString(), "me");
    const Outcome wrong = there({"produce", "keyed", "--key-separator", ":"}, "c:3\nno key\n");
    refused(wrong, "line 2 of the input has no ':'");
    QCOMPARE(there({"consume", "keyed"}).out.count('\n'), 3);
    wellDone(there({"topics", "delete", "keyed"}));
  }

  void manyLinesComeBackInOrder() {
    wellDone(there({"topics", "create", "many"}));
    QByteArray lines;
    for (int i = 0; i < 200000; ++i) lines += "line " + QByteArray::number(i) + "\n";
    wellDone(there({"produce", "many"}, lines));
    QVERIFY(there({"consume", "many"}).out == lines);
    wellDone(there({"topics", "delete", "many"}));
  }

  void aGroupGoesOnWhereItCameAndIsMoved() {
    wellDone(there({"topics", "create", "g"}));
    wellDone(there({"produce", "g"}, "0\n1\n2\n3\n"));
    QCOMPARE(there({"consume", "g", "--group", "readers", "--count", "2"}).out, "0\n1\n");
    Outcome about = there({"groups", "describe", "readers", "--json"});
    QCOMPARE(at(about, "partitions/0/offset").toInt(), 2);
    QCOMPARE(at(about, "partitions/0/lag").toInt(), 2);
    QCOMPARE(there({"consume", "g", "--group", "readers"}).out, "2\n3\n");
    QCOMPARE(there({"consume", "g", "--group", "readers"}).out, "");
    QVERIFY(there({"groups", "list"}).out.contains("readers  Empty"));

    wellDone(there({"groups", "reset", "readers", "--topic", "g", "--to-offset", "3"}));
    QCOMPARE(there({"consume", "g", "--group", "readers"}).out, "3\n");
    wellDone(there({"groups", "reset", "readers", "--topic", "g", "--to-earliest"}));
    about = there({"groups", "describe", "readers", "--json"});
    QCOMPARE(at(about, "partitions/0/offset").toInt(), 0);
    wellDone(there({"groups", "reset", "readers", "--topic", "g", "--to-latest"}));
    QCOMPARE(there({"consume", "g", "--group", "readers"}).out, "");
    wellDone(there({"groups", "reset", "readers", "--topic", "g", "--to-time", "2020-01-01"}));
    QCOMPARE(there({"consume", "g", "--group", "readers"}).out, "0\n1\n2\n3\n");
    QCOMPARE(there({"groups", "reset", "readers", "--topic", "g"}).code, 2);
    refused(there({"groups", "describe", "nobody"}), "there is no group 'nobody'");
    wellDone(there({"groups", "delete", "readers"}));
    QCOMPARE(there({"groups", "list", "--json"}).out, "");
    wellDone(there({"topics", "delete", "g"}));
  }

  void recordsBeforeAnOffsetAreDeleted() {
    wellDone(there({"topics", "create", "old"}));
    wellDone(there({"produce", "old"}, "0\n1\n2\n"));
    wellDone(there({"topics", "delete-records", "old", "--before", "0:2"}));
    QCOMPARE(there({"consume", "old"}).out, "2\n");
    wellDone(there({"topics", "delete-records", "old", "--before", "end"}));
    QCOMPARE(there({"consume", "old"}).out, "");
    refused(there({"topics", "delete-records", "old", "--before", "x"}), "--before: 'x'");
    refused(there({"topics", "delete-records", "old", "--before", "9"}), "partition 0");
    wellDone(there({"topics", "delete", "old"}));
  }

  void whoFollowsSeesWhatComesAndEndsWhenAsked() {
    wellDone(there({"topics", "create", "live"}));
    wellDone(there({"produce", "live"}, "before\n"));
    QProcess reader;
    reader.start(
        QString(MR_BINARY_DIR) + "/bin/millrace",
        {"consume", "live", "--follow", "--from", "beginning", "--bootstrap", server_->address()});
    const auto readLine = [&] {
      while (!reader.canReadLine()) {
        if (!reader.waitForReadyRead(kPatience)) return QByteArray("nothing");
      }
      return reader.readLine();
    };
    QCOMPARE(readLine(), "before\n");
    wellDone(kcat(*server_, {"-P", "-t", "live"}, "after\n"));
    QCOMPARE(readLine(), "after\n");
    reader.terminate();
    QVERIFY(reader.waitForFinished(kPatience));
    QCOMPARE(reader.exitStatus(), QProcess::NormalExit);
    QCOMPARE(reader.exitCode(), 0);
    wellDone(there({"topics", "delete", "live"}));
  }

  void aDataDirectoryIsLookedAtWhenNothingRuns() {
    wellDone(there({"topics", "create", "kept"}));
    wellDone(there({"produce", "kept"}, "one\n"));
    const Outcome locked = call({"topics", "list", "--data", data()});
    QVERIFY(locked.code != 0);
    QVERIFY2(locked.err.contains("--bootstrap"), locked.err.constData());
    QCOMPARE(server_->stop(), 0);
    QCOMPARE(call({"topics", "list", "--data", data()}).out, "kept\n");
    wellDone(call({"produce", "kept", "--data", data()}, "two\n"));
    QCOMPARE(call({"consume", "kept", "--data", data()}).out, "one\ntwo\n");
    refused(call({"topics", "list", "--data", folder_.filePath("none")}), "is no data directory");
    QVERIFY(server_->start());
    QCOMPARE(there({"consume", "kept"}).out, "one\ntwo\n");
    wellDone(there({"topics", "delete", "kept"}));
  }

  void theServerObeysItsSettings() {
    QCOMPARE(server_->stop(), 0);
    qputenv("KAFKA_NUM_PARTITIONS", "3");
    qputenv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
    const bool started = server_->start();
    qunsetenv("KAFKA_NUM_PARTITIONS");
    qunsetenv("KAFKA_AUTO_CREATE_TOPICS_ENABLE");
    QVERIFY(started);
    QVERIFY(there({"produce", "unmade"}, "1\n").code != 0);
    wellDone(there({"topics", "create", "made"}));
    QCOMPARE(at(there({"topics", "describe", "made", "--json"}), "partitions").toArray().size(), 3);
    QCOMPARE(there({"topics", "list"}).out, "made\n");
    wellDone(there({"topics", "delete", "made"}));
  }

  void whoIsNotThereIsSaidToBe() {
    const Outcome nobody =
        call({"topics", "list", "--bootstrap", "127.0.0.1:1", "-X", "socket.timeout.ms=1000"});
    QCOMPARE(nobody.code, 1);
    QVERIFY2(nobody.err.contains("asking for the topics failed"), nobody.err.constData());
    refused(there({"topics", "list", "-X", "no.such.setting=1"}), "no.such.setting");
    // What may be given several times takes one at a time.
    refused(there({"topics", "describe", "-X", "client.id=me", "none"}),
            "there is no topic 'none'");
    QFile file(folder_.filePath("client.properties"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("# of the cluster\nclient.id=me\nnonsense\n");
    file.close();
    refused(there({"topics", "list", "--command-config", file.fileName()}), "line 3");
  }
};

QTEST_GUILESS_MAIN(ConsoleTest)
#include "console_test.moc"
