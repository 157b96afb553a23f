// SPDX-License-Identifier: Apache-2.0
// The contract of a log, kept by a cluster: librdkafka's own mock of one.
#include "tests/log-backend/client/kafka_bench.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

using namespace log_contract;

namespace {

struct Mock {
  Mock() {
    char why[512];
    client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    cluster = rd_kafka_mock_cluster_new(client, 1);
  }
  ~Mock() {
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
  }
  Mock(const Mock&) = delete;
  Mock& operator=(const Mock&) = delete;

  rd_kafka_t* client = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;
};

/// The mock is a base, so that it outlives the log on it.
class MockCluster final : private Mock, public KafkaBench {
 public:
  MockCluster() : KafkaBench(rd_kafka_mock_cluster_bootstraps(Mock::cluster)) {}

  rd_kafka_mock_cluster_t* cluster() { return Mock::cluster; }
  void makeTopic(const std::string& name, int partitions) override {
    QCOMPARE(rd_kafka_mock_topic_create(Mock::cluster, name.c_str(), partitions, 1),
             RD_KAFKA_RESP_ERR_NO_ERROR);
  }
};

}  // namespace

class KafkaLogTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MockCluster> bench_;

 private slots:
  void init() { bench_ = std::make_unique<MockCluster>(); }
  void cleanup() { bench_.reset(); }

  void recordsComeOutAsTheyWentIn() { log_contract::recordsComeOutAsTheyWentIn(*bench_); }
  void aKeyHasThePartitionOfTheJavaClient() {
    log_contract::aKeyHasThePartitionOfTheJavaClient(*bench_);
  }
  void whatAnUndoneSessionPolledComesAgain() {
    log_contract::whatAnUndoneSessionPolledComesAgain(*bench_);
  }
  void aGroupGoesOnBehindWhatItCommitted() {
    log_contract::aGroupGoesOnBehindWhatItCommitted(*bench_);
  }
  void aRecordThatIsTooLongIsRefused() { log_contract::aRecordThatIsTooLongIsRefused(*bench_); }
  void whoWaitsIsTold() { log_contract::whoWaitsIsTold(*bench_); }

  void aRecordThatTheClusterRefusesIsAnError() {
    bench_->makeTopic("t", 1);
    constexpr int16_t kProduce = 0;
    rd_kafka_mock_push_request_errors(bench_->cluster(), kProduce, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    const auto producer = bench_->log().producer({}).value();
    const OutRecord record{"t", 0, std::nullopt, asBytes("v"), {}};
    QVERIFY(!producer->send(std::span(&record, 1)).ok());
    QVERIFY(producer->send(std::span(&record, 1)).ok());
  }

  void transactionsGoThrough() {
    bench_->makeTopic("t", 1);
    ProducerOptions options;
    options.transactionalId = "id";
    const auto producer = bench_->log().producer(options).value();
    const OutRecord record{"t", 0, std::nullopt, asBytes("v"), {}};
    for (int i = 0; i < 2; ++i) {
      const auto sent = producer->send(std::span(&record, 1));
      QVERIFY2(sent.ok(), sent.ok() ? "" : sent.error().message.c_str());
    }
  }

  void settingsThatMeanNothingAreRefusedByName() {
    KafkaSettings settings;
    settings.bootstrapServers = "127.0.0.1:1";
    settings.settings.emplace_back("no.such.setting", "1");
    const auto made = KafkaLog::make(settings);
    QVERIFY(!made.ok());
    QVERIFY(made.error().message.find("no.such.setting") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(KafkaLogTest)
#include "kafka_log_test.moc"
