// SPDX-License-Identifier: Apache-2.0
#include "engine/flowfile/uuid.h"

#include "engine/base/random.h"

#include <QTest>
#include <set>

using namespace millrace;

class UuidTest : public QObject {
  Q_OBJECT
 private slots:
  void printsAsVersionFourAndReadsBack() {
    Random random(3);
    for (int i = 0; i < 10'000; ++i) {
      const Uuid uuid = Uuid::ofFlowFile(random.next(), random.next());
      const std::string text = uuid.text();
      QCOMPARE(text.size(), std::size_t{36});
      QCOMPARE(text[14], '4');
      QVERIFY(std::string("89ab").find(text[19]) != std::string::npos);
      QVERIFY(Uuid::parse(text) == uuid);
    }
  }
  void givesTheIdBackToItsOwnStoreOnly() {
    Random random(5);
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t store = random.next();
      const std::uint64_t id = i < 100 ? static_cast<std::uint64_t>(i) : random.next();
      QCOMPARE(Uuid::ofFlowFile(store, id).flowFileId(store), std::optional(id));
      QVERIFY(Uuid::ofFlowFile(store, id).flowFileId(store + 1) == std::nullopt);
    }
  }
  void neighboursLookNothingAlike() {
    std::set<std::string> prefixes;
    for (std::uint64_t id = 0; id < 1000; ++id)
      prefixes.insert(Uuid::ofFlowFile(1, id).text().substr(0, 8));
    QVERIFY(prefixes.size() > 990);
  }
  void textThatIsNoUuidIsRefused() {
    for (const char* text :
         {"", "x", "00000000-0000-0000-0000-00000000000g", "000000000000-0000-0000-0000-00000000",
          "00000000-0000-0000-0000-0000000000000"}) {
      QVERIFY2(!Uuid::parse(text), text);
    }
  }
};

QTEST_GUILESS_MAIN(UuidTest)
#include "uuid_test.moc"
