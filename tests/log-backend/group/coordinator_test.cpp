// SPDX-License-Identifier: Apache-2.0
// Consumer groups: who is in, who gets what, and which offsets count.
#include "tests/log-backend/group/coordinator_bench.h"

#include <QTest>

using namespace group_test;

class CoordinatorTest : public QObject {
  Q_OBJECT
  std::unique_ptr<CoordinatorBench> bench_;

  Consumer consumer(const std::string& subscription = "s") {
    Consumer made{*bench_};
    made.subscription = subscription;
    return made;
  }
  /// A group of one, stable.
  Consumer alone() {
    Consumer one = consumer();
    one.enter();
    one.sync({{one.id, "all"}});
    bench_->sync();
    return one;
  }
  std::string stateOf(const std::string& group) {
    wire::DescribeGroupsRequest request;
    request.groups = {group};
    return bench_->groups().describe(request).response.groups.at(0).groupState;
  }
  int removeGroup(const std::string& group) {
    wire::DeleteGroupsRequest request;
    request.groupsNames = {group};
    int code = -1000;
    bench_->groups().remove(
        request, [&code](const auto& response) { code = response.results.at(0).errorCode; });
    bench_->sync();
    return code;
  }

 private slots:
  void init() {
    bench_ = std::make_unique<CoordinatorBench>();
    QVERIFY(!bench_->topics().create("t", 2, {}).refused());
  }

  void aNewerClientIsGivenItsIdFirst() {
    Consumer one = consumer();
    one.join();
    QCOMPARE(one.joinCode, std::optional(79));
    QVERIFY(one.id.starts_with("client-"));
    one.join();
    QCOMPARE(one.joinCode, std::optional(0));
    QCOMPARE(one.generation, 1);
    QVERIFY(one.leads());
    QCOMPARE(one.members, (std::map<std::string, std::string>{{one.id, "s"}}));
  }

  void anOlderClientIsLetInAtOnce() {
    Consumer one = consumer();
    one.version = 2;
    one.join();
    QCOMPARE(one.joinCode, std::optional(0));
  }

  void anAssignmentIsAnsweredWhenItIsDurable() {
    Consumer one = consumer();
    one.enter();
    one.sync({{one.id, "p0"}});
    QVERIFY(!one.syncCode.has_value());
    bench_->sync();
    QCOMPARE(one.syncCode, std::optional(0));
    QCOMPARE(one.assignment, std::string("p0"));
    QCOMPARE(one.heartbeat(), 0);
    QCOMPARE(stateOf("g"), std::string("Stable"));
  }

  void aSecondMemberMakesTheFirstJoinAnew() {
    Consumer one = alone();
    Consumer two = consumer("s2");
    two.enter();
    QVERIFY(!two.joinCode.has_value());
    QCOMPARE(one.heartbeat(), 27);
    one.join();
    QCOMPARE(one.joinCode, std::optional(0));
    QCOMPARE(two.joinCode, std::optional(0));
    QCOMPARE(one.generation, 2);
    QCOMPARE(two.generation, 2);
    QVERIFY(one.leads() && !two.leads());
    QCOMPARE(one.members, (std::map<std::string, std::string>{{one.id, "s"}, {two.id, "s2"}}));
    QVERIFY(two.members.empty());
    two.sync();
    one.sync({{one.id, "a"}, {two.id, "b"}});
    bench_->sync();
    QCOMPARE(one.assignment, std::string("a"));
    QCOMPARE(two.assignment, std::string("b"));
  }

  void whoDoesNotJoinAgainIsLeftBehind() {
    Consumer one = alone();
    Consumer two = consumer();
    two.sessionMs = 30000;
    two.enter();
    for (int i = 0; i < 7; ++i) {  // it lives, and does not join
      bench_->pass(9000);
      if (two.joinCode.has_value()) break;
      QCOMPARE(one.heartbeat(), 27);
    }
    QCOMPARE(two.joinCode, std::optional(0));
    QVERIFY(two.leads());
    QCOMPARE(two.members.size(), std::size_t{1});
    QCOMPARE(one.heartbeat(), 25);
  }

  void whoIsSilentIsOut() {
    Consumer one = alone();
    bench_->pass(9000);
    QCOMPARE(one.heartbeat(), 0);
    bench_->pass(9000);
    QCOMPARE(one.heartbeat(), 0);
    bench_->pass(11000);
    QCOMPARE(one.heartbeat(), 25);
    QCOMPARE(stateOf("g"), std::string("Empty"));
  }

  void whoJoinedAndDoesNotSyncHoldsUpTheOthersForATimeOnly() {
    Consumer one = consumer();
    one.sessionMs = 600000;
    one.enter();
    bench_->pass(61000);
    QCOMPARE(stateOf("g"), std::string("Empty"));
    QCOMPARE(one.heartbeat(), 25);
  }

  void aPromisedIdThatIsNotUsedIsForgotten() {
    Consumer one = consumer();
    one.join();
    bench_->pass(10001);
    one.join();
    QCOMPARE(one.joinCode, std::optional(25));
  }

  void whoLeavesMakesRoomAtOnce() {
    Consumer one = alone();
    Consumer two = consumer();
    two.enter();
    one.join();
    QCOMPARE(two.leave(), 0);
    QCOMPARE(one.heartbeat(), 27);
    one.join();
    QCOMPARE(one.joinCode, std::optional(0));
    QCOMPARE(one.members.size(), std::size_t{1});
    QCOMPARE(two.leave(), 25);
  }

  void otherGenerationsAndStrangersAreRefused() {
    Consumer one = alone();
    Consumer old = one;
    old.generation = 0;
    QCOMPARE(old.heartbeat(), 22);
    old.sync();
    QCOMPARE(old.syncCode, std::optional(22));
    QCOMPARE(*old.commit(5), std::optional(22));
    Consumer stranger = one;
    stranger.id = "nobody";
    QCOMPARE(stranger.heartbeat(), 25);
    stranger.join();
    QCOMPARE(stranger.joinCode, std::optional(25));
    QCOMPARE(*stranger.commit(5), std::optional(25));
  }

  void whatDoesNotFitTheGroupIsRefused() {
    Consumer one = alone();
    Consumer other = consumer();
    wire::JoinGroupRequest request;
    request.groupId = "g";
    request.sessionTimeoutMs = 10000;
    request.protocolType = "connect";
    request.protocols.push_back({"range", asBytes(other.subscription)});
    int code = 0;
    const auto note = [&code](const auto& shown) { code = shown.response.errorCode; };
    bench_->groups().join(request, {5, "c", "h"}, note);
    QCOMPARE(code, 23);
    request.protocolType = "consumer";
    request.protocols[0].name = "unheard of";
    bench_->groups().join(request, {5, "c", "h"}, note);
    QCOMPARE(code, 23);
    request.protocols[0].name = "range";
    request.sessionTimeoutMs = 5999;
    bench_->groups().join(request, {5, "c", "h"}, note);
    QCOMPARE(code, 26);
    request.groupId.clear();
    bench_->groups().join(request, {5, "c", "h"}, note);
    QCOMPARE(code, 24);
  }

  void theProtocolThatAllKnowAndMostPreferIsChosen() {
    Group group;
    const auto member = [&group](const std::string& id, const std::vector<std::string>& names) {
      Member& made = group.members[id];
      made.id = id;
      for (const auto& each : names) made.protocols.push_back({each, nullptr});
    };
    member("a", {"x", "range", "sticky"});
    member("b", {"sticky", "range"});
    member("c", {"sticky", "range", "x"});
    QCOMPARE(group.vote(), std::string("sticky"));
  }

  void aStaticMemberComesBackWithoutARebalance() {
    Consumer one = consumer();
    one.instance = "i1";
    one.enter();
    QVERIFY(one.id.starts_with("i1-"));
    one.sync({{one.id, "mine"}});
    bench_->sync();
    Consumer again = consumer();
    again.instance = "i1";
    again.version = 9;
    again.join();
    bench_->sync();
    QCOMPARE(again.joinCode, std::optional(0));
    QCOMPARE(again.generation, one.generation);
    QVERIFY(again.id != one.id);
    QVERIFY(again.leads() && again.skips);
    again.sync();
    QCOMPARE(again.assignment, std::string("mine"));
    QCOMPARE(one.heartbeat(), 82);
    QCOMPARE(*one.commit(1), std::optional(82));
    // An older client does not know how to skip the assignment, so it is not told that it leads.
    Consumer older = consumer();
    older.instance = "i1";
    older.join();
    bench_->sync();
    QCOMPARE(older.joinCode, std::optional(0));
    QVERIFY(!older.leads());
    // Another subscription needs another assignment.
    Consumer changed = consumer("other topics");
    changed.instance = "i1";
    changed.join();
    QCOMPARE(changed.joinCode, std::optional(0));
    QCOMPARE(changed.generation, one.generation + 1);
  }

  void anOffsetCountsWhenItIsDurable() {
    Consumer one = alone();
    const auto code = one.commit(42, "t", 1, "note");
    QVERIFY(!code->has_value());
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 1), (FetchedOffset{0, -1, ""}));
    bench_->sync();
    QCOMPARE(*code, std::optional(0));
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 1), (FetchedOffset{0, 42, "note"}));
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0), (FetchedOffset{0, -1, ""}));
  }

  void commitsThatMakeNoSenseAreRefused() {
    Consumer one = alone();
    QCOMPARE(*one.commit(1, "no such topic"), std::optional(3));
    QCOMPARE(*one.commit(1, "t", 2), std::optional(3));
    QCOMPARE(*one.commit(1, "t", 0, std::string(4097, 'x')), std::optional(12));
    // Somebody who is no member, while there are some.
    QCOMPARE(*consumer().commit(1), std::optional(25));
    // A member of a generation that never was.
    Consumer late = consumer();
    late.group = "never seen";
    late.id = "x";
    late.generation = 3;
    QCOMPARE(*late.commit(1), std::optional(22));
    Consumer two = consumer();
    two.enter();
    const auto during = one.commit(7);  // while the others join it may say how far it got
    bench_->sync();
    QCOMPARE(*during, std::optional(0));
    one.join();
    QCOMPARE(*one.commit(8), std::optional(27));  // and not before it is assigned anew
  }

  void aGroupThatIsKeptMayBeMovedUnderItsMembers() {
    bench_->groups().keepForEver({"g"});
    Consumer one = alone();
    Consumer two = consumer();
    two.enter();
    one.join();
    two.join();
    bench_->sync();
    const std::int32_t before = one.generation;
    // What an administrator asks for that cannot be changes nothing.
    QCOMPARE(*consumer().commit(1, "no such topic"), std::optional(3));
    one.sync({{one.id, "a"}, {two.id, "b"}});
    two.sync({});
    bench_->sync();
    QCOMPARE(one.heartbeat(), 0);
    const auto last = one.commit(9);
    const auto moved = consumer().commit(4);
    // From here on nobody who has read further says so.
    QCOMPARE(*one.commit(10), std::optional(22));
    QCOMPARE(*two.commit(10), std::optional(22));
    QVERIFY(!moved->has_value());
    bench_->sync();
    QCOMPARE(*last, std::optional(0));
    QCOMPARE(*moved, std::optional(0));
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{4});
    QCOMPARE(one.heartbeat(), 22);
    one.join();
    two.join();
    bench_->sync();
    QVERIFY(one.generation > before);
    one.sync({{one.id, "a"}, {two.id, "b"}});
    bench_->sync();
    const auto next = one.commit(5);
    bench_->sync();
    QCOMPARE(*next, std::optional(0));
    bench_->cutAndOpen();
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{5});
  }

  void offsetsAndMembersSurviveAPowerCut() {
    Consumer one = alone();
    const auto kept = one.commit(10);
    bench_->sync();
    QCOMPARE(*kept, std::optional(0));
    const auto lost = one.commit(11);
    bench_->cutAndOpen();
    QVERIFY(!lost->has_value());
    const Offset after = fetchOffset(bench_->groups(), "g").offset;
    QVERIFY(after == 10 || after == 11);  // what was not answered may be there or not
    QCOMPARE(stateOf("g"), std::string("Stable"));
    QCOMPARE(one.heartbeat(), 0);
    const auto next = one.commit(12);
    bench_->sync();
    QCOMPARE(*next, std::optional(0));
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{12});
    // Who does not come back is out.
    bench_->pass(10001);
    QCOMPARE(one.heartbeat(), 25);
  }

  void aGroupIsListedDescribedAndDeleted() {
    Consumer one = alone();
    (void)one.commit(3);
    Consumer simple = consumer();
    simple.group = "simple";
    (void)simple.commit(4);
    bench_->sync();
    const auto listed = bench_->groups().list({});
    QCOMPARE(listed.groups.size(), std::size_t{2});
    QCOMPARE(listed.groups[0].groupId, std::string("g"));
    QCOMPARE(listed.groups[0].protocolType, std::string("consumer"));
    QCOMPARE(listed.groups[1].groupId, std::string("simple"));
    wire::ListGroupsRequest empty;
    empty.statesFilter = {"empty"};
    QCOMPARE(bench_->groups().list(empty).groups.size(), std::size_t{1});
    wire::DescribeGroupsRequest request;
    request.groups = {"g", "unheard of"};
    const auto shown = bench_->groups().describe(request);
    const auto& first = shown.response.groups.at(0);
    QCOMPARE(first.protocolData, std::string("range"));
    QCOMPARE(first.members.at(0).clientHost, std::string("host"));
    QCOMPARE(std::string(asText(first.members.at(0).memberAssignment)), std::string("all"));
    QCOMPARE(shown.response.groups.at(1).groupState, std::string("Dead"));
    QCOMPARE(removeGroup("g"), 68);
    QCOMPARE(removeGroup("unheard of"), 69);
    QCOMPARE(one.leave(), 0);
    QCOMPARE(removeGroup("g"), 0);
    QCOMPARE(removeGroup("simple"), 0);
    bench_->cutAndOpen();
    QVERIFY(bench_->groups().list({}).groups.empty());
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{-1});
  }

  void offsetsOfATopicThatIsStillReadAreNotDeleted() {
    // A subscription as consumers write it: version, topics, user data.
    const std::string toT("\0\0\0\0\0\1\0\1t\xff\xff\xff\xff", 13);
    Consumer one = consumer(toT);
    one.enter();
    one.sync({{one.id, "all"}});
    bench_->sync();
    QVERIFY(!bench_->topics().create("u", 1, {}).refused());
    (void)one.commit(5, "t");
    (void)one.commit(6, "u");
    bench_->sync();
    wire::OffsetDeleteRequest request;
    request.groupId = "g";
    request.topics.push_back({"t", {{0}}});
    request.topics.push_back({"u", {{0}}});
    std::vector<int> codes;
    const auto note = [&codes](const auto& response) {
      codes = {response.errorCode};
      for (const auto& topic : response.topics) codes.push_back(topic.partitions.at(0).errorCode);
    };
    bench_->groups().deleteOffsets(request, note);
    bench_->sync();
    QCOMPARE(codes, (std::vector<int>{0, 86, 0}));
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t").offset, Offset{5});
    QCOMPARE(fetchOffset(bench_->groups(), "g", "u").offset, Offset{-1});
    request.groupId = "unheard of";
    bench_->groups().deleteOffsets(request, note);
    QCOMPARE(codes, std::vector<int>{69});
  }

  void oldOffsetsOfAGroupWithoutMembersExpire() {
    constexpr Millis kDay = 86400000;
    Consumer one = alone();
    (void)one.commit(3);
    bench_->sync();
    for (int day = 0; day < 8; ++day) {  // as long as it lives, nothing does
      bench_->clock().stepWall(kDay);
      bench_->groups().expire();
    }
    bench_->sync();
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{3});
    QCOMPARE(one.leave(), 0);
    bench_->clock().stepWall(6 * kDay);
    bench_->groups().expire();
    bench_->sync();
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{3});
    bench_->clock().stepWall(kDay + 1);
    bench_->groups().expire();
    bench_->sync();
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{-1});
    QVERIFY(bench_->groups().list({}).groups.empty());
    bench_->cutAndOpen();
    QVERIFY(bench_->groups().list({}).groups.empty());
  }

  void aTopicThatIsGoneTakesItsOffsetsAlong() {
    Consumer simple = consumer();
    (void)simple.commit(4);
    bench_->sync();
    bench_->groups().forgetTopic("t");
    bench_->sync();
    QCOMPARE(fetchOffset(bench_->groups(), "g").offset, Offset{-1});
  }

  void theFirstJoinWaitsForOthersWhereThatIsAskedFor() {
    GroupSettings settings;
    settings.initialDelayMs = 3000;
    bench_ = std::make_unique<CoordinatorBench>(settings);
    Consumer one = consumer();
    Consumer two = consumer();
    one.enter();
    QVERIFY(!one.joinCode.has_value());
    bench_->pass(2000);
    two.enter();
    bench_->pass(2000);
    QVERIFY(!one.joinCode.has_value());
    bench_->pass(1001);
    QCOMPARE(one.joinCode, std::optional(0));
    QCOMPARE(two.joinCode, std::optional(0));
    QCOMPARE(one.generation, 1);
  }
};

QTEST_GUILESS_MAIN(CoordinatorTest)
#include "coordinator_test.moc"
