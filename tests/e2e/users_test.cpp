// SPDX-License-Identifier: Apache-2.0
// millrace add-user and millrace users: roles in groups, the last administrator, and many at once.
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>
#include <memory>
#include <vector>

using namespace rest_test;

namespace {

const QByteArray kFlow =
    "millrace: 1\n"
    "name: shared\n"
    "groups:\n"
    "  - name: A/B\n"
    "    groups:\n"
    "      - name: Inner\n"
    "        processors:\n"
    "          - {name: Make, type: GenerateFlowFile, state: stopped, auto-terminate: [success]}\n"
    "processors:\n"
    "  - {name: Top, type: GenerateFlowFile, state: stopped, auto-terminate: [success]}\n";

struct Outcome {
  int code = -1;
  QByteArray said;
};

}  // namespace

class UsersTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString data() const { return folder_.filePath("data"); }

  static void begin(QProcess& process, const QStringList& arguments) {
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
    process.waitForStarted(kPatience);
    process.write("good password\n");
    process.closeWriteChannel();
  }
  Outcome addUser(const QStringList& arguments) const {
    QProcess process;
    begin(process, QStringList{"add-user", "--data", data()} + arguments);
    if (!process.waitForFinished(kPatience)) return {};
    return {process.exitCode(), process.readAll()};
  }
  static QStringList as(const RestServer& server, const QString& user) {
    const QByteArray body = "{\"user\":\"" + user.toUtf8() + "\",\"password\":\"good password\"}";
    const QString token = server.curl("/api/v1/login", {"-d", body}).json()["token"].toString();
    return {"-H", "Authorization: Bearer " + token};
  }

 private slots:
  void aRoleInAGroupIsGivenByItsPath() {
    RestServer server(folder_.path());
    QVERIFY(server.writeFlow(kFlow));
    const QString flow = server.flowFile();
    QCOMPARE(addUser({"root", "--role", "admin"}).code, 0);
    const Outcome none = addUser({"eve", "--group", "A\\/B/Outer=view", "--flow", flow});
    QVERIFY2(none.code == 2 && none.said.contains("has no group 'A\\/B/Outer'"), none.said);
    const Outcome king = addUser({"eve", "--group", "A\\/B/Inner=king", "--flow", flow});
    QVERIFY2(king.code == 2 && king.said.contains("say GROUP=ROLE"), king.said);
    const Outcome lost = addUser({"eve", "--group", "A\\/B/Inner=view"});
    QVERIFY2(lost.code == 2 && lost.said.contains("--flow"), lost.said);
    QCOMPARE(addUser({"eve", "--role", "none"}).code, 2);
    const Outcome given = addUser({"eve", "--group", "A\\/B/Inner=operate", "--flow", flow});
    QVERIFY2(given.code == 0, given.said);
    QVERIFY2(server.start(), "does not serve");
    const QStringList eve = as(server, "eve");
    const Answer seen = server.curl("/api/v1/flow", eve);
    QCOMPARE(seen.status, 200);
    QVERIFY(seen.body.contains("Make") && !seen.body.contains("Top"));
    QCOMPARE(server.curl("/api/v1/metrics", eve).status, 403);
    QCOMPARE(server.curl("/metrics", eve).status, 403);
    QCOMPARE(server
                 .curl("/api/v1/flow",
                       as(server, "root") + QStringList{"-H", "Accept: application/yaml"})
                 .body,
             kFlow);
    QCOMPARE(server.stop(), 0);
  }

  // Trouble of a part of the program is a line of its area.
  void aFileOfUsersThatIsDamagedIsSaidOfHttp() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), "does not serve");
    QFile file(folder.filePath("data/users"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("nonsense\n") > 0);
    file.close();
    QCOMPARE(server.curl("/api/v1/flow").status, 401);
    QCOMPARE(server.stop(), 0);
    const QByteArray said = server.errors();
    QVERIFY2(said.contains(" WARN  http: ") && said.contains("users:1: "), said);
  }

  void theLastAdministratorStays() {
    QCOMPARE(addUser({"root", "--role", "admin"}).code, 0);
    for (const QStringList& change :
         {QStringList{"root", "--remove"}, QStringList{"root", "--role", "view"}}) {
      const Outcome refused = addUser(change);
      QCOMPARE(refused.code, 2);
      QVERIFY2(refused.said.contains("root is the last administrator"), refused.said);
    }
    QCOMPARE(addUser({"second", "--role", "admin"}).code, 0);
    QCOMPARE(addUser({"root", "--remove"}).code, 0);
    QCOMPARE(addUser({"second", "--remove"}).code, 2);
  }

  void usersOfARunningServerAreChangedByACommand() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), "does not serve");
    QString token;
    const auto users = [&](const QStringList& arguments) -> Outcome {
      QProcess process;
      QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
      environment.insert("MILLRACE_TOKEN", token);
      process.setProcessEnvironment(environment);
      begin(process, QStringList{"users"} + arguments +
                         QStringList{"--server", "http://" + server.address()});
      if (!process.waitForFinished(kPatience)) return {};
      return {process.exitCode(), process.readAll()};
    };
    const Outcome first = users({"set", "root", "--role", "admin", "--password-file", "-"});
    QVERIFY2(first.code == 0 && first.said.contains("root has the role admin"), first.said);
    QVERIFY(users({"list"}).code != 0);  // from now on a token is needed
    token = as(server, "root").at(1).mid(QString("Authorization: Bearer ").size());
    const Outcome eve = users(
        {"set", "eve", "--group", "A\\/B/Inner=operate", "--certificate", "CN=eve", "--json"});
    QVERIFY2(eve.code == 0 && eve.said.contains("\"role\":\"none\""), eve.said);
    const Outcome lost = users({"set", "eve", "--group", "Outer=view"});
    QVERIFY2(lost.code == 2 && lost.said.contains("has no group 'Outer'"), lost.said);
    const Outcome given = users({"token", "eve"});
    QCOMPARE(given.code, 0);
    const QStringList asEve{"-H", "Authorization: Bearer " + given.said.trimmed()};
    QCOMPARE(server.curl("/api/v1/flow", asEve).status, 200);
    const Outcome all = users({"list"});
    QVERIFY2(all.said.contains("=operate") && !all.said.contains(given.said.trimmed()), all.said);
    QVERIFY(users({"revoke", "eve"}).said.contains("1 tokens ended"));
    QCOMPARE(server.curl("/api/v1/flow", asEve).status, 401);
    const Outcome bare = users({"set", "eve", "--no-groups"});
    QVERIFY2(bare.code != 0 && bare.said.contains("none goes with groups"), bare.said);
    const Outcome last = users({"remove", "root"});
    QVERIFY2(last.code != 0 && last.said.contains("last administrator"), last.said);
    QCOMPARE(users({"remove", "eve"}).code, 0);
    QVERIFY(!users({"list"}).said.contains("eve"));
    QCOMPARE(server.stop(), 0);
  }

  void ofManyAtOnceNoneIsLost() {
    constexpr int kMany = 12;
    std::vector<std::unique_ptr<QProcess>> running;
    for (int i = 0; i < kMany; ++i) {
      running.push_back(std::make_unique<QProcess>());
      begin(*running.back(), {"add-user", QString("user%1").arg(i), "--data", data()});
    }
    for (const auto& process : running) {
      QVERIFY(process->waitForFinished(kPatience));
      QVERIFY2(process->exitCode() == 0, process->readAll());
    }
    QFile file(data() + "/users");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray users = file.readAll();
    for (int i = 0; i < kMany; ++i)
      QVERIFY2(users.contains(QString("\"user%1\"").arg(i).toUtf8()), users);
  }
};

QTEST_GUILESS_MAIN(UsersTest)
#include "users_test.moc"
