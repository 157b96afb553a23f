// SPDX-License-Identifier: Apache-2.0
// Our own producer against librdkafka's mock cluster, whose errors come on demand.
#include "log-backend/client/partitioner.h"
#include "tests/log-backend/producer/producer_bench.h"

#include <QTcpServer>

using namespace producer_test;

namespace {

using Texts = std::vector<std::string>;
constexpr int16_t kProduce = 0;
constexpr int16_t kInitProducerId = 22;

#define MR_DONE(expression)                                             \
  do {                                                                  \
    const auto done = (expression);                                     \
    QVERIFY2(done.ok(), done.ok() ? "" : done.error().message.c_str()); \
  } while (false)

}  // namespace

class DirectProducerTest : public QObject {
  Q_OBJECT
  std::unique_ptr<ProducerBench> bench_;

  void fail(int16_t api, std::initializer_list<rd_kafka_resp_err_t> errors) {
    for (const auto error : errors)
      rd_kafka_mock_push_request_errors(bench_->cluster(), api, 1, error);
  }

 private slots:
  void init() { bench_ = std::make_unique<ProducerBench>(); }
  void cleanup() { bench_.reset(); }

  void recordsComeOutAsTheyWentIn_data() {
    QTest::addColumn<QString>("compression");
    for (const char* name : {"none", "gzip", "snappy", "lz4", "zstd"})
      QTest::addRow("%s", name) << name;
  }
  void recordsComeOutAsTheyWentIn() {
    QFETCH(QString, compression);
    bench_->makeTopic("t");
    bench_->producerOptions.compression = compression.toStdString();
    const auto producer = bench_->producer();
    const std::vector<LogHeader> headers{{"näme", "välue"}, {"empty", ""}, {"none", std::nullopt}};
    const std::string large(100'000, 'x');
    const std::vector<OutRecord> records{
        {"t", 0, asBytes("k"), asBytes(large), headers},
        {"t", 0, asBytes(""), asBytes(""), {}},
        {"t", 0, std::nullopt, std::nullopt, {}},
    };
    MR_DONE(producer->send(records));
    MR_DONE(sendTexts(*producer, "t", {"after"}));
    const auto seen = bench_->read("t", 4);
    QCOMPARE(seen.size(), 4U);
    QVERIFY(
        (seen[0] == Seen{0, "k", large, {{"näme", "välue"}, {"empty", ""}, {"none", "(none)"}}}));
    QVERIFY((seen[1] == Seen{0, "", "", {}}));
    QVERIFY((seen[2] == Seen{0, std::nullopt, std::nullopt, {}}));
    QCOMPARE(seen[3].value.value(), std::string("after"));
  }

  void aKeyHasThePartitionOfTheJavaClientAndOthersGoInTurn() {
    bench_->makeTopic("t", 4);
    const auto producer = bench_->producer();
    std::vector<OutRecord> records;
    const Texts keys{"a", "b", "c", "d", "e", "f", "g", "h"};
    for (const std::string& key : keys)
      records.push_back({"t", std::nullopt, asBytes(key), asBytes("v"), {}});
    MR_DONE(producer->send(records));
    for (const Seen& each : bench_->read("t", keys.size(), 4))
      QCOMPARE(each.partition, partitionOfKey(asBytes(*each.key), 4));
    bench_->makeTopic("u", 4);
    MR_DONE(sendTexts(*producer, "u", {"0", "1", "2", "3"}));
    const auto seen = bench_->read("u", 4, 4);
    QCOMPARE(seen.size(), 4U);
    for (std::int32_t i = 0; i < 4; ++i) QCOMPARE(seen[static_cast<std::size_t>(i)].partition, i);
    const OutRecord beyond{"u", 4, std::nullopt, asBytes("v"), {}};
    const auto refused = producer->send(std::span(&beyond, 1));
    QVERIFY(!refused.ok());
    QVERIFY(refused.error().message.find("has partitions 0 to 3") != std::string::npos);
  }

  void whatPassesIsTriedAgain_data() {
    QTest::addColumn<int>("error");
    for (const auto error :
         {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
          RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
          RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID})
      QTest::addRow("%s", rd_kafka_err2name(error)) << static_cast<int>(error);
  }
  void whatPassesIsTriedAgain() {
    QFETCH(int, error);
    bench_->makeTopic("t");
    const auto producer = bench_->producer();
    MR_DONE(sendTexts(*producer, "t", {"1"}));
    const auto code = static_cast<rd_kafka_resp_err_t>(error);
    fail(kProduce, {code, code});
    MR_DONE(sendTexts(*producer, "t", {"2"}));
    MR_DONE(sendTexts(*producer, "t", {"3"}));
    QCOMPARE(valuesOf(bench_->read("t", 3)), (Texts{"1", "2", "3"}));
  }

  void whatTheLogHasAlreadyIsDone() {
    bench_->makeTopic("t");
    const auto producer = bench_->producer();
    fail(kProduce, {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER});
    MR_DONE(sendTexts(*producer, "t", {"1"}));
  }

  void whatIsRefusedIsAnErrorAtOnceAndTheNextGoesOn() {
    bench_->makeTopic("t");
    const auto producer = bench_->producer();
    fail(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
    const auto refused = sendTexts(*producer, "t", {"1"});
    QVERIFY(!refused.ok());
    QVERIFY(refused.error().message.find("MESSAGE_TOO_LARGE") != std::string::npos);
    QVERIFY(refused.error().message.find("'t'") != std::string::npos);
    MR_DONE(sendTexts(*producer, "t", {"2"}));
    QCOMPARE(valuesOf(bench_->read("t", 1)), (Texts{"2"}));
  }

  void aLeaderThatMovesIsFound() {
    bench_.reset();
    bench_ = std::make_unique<ProducerBench>(3);
    bench_->makeTopic("t");
    rd_kafka_mock_partition_set_leader(bench_->cluster(), "t", 0, 1);
    const auto producer = bench_->producer();
    MR_DONE(sendTexts(*producer, "t", {"1"}));
    rd_kafka_mock_partition_set_leader(bench_->cluster(), "t", 0, 2);
    MR_DONE(sendTexts(*producer, "t", {"2"}));
    rd_kafka_mock_partition_set_leader(bench_->cluster(), "t", 0, 3);
    rd_kafka_mock_broker_set_down(bench_->cluster(), 2);
    MR_DONE(sendTexts(*producer, "t", {"3"}));
    rd_kafka_mock_broker_set_up(bench_->cluster(), 2);
    QCOMPARE(valuesOf(bench_->read("t", 3)), (Texts{"1", "2", "3"}));
  }

  void theSameRecordsOfABatchInDoubtKeepTheirSequence() {
    bench_->makeTopic("t");
    bench_->settings.acknowledgementWait = 3 * kSecond;
    const auto producer = bench_->producer();
    MR_DONE(sendTexts(*producer, "t", {"1"}));
    const std::vector<rd_kafka_resp_err_t> always(1000, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    const auto stall = [&] {
      rd_kafka_mock_push_request_errors_array(bench_->cluster(), kProduce, always.size(),
                                              always.data());
    };
    stall();
    const auto late = sendTexts(*producer, "t", {"2"});
    QVERIFY(!late.ok());
    QVERIFY(late.error().message.find("did not acknowledge within") != std::string::npos);
    rd_kafka_mock_clear_request_errors(bench_->cluster(), kProduce);
    // No other id is given any more: only who keeps the one that there is gets through.
    fail(kInitProducerId, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
    MR_DONE(sendTexts(*producer, "t", {"2"}));
    // Others cannot follow a batch in doubt, and need a new id.
    stall();
    QVERIFY(!sendTexts(*producer, "t", {"3"}).ok());
    rd_kafka_mock_clear_request_errors(bench_->cluster(), kProduce);
    const auto other = sendTexts(*producer, "t", {"4"});
    QVERIFY(!other.ok());
    QVERIFY2(other.error().message.find("CLUSTER_AUTHORIZATION_FAILED") != std::string::npos,
             other.error().message.c_str());
    MR_DONE(sendTexts(*producer, "t", {"4"}));
    QCOMPARE(valuesOf(bench_->read("t", 3)), (Texts{"1", "2", "4"}));
  }

  void transactionsGoThrough() {
    bench_->makeTopic("t", 2);
    bench_->producerOptions.transactions = true;
    bench_->producerOptions.transactionalId = "id";
    const auto producer = bench_->producer();
    MR_DONE(sendTexts(*producer, "t", {"1", "2", "3"}));
    fail(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
    QVERIFY(!sendTexts(*producer, "t", {"4"}).ok());
    constexpr int16_t kEndTxn = 26;
    fail(kEndTxn, {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR});
    MR_DONE(sendTexts(*producer, "t", {"5"}));
  }

  void aBootstrapServerThatDoesNotAnswerIsPassedOver() {
    bench_->makeTopic("t");
    // One takes connections and says nothing, at another nobody listens.
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    const std::string real = bench_->settings.bootstrapServers;
    bench_->settings.bootstrapServers =
        "127.0.0.1:1, 127.0.0.1:" + std::to_string(silent.serverPort()) + "," + real;
    bench_->settings.metadataWait = 12 * kSecond;
    const auto producer = bench_->producer();
    const auto sent = sendTexts(*producer, "t", {"1"});
    bench_->settings.bootstrapServers = real;
    MR_DONE(sent);
    QCOMPARE(valuesOf(bench_->read("t", 1)), (Texts{"1"}));
  }

  void aTopicThatIsNotThereIsNamed() {
    bench_->settings.metadataWait = 300 * kMillisecond;
    const auto producer = bench_->producer();
    rd_kafka_mock_topic_set_error(bench_->cluster(), "nowhere",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    const auto refused = sendTexts(*producer, "nowhere", {"1"});
    QVERIFY(!refused.ok());
    QVERIFY2(refused.error().message.find("'nowhere'") != std::string::npos &&
                 refused.error().message.find("UNKNOWN_TOPIC") != std::string::npos,
             refused.error().message.c_str());
  }

  void aRecordThatIsTooLongIsRefusedBeforeItIsSent() {
    bench_->makeTopic("t");
    bench_->producerOptions.maxRecordBytes = 100;
    const auto producer = bench_->producer();
    const auto refused = sendTexts(*producer, "t", {std::string(5000, 'x')});
    QVERIFY(!refused.ok());
    QVERIFY(refused.error().message.find("Max Request Size (100)") != std::string::npos);
    Texts many;
    for (int i = 0; i < 200; ++i) many.push_back("value " + std::to_string(i));
    MR_DONE(sendTexts(*producer, "t", many));  // in several batches
    QCOMPARE(valuesOf(bench_->read("t", many.size())), many);
  }

  void acknowledgementsOfOneAndOfNobody() {
    bench_->makeTopic("t");
    bench_->producerOptions.acknowledgement = Acknowledgement::kOne;
    MR_DONE(sendTexts(*bench_->producer(), "t", {"1"}));
    bench_->producerOptions.acknowledgement = Acknowledgement::kNone;
    const auto producer = bench_->producer();
    MR_DONE(sendTexts(*producer, "t", {"2"}));
    MR_DONE(sendTexts(*producer, "t", {"3"}));
    QTRY_COMPARE_WITH_TIMEOUT(valuesOf(bench_->read("t", 1)), (Texts{"1", "2", "3"}), 60'000);
  }

  void settingsThatMeanNothingAreRefusedByName_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("wanted");
    QTest::newRow("unknown") << "linger.ms"
                             << "5"
                             << "linger.ms";
    QTest::newRow("port") << "bootstrap"
                          << "broker:99999"
                          << "'99999' is no port";
    QTest::newRow("host") << "bootstrap"
                          << ":9092"
                          << "must be HOST:PORT";
    QTest::newRow("nobody") << "bootstrap"
                            << " , "
                            << "names no broker";
    QTest::newRow("mechanism") << "sasl.mechanism"
                               << "GSSAPI"
                               << "GSSAPI";
    QTest::newRow("file") << "ssl.ca.location"
                          << "/no/such/file"
                          << "/no/such/file";
    QTest::newRow("half a certificate") << "ssl.key.location"
                                        << "k.pem"
                                        << "go together";
  }
  void settingsThatMeanNothingAreRefusedByName() {
    QFETCH(QString, name);
    QFETCH(QString, value);
    QFETCH(QString, wanted);
    KafkaSettings settings;
    settings.bootstrapServers = name == "bootstrap" ? value.toStdString() : "127.0.0.1:1";
    settings.settings.emplace_back("security.protocol",
                                   name.startsWith("ssl") ? "SSL" : "SASL_PLAINTEXT");
    if (!name.startsWith("ssl")) settings.settings.emplace_back("sasl.username", "ann");
    if (name != "bootstrap")
      settings.settings.emplace_back(name.toStdString(), value.toStdString());
    const auto files = makePosixFileSystem();
    const auto made = DirectSettings::from(settings, *files);
    QVERIFY(!made.ok());
    QVERIFY2(made.error().message.find(wanted.toStdString()) != std::string::npos,
             made.error().message.c_str());
  }
};

QTEST_GUILESS_MAIN(DirectProducerTest)
#include "direct_producer_test.moc"
