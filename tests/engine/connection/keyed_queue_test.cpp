// SPDX-License-Identifier: Apache-2.0
// Keys: what has one key is with one session at a time, in order; the rest goes on.

#include "engine/base/random.h"
#include "engine/connection/flowfile_queue.h"

#include <QTest>
#include <algorithm>
#include <deque>
#include <map>
#include <set>

using namespace millrace;
using namespace millrace::engine;

namespace {

/// The key of these is their length.
FlowFile file(std::uint64_t number, std::uint64_t key) {
  FlowFile made;
  made.id = FlowFileId(number);
  made.key = {Lsn(number), 0};
  made.content.length = key;
  return made;
}

QueueSettings keyed() {
  QueueSettings settings;
  settings.maxCount = 0;
  settings.keyOf =
      std::make_shared<const KeyOf>([](const FlowFile& file) { return file.content.length; });
  return settings;
}

using Numbers = std::vector<std::uint64_t>;

class Session {
 public:
  explicit Session(FlowFileQueue& queue) : queue_(queue) {}
  Numbers take(std::size_t most) {
    std::vector<FlowFile> into;
    std::vector<FlowFile> expired;
    queue_.poll({most, 0, 0, Lsn{~0ULL}, this}, into, expired);
    Numbers numbers;
    for (FlowFile& file : into) {
      numbers.push_back(file.id.raw());
      files_.push_back(std::move(file));
    }
    return numbers;
  }
  Numbers commit() {
    Numbers done;
    for (const FlowFile& file : files_) {
      queue_.acknowledge(1, file.size());
      done.push_back(file.id.raw());
    }
    files_.clear();
    queue_.leaveLanes(this);
    return done;
  }
  void rollback() {
    queue_.putBack(std::move(files_));
    files_.clear();
    queue_.leaveLanes(this);
  }

 private:
  FlowFileQueue& queue_;
  std::vector<FlowFile> files_;
};

}  // namespace

class KeyedQueueTest : public QObject {
  Q_OBJECT
 private slots:
  void oneKeyIsWithOneSession() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    queue.push({file(1, 7), file(2, 7), file(3, 8), file(4, 7), file(5, 9)});
    Session a(queue);
    Session b(queue);
    QCOMPARE(a.take(1), (Numbers{1}));
    QCOMPARE(b.take(2), (Numbers{3, 5}));
    QCOMPARE(b.take(9), (Numbers{}));
    QVERIFY(!queue.hasDue(0));
    // 2 and 4 wait; A may not have what comes behind them either.
    queue.push({file(6, 7), file(7, 8)});
    QCOMPARE(a.take(9), (Numbers{}));
    QCOMPARE(b.take(9), (Numbers{}));  // 7 waits for the end of this session, too
    int told = 0;
    queue.onPushed([&] { ++told; });
    a.commit();
    QCOMPARE(told, 1);
    QCOMPARE(b.take(9), (Numbers{2, 4, 6}));
    b.commit();
    QCOMPARE(told, 2);
    QCOMPARE(a.take(9), (Numbers{7}));
    a.commit();
    QVERIFY(queue.isEmpty());
  }

  void aSessionMayHaveMoreOfItsKey() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    queue.push({file(1, 7), file(2, 7), file(3, 7)});
    Session a(queue);
    QCOMPARE(a.take(1), (Numbers{1}));
    QCOMPARE(a.take(2), (Numbers{2, 3}));
  }

  void aRollbackKeepsTheOrder() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    queue.push({file(1, 7), file(2, 7), file(3, 7)});
    Session a(queue);
    Session b(queue);
    QCOMPARE(a.take(2), (Numbers{1, 2}));
    QCOMPARE(b.take(9), (Numbers{}));
    a.rollback();
    QCOMPARE(b.take(9), (Numbers{1, 2, 3}));
  }

  void whatWaitsIsSeenAndCounted() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    queue.push({file(1, 7), file(2, 7), file(3, 8)});
    Session a(queue);
    Session b(queue);
    QCOMPARE(a.take(1), (Numbers{1}));
    QCOMPARE(b.take(1), (Numbers{3}));
    QCOMPARE(queue.status().count, std::uint64_t{3});
    QCOMPARE(queue.status().unacknowledged, std::uint64_t{2});
    QCOMPARE(queue.peek(9).size(), std::size_t{1});
    QCOMPARE(queue.look(nullptr, 9).value().size(), std::size_t{1});
    QVERIFY(queue.find({Lsn(2), 0}).value().has_value());
    QVERIFY(!queue.nextDue().has_value());
  }

  void withoutKeysAnyMoreNothingWaits() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    queue.push({file(1, 7), file(2, 7)});
    Session a(queue);
    Session b(queue);
    QCOMPARE(a.take(1), (Numbers{1}));
    QCOMPARE(b.take(1), (Numbers{}));
    queue.change({});
    QCOMPARE(b.take(1), (Numbers{2}));
    a.commit();
    b.commit();
    QVERIFY(queue.isEmpty());
  }

  void behindSoManyThatWaitNobodyLooks() {
    FlowFileQueue queue(ConnectionId(1), "q", keyed());
    std::vector<FlowFile> batch;
    const std::uint64_t most = FlowFileQueue::kMostWaiting;
    for (std::uint64_t i = 1; i <= most + 2; ++i) batch.push_back(file(i, 7));
    batch.push_back(file(most + 3, 8));
    queue.push(std::move(batch));
    Session a(queue);
    Session b(queue);
    QCOMPARE(a.take(1), (Numbers{1}));
    QCOMPARE(b.take(1), (Numbers{}));
    QVERIFY(!queue.hasDue(0));  // or a task would turn round and round
    a.commit();
    QVERIFY(queue.hasDue(0));
    QCOMPARE(b.take(1), (Numbers{2}));
  }

  /// Against a list: whatever sessions do, each key's FlowFiles are committed in their order.
  void anySessionsCommitEachKeyInOrder() {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      Random random(seed);
      QueueSettings settings = keyed();
      if (seed % 3 == 0) settings.prioritizers.push_back(Prioritizer::kFirstInFirstOut);
      FlowFileQueue queue(ConnectionId(1), "q", settings);
      std::deque<Session> sessions;
      for (int i = 0; i < 4; ++i) sessions.emplace_back(queue);
      std::map<std::uint64_t, std::uint64_t> keys;      // of numbers
      std::map<std::uint64_t, std::uint64_t> lastDone;  // of keys
      std::size_t done = 0;
      const auto commit = [&](Session& session) {
        for (const std::uint64_t number : session.commit()) {
          QVERIFY2(lastDone[keys[number]] < number, qPrintable(QString::number(seed)));
          lastDone[keys[number]] = number;
          ++done;
        }
      };
      std::uint64_t next = 1;
      for (int step = 0; step < 400; ++step) {
        Session& session = sessions[random.below(sessions.size())];
        switch (random.below(5)) {
          case 0: {
            std::vector<FlowFile> batch;
            for (std::uint64_t i = random.below(6); i > 0; --i) {
              keys[next] = random.below(5);
              batch.push_back(file(next, keys[next]));
              ++next;
            }
            queue.push(std::move(batch));
            break;
          }
          case 1:
            commit(session);
            break;
          case 2:
            session.rollback();
            break;
          default:
            session.take(1 + random.below(4));
        }
        if (QTest::currentTestFailed()) return;
      }
      for (Session& session : sessions) commit(session);
      Session last(queue);
      last.take(next);
      commit(last);
      QCOMPARE(done, std::size_t{next - 1});
      QVERIFY(queue.isEmpty());
    }
  }
};

QTEST_GUILESS_MAIN(KeyedQueueTest)
#include "keyed_queue_test.moc"
