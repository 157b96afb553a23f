// SPDX-License-Identifier: Apache-2.0
// ConsumeMQTT and PublishMQTT with a real mosquitto on loopback.
#include "engine/net/asio_network.h"
#include "processors/http/shared_services.h"
#include "tests/harness/http_peers.h"
#include "tests/harness/processor_bench.h"

#include <QFile>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_consume_mqtt;
extern const ProcessorDescriptor processorIn_publish_mqtt;
}  // namespace millrace::processors

namespace {

constexpr int kPatience = 60'000;

/// A broker that keeps its sessions from one start to the next.
class Broker {
 public:
  explicit Broker(const QByteArray& more = {}) : port_(freePort()) {
    QFile file(folder_.filePath("conf"));
    if (!file.open(QIODevice::WriteOnly)) qFatal("no configuration");
    file.write("listener " + QByteArray::number(port_) +
               " 127.0.0.1\npersistence true\npersistence_location " + folder_.path().toUtf8() +
               "/\nuser root\n" + (more.isEmpty() ? "allow_anonymous true\n" : more));
    file.close();
    start();
  }
  ~Broker() { stop(); }

  void start() {
    process_.setProcessChannelMode(QProcess::MergedChannels);
    process_.start("mosquitto", {"-c", folder_.filePath("conf")});
    if (!process_.waitForStarted(kPatience)) qFatal("there is no mosquitto");
    const bool open = QTest::qWaitFor(
        [&] {
          QTcpSocket socket;
          socket.connectToHost("127.0.0.1", port_);
          return socket.waitForConnected(1000);
        },
        kPatience);
    if (!open) qFatal("mosquitto: %s", process_.readAll().constData());
  }
  /// In order, so that it saves what it has.
  void stop() {
    process_.terminate();
    process_.waitForFinished(kPatience);
  }

  QString folder() const { return folder_.path(); }
  std::string uri() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  QString port() const { return QString::number(port_); }
  void publish(const QString& topic, const QString& message, const QStringList& more = {}) const {
    runProgram("mosquitto_pub", QStringList{"-p", port(), "-t", topic, "-m", message} + more,
               folder_.path());
  }

 private:
  QTemporaryDir folder_;
  std::uint16_t port_;
  QProcess process_;
};

/// mosquitto_sub, which ends by itself after so many messages.
class Subscriber {
 public:
  Subscriber(const Broker& broker, const QString& topic, int count, const QStringList& more = {}) {
    process_.setProcessChannelMode(QProcess::MergedChannels);
    // Line by line, or it would keep to itself that it is subscribed.
    process_.start("stdbuf", QStringList{"-oL", "mosquitto_sub", "-d", "-p", broker.port(), "-t",
                                         topic, "-C", QString::number(count), "-W", "60"} +
                                 more);
    if (!QTest::qWaitFor([&] { return all().contains("SUBACK"); }, kPatience))
      qFatal("mosquitto_sub: %s", seen_.constData());
  }
  /// Until it has them all; lines of its own talk left out.
  QList<QByteArray> messages() {
    process_.waitForFinished(kPatience);
    QList<QByteArray> lines;
    for (const QByteArray& line : all().trimmed().split('\n')) {
      if (!line.startsWith("Client ") && !line.startsWith("Subscribed ")) lines += line;
    }
    return lines;
  }

 private:
  QByteArray all() {
    process_.waitForReadyRead(10);
    seen_ += process_.readAll();
    return seen_;
  }
  QProcess process_;
  QByteArray seen_;
};

struct Rig : ProcessorBench {
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  Rig(const ProcessorDescriptor& descriptor, const std::string& uri) : ProcessorBench(descriptor) {
    network(*network_);
    set("Broker URI", uri);
  }
};

struct Consumer : Rig {
  explicit Consumer(const Broker& broker, const std::string& filter = "t/#")
      : Rig(processors::processorIn_consume_mqtt, broker.uri()) {
    set("Topic Filter", filter);
  }
  /// The clock of the bench stands still: it is moved so that the processor looks again.
  bool gets(std::size_t count) {
    return QTest::qWaitFor(
        [&] {
          clock().advance(200 * kMillisecond);
          run();
          return ProcessorBench::count("Message") >= count;
        },
        kPatience);
  }
  /// It is subscribed, and has said all that it has to.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      clock().advance(200 * kMillisecond);
      run();
    }
  }
};

struct Publisher : Rig {
  explicit Publisher(const std::string& uri) : Rig(processors::processorIn_publish_mqtt, uri) {
    set("Topic", "${topic}").set("Quality of Service", "${qos}").set("Retain Message", "${retain}");
  }
  void put(const std::string& content, const char* qos, const char* topic = "t/a",
           const char* retain = "false") {
    enqueue(content, {{"topic", topic}, {"qos", qos}, {"retain", retain}});
  }
};

std::multiset<std::string> contents(ProcessorBench& bench, const std::string& relationship) {
  std::multiset<std::string> all;
  for (const auto& output : bench.outputs(relationship)) all.insert(output.content);
  return all;
}

class TlsKeys final : public processors::SslContextProvider {
 public:
  explicit TlsKeys(const QString& folder) {
    QFile file(folder + "/ca.pem");
    if (!file.open(QIODevice::ReadOnly)) qFatal("no certificate");
    const net::TlsStore trust{"ca.pem", net::StoreType::kPem, file.readAll().toStdString(), ""};
    context_ = net::TlsContext::make({nullptr, &trust}).value();
  }
  std::shared_ptr<const net::TlsContext> context() override { return context_; }

 private:
  std::shared_ptr<const net::TlsContext> context_;
};

}  // namespace

class MqttTest : public QObject {
  Q_OBJECT

 private slots:
  void messagesOfEveryQualityAndVersionCome_data() {
    QTest::addColumn<QString>("version");
    for (const char* version : {"0", "3", "4", "5"}) QTest::newRow(version) << version;
  }
  void messagesOfEveryQualityAndVersionCome() {
    QFETCH(QString, version);
    const Broker broker;
    broker.publish("t/old", "kept", {"-r"});
    Consumer consumer(broker);
    consumer.set("Quality of Service", "2")
        .set("MQTT Specification Version", version.toStdString());
    QVERIFY(consumer.gets(1));
    QCOMPARE(consumer.outputs("Message").at(0).attributes.at("mqtt.isRetained"),
             std::string("true"));
    for (const char* quality : {"0", "1", "2"}) broker.publish("t/a", quality, {"-q", quality});
    QVERIFY(consumer.gets(4));
    for (const auto& output : consumer.outputs("Message")) {
      if (output.content == "kept") continue;
      QCOMPARE(output.attributes.at("mqtt.topic"), std::string("t/a"));
      QCOMPARE(output.attributes.at("mqtt.qos"), output.content);
      QCOMPARE(output.attributes.at("mqtt.broker"), broker.uri());
      QCOMPARE(output.attributes.at("mqtt.isDuplicate"), std::string("false"));
      QCOMPARE(output.attributes.at("mqtt.isRetained"), std::string("false"));
    }
    // More than a broker sends before the first are acknowledged.
    for (int i = 0; i < 60; ++i) broker.publish("t/many", QString::number(i), {"-q", "2"});
    QVERIFY(consumer.gets(64));
    consumer.settle();
    QVERIFY(!consumer.state().contains("received/1"));  // all was said to the end
  }

  void nothingIsAcknowledgedBeforeItIsDurable() {
    const Broker broker;
    const auto session = [&](Consumer& consumer) {
      consumer.set("Session State", "false").set("Client ID", "one").set("Quality of Service", "1");
    };
    {
      Consumer consumer(broker);
      session(consumer);
      consumer.settle();
      broker.publish("t/a", "first", {"-q", "1"});
      broker.publish("t/a", "second", {"-q", "1"});
      // Taken and committed, but the disk has not said so when the power goes.
      QVERIFY(QTest::qWaitFor(
          [&] {
            consumer.clock().advance(200 * kMillisecond);
            consumer.runSlice();
            return consumer.statistics().out.load() == 2;
          },
          kPatience));
      consumer.clock().advance(200 * kMillisecond);
      consumer.runSlice();
    }
    Consumer again(broker);
    session(again);
    QVERIFY(again.gets(2));
    QCOMPARE(contents(again, "Message"), (std::multiset<std::string>{"first", "second"}));
    again.settle();
    again.stop();
    Consumer third(broker);
    session(third);
    third.settle();
    QCOMPARE(third.count("Message"), std::size_t{0});
  }

  void qualityTwoComesOnceThoughTheBrokerWasNotTold() {
    Broker broker;
    Consumer consumer(broker);
    consumer.set("Session State", "false").set("Quality of Service", "2");
    consumer.settle();
    const std::string client = consumer.state().at("client");
    QVERIFY(client.starts_with("millrace-"));
    broker.publish("t/a", "once", {"-q", "2"});
    // Durable, but the broker is gone before it hears so.
    QVERIFY(QTest::qWaitFor(
        [&] {
          consumer.clock().advance(200 * kMillisecond);
          consumer.runSlice();
          return consumer.statistics().out.load() == 1;
        },
        kPatience));
    broker.stop();
    consumer.makeDurable();
    QCOMPARE(consumer.count("Message"), std::size_t{1});
    consumer.restart();
    broker.start();
    for (int i = 0; i < 5; ++i) {
      consumer.clock().advance(2 * kSecond);
      consumer.run();
    }
    QCOMPARE(consumer.count("Message"), std::size_t{1});
    QCOMPARE(consumer.state().at("client"), client);
    broker.publish("t/a", "after", {"-q", "2"});
    QVERIFY(consumer.gets(2));
  }

  void aLostBrokerIsFoundAgain() {
    Broker broker;
    Consumer consumer(broker);
    consumer.set("Quality of Service", "1");
    consumer.settle();
    broker.stop();
    consumer.settle();
    QVERIFY(!consumer.bulletins().empty());
    broker.start();
    QVERIFY(QTest::qWaitFor(
        [&] {
          consumer.clock().advance(2 * kSecond);
          consumer.run();
          broker.publish("t/a", "again", {"-q", "1"});
          return consumer.count("Message") > 0;
        },
        kPatience));
  }

  void messagesOfATopicMayBecomeOne() {
    const Broker broker;
    for (const char* topic : {"t/a", "t/b"}) broker.publish(topic, topic, {"-r"});
    Consumer consumer(broker);
    consumer.set("Message Demarcator", "|")
        .set("Session State", "false")
        .set("Client ID", "x")
        .set("Quality of Service", "1");
    QVERIFY(consumer.gets(2));
    const auto first = contents(consumer, "Message");
    QVERIFY(first.contains("t/a") && first.contains("t/b"));
    // How many have come when the processor looks is chance: that hundreds come one by one is none.
    constexpr int kMany = 300;
    runProgram("sh",
               {"-c", QString("seq %1 | mosquitto_pub -p %2 -t t/c -q 1 -l")
                          .arg(QString::number(kMany), broker.port())},
               broker.folder());
    QString joined;
    int files = 0;
    QVERIFY(QTest::qWaitFor(
        [&] {
          consumer.settle();
          joined.clear();
          files = 0;
          for (const auto& output : consumer.outputs("Message")) {
            if (output.attributes.at("mqtt.topic") != "t/c") continue;
            joined += (joined.isEmpty() ? "" : "|") + QString::fromStdString(output.content);
            ++files;
          }
          return joined.endsWith("|" + QString::number(kMany));
        },
        kPatience));
    QStringList expected;
    for (int i = 1; i <= kMany; ++i) expected += QString::number(i);
    QCOMPARE(joined, expected.join('|'));
    QVERIFY2(files < kMany, qPrintable(QString::number(files)));
  }

  void groupsShareTheMessages() {
    const Broker broker;
    Consumer one(broker);
    Consumer two(broker);
    one.set("Client ID", "one");
    two.set("Client ID", "two");
    for (Consumer* each : {&one, &two}) {
      each->set("Group ID", "g").set("MQTT Specification Version", "5");
      each->settle();
    }
    for (int i = 0; i < 10; ++i) broker.publish("t/a", QString::number(i));
    QVERIFY(QTest::qWaitFor(
        [&] {
          one.settle();
          two.settle();
          return one.count("Message") + two.count("Message") == 10;
        },
        kPatience));
    QVERIFY(one.count("Message") > 0 && two.count("Message") > 0);
  }

  void contentsArePublished_data() {
    QTest::addColumn<QString>("version");
    for (const char* version : {"3", "4", "5"}) QTest::newRow(version) << version;
  }
  void contentsArePublished() {
    QFETCH(QString, version);
    const Broker broker;
    Subscriber subscriber(broker, "t/#", 304, {"-q", "2"});
    Publisher publisher(broker.uri());
    publisher.set("MQTT Specification Version", version.toStdString());
    // One alone: what is at most once a broker may drop while much is on its way.
    publisher.put("zero", "0");
    publisher.run();
    for (int i = 0; i < 300; ++i) publisher.put(std::to_string(i), i % 2 == 0 ? "1" : "2");
    publisher.put("stays", "1", "t/kept", "true");
    publisher.put("wrong", "3");
    publisher.put("wrong", "1", "t/#");
    publisher.run();
    QCOMPARE(publisher.count("success"), std::size_t{302});
    QCOMPARE(publisher.count("failure"), std::size_t{2});
    publisher.set("Message Demarcator", "\n");
    publisher.stop();
    publisher.put("a\n\nb", "1");
    publisher.run();
    const auto messages = subscriber.messages();
    QCOMPARE(messages.size(), qsizetype{304});
    const std::set<QByteArray> distinct(messages.begin(), messages.end());
    QCOMPARE(distinct.size(), std::size_t{304});
    QVERIFY(distinct.contains("299") && distinct.contains("zero") && distinct.contains("a") &&
            distinct.contains("b"));
    Subscriber late(broker, "t/kept", 1);
    QCOMPARE(late.messages(), QList<QByteArray>{"stays"});
  }

  void theLastWillIsForThoseWhoVanish() {
    const Broker broker;
    Subscriber subscriber(broker, "t/will", 1);
    const auto withWill = [&](Publisher& publisher) {
      publisher.set("Last Will Message", "gone").set("Last Will Topic", "t/will");
      publisher.put("x", "1");
      publisher.run();
      QCOMPARE(publisher.count("success"), std::size_t{1});
    };
    {
      Publisher polite(broker.uri());
      withWill(polite);
      polite.stop();
    }
    broker.publish("t/will", "still nothing");
    QCOMPARE(subscriber.messages(), QList<QByteArray>{"still nothing"});
  }

  void usersAndTlsAreAskedFor() {
    QTemporaryDir keys;
    makeCertificates(keys.path());
    runProgram("mosquitto_passwd", {"-b", "-c", keys.filePath("passwords"), "ann", "secret"});
    const QByteArray folder = keys.path().toUtf8();
    const Broker broker("cafile " + folder + "/ca.pem\ncertfile " + folder +
                        "/server.pem\nkeyfile " + folder + "/server.key\npassword_file " + folder +
                        "/passwords\nallow_anonymous false\n");
    TlsKeys trust(keys.path());
    const std::string uri = "ssl://localhost:" + broker.port().toStdString();
    Publisher publisher(uri);
    publisher.service("tls", &trust).set("SSL Context Service", "tls");
    publisher.set("Username", "ann").set("Password", "secret");
    publisher.put("x", "2");
    publisher.run();
    QCOMPARE(publisher.count("success"), std::size_t{1});
    Publisher wrong(uri);
    wrong.service("tls", &trust).set("SSL Context Service", "tls");
    wrong.set("Username", "ann").set("Password", "guess");
    wrong.put("x", "2");
    wrong.run();
    QCOMPARE(wrong.count("success"), std::size_t{0});
    QCOMPARE(wrong.queued(), std::uint64_t{1});
    QVERIFY(wrong.bulletins().front().message.find("the client is not allowed to") !=
                std::string::npos ||
            wrong.bulletins().front().message.find("user or password") != std::string::npos);
    Publisher plain("tcp://localhost:" + broker.port().toStdString());
    plain.put("x", "1");
    plain.run();
    QCOMPARE(plain.count("success"), std::size_t{0});
  }

  void anIdlePublisherShowsSignsOfLife() {
    const Broker broker;
    Subscriber subscriber(broker, "t/#", 3);
    Publisher publisher(broker.uri());
    publisher.set("Keep Alive", "2")
        .set("Last Will Message", "gone")
        .set("Last Will Topic", "t/will");
    publisher.put("one", "1");
    publisher.run();
    // Longer in real time than the broker would wait, with a clock that goes as fast.
    for (int i = 0; i < 25; ++i) {
      QTest::qWait(200);
      publisher.clock().advance(200 * kMillisecond);
      publisher.run();
    }
    publisher.put("two", "1");
    publisher.put("three", "1");
    publisher.run();
    QCOMPARE(subscriber.messages(), (QList<QByteArray>{"one", "two", "three"}));
  }

  void nobodyThereIsAnErrorThatNamesThePlace() {
    Publisher publisher("tcp://127.0.0.1:" + std::to_string(freePort()));
    publisher.put("x", "1");
    publisher.run();
    QCOMPARE(publisher.queued(), std::uint64_t{1});
    QVERIFY(publisher.bulletins().front().message.find("127.0.0.1:") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(MqttTest)
#include "mqtt_test.moc"
