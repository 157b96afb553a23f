// SPDX-License-Identifier: Apache-2.0
#include "engine/flowfile/attributes.h"

#include "engine/base/random.h"

#include <QTest>
#include <map>
#include <string>

using namespace millrace;

class AttributesTest : public QObject {
  Q_OBJECT
 private slots:
  void aMissingKeyIsNotAnEmptyValue() {
    const Attributes attributes = Attributes().with("a", "");
    QVERIFY(attributes.find("a").has_value());
    QVERIFY(!attributes.find("b").has_value());
    QVERIFY(!Attributes().find("a").has_value());
  }
  void changingASetLeavesTheOneItCameFrom() {
    const Attributes one = Attributes().with("k", "1");
    const Attributes two = one.with("k", "2");
    const Attributes gone = two.without("k");
    QCOMPARE(*one.find("k"), std::string_view("1"));
    QCOMPARE(*two.find("k"), std::string_view("2"));
    QVERIFY(!gone.find("k").has_value());
    QVERIFY(gone.empty());
    QVERIFY(gone.with("k", "2") == two);
  }
  void unicodeAndLargeValuesStayWhole() {
    const std::string large(3'000'000, 'x');
    const Attributes attributes = Attributes().with("größe", "日本").with("large", large);
    QCOMPARE(*attributes.find("größe"), std::string_view("日本"));
    QCOMPARE(attributes.find("large")->size(), large.size());
  }
  void agreesWithAMapOverManyRandomChanges() {
    Random random(7);
    Attributes attributes;
    std::map<std::string, std::string> model;
    for (int step = 0; step < 5000; ++step) {
      const std::string key = "k" + std::to_string(random.below(20));
      if (random.oneIn(4)) {
        attributes = attributes.without(key);
        model.erase(key);
      } else {
        const std::string value = std::to_string(random.next());
        attributes = attributes.with(key, value);
        model[key] = value;
      }
      QCOMPARE(attributes.count(), model.size());
      for (const auto& [k, v] : attributes.pairs())
        QCOMPARE(std::string(v), model.at(std::string(k)));
      for (const auto& [k, v] : model) QCOMPARE(std::string(*attributes.find(k)), v);
    }
  }
};

QTEST_GUILESS_MAIN(AttributesTest)
#include "attributes_test.moc"
