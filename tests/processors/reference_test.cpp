// SPDX-License-Identifier: Apache-2.0
// docs/processors says what the descriptors say. With MILLRACE_REGENERATE=1 the pages are written
// anew instead.
#include "processors/reference.h"

#include "engine/base/posix_file_system.h"
#include "processors/registry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <map>

using namespace millrace;

namespace {

const std::string kFolder = std::string(MR_SOURCE_DIR) + "/docs/processors";

std::map<std::string, std::string> pages() {
  std::map<std::string, std::string> result{{"README.md", referenceIndex(builtinProcessors())}};
  for (const ProcessorDescriptor* descriptor : builtinProcessors())
    result[std::string(descriptor->type) + ".md"] = referenceMarkdown(*descriptor);
  return result;
}

const ProcessorDescriptor* find(std::string_view type) {
  for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
    if (descriptor->type == type) return descriptor;
  }
  return nullptr;
}

}  // namespace

class ReferenceTest : public QObject {
  Q_OBJECT
 private slots:
  void thePagesAreFresh() {
    const auto files = makePosixFileSystem();
    const auto wanted = pages();
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QVERIFY(files->createDirectories(kFolder).ok());
      const auto before = files->list(kFolder);
      QVERIFY(before.ok());
      for (const auto& entry : *before) {
        if (!wanted.contains(entry.name)) QVERIFY(files->remove(kFolder + "/" + entry.name).ok());
      }
      for (const auto& [name, text] : wanted)
        QVERIFY(files->replaceAll(kFolder + "/" + name, text).ok());
    }
    for (const auto& [name, text] : wanted) {
      const auto page = files->readAll(kFolder + "/" + name);
      QVERIFY2(page.ok() && *page == text,
               ("docs/processors/" + name +
                " is stale: run this program with MILLRACE_REGENERATE=1 in its environment")
                   .c_str());
    }
    const auto present = files->list(kFolder);
    QVERIFY(present.ok());
    for (const auto& entry : *present)
      QVERIFY2(wanted.contains(entry.name), ("no processor has the page " + entry.name).c_str());
  }

  void theTablesOfCompatibilityNameEveryProperty() {
    const auto files = makePosixFileSystem();
    const auto page = files->readAll(std::string(MR_SOURCE_DIR) + "/docs/compatibility.md");
    QVERIFY(page.ok());
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      const std::size_t begin = page->find("\n## " + std::string(descriptor->type) + "\n");
      QVERIFY2(begin != std::string::npos, descriptor->type.data());
      const std::string table = page->substr(begin, page->find("\n## ", begin + 1) - begin);
      for (const PropertyInfo* info : descriptor->properties) {
        const std::string row = "\n| " + std::string(info->name) + " | property | ";
        QVERIFY2(table.find(row) != std::string::npos, (table.substr(1, 40) + row).c_str());
      }
      for (const Relationship* relationship : descriptor->relationships) {
        const std::string row = "\n| " + std::string(relationship->name) + " | relationship | yes";
        QVERIFY2(table.find(row) != std::string::npos, (table.substr(1, 40) + row).c_str());
      }
    }
  }

  void jsonHasWhatTheDescriptorHas() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      QJsonParseError error;
      const auto json =
          QJsonDocument::fromJson(QByteArray::fromStdString(referenceJson(*descriptor)), &error);
      QVERIFY2(error.error == QJsonParseError::NoError, descriptor->type.data());
      QCOMPARE(json["type"].toString().toStdString(), std::string(descriptor->type));
      QCOMPARE(json["properties"].toArray().size(),
               static_cast<qsizetype>(descriptor->properties.size()));
      QCOMPARE(json["relationships"].toArray().size(),
               static_cast<qsizetype>(descriptor->relationships.size()));
    }
  }

  void jsonSaysOnWhichChoiceARelationshipDepends() {
    const auto of = [](const char* type) {
      return QJsonDocument::fromJson(QByteArray::fromStdString(referenceJson(*find(type))));
    };
    const auto route = of("RouteOnAttribute");
    for (const QJsonValue& item : route["relationships"].toArray()) {
      const QJsonObject when = item["when"].toObject();
      if (item["name"] == "unmatched") QVERIFY(when.isEmpty());
      if (item["name"] != "matched") continue;
      QCOMPARE(when["property"].toString(), QString("Routing Strategy"));
      QCOMPARE(when["values"].toArray().size(), qsizetype(2));
      QVERIFY(!when["values"].toArray().contains("Route to Property name"));
    }
    const QJsonArray byName = route["dynamic"]["when"]["values"].toArray();
    QCOMPARE(byName, QJsonArray{"Route to Property name"});
    const auto update = of("UpdateAttribute");
    const QJsonObject failed = update["relationships"].toArray().at(1).toObject();
    QCOMPARE(failed["name"].toString(), QString("set state fail"));
    QCOMPARE(failed["when"]["values"].toArray(), QJsonArray{"Store state locally"});
    QVERIFY(!of("PutFile")["relationships"].toArray().at(0).toObject().contains("when"));
  }

  void jsonOfAKnownProperty() {
    const ProcessorDescriptor* put = find("PutFile");
    QVERIFY(put != nullptr);
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(referenceJson(*put)));
    QCOMPARE(json["effect"].toString(), QString("outside"));
    const QJsonObject directory = json["properties"].toArray().at(0).toObject();
    QCOMPARE(directory["name"].toString(), QString("Directory"));
    QCOMPARE(directory["required"].toBool(), true);
    QCOMPARE(directory["scope"].toString(), QString("flowfile"));
    const QJsonObject strategy = json["properties"].toArray().at(1).toObject();
    QCOMPARE(strategy["default"].toString(), QString("fail"));
  }
};

QTEST_GUILESS_MAIN(ReferenceTest)
#include "reference_test.moc"
