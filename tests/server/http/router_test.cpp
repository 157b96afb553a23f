// SPDX-License-Identifier: Apache-2.0
// Targets, routes and the guard at the door, without sockets.

#include "server/http/router.h"

#include "server/http/host_guard.h"

#include <QTest>
#include <stdexcept>

using namespace millrace;
using namespace millrace::server;

namespace {

HttpRequest get(std::string target, HttpHeaders headers = {}) {
  return {HttpMethod::kGet, std::move(target), std::move(headers), ""};
}

}  // namespace

class RouterTest : public QObject {
  Q_OBJECT
 private slots:
  void targetsAreTakenApart() {
    const auto target = parseTarget("/a%20b/c?x=1%262&y=a+b&&z&x=3");
    QVERIFY(target.ok());
    QCOMPARE(target->segments, (std::vector<std::string>{"a b", "c"}));
    QCOMPARE(*target->field("x"), std::string("1&2"));
    QCOMPARE(*target->field("y"), std::string("a b"));
    QCOMPARE(*target->field("z"), std::string());
    QVERIFY(target->field("w") == nullptr);
    QCOMPARE(parseTarget("/a%2fb")->segments, (std::vector<std::string>{"a/b"}));
    QVERIFY(parseTarget("/")->segments.empty());
  }

  void badTargetsAreRefused_data() {
    QTest::addColumn<QString>("target");
    for (const char* target : {"", "a", "*", "http://x/", "//a", "/a//b", "/a/../b", "/./a",
                               "/%2e%2e/a", "/%00", "/a%0a", "/%", "/%1", "/%g0", "/a?x=%zz"})
      QTest::newRow(target) << target;
  }
  void badTargetsAreRefused() {
    QFETCH(QString, target);
    QVERIFY(!parseTarget(target.toStdString()).ok());
  }

  void aRequestFindsItsRouteOrIsToldWhatThereIs() {
    Router router;
    router.add(HttpMethod::kGet, "/a/{id}/b", [](const RoutedRequest& request) {
      return HttpResponse::text(request.parameter("id"), "text/plain");
    });
    router.add(HttpMethod::kPost, "/a/{id}/b", [](const RoutedRequest&) -> HttpResponse {
      throw std::runtime_error("a \"fault\"");
    });
    router.add(HttpMethod::kPut, "/a", [](const RoutedRequest&) { return HttpResponse(); });
    QCOMPARE(router.handle(get("/a/%C3%A9/b")).body, std::string("\xc3\xa9"));
    QCOMPARE(router.handle(get("/a/x/c")).status, 404);
    QCOMPARE(router.handle(get("/a/x")).status, 404);
    QCOMPARE(router.handle(get("/a%zz")).status, 400);
    const auto wrong = router.handle(get("/a"));
    QCOMPARE(wrong.status, 405);
    QCOMPARE(*wrong.header("allow"), std::string("PUT"));
    const auto failed = router.handle({HttpMethod::kPost, "/a/x/b", {}, ""});
    QCOMPARE(failed.status, 500);
    QCOMPARE(failed.body, std::string("{\"error\":\"/a/{id}/b failed: a \\\"fault\\\"\"}"));
  }

  void onlyRequestsForThisServerGetIn_data() {
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("origin");
    QTest::addColumn<int>("status");
    QTest::newRow("name") << "localhost:81"
                          << "" << 0;
    QTest::newRow("case") << "LocalHost:81"
                          << "" << 0;
    QTest::newRow("address") << "127.0.0.1:81"
                             << "" << 0;
    QTest::newRow("its net") << "127.1.2.3:81"
                             << "" << 0;
    QTest::newRow("six") << "[::1]:81"
                         << "http://[::1]:81" << 0;
    QTest::newRow("none") << ""
                          << "" << 400;
    QTest::newRow("other port") << "localhost:82"
                                << "" << 403;
    QTest::newRow("no port") << "localhost"
                             << "" << 403;
    QTest::newRow("other name") << "example.org:81"
                                << "" << 403;
    QTest::newRow("looks alike") << "127.0.0.1.example.org:81"
                                 << "" << 403;
    QTest::newRow("no address") << "127.0.0.256:81"
                                << "" << 403;
    QTest::newRow("short") << "127.0.1:81"
                           << "" << 403;
    QTest::newRow("open bracket") << "[::1:81"
                                  << "" << 403;
    QTest::newRow("behind bracket") << "[::1]x:81"
                                    << "" << 403;
    QTest::newRow("site") << "localhost:81"
                          << "http://example.org" << 403;
    QTest::newRow("other port's site") << "localhost:81"
                                       << "http://localhost:3000" << 403;
    QTest::newRow("opaque") << "localhost:81"
                            << "null" << 403;
    QTest::newRow("secure") << "localhost:81"
                            << "https://localhost:81" << 403;
  }
  void onlyRequestsForThisServerGetIn() {
    QFETCH(QString, host);
    QFETCH(QString, origin);
    QFETCH(int, status);
    HttpHeaders headers;
    if (!host.isEmpty()) headers.emplace_back("host", host.toStdString());
    if (!origin.isEmpty()) headers.emplace_back("Origin", origin.toStdString());
    const auto refusal = HostGuard(81).refusal(get("/", headers));
    QCOMPARE(refusal ? refusal->status : 0, status);
  }
};

QTEST_GUILESS_MAIN(RouterTest)
#include "router_test.moc"
