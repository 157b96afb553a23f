// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2Link: the line to the server: heartbeats, what they are answered, acknowledgements, flows. A
// thread of its own waits for the network, so that nobody else does.
//
// Promise: an operation is passed on once until it is acknowledged, however often the server
// repeats it; an acknowledgement is sent until the server has it. What is kept is bounded.
// Ownership: clock, channel and what the hooks use outlive it. Threads: acknowledge() and stop()
// from any; hooks are called on the link's thread.

#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "minifi-agent/c2/c2_channel.h"
#include "minifi-agent/c2/c2_message.h"
#include "minifi-agent/c2/c2_pace.h"
#include "minifi-agent/c2/deployments.h"

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace millrace::agent {

/// What comes over the link.
struct ServerWord {
  enum class Kind : std::uint8_t {
    kReached,       ///< the server answered a heartbeat
    kOperation,     ///< it wants something done
    kAcknowledged,  ///< it has heard how an operation ended
  };
  Kind kind = Kind::kReached;
  Nanos sent = 0;                   ///< kReached: when the heartbeat was sent, monotonic
  Operation operation;              ///< kOperation; kAcknowledged: its id alone
  std::optional<OfferedFlow> flow;  ///< of an UPDATE of the configuration, its seal checked ...
  std::string refusal;              ///< ... or why there is none
};

class C2Link {
 public:
  struct Beat {
    std::string body;
    std::uint64_t lastBulletin = 0;  ///< the newest that is in it
  };
  struct Hooks {
    /// `after`: bulletins up to this one were told.
    std::function<Beat(bool full, const std::string& address, std::uint64_t after)> heartbeat;
    std::function<bool()> isOnTrial;
    std::function<void(ServerWord word)> hear;
    std::function<void(const std::string& line)> say;
  };

  C2Link(const Clock& clock, C2Channel& channel, const C2Settings& settings, Random random,
         Hooks hooks);
  ~C2Link();  ///< as stop(), however long it takes

  void start();
  void acknowledge(Acknowledgement acknowledgement);
  /// The server need not be listened to when it asks for this: it is under way.
  void expect(const std::string& operation);
  /// False when the thread still waits for the network after so much time.
  bool stop(Nanos atMost);

  /// One round, for tests without a thread: sends what is due, and says how long there is nothing
  /// to do.
  Nanos step();

 private:
  void loop(const std::stop_token& stop);
  void sendAcknowledgements();
  bool beat();
  bool failed(const std::string& why);
  void take(Operation operation);
  /// False when it may come later.
  bool fetch(ServerWord& word);
  void fetched(const C2Answer& answer, ServerWord& word) const;

  const Clock& clock_;
  C2Channel& channel_;
  const C2Settings settings_;
  const Hooks hooks_;
  // Of the link's thread.
  C2Pace pace_;
  Nanos next_ = 0;
  bool told_ = false;  // the manifest
  bool away_ = false;  // the server did not answer the last time
  std::string address_;
  std::uint64_t lastBulletin_ = 0;

  Mutex mutex_;
  Condition changed_;
  std::deque<Acknowledgement> unsent_ MR_GUARDED_BY(mutex_);
  std::set<std::string> underWay_ MR_GUARDED_BY(mutex_);
  bool wanted_ MR_GUARDED_BY(mutex_) = false;  // a round, now
  bool ended_ MR_GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace millrace::agent
