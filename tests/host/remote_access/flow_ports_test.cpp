// SPDX-License-Identifier: Apache-2.0
// Public ports of a flow: transactions of clients as sessions, on a virtual clock.

#include "host/remote_access/flow_ports.h"

#include "engine/base/fault_file_system.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <map>

using namespace millrace;
using millrace::host::FlowPorts;
using millrace::site_to_site::AttributeTexts;
using millrace::site_to_site::Caller;
using millrace::site_to_site::Direction;
using millrace::site_to_site::IncomingTransaction;
using millrace::site_to_site::ResponseCode;
using millrace::tests::EngineBench;

namespace {

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

const std::string kTaking =
    "millrace: 1\nname: test\n"
    "inputs:\n"
    "  - {name: from outside, comment: door, remote-access: true}\n"
    "processors:\n"
    "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: from outside, to: End, back-pressure: {count: 3}}\n";
const std::string kGiving =
    "millrace: 1\nname: test\n"
    "outputs:\n"
    "  - {name: to outside, remote-access: true}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '3', Custom Text: hello},\n"
    "     schedule: {every: 1 sec, runs: 1}}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: to outside}\n";

struct Rig {
  MemoryFileSystem& files;
  VirtualClock clock;
  EngineBench engine;
  std::unique_ptr<FlowPorts> ports;

  Rig(MemoryFileSystem& on, const std::string& yaml) : files(on), engine(on, clock, 7) {
    require(engine.open(yaml));
    ports = std::make_unique<FlowPorts>(engine.controller());
  }

  std::uint64_t queued(const std::string& path) {
    for (const auto& connection : engine.controller().connections()) {
      if (connection.path == path) return connection.queue.count;
    }
    qFatal("there is no connection %s", path.c_str());
  }
  engine::ComponentSnapshot component(const std::string& path) {
    for (const auto& snapshot : engine.controller().components()) {
      if (snapshot.path == path) return snapshot;
    }
    qFatal("there is no component %s", path.c_str());
  }
  void settle() {
    for (int i = 0; i < 10000; ++i) {
      if (!engine.controller().runOne()) {
        auto group = engine.store().commits().runOnce();
        if (!group.ok() || !*group) return;
      }
    }
  }
};

const Caller kCaller{"192.0.2.1", "nifi://here:1", "CN=edge"};
const std::string kIn = "from outside -> End";
const std::string kOut = "Make [success] -> to outside";

void bring(IncomingTransaction& transaction, const std::string& content) {
  require(transaction.begin({{"filename", content}, {"uuid", "theirs"}}));
  require(transaction.write(asBytes(content)));
  require(transaction.end());
}

}  // namespace

class FlowPortsTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.4/12
  void whatIsBroughtIsInTheFlowWhenTheCommitReturns() {
    MemoryFileSystem files(1);
    Rig rig(files, kTaking);
    auto transaction = rig.ports->receive("from outside", kCaller);
    QVERIFY(transaction.ok());
    bring(**transaction, "one");
    bring(**transaction, "two");
    QCOMPARE(rig.queued(kIn), std::uint64_t{0});
    const auto room = (*transaction)->commit();
    QVERIFY(room.ok());
    QVERIFY(*room == IncomingTransaction::Room::kLeft);
    QCOMPARE(rig.queued(kIn), std::uint64_t{2});
    QVERIFY(rig.engine.store().commits().durable() == rig.engine.store().commits().last());
    QCOMPARE(rig.component("from outside").out, std::uint64_t{2});
    QCOMPARE(rig.component("from outside").outBytes, std::uint64_t{6});
  }

  void whatWasConfirmedOutlivesACrashAndTheRestIsGone() {
    MemoryFileSystem files(1);
    {
      Rig rig(files, kTaking);
      auto transaction = rig.ports->receive("from outside", kCaller);
      bring(**transaction, "kept");
      QVERIFY((*transaction)->commit().ok());
      auto second = rig.ports->receive("from outside", kCaller);
      bring(**second, "lost");
    }
    Rig rig(files, kTaking);
    QCOMPARE(rig.queued(kIn), std::uint64_t{1});
  }

  void aTransactionThatIsGivenUpNeverWas() {
    MemoryFileSystem files(1);
    Rig rig(files, kTaking);
    {
      auto transaction = rig.ports->receive("from outside", kCaller);
      bring(**transaction, "one");
      require((*transaction)->begin({{"filename", "half"}}));
      require((*transaction)->write(asBytes("ha")));
    }
    rig.settle();
    QCOMPARE(rig.queued(kIn), std::uint64_t{0});
    QCOMPARE(rig.component("from outside").out, std::uint64_t{0});
  }

  void aPortIsFullFromItsThresholdOn() {
    MemoryFileSystem files(1);
    Rig rig(files, kTaking);
    auto transaction = rig.ports->receive("from outside", kCaller);
    for (const char* content : {"1", "2", "3"}) bring(**transaction, content);
    const auto room = (*transaction)->commit();
    QVERIFY(room.ok() && *room == IncomingTransaction::Room::kFull);
    QVERIFY(rig.ports->state("from outside").code == ResponseCode::kPortFull);
    QVERIFY(!rig.ports->receive("from outside", kCaller).ok());
  }

  void aPortIsFoundByItsIdItsPathAndItsName() {
    MemoryFileSystem files(1);
    Rig rig(files, kTaking);
    const auto listed = rig.ports->list();
    QCOMPARE(listed.size(), std::size_t{1});
    QCOMPARE(listed[0].name, std::string("from outside"));
    QVERIFY(listed[0].running);
    QVERIFY(listed[0].direction == Direction::kIncoming);
    QCOMPARE(listed[0].id.size(), std::size_t{36});
    QVERIFY(rig.ports->state(listed[0].id).code == ResponseCode::kPropertiesOk);
    QVERIFY(rig.ports->state("from outside").code == ResponseCode::kPropertiesOk);
    QVERIFY(rig.ports->state("End").code == ResponseCode::kUnknownPort);
    QVERIFY(!rig.ports->send("from outside", kCaller).ok());
  }

  void aStoppedPortTakesNothing() {
    MemoryFileSystem files(1);
    std::string stopped = kTaking;
    stopped.replace(stopped.find("remote-access: true"), 19, "remote-access: true, state: stopped");
    Rig rig(files, stopped);
    QVERIFY(rig.ports->state("from outside").code == ResponseCode::kPortNotInValidState);
    QVERIFY(!rig.ports->receive("from outside", kCaller).ok());
    require(rig.engine.edit(kTaking));
    QVERIFY(rig.ports->state("from outside").code == ResponseCode::kPropertiesOk);
    // An edit in the midst of a transaction does not lose it.
    auto transaction = rig.ports->receive("from outside", kCaller);
    bring(**transaction, "one");
    require(rig.engine.edit(stopped));
    QVERIFY((*transaction)->commit().ok());
    QCOMPARE(rig.queued(kIn), std::uint64_t{1});
  }

  // pins: 1.4/12
  void aPortWithoutRemoteAccessIsNobodysBusiness() {
    MemoryFileSystem files(1);
    std::string shut = kTaking;
    shut.replace(shut.find(", remote-access: true"), 21, "");
    Rig rig(files, shut);
    QVERIFY(rig.ports->list().empty());
    QVERIFY(rig.ports->state("from outside").code == ResponseCode::kUnknownPort);
  }

  void whatIsFetchedIsDurableBeforeAndGoneAfterwards() {
    MemoryFileSystem files(1);
    Rig rig(files, kGiving);
    while (rig.engine.controller().runOne()) {
    }
    QCOMPARE(rig.queued(kOut), std::uint64_t{3});
    {
      // Made, but not durable: nobody may see it.
      auto early = rig.ports->send("to outside", kCaller);
      QVERIFY(early.ok());
      const auto any = (*early)->next();
      QVERIFY(any.ok() && !*any);
    }
    rig.settle();
    for (const bool confirmed : {false, true}) {
      auto transaction = rig.ports->send("to outside", kCaller);
      QVERIFY(transaction.ok());
      int count = 0;
      for (;;) {
        const auto next = (*transaction)->next();
        QVERIFY(next.ok());
        if (!*next) break;
        ++count;
        QCOMPARE((*transaction)->size(), std::uint64_t{5});
        const auto part = (*transaction)->read();
        QVERIFY(part.ok() && asText(*part) == "hello");
        const auto end = (*transaction)->read();
        QVERIFY(end.ok() && end->empty());
        bool named = false;
        for (const auto& [key, value] : (*transaction)->attributes())
          named = named || (key == "filename" && !value.empty());
        QVERIFY(named);
      }
      QCOMPARE(count, 3);
      if (!confirmed) continue;
      QVERIFY((*transaction)->commit().ok());
    }
    QCOMPARE(rig.queued(kOut), std::uint64_t{0});
    QCOMPARE(rig.component("to outside").in, std::uint64_t{3});
    QVERIFY(rig.component("to outside").state == engine::ComponentState::kRunning);
  }

  void aTransactionWithoutAFlowFileIsNoCommit() {
    MemoryFileSystem files(1);
    Rig rig(files, kTaking);
    const Lsn before = rig.engine.store().commits().last();
    auto transaction = rig.ports->receive("from outside", kCaller);
    QVERIFY((*transaction)->commit().ok());
    QVERIFY(rig.engine.store().commits().last() == before);
  }

  void whatCannotBePublicIsRefused_data() {
    QTest::addColumn<QString>("yaml");
    QTest::addColumn<QString>("said");
    const QString inner =
        "millrace: 1\nname: test\ngroups:\n  - name: Inner\n%1    inputs: [{name: in, "
        "remote-access: true}]\n    outputs: [{name: out%2}]\n    connections:\n"
        "      - {from: in, to: out}\nfunnels: [end]\nconnections:\n  - {from: Inner/out, to: "
        "end}\n";
    QTest::newRow("gated") << inner.arg("    flowfile-concurrency: single flowfile\n", "")
                           << "does not go with the flowfile-concurrency";
    QTest::newRow("gives twice") << inner.arg("", ", remote-access: true")
                                 << "gives to other programs alone";
  }
  void whatCannotBePublicIsRefused() {
    QFETCH(QString, yaml);
    QFETCH(QString, said);
    MemoryFileSystem files(1);
    VirtualClock clock;
    EngineBench engine(files, clock, 7);
    const auto opened = engine.open(yaml.toStdString());
    QVERIFY(!opened.ok());
    QVERIFY2(QString::fromStdString(opened.error().message).contains(said),
             opened.error().message.c_str());
  }
};

QTEST_GUILESS_MAIN(FlowPortsTest)
#include "flow_ports_test.moc"
