// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/c2_link.h"

#include "minifi-agent/c2/flow_seal.h"
#include "processors/http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::agent {
namespace {

constexpr std::size_t kMostUnderWay = 64;
constexpr std::size_t kMostQuoted = 200;

/// What a server said that did not do what it was asked for.
std::string said(const C2Answer& answer) {
  std::string text = answer.body.substr(0, kMostQuoted);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return fmt::format("the server answers {}{}{}", answer.status, text.empty() ? "" : ": ", text);
}

bool mayPass(int status) {
  return status >= 500 || status == 401 || status == 408 || status == 429;
}

std::string lastPart(const std::string& location) {
  const std::string path = location.substr(0, location.find('?'));
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

C2Link::C2Link(const Clock& clock, C2Channel& channel, const C2Settings& settings, Random random,
               Hooks hooks)
    : clock_(clock),
      channel_(channel),
      settings_(settings),
      hooks_(std::move(hooks)),
      pace_(settings.period, random),
      next_(clock.monotonic()) {}

C2Link::~C2Link() {
  thread_.request_stop();
  changed_.notifyAll();
}

void C2Link::start() {
  {
    MutexLock lock(mutex_);
    ended_ = false;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) {
    loop(stop);
    MutexLock lock(mutex_);
    ended_ = true;
    changed_.notifyAll();
  });
}

void C2Link::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Nanos wait = step();
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(wait);
    MutexLock lock(mutex_);
    while (!stop.stop_requested() && !wanted_) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= left.zero() || !changed_.waitFor(mutex_, left)) break;
    }
    wanted_ = false;
  }
}

bool C2Link::stop(Nanos atMost) {
  thread_.request_stop();
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost);
  MutexLock lock(mutex_);
  changed_.notifyAll();
  while (!ended_) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    changed_.waitFor(mutex_, left);
  }
  return true;
}

void C2Link::acknowledge(Acknowledgement acknowledgement) {
  MutexLock lock(mutex_);
  unsent_.push_back(std::move(acknowledgement));
  if (unsent_.size() > kMostUnderWay) {
    // The server asks for it again.
    underWay_.erase(unsent_.front().operation);
    unsent_.pop_front();
  }
  wanted_ = true;
  changed_.notifyAll();
}

void C2Link::expect(const std::string& operation) {
  MutexLock lock(mutex_);
  underWay_.insert(operation);
}

Nanos C2Link::step() {
  if (!away_) sendAcknowledgements();
  if (const Nanos now = clock_.monotonic(); now < next_) return next_ - now;
  const bool answered = beat();
  const Nanos wait = answered ? pace_.afterAnswer() : pace_.afterNone(hooks_.isOnTrial());
  next_ = clock_.monotonic() + wait;
  if (answered) sendAcknowledgements();
  return wait;
}

void C2Link::sendAcknowledgements() {
  for (;;) {
    Acknowledgement next;
    {
      MutexLock lock(mutex_);
      if (unsent_.empty()) return;
      next = unsent_.front();
    }
    const auto answer = channel_.post(settings_.acknowledgeUrl, writeAcknowledgement(next));
    if (!answer.ok() || mayPass(answer->status)) {
      failed(answer.ok() ? said(*answer) : answer.error().message);
      return;
    }
    if (answer->status / 100 != 2)
      hooks_.say(fmt::format("the operation {}: {}", next.operation, said(*answer)));
    {
      MutexLock lock(mutex_);
      // acknowledge() may have dropped the front meanwhile.
      if (!unsent_.empty() && unsent_.front().operation == next.operation) unsent_.pop_front();
      underWay_.erase(next.operation);
    }
    ServerWord word;
    word.kind = ServerWord::Kind::kAcknowledged;
    word.operation.id = next.operation;
    hooks_.hear(std::move(word));
  }
}

bool C2Link::failed(const std::string& why) {
  if (!std::exchange(away_, true))
    hooks_.say(fmt::format("{}: {}; it is tried again", settings_.url, why));
  return false;
}

bool C2Link::beat() {
  const Nanos sent = clock_.monotonic();
  const bool full = settings_.alwaysFull || !told_;
  const Beat beat = hooks_.heartbeat(full, address_, lastBulletin_);
  const auto answer = channel_.post(settings_.url, beat.body);
  if (!answer.ok()) return failed(answer.error().message);
  if (answer->status / 100 != 2) return failed(said(*answer));
  auto operations = readOperations(answer->body);
  if (!operations.ok()) return failed(operations.error().message);
  if (std::exchange(away_, false)) hooks_.say(fmt::format("{}: reached again", settings_.url));
  told_ = true;
  lastBulletin_ = beat.lastBulletin;
  address_ = answer->address;
  ServerWord word;
  word.sent = sent;
  hooks_.hear(std::move(word));
  for (Operation& each : *operations) take(std::move(each));
  return true;
}

void C2Link::take(Operation operation) {
  const std::string id = operation.id;
  {
    MutexLock lock(mutex_);
    if (underWay_.size() >= kMostUnderWay || !underWay_.insert(id).second) return;
  }
  ServerWord word;
  word.kind = ServerWord::Kind::kOperation;
  word.operation = std::move(operation);
  const bool flow = word.operation.name == "UPDATE" &&
                    (word.operation.operand == "configuration" || word.operation.operand.empty());
  if (!flow || fetch(word)) {
    hooks_.hear(std::move(word));
    return;
  }
  MutexLock lock(mutex_);
  underWay_.erase(id);
}

bool C2Link::fetch(ServerWord& word) {
  std::string location = word.operation.argument({"location", "flowUrl", "url"});
  if (location.empty()) {
    word.refusal = "the operation does not say where the flow is";
    return true;
  }
  if (!location.starts_with("http://") && !location.starts_with("https://"))
    location = settings_.flowBase + (location.starts_with('/') ? "" : "/") + location;
  if (settings_.url.starts_with("https://") && location.starts_with("http://")) {
    word.refusal = fmt::format("the flow is at {}, which is less safe than the server", location);
    return true;
  }
  const auto answer = channel_.get(location);
  if (!answer.ok() || (answer->status / 100 != 2 && mayPass(answer->status))) {
    hooks_.say(
        fmt::format("{}: {}", location, answer.ok() ? said(*answer) : answer.error().message));
    return false;
  }
  if (answer->status / 100 != 2) {
    word.refusal = fmt::format("the flow cannot be fetched: {}", said(*answer));
    return true;
  }
  word.flow = OfferedFlow{word.operation.id, word.operation.argument({"flowId"}), 0, answer->body};
  if (word.flow->flowId.empty()) word.flow->flowId = lastPart(location);
  fetched(*answer, word);
  return true;
}

void C2Link::fetched(const C2Answer& answer, ServerWord& word) const {
  const auto seal = readSeal(answer.seal);
  if (seal.ok()) word.flow->serial = seal->serial;
  if (settings_.key.empty()) return;
  const auto holds = seal.ok() ? checkSeal(*seal, settings_.key, settings_.agent,
                                           settings_.agentClass, word.flow->bytes)
                               : Result<>(seal.error());
  if (holds.ok()) return;
  word.refusal = holds.error().message;
  word.flow.reset();
}

}  // namespace millrace::agent
