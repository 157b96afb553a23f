// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventHub: tells every subscriber what happens, as server-sent events (HTML standard,
// section 9.2): `flow`, `bulletin` and `status`. Flow and bulletin events have ids and are kept for
// a while, so that a client that comes back with the last id it saw misses none; one that was away
// for longer, or for a restart, gets `reset` and reads the flow again. After that comes a whole
// `status`.
//
// Promise: nobody waits for a subscriber; who does not keep up is cut off. Without subscribers it
// wakes only to set the marks of the status. Ownership: its status book outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "engine/control/bulletins.h"
#include "server/http/message.h"
#include "server/rest/status_book.h"

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace millrace::server {

class EventHub {
 public:
  /// `epoch` tells the ids of this run from those of another.
  EventHub(StatusBook& status, const Clock& clock, std::string epoch);
  ~EventHub();

  void start();
  /// Closes every stream.
  void stop();

  void flowChanged(const ChangeRecord& record);
  void bulletinRaised(const engine::Bulletin& bulletin);
  /// `lastId`: of the last event seen; empty: a new client. `group`: statuses of what is in it
  /// only.
  void subscribe(std::shared_ptr<StreamWriter> writer, const std::string& lastId,
                 std::string group);
  std::size_t subscribers() const;
  /// What start()'s thread does each second.
  void tick();

 private:
  struct Event {
    std::uint64_t number = 0;
    std::string text;
  };
  struct Subscriber {
    std::shared_ptr<StreamWriter> writer;
    std::string group;
    std::uint64_t told = 0;  // version of the report that it has
  };
  void post(std::string_view type, std::string data);
  void publish(std::string_view type, const std::string& data) MR_REQUIRES(mutex_);
  void deliver() MR_REQUIRES(mutex_);
  void loop(const std::stop_token& stop);

  StatusBook& status_;
  const Clock& clock_;
  const std::string epoch_;
  Mutex inboxMutex_;  // held for moments only: workers of the engine post here
  Condition wake_;
  std::vector<std::pair<std::string, std::string>> inbox_ MR_GUARDED_BY(inboxMutex_);
  bool wanted_ MR_GUARDED_BY(inboxMutex_) = false;  // somebody follows

  mutable Mutex mutex_;
  std::vector<Subscriber> subscribers_ MR_GUARDED_BY(mutex_);
  std::deque<Event> kept_ MR_GUARDED_BY(mutex_);
  std::size_t keptBytes_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t last_ MR_GUARDED_BY(mutex_) = 0;
  Nanos heartbeat_ MR_GUARDED_BY(mutex_) = 0;
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

/// As GET /bulletins and the event tell it.
std::string bulletinJson(const engine::Bulletin& bulletin);

}  // namespace millrace::server
