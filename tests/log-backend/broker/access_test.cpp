// SPDX-License-Identifier: Apache-2.0
// A request is refused without the ACLs that it needs, and served with exactly those.
#include "tests/log-backend/broker/access_rows.h"

#include <QTest>
#include <limits>

using namespace broker_test;

class AccessTest : public QObject {
  Q_OBJECT

  static std::unique_ptr<AccessList> listOf(DeskFixture& made, const std::vector<Acl>& acls) {
    auto list = AccessList::open(made.files, "/data", {});
    if (!list.ok() || !(*list)->add(acls).ok()) abort();
    made.desk.acls = list->get();
    return std::move(*list);
  }

 private slots:
  void aRequestIsServedWithWhatItNeedsAndNotWithout_data() {
    QTest::addColumn<int>("row");
    const auto all = rows();
    for (std::size_t i = 0; i < all.size(); ++i)
      QTest::newRow(all[i].request) << static_cast<int>(i);
  }
  void aRequestIsServedWithWhatItNeedsAndNotWithout() {
    QFETCH(int, row);
    const Row each = rows().at(static_cast<std::size_t>(row));
    std::vector<Acl> needed;
    for (const Need& need : each.needs) needed.push_back(aclOf(need));
    {
      DeskFixture made;
      const auto list = listOf(made, needed);
      const std::int64_t code = each.send(made);
      QVERIFY2(!isRefusal(code), std::to_string(code).c_str());
    }
    {
      DeskFixture made;
      const auto list = listOf(made, std::vector<Acl>(needed.begin() + 1, needed.end()));
      QCOMPARE(each.send(made), each.refusal);
    }
    {
      DeskFixture made;
      Acl denied = needed.front();
      denied.permission = Permission::kDeny;
      needed.push_back(denied);
      const auto list = listOf(made, needed);
      QCOMPARE(each.send(made), each.refusal);
    }
    {
      DeskFixture made;  // without an authorizer
      QVERIFY(!isRefusal(each.send(made)) || std::string(each.request).ends_with("Acls"));
    }
  }

  void listsShowOnlyWhatOneMaySee() {
    DeskFixture made;
    QVERIFY(!made.topics->create("u", 1, {}).refused());
    const auto list = listOf(made, {aclOf({kTopic, "u", Operation::kRead})});
    wire::MetadataRequest all;
    const auto shown = ask<metadata>(made, all, 9);
    QCOMPARE(shown.topics.size(), std::size_t{1});
    QCOMPARE(*shown.topics[0].name, std::string("u"));
    // Bits 3 (read) and 8 (describe), only when asked for.
    QCOMPARE(shown.topics[0].topicAuthorizedOperations, std::numeric_limits<std::int32_t>::min());
    all.includeTopicAuthorizedOperations = true;
    all.includeClusterAuthorizedOperations = true;
    const auto operations = ask<metadata>(made, all, 9);
    QCOMPARE(operations.topics[0].topicAuthorizedOperations, (1 << 3) | (1 << 8));
    QCOMPARE(operations.clusterAuthorizedOperations, 0);
  }
  void anAclIsMadeSeenAndTakenBack() {
    DeskFixture made;
    auto list = AccessList::open(made.files, "/data", {{"User:ANONYMOUS"}, false});
    QVERIFY(list.ok());
    made.desk.acls = list->get();
    wire::CreateAclsRequest creations;
    creations.creations.push_back({2, "orders", 4, "User:ann", "*", 3, 3});
    creations.creations.push_back({2, "orders", 4, "User:bob", "*", 4, 2});
    creations.creations.push_back({2, "", 4, "User:bob", "*", 4, 2});
    creations.creations.push_back({2, "x", 2, "User:bob", "*", 4, 2});
    const auto results = ask<createAcls>(made, creations, 1).results;
    QCOMPARE(results.size(), std::size_t{4});
    QCOMPARE(results[0].errorCode, std::int16_t{0});
    QCOMPARE(results[2].errorCode, std::int16_t{42});
    QVERIFY(results[2].errorMessage.has_value());
    QCOMPARE(results[3].errorCode, std::int16_t{42});
    wire::DescribeAclsRequest asked;
    asked.resourceTypeFilter = 2;
    asked.resourceNameFilter = "orders-eu";
    asked.patternTypeFilter = 2;
    asked.operation = 1;
    asked.permissionType = 1;
    const auto found = ask<describeAcls>(made, asked, 2);
    QCOMPARE(found.resources.size(), std::size_t{1});
    QCOMPARE(found.resources[0].patternType, std::int8_t{4});
    QCOMPARE(found.resources[0].acls.size(), std::size_t{2});
    wire::DeleteAclsRequest gone;
    gone.filters.push_back({2, "orders", 4, "User:bob", std::nullopt, 1, 1});
    const auto removed = ask<deleteAcls>(made, gone, 2).filterResults;
    QCOMPARE(removed[0].matchingAcls.size(), std::size_t{1});
    QCOMPARE(removed[0].matchingAcls[0].principal, std::string("User:bob"));
    QCOMPARE(ask<describeAcls>(made, asked, 2).resources[0].acls.size(), std::size_t{1});
  }
  void withoutAnAuthorizerThereAreNoAcls() {
    DeskFixture made;
    QCOMPARE(ask<describeAcls>(made, wire::DescribeAclsRequest{}, 2).errorCode, std::int16_t{54});
    wire::CreateAclsRequest creations;
    creations.creations.push_back({2, "orders", 4, "User:ann", "*", 3, 3});
    QCOMPARE(ask<createAcls>(made, creations, 2).results[0].errorCode, std::int16_t{54});
  }
};
QTEST_GUILESS_MAIN(AccessTest)
#include "access_test.moc"
