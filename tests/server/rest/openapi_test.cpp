// SPDX-License-Identifier: Apache-2.0
// The description of the interface is whole: every route is in it and it has no other; the program
// serves it. That answers are as it says is looked at by every test that uses the rig.

#include "server/rest/openapi.h"

#include "tests/harness/rest_rig.h"

#include <set>

using namespace rest_rig;

namespace {

const char* const kFlow = "millrace: 1\nname: described\n";

openapi::Description described(const std::string& schema) {
  const std::string text =
      "{\"paths\":{\"/a\":{\"get\":{\"responses\":{\"200\":{\"description\":\"\",\"content\":"
      "{\"application/json\":{\"schema\":" +
      schema + "}}}}}}}}";
  return openapi::Description(Json::parse(text));
}

class OpenApiTest : public QObject {
  Q_OBJECT
 private slots:
  void everyRouteIsDescribedAndNothingElse() {
    Rig rig(kFlow);
    std::set<std::string> served;
    for (const Router::Route& route : rig.rest->router().routes()) {
      const std::string method = Rig::lower(methodName(route.method));
      QVERIFY2(rig.description().knows(method, route.pattern), route.pattern.c_str());
      served.insert(method + " " + route.pattern);
    }
    for (const auto& [path, methods] : rig.description().document().at("paths").items()) {
      for (const auto& [method, operation] : methods.items()) {
        QVERIFY2(served.contains(method + " " + path), path.c_str());
        QVERIFY2(!operation.at("summary").get<std::string>().empty(), path.c_str());
        // Every part in braces is explained as a parameter.
        for (std::size_t at = path.find('{'); at != std::string::npos;
             at = path.find('{', at + 1)) {
          const std::string name = path.substr(at + 1, path.find('}', at) - at - 1);
          bool explained = false;
          for (const Json& parameter : operation.value("parameters", Json::array()))
            explained = explained || parameter.at("name") == name;
          QVERIFY2(explained, path.c_str());
        }
      }
    }
  }

  void theProgramServesItsDescription() {
    Rig rig(kFlow);
    const auto response = rig.send(HttpMethod::kGet, "/api/openapi.json");
    QCOMPARE(response.status, 200);
    QVERIFY(Json::parse(response.body) == rig.description().document());
  }

  void nothingClimbsOutOfAnAddress() {
    Rig rig(kFlow);
    for (const Router::Route& route : rig.rest->router().routes()) {
      for (const char* const bad :
           {"..%2f..%2fetc%2fpasswd", "%00", "%2e%2e", "%ff", "x'--", "%0a"}) {
        std::string target = route.pattern;
        if (target.find('{') == std::string::npos) continue;
        while (target.find('{') != std::string::npos) {
          const std::size_t at = target.find('{');
          target.replace(at, target.find('}') - at + 1, bad);
        }
        const auto response = rig.send(route.method, target);
        QVERIFY2(response.status == 400 || response.status == 404 || response.status == 422,
                 (target + " " + std::to_string(response.status)).c_str());
        QVERIFY(Json::parse(response.body).contains("error"));
      }
    }
    QCOMPARE(rig.get("/api/v1/flow").at("revision").get<int>(), 1);
  }

  void aDifferenceIsFound_data() {
    QTest::addColumn<QString>("schema");
    QTest::addColumn<QString>("body");
    QTest::addColumn<QString>("says");
    const QString object =
        "{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":false,"
        "\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":0}}}";
    QTest::newRow("as said") << object << "{\"a\":1}"
                             << "";
    QTest::newRow("lacking") << object << "{}"
                             << "lacks a";
    QTest::newRow("more") << object << "{\"a\":1,\"b\":2}"
                          << "/b is not described";
    QTest::newRow("type") << object << "{\"a\":\"1\"}"
                          << "/a is no integer";
    QTest::newRow("least") << object << "{\"a\":-1}"
                           << "/a is too small";
    QTest::newRow("item") << "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
                          << "[\"x\",2]"
                          << "/1 is no string";
    QTest::newRow("enum") << "{\"type\":\"string\",\"enum\":[\"x\"]}"
                          << "\"y\""
                          << "may not be";
    QTest::newRow("pattern") << "{\"type\":\"string\",\"pattern\":\"^x$\"}"
                             << "\"y\""
                             << "does not look so";
    QTest::newRow("null") << "{\"type\":\"string\",\"nullable\":true}"
                          << "null"
                          << "";
    QTest::newRow("no null") << "{\"type\":\"string\"}"
                             << "null"
                             << "is no string";
    QTest::newRow("no JSON") << "{\"type\":\"string\"}"
                             << "x"
                             << "gives no JSON";
  }
  void aDifferenceIsFound() {
    QFETCH(QString, schema);
    QFETCH(QString, body);
    QFETCH(QString, says);
    const std::string wrong =
        described(schema.toStdString())
            .against("get", "/a", 200, "application/json", body.toStdString());
    if (says.isEmpty()) {
      QCOMPARE(wrong, std::string());
    } else {
      QVERIFY2(wrong.find(says.toStdString()) != std::string::npos, wrong.c_str());
    }
  }
};

}  // namespace

QTEST_GUILESS_MAIN(OpenApiTest)
#include "openapi_test.moc"
