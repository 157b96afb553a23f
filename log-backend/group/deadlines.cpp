// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/deadlines.h"

namespace millrace::log {

void Deadlines::tellEarlier(std::function<void()> onEarlier) {
  MutexLock lock(mutex_);
  onEarlier_ = std::move(onEarlier);
}

void Deadlines::clear() {
  std::map<Token, Action> gone;  // what they hold goes without the lock
  MutexLock lock(mutex_);
  gone.swap(actions_);
}

Deadlines::Token Deadlines::at(Nanos when, Action action) {
  Token token;
  std::function<void()> onEarlier;
  {
    MutexLock lock(mutex_);
    token = {when, ++counter_};
    if (actions_.empty() || when < actions_.begin()->first.first) onEarlier = onEarlier_;
    actions_.emplace(token, std::move(action));
  }
  if (onEarlier) onEarlier();
  return token;
}

void Deadlines::cancel(const Token& token) {
  Action gone;  // what it holds goes without the lock
  MutexLock lock(mutex_);
  const auto found = actions_.find(token);
  if (found == actions_.end()) return;
  gone = std::move(found->second);
  actions_.erase(found);
}

std::optional<Nanos> Deadlines::next() const {
  MutexLock lock(mutex_);
  if (actions_.empty()) return std::nullopt;
  return actions_.begin()->first.first;
}

std::size_t Deadlines::runDue(Nanos now) {
  std::size_t count = 0;
  while (true) {
    Action action;
    {
      MutexLock lock(mutex_);
      if (actions_.empty() || actions_.begin()->first.first > now) return count;
      action = std::move(actions_.begin()->second);
      actions_.erase(actions_.begin());
    }
    action();
    ++count;
  }
}

}  // namespace millrace::log
