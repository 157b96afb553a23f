// SPDX-License-Identifier: Apache-2.0
// Who may do what, by ACLs: the rules of KIP-11, KIP-290 and Kafka's table of implied operations.
#include "log-backend/security/access_rules.h"

#include <QTest>

using namespace millrace::log;

namespace {

Acl allow(std::string name, Operation operation, std::string principal = "User:ann") {
  return {ResourceType::kTopic,   std::move(name), PatternType::kLiteral, std::move(principal),
          std::string(kWildcard), operation,       Permission::kAllow};
}
Acl deny(Acl acl) {
  acl.permission = Permission::kDeny;
  return acl;
}
Acl prefixed(Acl acl) {
  acl.pattern = PatternType::kPrefixed;
  return acl;
}
AccessRules rulesOf(std::vector<Acl> acls) { return {std::move(acls), {}, false}; }

const Principal kAnn{"User:ann", "10.0.0.1"};
const Principal kBob{"User:bob", "10.0.0.2"};

bool mayRead(const AccessRules& rules, const Principal& who, const char* topic) {
  return rules.may(who, Operation::kRead, ResourceType::kTopic, topic);
}

}  // namespace

class AccessRulesTest : public QObject {
  Q_OBJECT
 private slots:
  void withoutAnAclNobodyMayButASuperUser() {
    AccessRules rules;
    QVERIFY(!mayRead(rules, kAnn, "t"));
    rules.superUsers = {"User:bob"};
    QVERIFY(mayRead(rules, kBob, "t"));
    QVERIFY(!mayRead(rules, kAnn, "t"));
    rules.allowWithoutAcl = true;
    QVERIFY(mayRead(rules, kAnn, "t"));
    // An ACL for somebody else has a say about this topic, and only about it.
    rules.acls = {allow("t", Operation::kRead, "User:carl")};
    QVERIFY(!mayRead(rules, kAnn, "t"));
    QVERIFY(mayRead(rules, kAnn, "other"));
  }
  void anAclIsForItsPrincipalHostAndResource() {
    Acl acl = allow("t", Operation::kRead);
    QVERIFY(mayRead(rulesOf({acl}), kAnn, "t"));
    QVERIFY(!mayRead(rulesOf({acl}), kBob, "t"));
    QVERIFY(!mayRead(rulesOf({acl}), kAnn, "tt"));
    QVERIFY(!rulesOf({acl}).may(kAnn, Operation::kRead, ResourceType::kGroup, "t"));
    acl.host = "10.0.0.2";
    QVERIFY(!mayRead(rulesOf({acl}), kAnn, "t"));
    acl.principal = "User:*";
    QVERIFY(mayRead(rulesOf({acl}), kBob, "t"));
    acl.principal = "Group:ann";
    QVERIFY(!mayRead(rulesOf({acl}), kBob, "t"));
  }
  void aStarIsEveryNameAndAPrefixItsOwn() {
    QVERIFY(mayRead(rulesOf({allow("*", Operation::kRead)}), kAnn, "whatever"));
    const AccessRules rules = rulesOf({prefixed(allow("orders-", Operation::kRead))});
    QVERIFY(mayRead(rules, kAnn, "orders-eu"));
    QVERIFY(mayRead(rules, kAnn, "orders-"));
    QVERIFY(!mayRead(rules, kAnn, "orders"));
    // As a prefix a star is a letter.
    QVERIFY(!mayRead(rulesOf({prefixed(allow("*", Operation::kRead))}), kAnn, "whatever"));
  }
  void whatDeniesIsStronger() {
    QVERIFY(!mayRead(rulesOf({allow("t", Operation::kRead), deny(allow("*", Operation::kRead))}),
                     kAnn, "t"));
    QVERIFY(!mayRead(rulesOf({deny(allow("t", Operation::kAll)), allow("t", Operation::kAll)}),
                     kAnn, "t"));
    QVERIFY(!mayRead(
        rulesOf({deny(prefixed(allow("t", Operation::kRead))), allow("top", Operation::kRead)}),
        kAnn, "top"));
    QVERIFY(mayRead(rulesOf({deny(allow("t", Operation::kWrite)), allow("t", Operation::kRead)}),
                    kAnn, "t"));
  }
  void anAllowedOperationBringsDescribing_data() {
    QTest::addColumn<int>("allowed");
    QTest::addColumn<bool>("describe");
    QTest::addColumn<bool>("describeConfigs");
    const auto row = [](const char* name, Operation operation, bool describe, bool configs) {
      QTest::newRow(name) << static_cast<int>(operation) << describe << configs;
    };
    row("read", Operation::kRead, true, false);
    row("write", Operation::kWrite, true, false);
    row("delete", Operation::kDelete, true, false);
    row("alter", Operation::kAlter, true, false);
    row("create", Operation::kCreate, false, false);
    row("alter configs", Operation::kAlterConfigs, false, true);
    row("describe configs", Operation::kDescribeConfigs, false, true);
    row("all", Operation::kAll, true, true);
  }
  void anAllowedOperationBringsDescribing() {
    QFETCH(int, allowed);
    const auto operation = static_cast<Operation>(allowed);
    const AccessRules rules = rulesOf({allow("t", operation)});
    QTEST(rules.may(kAnn, Operation::kDescribe, ResourceType::kTopic, "t"), "describe");
    QTEST(rules.may(kAnn, Operation::kDescribeConfigs, ResourceType::kTopic, "t"),
          "describeConfigs");
    // What is denied brings nothing with it.
    if (operation == Operation::kAll) return;
    const AccessRules denied =
        rulesOf({deny(allow("t", operation)), allow("t", Operation::kDescribe)});
    QVERIFY(denied.may(kAnn, Operation::kDescribe, ResourceType::kTopic, "t"));
  }
  void whetherThereIsAnyTopicToWriteTo() {
    const auto may = [](std::vector<Acl> acls) {
      return rulesOf(std::move(acls)).mayOnSome(kAnn, Operation::kWrite, ResourceType::kTopic);
    };
    const Acl one = allow("t", Operation::kWrite);
    const Acl many = prefixed(allow("or", Operation::kWrite));
    const Acl every = allow("*", Operation::kWrite);
    QVERIFY(!may({}));
    QVERIFY(!may({allow("t", Operation::kRead)}));
    QVERIFY(may({one}));
    QVERIFY(may({many}));
    QVERIFY(!may({every, deny(every)}));
    QVERIFY(!may({one, deny(one)}));
    QVERIFY(!may({one, deny(prefixed(allow("t", Operation::kAll)))}));
    QVERIFY(may({many, deny(allow("orders", Operation::kWrite))}));
    QVERIFY(!may({many, deny(prefixed(allow("o", Operation::kWrite)))}));
    QVERIFY(may({every, deny(prefixed(allow("o", Operation::kWrite)))}));
    QVERIFY(!rulesOf({one}).mayOnSome(kBob, Operation::kWrite, ResourceType::kTopic));
  }
  void aFilterFindsByExactPatternOrByWhatMatchesAName() {
    const Acl literal = allow("orders", Operation::kRead);
    const Acl prefix = prefixed(allow("ord", Operation::kWrite, "User:bob"));
    const Acl every = deny(allow("*", Operation::kAll, "User:carl"));
    const auto found = [&](const AclFilter& filter) {
      std::string names;
      for (const Acl* acl : {&literal, &prefix, &every}) {
        if (filter.fits(*acl)) names += acl->name + " ";
      }
      return names;
    };
    AclFilter filter;
    QCOMPARE(found(filter), "orders ord * ");
    filter.name = "orders";
    QCOMPARE(found(filter), "orders ");
    filter.pattern = PatternType::kMatch;
    QCOMPARE(found(filter), "orders ord * ");
    filter.pattern = PatternType::kPrefixed;
    QCOMPARE(found(filter), "");
    filter.name = "ord";
    QCOMPARE(found(filter), "ord ");
    filter = {};
    filter.principal = "User:carl";
    QCOMPARE(found(filter), "* ");
    filter = {};
    filter.operation = Operation::kWrite;
    QCOMPARE(found(filter), "ord ");
    filter = {};
    filter.permission = Permission::kDeny;
    QCOMPARE(found(filter), "* ");
    filter = {};
    filter.resource = ResourceType::kGroup;
    QCOMPARE(found(filter), "");
  }
  void whatCannotBeObeyedIsRefused() {
    QCOMPARE(allow("t", Operation::kRead).wrong(), std::string());
    const auto isWrong = [](void (*change)(Acl&)) {
      Acl acl = allow("t", Operation::kRead);
      change(acl);
      return !acl.wrong().empty();
    };
    QVERIFY(isWrong([](Acl& acl) { acl.name.clear(); }));
    QVERIFY(isWrong([](Acl& acl) { acl.principal = "ann"; }));
    QVERIFY(isWrong([](Acl& acl) { acl.principal = ":ann"; }));
    QVERIFY(isWrong([](Acl& acl) { acl.host.clear(); }));
    QVERIFY(isWrong([](Acl& acl) { acl.resource = ResourceType::kCluster; }));
    QVERIFY(isWrong([](Acl& acl) { acl.resource = ResourceType::kAny; }));
    QVERIFY(isWrong([](Acl& acl) { acl.pattern = PatternType::kMatch; }));
    QVERIFY(isWrong([](Acl& acl) { acl.operation = Operation::kAny; }));
    QVERIFY(isWrong([](Acl& acl) { acl.permission = Permission::kAny; }));
    QVERIFY(isWrong([](Acl& acl) { acl.operation = static_cast<Operation>(99); }));
  }
};
QTEST_GUILESS_MAIN(AccessRulesTest)
#include "access_rules_test.moc"
