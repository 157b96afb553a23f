// SPDX-License-Identifier: Apache-2.0
// The contract of a log, kept by librdkafka on our own server: the flows of another program find
// there what they find in a cluster.
#include "tests/harness/kafka_server.h"
#include "tests/log-backend/client/kafka_bench.h"

#include <QTemporaryDir>

using namespace log_contract;
using kafka_test::KafkaServer;

namespace {

class ServerBench final : public KafkaBench {
 public:
  explicit ServerBench(const KafkaServer& server)
      : KafkaBench(server.address().toStdString()), address_(server.address()) {}
  void makeTopic(const std::string& name, int partitions) override {
    const auto made =
        kafka_test::callProgram(QString(MR_BINARY_DIR) + "/bin/millrace",
                                {"topics", "create", QString::fromStdString(name), "--partitions",
                                 QString::number(partitions), "--bootstrap", address_});
    QVERIFY2(made.code == 0, made.err.constData());
  }

 private:
  const QString address_;
};

}  // namespace

class KafkaBackendTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  std::unique_ptr<KafkaServer> server_;
  std::unique_ptr<ServerBench> bench_;

 private slots:
  void initTestCase() {
    server_ = std::make_unique<KafkaServer>(folder_.filePath("data"));
    QVERIFY2(server_->start(), server_->errors().constData());
  }
  void init() { bench_ = std::make_unique<ServerBench>(*server_); }
  void cleanup() { bench_.reset(); }
  void cleanupTestCase() { QCOMPARE(server_->stop(), 0); }

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

  void transactionsGoThrough() {
    bench_->makeTopic("transacted", 1);
    ProducerOptions options;
    options.transactionalId = "id";
    const auto producer = bench_->log().producer(options).value();
    const OutRecord record{"transacted", 0, std::nullopt, asBytes("v"), {}};
    for (int i = 0; i < 2; ++i) {
      const auto sent = producer->send(std::span(&record, 1));
      QVERIFY2(sent.ok(), sent.ok() ? "" : sent.error().message.c_str());
    }
    const auto consumer = bench_->log().consumer(groupOn("transacted")).value();
    QCOMPARE(take(*bench_, *consumer, 2), Texts({"v", "v"}));
  }
};

QTEST_GUILESS_MAIN(KafkaBackendTest)
#include "kafka_backend_test.moc"
