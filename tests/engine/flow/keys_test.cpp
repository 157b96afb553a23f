// SPDX-License-Identifier: Apache-2.0
// The key table, schema/flow-1.json, docs/flow-format.md and flows/reference.yaml say the same.
#include "engine/flow/keys.h"

#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_tree.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>

using namespace millrace::flow;

namespace {

QByteArray contents(const char* path) {
  QFile file(QString(MR_SOURCE_DIR "/") + path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read %s", path);
  return file.readAll();
}

ObjectKind kindAt(std::size_t place) { return static_cast<ObjectKind>(place); }

QString named(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

// Every entry of every mapping, but not what is named by users: properties, parameters, layout.
struct Place {
  std::size_t begin;
  std::size_t end;
  std::string key;
};
void collect(const YamlNode& node, bool freeKeys, std::vector<Place>& places) {
  for (const YamlNode& item : node.items) collect(item, false, places);
  for (const YamlEntry& entry : node.entries) {
    if (!freeKeys) places.push_back({entry.key.begin, entry.value.end, entry.key.text});
    const bool users = !freeKeys && (entry.key.text == "properties" ||
                                     entry.key.text == "parameters" || entry.key.text == "layout");
    collect(entry.value, users, places);
  }
}

}  // namespace

class KeysTest : public QObject {
  Q_OBJECT
 private slots:
  void theSchemaHasTheKeysOfTheTable() {
    const QJsonObject schema = QJsonDocument::fromJson(contents("schema/flow-1.json")).object();
    const QJsonObject definitions = schema["$defs"].toObject();
    QCOMPARE(definitions.size(), static_cast<qsizetype>(kObjectKinds));
    for (std::size_t place = 0; place < kObjectKinds; ++place) {
      const QString name = named(millrace::flow::objectName(kindAt(place)));
      const QJsonObject object = definitions[name].toObject();
      QVERIFY2(!object.isEmpty(), qPrintable(name));
      QVERIFY2(object["additionalProperties"] == QJsonValue(false), qPrintable(name));
      QStringList known;
      QStringList required;
      for (const KeyInfo& key : keysOf(kindAt(place))) {
        known << named(key.name);
        if (key.required) required << named(key.name);
      }
      QStringList listed;
      for (const QJsonValue& value : object["required"].toArray()) listed << value.toString();
      known.sort();
      QCOMPARE(QStringList(object["properties"].toObject().keys()), known);
      required.sort();
      listed.sort();
      QCOMPARE(listed, required);
    }
  }

  void theDocumentNamesEveryKey() {
    const QString document = QString::fromUtf8(contents("docs/flow-format.md"));
    for (std::size_t place = 0; place < kObjectKinds; ++place) {
      for (const KeyInfo& key : keysOf(kindAt(place)))
        QVERIFY2(document.contains("`" + named(key.name) + "`"), qPrintable(named(key.name)));
    }
  }

  void theReferenceFlowIsReadWithoutAFinding() {
    const ReadFlow read = readFlow(contents("flows/reference.yaml").toStdString());
    for (const Finding& finding : read.findings)
      qWarning("%s", describe(finding, "flows/reference.yaml").c_str());
    QVERIFY(read.findings.empty());
  }

  void theReferenceFlowUsesEveryKey() {
    const std::string text = contents("flows/reference.yaml").toStdString();
    const YamlTree tree = parseYaml(text);
    QVERIFY(tree.root.has_value());
    std::vector<Place> places;
    collect(*tree.root, false, places);
    for (const YamlEntry& entry : tree.root->find("layout")->value.entries)
      collect(entry.value, false, places);
    for (const YamlNode& context : tree.root->find("parameter-contexts")->value.items)
      for (const YamlEntry& parameter : context.find("parameters")->value.entries)
        collect(parameter.value, false, places);
    for (const YamlEntry& parameter : tree.root->find("parameters")->value.entries)
      collect(parameter.value, false, places);
    QSet<QString> used;
    for (const Place& place : places) used.insert(QString::fromStdString(place.key));
    for (std::size_t kind = 0; kind < kObjectKinds; ++kind) {
      for (const KeyInfo& key : keysOf(kindAt(kind)))
        QVERIFY2(used.contains(named(key.name)), qPrintable(named(key.name)));
    }
  }

  // A key that can be written wrongly without an error is a key that the reader ignores.
  void everyValueOfTheReferenceFlowMatters() {
    const std::string text = contents("flows/reference.yaml").toStdString();
    const ReadFlow original = readFlow(text);
    std::vector<Place> places;
    const YamlTree tree = parseYaml(text);
    collect(*tree.root, false, places);
    for (const YamlEntry& entry : tree.root->find("layout")->value.entries)
      collect(entry.value, false, places);
    QVERIFY(places.size() > 150);
    for (const Place& place : places) {
      const std::string value = text.substr(place.begin, place.end - place.begin);
      // Empty lists of the inner group are there to be seen, and change nothing.
      if (value.ends_with("[]")) continue;
      std::string changed = text;
      changed.replace(place.begin, place.end - place.begin, place.key + ": {nobody: knows}");
      const ReadFlow read = readFlow(changed);
      QVERIFY2(!read.ok() || !(read.flow == original.flow), value.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(KeysTest)
#include "keys_test.moc"
