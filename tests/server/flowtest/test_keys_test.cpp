// SPDX-License-Identifier: Apache-2.0
// The key table of test files, schema/flow-test-1.json and docs/testing-flows.md say the same.
#include "server/flowtest/test_keys.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace millrace;
using namespace millrace::flowtest;

namespace {

QByteArray contents(const char* path) {
  QFile file(QString(MR_SOURCE_DIR "/") + path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read %s", path);
  return file.readAll();
}

QString named(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

}  // namespace

class TestKeysTest : public QObject {
  Q_OBJECT
 private slots:
  void theSchemaHasTheKeysOfTheTable() {
    const QJsonObject definitions =
        QJsonDocument::fromJson(contents("schema/flow-test-1.json")).object()["$defs"].toObject();
    QCOMPARE(definitions.size(), static_cast<qsizetype>(kTestObjects));
    for (std::size_t i = 0; i < kTestObjects; ++i) {
      const flow::ObjectKeys object = keysOf(static_cast<TestObject>(i));
      const QJsonObject definition = definitions[named(object.name)].toObject();
      QVERIFY2(definition["additionalProperties"] == QJsonValue(false),
               qPrintable(named(object.name)));
      QStringList known;
      QStringList required;
      for (const flow::KeyInfo& key : object.keys) {
        known << named(key.name);
        if (key.required) required << named(key.name);
      }
      QStringList listed;
      for (const QJsonValue& value : definition["required"].toArray()) listed << value.toString();
      known.sort();
      required.sort();
      listed.sort();
      QCOMPARE(QStringList(definition["properties"].toObject().keys()), known);
      QCOMPARE(listed, required);
    }
  }

  void theDocumentNamesEveryKey() {
    const QString document = QString::fromUtf8(contents("docs/testing-flows.md"));
    for (std::size_t i = 0; i < kTestObjects; ++i) {
      for (const flow::KeyInfo& key : keysOf(static_cast<TestObject>(i)).keys) {
        const QString name = named(key.name);
        QVERIFY2(document.contains("`" + name + "`") || document.contains("`" + name + ": "),
                 qPrintable(name));
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestKeysTest)
#include "test_keys_test.moc"
