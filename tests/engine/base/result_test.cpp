// SPDX-License-Identifier: Apache-2.0
#include "engine/base/result.h"

#include <QTest>
#include <memory>
#include <vector>

using namespace millrace;

namespace {

/// Counts how many of it there are.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

Result<int> halfOf(int number) {
  if (number % 2 != 0) return Error::user("odd");
  return number / 2;
}
Result<int> quarterOf(int number) { return MR_TRY(halfOf(MR_TRY(halfOf(number)))); }

}  // namespace

class ResultTest : public QObject {
  Q_OBJECT
 private slots:
  void oneOfTheTwoIsThereAfterEveryAssignment() {
    const std::string longOne(100, 'x');
    const Result<std::string> good = longOne;
    const Result<std::string> bad = Error::bug(longOne + "!");
    for (const Result<std::string>& first : {good, bad}) {
      for (const Result<std::string>& second : {good, bad}) {
        Result<std::string> copied = first;
        copied = second;
        Result<std::string> moved = first;
        moved = Result<std::string>(second);
        for (const Result<std::string>& each : {copied, moved}) {
          QCOMPARE(each.ok(), second.ok());
          if (each.ok()) {
            QCOMPARE(each.value(), longOne);
          } else {
            QCOMPARE(each.error().message, longOne + "!");
            QVERIFY(each.error().fault == Fault::kBug);
          }
        }
      }
    }
  }
  void assignedToItselfItStays() {
    Result<std::string> text = std::string(100, 'x');
    const Result<std::string>& same = text;
    text = same;
    QCOMPARE(text.value(), std::string(100, 'x'));
    Result<std::string>& alias = text;
    text = std::move(alias);
    QCOMPARE(text.value(), std::string(100, 'x'));
  }
  void eachValueIsDestroyedOnce() {
    int alive = 0;
    {
      Result<Counted> first = Counted(alive);
      Result<Counted> second = Error::bug("none");
      QCOMPARE(alive, 1);
      second = first;
      QCOMPARE(alive, 2);
      first = Error::bug("gone");
      QCOMPARE(alive, 1);
      const std::vector<Result<Counted>> many(10, second);
      QCOMPARE(alive, 11);
      const Counted taken = std::move(second).value();
      QCOMPARE(alive, 12);
    }
    QCOMPARE(alive, 0);
  }
  void whatCannotBeCopiedIsHandedOn() {
    Result<std::unique_ptr<int>> owner = std::make_unique<int>(7);
    static_assert(!std::is_copy_constructible_v<decltype(owner)>);
    static_assert(std::is_nothrow_move_constructible_v<decltype(owner)>);
    Result<std::unique_ptr<int>> next = std::move(owner);
    QCOMPARE(**next, 7);
  }
  void tryYieldsTheValueOrLeaves() {
    QCOMPARE(quarterOf(12).value(), 3);
    QCOMPARE(quarterOf(10).error().message, std::string("odd"));
    QCOMPARE(quarterOf(10).valueOr(5), 5);
    QVERIFY(Result<>(Done{}).ok());
  }
};

QTEST_APPLESS_MAIN(ResultTest)
#include "result_test.moc"
