// SPDX-License-Identifier: Apache-2.0
// The contract of a log, kept by the embedded one.
#include "tests/log-backend/client/log_contract.h"
#include "tests/log-backend/embedded/embedded_bench.h"

using namespace log_contract;

namespace {

class Embedded final : public LogBench {
 public:
  Log& log() override { return bench_.log(); }
  void makeTopic(const std::string& name, int partitions) override {
    QVERIFY(!bench_.topics().create(name, partitions, {}).refused());
  }
  bool commit(std::unique_ptr<LogWork> work) override {
    const bool done = bench_.commit(std::move(work));
    bench_.sync();
    return done;
  }
  void settle() override {
    bench_.sync();
    bench_.pass(millrace::kSecond);
  }

 private:
  embedded_test::EmbeddedBench bench_;
};

}  // namespace

class ContractTest : public QObject {
  Q_OBJECT
  std::unique_ptr<Embedded> bench_;

 private slots:
  void init() { bench_ = std::make_unique<Embedded>(); }
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
};

QTEST_GUILESS_MAIN(ContractTest)
#include "contract_test.moc"
