// SPDX-License-Identifier: Apache-2.0
// What a server's arguments come to.
#include "server/server_plan.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::server;

class ServerPlanTest : public QObject {
  Q_OBJECT

  static Result<ServerPlan> plan(const std::string& siteToSite, const std::string& trust = {},
                                 const std::string& certificate = {}) {
    MemoryFileSystem files(1);
    ServerArguments arguments;
    arguments.siteToSite = siteToSite;
    arguments.siteToSiteTrust = trust;
    arguments.tlsCertificate = certificate;
    return planOf(files, arguments);
  }

 private slots:
  void siteToSiteIsOffUnlessItIsAskedFor() {
    const auto off = plan("off");
    QVERIFY(off.ok());
    QVERIFY(!off->siteToSite.has_value());
    const auto here = plan("localhost:10443");
    QVERIFY(here.ok());
    QCOMPARE(here->siteToSite->at.host, std::string("127.0.0.1"));
    QCOMPARE(here->siteToSite->at.port, std::uint16_t{10443});
    QVERIFY(here->siteToSite->tls == nullptr);
  }

  void siteToSiteForOthersNeedsCertificates_data() {
    QTest::addColumn<QString>("at");
    QTest::addColumn<QString>("trust");
    QTest::addColumn<QString>("said");
    QTest::newRow("plain") << "0.0.0.0:10443"
                           << ""
                           << "show a certificate";
    QTest::newRow("no certificate of ours") << "0.0.0.0:10443"
                                            << "ca.pem"
                                            << "--s2s-trust needs --tls-cert";
    QTest::newRow("trust alone") << "off"
                                 << "ca.pem"
                                 << "no meaning without --s2s";
    QTest::newRow("no address") << "10443"
                                << ""
                                << "--s2s";
  }
  void siteToSiteForOthersNeedsCertificates() {
    QFETCH(QString, at);
    QFETCH(QString, trust);
    QFETCH(QString, said);
    const auto refused = plan(at.toStdString(), trust.toStdString());
    QVERIFY(!refused.ok());
    QVERIFY2(QString::fromStdString(refused.error().message).contains(said),
             refused.error().message.c_str());
    QVERIFY(refused.error().fault == Fault::kUser);
  }

  void agentsOnOtherMachinesAreServedWithTlsAlone() {
    const auto planned = [](const std::string& at, const std::string& trust) {
      MemoryFileSystem files(1);
      ServerArguments arguments;
      arguments.c2 = at;
      arguments.c2Trust = trust;
      return planOf(files, arguments);
    };
    QVERIFY(!planned("off", "")->c2.has_value());
    const auto here = planned("localhost:10090", "");
    QVERIFY(here.ok());
    QCOMPARE(here->c2->host, std::string("127.0.0.1"));
    QVERIFY(here->c2->clientCertificates == ClientCertificates::kNone);
    for (const auto& [at, trust, said] :
         {std::tuple("0.0.0.0:10090", "", "give --tls-cert"),
          std::tuple("127.0.0.1:10090", "ca.pem", "--c2-trust needs --tls-cert"),
          std::tuple("off", "ca.pem", "no meaning without --c2"),
          std::tuple("10090", "", "--c2: ")}) {
      const auto refused = planned(at, trust);
      QVERIFY(!refused.ok());
      QVERIFY2(refused.error().message.find(said) != std::string::npos,
               refused.error().message.c_str());
      QVERIFY(refused.error().fault == Fault::kUser);
    }
  }
};

QTEST_GUILESS_MAIN(ServerPlanTest)
#include "server_plan_test.moc"
