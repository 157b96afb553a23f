// SPDX-License-Identifier: Apache-2.0
// A session is taken from the thread that uses it, at any moment.
#include "engine/session/revocation.h"

#include <QtTest>
#include <memory>
#include <thread>

using namespace millrace;
using engine::Revocation;

namespace {

int rounds() {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(20, static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

}  // namespace

class RevocationTest : public QObject {
  Q_OBJECT
 private slots:
  void whoIsNotInsideIsUndoneAtOnceAndNeverLetInAgain() {
    int undone = 0;
    Revocation revocation([&] { ++undone; });
    QVERIFY(revocation.enter());
    revocation.leave();
    QCOMPARE(undone, 0);
    revocation.revoke();
    QCOMPARE(undone, 1);
    QVERIFY(!revocation.enter());
    QVERIFY(!Revocation::Stay(revocation).granted());
    revocation.revoke();
    QCOMPARE(undone, 1);
  }

  void whoIsInsideIsUndoneWhenItLeavesTheOutermostStay() {
    int undone = 0;
    Revocation revocation([&] { ++undone; });
    QVERIFY(revocation.enter());
    QVERIFY(revocation.enter());
    revocation.revoke();
    QCOMPARE(undone, 0);
    QVERIFY(revocation.enter());  // it is inside already
    revocation.leave();
    revocation.leave();
    QCOMPARE(undone, 0);
    revocation.leave();
    QCOMPARE(undone, 1);
    QVERIFY(!revocation.enter());
  }

  void itIsUndoneOnceAndNeverWhileTheOwnerIsInside() {
    for (int round = 0; round < rounds(); ++round) {
      // Plain numbers: a sanitizer sees it when undo runs beside the owner.
      long inside = 0;
      long seen = -1;
      int undone = 0;
      std::atomic<bool> busy{false};
      Revocation revocation([&] {
        ++undone;
        seen = inside;
      });
      long entered = 0;
      std::thread owner([&] {
        while (revocation.enter()) {
          busy = true;
          ++inside;
          ++entered;
          revocation.leave();
        }
      });
      while (!busy) std::this_thread::yield();
      revocation.revoke();
      owner.join();
      QCOMPARE(undone, 1);
      QCOMPARE(seen, entered);
    }
  }
};

QTEST_GUILESS_MAIN(RevocationTest)
#include "revocation_test.moc"
