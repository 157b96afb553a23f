// SPDX-License-Identifier: Apache-2.0
// The file of ACLs: its bytes, what is refused in it, and a crash in the middle of a change.
#include "log-backend/security/access_list.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

namespace {

const Acl kReads{ResourceType::kTopic, "orders",          PatternType::kLiteral, "User:ann", "*",
                 Operation::kRead,     Permission::kAllow};
const Acl kOdd{ResourceType::kGroup, "a\tb%c\nd",      PatternType::kPrefixed, "User:*", "::1",
               Operation::kAll,      Permission::kDeny};
const std::string kText =
    "allow\tUser:ann\t*\tread\ttopic\tliteral\torders\n"
    "deny\tUser:*\t::1\tall\tgroup\tprefixed\ta%09b%25c%0Ad\n";

std::unique_ptr<AccessList> openIn(FileSystem& files) {
  auto list = AccessList::open(files, "data", {});
  if (!list.ok()) qFatal("%s", list.error().message.c_str());
  return std::move(*list);
}

}  // namespace

class AccessListTest : public QObject {
  Q_OBJECT
 private slots:
  void theFileIsAsItsFormatSays() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    {
      const auto list = openIn(files);
      QVERIFY(list->add({kReads, kOdd}).ok());
      QVERIFY(list->add({kReads}).ok());  // known already
    }
    QCOMPARE(*files.readAll("data/kafka-acls"), kText);
    QCOMPARE(files.info("data/kafka-acls")->mode & 0777U, 0600U);
    const auto list = openIn(files);
    QVERIFY((list->rules()->acls == std::vector<Acl>{kReads, kOdd}));
    AclFilter filter;
    filter.resource = ResourceType::kGroup;
    const auto removed = list->remove(filter);
    QVERIFY(removed.ok());
    QVERIFY(*removed == std::vector<Acl>{kOdd});
    QVERIFY(openIn(files)->rules()->acls == std::vector<Acl>{kReads});
    QVERIFY(list->remove(filter)->empty());
  }
  void aLineThatIsNoneIsNamed_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("too short") << QByteArray("allow\tUser:ann\t*\tread\ttopic\tliteral");
    QTest::newRow("too long") << QByteArray("allow\tUser:ann\t*\tread\ttopic\tliteral\tt\tt");
    QTest::newRow("a word") << QByteArray("grant\tUser:ann\t*\tread\ttopic\tliteral\tt");
    QTest::newRow("an escape") << QByteArray("allow\tUser:ann\t*\tread\ttopic\tliteral\tt%2");
    QTest::newRow("a principal") << QByteArray("allow\tann\t*\tread\ttopic\tliteral\tt");
    QTest::newRow("a name") << QByteArray("allow\tUser:ann\t*\tread\tcluster\tliteral\tt");
  }
  void aLineThatIsNoneIsNamed() {
    QFETCH(QByteArray, line);
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const std::string text = kText + line.toStdString() + "\n" + kText;
    QVERIFY(files.replaceAll("data/kafka-acls", text).ok());
    const auto list = AccessList::open(files, "data", {});
    QVERIFY(!list.ok());
    QVERIFY2(list.error().message.starts_with("data/kafka-acls:3: this is no ACL"),
             list.error().message.c_str());
  }
  void severalProgramsChangeItOneAfterTheOther() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const auto server = openIn(files);
    const auto command = openIn(files);
    QVERIFY(server->add({kReads}).ok());
    QVERIFY(command->add({kOdd}).ok());
    QVERIFY(server->rules()->acls == std::vector<Acl>{kReads});
    QVERIFY(server->refresh().ok());
    QVERIFY((server->rules()->acls == std::vector<Acl>{kReads, kOdd}));
    {
      const auto held = files.lock("data/kafka-acls.lock");
      QVERIFY(held.ok());
      QVERIFY(!command->remove(AclFilter{}).ok());
    }
    QCOMPARE(command->remove(AclFilter{})->size(), std::size_t{2});
    QVERIFY(server->refresh().ok());
    QVERIFY(server->rules()->acls.empty());
    // What somebody wrote by hand is wrong: said once, and what was known goes on.
    QVERIFY(server->add({kReads}).ok());
    QVERIFY(files.replaceAll("data/kafka-acls", "nonsense\n").ok());
    QVERIFY(!server->refresh().ok());
    QVERIFY(server->refresh().ok());
    QVERIFY(server->rules()->acls == std::vector<Acl>{kReads});
    QVERIFY(!server->add({kOdd}).ok());
  }
  void aChangeThatCannotBeWrittenIsNoChange() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    const auto list = openIn(files);
    QVERIFY(list->add({kReads}).ok());
    files.fail(MemoryFileSystem::Operation::kSync, 1);
    QVERIFY(!list->add({kOdd}).ok());
    QVERIFY(list->rules()->acls == std::vector<Acl>{kReads});
    // And the next one may.
    QVERIFY(list->add({kOdd}).ok());
    QVERIFY((openIn(files)->rules()->acls == std::vector<Acl>{kReads, kOdd}));
  }
  void aCrashLeavesAllOfAChangeOrNothing() {
    int without = 0;
    int with = 0;
    for (std::uint64_t step = 1; step < 200; ++step) {
      MemoryFileSystem files(step);
      QVERIFY(files.createDirectories("data").ok());
      QVERIFY(files.syncDirectory(".").ok());
      const auto list = openIn(files);
      QVERIFY(list->add({kReads}).ok());
      files.cutPowerAt(1 + step % 10);
      const bool said = list->add({kOdd}).ok();
      const auto after = files.crash();
      const auto acls = openIn(*after)->rules()->acls;
      const bool both = acls == std::vector<Acl>{kReads, kOdd};
      QVERIFY(both || acls == std::vector<Acl>{kReads});
      QVERIFY(both || !said);
      ++(both ? with : without);
    }
    QVERIFY(without > 0);
    QVERIFY(with > 0);
  }
};
QTEST_GUILESS_MAIN(AccessListTest)
#include "access_list_test.moc"
