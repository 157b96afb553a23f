// SPDX-License-Identifier: Apache-2.0
// Users, passwords, tokens, and what slows guessing down.

#include "engine/base/fault_file_system.h"
#include "engine/base/posix_file_system.h"
#include "server/users/audit_log.h"
#include "server/users/login_gate.h"
#include "server/users/password.h"
#include "server/users/tokens.h"
#include "server/users/user_list.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <set>

using namespace millrace;
using namespace millrace::server;

namespace {

class UsersTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<FileSystem> files_ = makePosixFileSystem();
  std::string data() const { return folder_.path().toStdString(); }

 private slots:
  void aPasswordFitsItsHashAndNoOther() {
    const auto hash = hashPassword("correct horse");
    QVERIFY(hash.ok());
    QVERIFY(hash->starts_with("$argon2id$"));
    QVERIFY(hash->find("horse") == std::string::npos);
    QVERIFY(isPassword(*hash, "correct horse"));
    QVERIFY(!isPassword(*hash, "correct horsf"));
    QVERIFY(!isPassword("", "correct horse"));
    QVERIFY(!isPassword("no hash", "correct horse"));
    const auto again = hashPassword("correct horse");
    QVERIFY(*again != *hash);
    QVERIFY(!hashPassword("short").ok());
    QVERIFY(!hashPassword(std::string(2000, 'x')).ok());
  }

  void rolesInGroupsAreKeptAndAdded() {
    QTemporaryDir folder;
    const std::string data = folder.path().toStdString();
    UserList list;
    list.set({"ann", Role::kNone, "$argon2id$x", {{"g1", Role::kModify}, {"g2", Role::kView}}});
    list.set({"bob", Role::kOperate, "$argon2id$y", {{"g1", Role::kView}}});
    QVERIFY(list.save(*files_, data).ok());
    const auto read = UserList::read(*files_, data);
    QVERIFY(read.ok());
    const User& ann = *read->find("ann");
    QVERIFY(ann.role == Role::kNone && ann.groups.size() == 2);
    const std::vector<std::string> nowhere{"root"};
    const std::vector<std::string> deep{"root", "g1", "g2"};
    const std::vector<std::string> other{"root", "g2"};
    QVERIFY(ann.roleIn(nowhere) == Role::kNone);
    QVERIFY(ann.roleIn(deep) == Role::kModify);
    QVERIFY(ann.roleIn(other) == Role::kView);
    QVERIFY(read->find("bob")->roleIn(deep) == Role::kOperate);
    for (const std::string wrong : {R"("groups":[])", R"("groups":{"g":"king"})",
                                    R"("groups":{"g":"none"})", R"("grups":{"g":"view"})"}) {
      const std::string line = R"({"name":"c","role":"view","password":"x",)" + wrong + "}\n";
      QVERIFY(files_->replaceAll(UserList::pathIn(data), line).ok());
      QVERIFY2(!UserList::read(*files_, data).ok(), wrong.c_str());
    }
    // As every earlier version wrote it.
    QVERIFY(files_
                ->replaceAll(UserList::pathIn(data), R"({"name":"c","role":"view","password":"x"})"
                                                     "\n")
                .ok());
    QVERIFY(UserList::read(*files_, data).ok());
  }

  void usersAreKeptInAFileThatOnlyItsOwnerReads() {
    UserList list;
    list.set({"ann", Role::kAdmin, "$argon2id$x"});
    list.set({"b\xc3\xb6rge", Role::kView, "$argon2id$y"});
    list.set({"ann", Role::kOperate, "$argon2id$z"});
    QVERIFY(list.save(*files_, data()).ok());
    const auto read = UserList::read(*files_, data());
    QVERIFY(read.ok());
    QCOMPARE(read->all().size(), std::size_t(2));
    QVERIFY(read->find("ann")->role == Role::kOperate);
    QCOMPARE(read->find("ann")->passwordHash, std::string("$argon2id$z"));
    QVERIFY(read->find("b\xc3\xb6rge") != nullptr);
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    const QFile file(QString::fromStdString(UserList::pathIn(data())));
    QVERIFY((file.permissions() & others) == 0);
  }

  void aFileOfUsersThatIsWrongIsRefusedWithItsLine_data() {
    QTest::addColumn<QString>("text");
    const QString good = "{\"name\":\"a\",\"role\":\"view\",\"password\":\"x\"}\n";
    QTest::newRow("no JSON") << good + "nonsense\n";
    QTest::newRow("role") << good + "{\"name\":\"b\",\"role\":\"king\",\"password\":\"x\"}\n";
    QTest::newRow("more") << good +
                                 "{\"name\":\"b\",\"role\":\"view\",\"password\":\"x\",\"c\":1}\n";
    QTest::newRow("twice") << good + good;
    QTest::newRow("blank") << good + "{\"name\":\"a b\",\"role\":\"view\",\"password\":\"x\"}\n";
  }
  void aFileOfUsersThatIsWrongIsRefusedWithItsLine() {
    QFETCH(QString, text);
    QVERIFY(files_->replaceAll(UserList::pathIn(data()), text.toStdString()).ok());
    const auto read = UserList::read(*files_, data());
    QVERIFY(!read.ok());
    QVERIFY2(read.error().message.find("users:2: ") != std::string::npos,
             read.error().message.c_str());
  }

  void aTokenIsItsUsersUntilItEnds() {
    VirtualClock clock(0);
    Tokens tokens(clock);
    const std::string token = tokens.issue("ann");
    QCOMPARE(token.size(), std::size_t(43));  // 256 bits, six a character
    QVERIFY(tokens.whose(token) == std::string("ann"));
    std::string forged = token;
    forged[0] = forged[0] == 'A' ? 'B' : 'A';
    QVERIFY(!tokens.whose(forged));
    QVERIFY(!tokens.whose(""));
    QVERIFY(!tokens.whose(std::string(100000, 'x')));
    QVERIFY(!tokens.whose(token.substr(0, 42)));
    clock.advance(Tokens::kLife - 1);
    QVERIFY(tokens.whose(token));
    clock.advance(1);
    QVERIFY(!tokens.whose(token));
    const std::string ended = tokens.issue("ann");
    tokens.end(ended);
    QVERIFY(!tokens.whose(ended));
  }

  void tooManyTokensPushOutTheOldest() {
    VirtualClock clock(0);
    Tokens tokens(clock);
    const std::string first = tokens.issue("ann");
    std::set<std::string> all{first};
    for (std::size_t i = 0; i < Tokens::kMost; ++i) {
      clock.advance(1);
      all.insert(tokens.issue("ann"));
    }
    QCOMPARE(all.size(), Tokens::kMost + 1);
    QVERIFY(!tokens.whose(first));
  }

  void whoGuessesHasToWaitLongerAndLonger() {
    VirtualClock clock(0);
    LoginGate gate(clock);
    const auto fail = [&] {
      if (gate.enter("ann")) qFatal("it has to wait already");
      gate.leave("ann", false);
    };
    for (std::uint32_t i = 0; i < LoginGate::kFree; ++i) fail();
    Nanos last = 0;
    for (int i = 0; i < 10; ++i) {
      const auto wait = gate.enter("ann");
      QVERIFY(wait);
      QVERIFY(*wait >= last);
      last = *wait;
      QVERIFY(!gate.enter("bob"));  // others do not wait
      gate.leave("bob", true);
      clock.advance(*wait);
      fail();
    }
    QCOMPARE(*gate.enter("ann"), LoginGate::kLongest);
    clock.advance(LoginGate::kLongest);
    QVERIFY(!gate.enter("ann"));
    gate.leave("ann", true);
    QVERIFY(!gate.enter("ann"));
  }

  void onlyTwoPasswordsAreLookedAtAtOnce() {
    VirtualClock clock(0);
    LoginGate gate(clock);
    QVERIFY(!gate.enter("a"));
    QVERIFY(!gate.enter("b"));
    QVERIFY(gate.enter("c"));
    gate.leave("a", true);
    QVERIFY(!gate.enter("c"));
  }

  void whatIsDoneIsWrittenDownWithoutItsQuery() {
    const SystemClock clock;
    const std::string path = data() + "/audit.log";
    std::string trouble;
    AuditLog log(*files_, clock, path, [&](const std::string& text) { trouble = text; });
    log.add("ann", "POST", "/api/v1/actions?who=secret", 200);
    log.add("", "GET", "/a\n\"b", 401);
    const auto text = files_->readAll(path);
    QVERIFY(text.ok());
    QCOMPARE(std::count(text->begin(), text->end(), '\n'), 2);
    QVERIFY(text->find("\"user\":\"ann\",\"method\":\"POST\",\"target\":\"/api/v1/actions\"") !=
            std::string::npos);
    QVERIFY(text->find("secret") == std::string::npos);
    QVERIFY(trouble.empty());
    AuditLog nowhere(*files_, clock, data() + "/none/audit.log",
                     [&](const std::string& said) { trouble = said; });
    nowhere.add("ann", "POST", "/", 200);
    QVERIFY(!trouble.empty());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(UsersTest)
#include "users_test.moc"
