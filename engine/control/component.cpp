// SPDX-License-Identifier: Apache-2.0
#include "engine/control/component.h"

#include "engine/session/revocable_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace millrace::engine {
namespace {

constexpr Nanos kBored = 10 * kMillisecond;  // NiFi's bored yield, for the first empty trigger
constexpr std::uint32_t kMostBoredom = 4;    // doubled as often: 160 ms at most
constexpr std::size_t kAhead = 256;          // FlowFiles taken from a queue at once
constexpr std::size_t kMostEntries =
    2048;  // FlowFiles of one commit, where the processor leaves a choice
constexpr std::uint32_t kTriggersBetweenLooks = 8;  // at the clock and the queues, within a slice

/// A slice's stay behind its gate.
class GatePass {
 public:
  explicit GatePass(PortGate* gate) : gate_(gate), granted_(gate == nullptr || gate->enter()) {}
  ~GatePass() {
    if (gate_ != nullptr && granted_) gate_->leave();
  }
  GatePass(const GatePass&) = delete;
  GatePass& operator=(const GatePass&) = delete;
  bool granted() const { return granted_; }

 private:
  PortGate* const gate_;
  const bool granted_;
};

}  // namespace

Component::Component(ComponentServices services, const ProcessorDescriptor& descriptor,
                     ComponentId id, std::string path,
                     std::shared_ptr<ComponentStatistics> statistics)
    : services_(services),
      descriptor_(descriptor),
      id_(id),
      path_(path),
      context_(services.world, services.bulletins, id, std::move(path), descriptor.type),
      processor_(descriptor.make()),
      statistics_(statistics != nullptr ? std::move(statistics)
                                        : std::make_shared<ComponentStatistics>()) {}

Component::~Component() = default;

void Component::configure(std::shared_ptr<const Configuration> configuration) {
  context_.configure(std::move(configuration));
}

void Component::schedule(Schedule schedule) {
  concurrency_ =
      descriptor_.serial ? 1 : std::max({1U, schedule.concurrency, descriptor_.leastTasks});
  runsLeft_ = schedule.runs.value_or(~0ULL);
  schedule_ = std::move(schedule);
}

void Component::onWake(std::function<void()> waker) {
  context_.setWaker([this, waker = std::move(waker)] {
    ++wakes_;
    boredUntil_ = 0;
    if (waker) waker();
  });
}

Result<> Component::start() {
  if (state_ == ComponentState::kRunning) return Done{};
  context_.setStopping(false);
  context_.clearYield();
  Result<> scheduled = Done{};
  try {
    scheduled = processor_->onScheduled(context_);
    mayWait_ = processor_->mayWait();
  } catch (const std::exception& thrown) {
    scheduled = Error::bug(thrown.what());
  }
  if (!scheduled.ok()) {
    return Error{scheduled.error().fault, scheduled.error().retry,
                 fmt::format("{} cannot start: {}", path_, scheduled.error().message)};
  }
  const Nanos now = services_.world.clock.monotonic();
  if (schedule_.kind == Schedule::Kind::kCron) {
    const auto next = schedule_.cron->next(services_.world.clock.wall());
    nextDue_ = next ? now + (*next - services_.world.clock.wall()) * kMillisecond : INT64_MAX;
  } else {
    nextDue_ = 0;
  }
  boredUntil_ = 0;
  boredom_ = 0;
  exhaustedAt_ = ~0ULL;
  once_ = Once::kNo;
  state_ = ComponentState::kRunning;
  return Done{};
}

void Component::beginStop() {
  if (state_ != ComponentState::kRunning) return;
  state_ = ComponentState::kStopping;
  context_.setStopping(true);
  processor_->onUnscheduled(context_);
}

void Component::finishStop() {
  if (state_ != ComponentState::kStopping) return;
  processor_->onStopped(context_);
  state_ = ComponentState::kStopped;
}

bool Component::isExhausted() const {
  if (runsLeft_ == 0) return true;
  if (isEndless()) return false;
  return exhaustedAt_ == services_.changes.load();
}

void Component::lookAgain(std::uint64_t changes) {
  if (boredom_ == 0 || lookedAgainAt_.exchange(changes) == changes) return;
  context_.clearYield();
  context_.wake();
}

Lsn Component::pollLimit() const {
  return descriptor_.effect == OutsideEffect::kOutside ? services_.store.commits.durable()
                                                       : Lsn(~0ULL);
}

bool Component::looksWithoutInput() const {
  return descriptor_.triggerWhenEmpty && (heldCount() > 0 || descriptor_.wakesItself);
}

bool Component::hasWork(const Wiring& wiring, Nanos now) const {
  if (wiring.inputs.empty()) return descriptor_.input != InputRequirement::kRequired;
  const Lsn limit = pollLimit();
  for (const auto& queue : wiring.inputs) {
    if (!queue->isEmpty() && queue->hasDue(now, limit)) return true;
  }
  return looksWithoutInput() && now >= boredUntil_.load(std::memory_order_relaxed);
}

bool Component::hasRoom(const Wiring& wiring) const {
  bool anyConnection = false;
  bool anyRoom = false;
  for (const Route& route : wiring.routes) {
    for (const auto& queue : route.connections) {
      const bool loop =
          std::find(wiring.inputs.begin(), wiring.inputs.end(), queue) != wiring.inputs.end();
      if (loop) continue;
      anyConnection = true;
      if (!queue->isFull()) {
        anyRoom = true;
      } else if (!descriptor_.triggerWhenAnyAvailable) {
        return false;
      }
    }
  }
  return !anyConnection || anyRoom;
}

bool Component::isReady(Nanos now) {
  if (state_ != ComponentState::kRunning || runsLeft_ == 0 || once_ > Once::kDue) return false;
  if (now < context_.yieldedUntil() || now < nextDue_.load(std::memory_order_relaxed)) return false;
  const auto wiring = context_.wiring();
  if (wiring->inputs.empty() && now < boredUntil_.load(std::memory_order_relaxed)) return false;
  if (wiring->gate != nullptr && !wiring->gate->isOpen()) return false;
  return hasWork(*wiring, now) && hasRoom(*wiring);
}

std::optional<Nanos> Component::nextMoment(Nanos now) {
  if (state_ != ComponentState::kRunning || runsLeft_ == 0 || once_ > Once::kDue)
    return std::nullopt;
  Nanos earliest = std::max(context_.yieldedUntil(), nextDue_.load());
  const auto wiring = context_.wiring();
  if (wiring->inputs.empty()) {
    if (!hasRoom(*wiring)) return std::nullopt;  // the queue that drains wakes us
    earliest = std::max(earliest, boredUntil_.load());
    return earliest > now ? std::optional(earliest) : std::nullopt;
  }
  // The queue that empties wakes those who wait at a gate.
  if (wiring->gate != nullptr && !wiring->gate->isOpen()) return std::nullopt;
  std::optional<Nanos> work;
  const auto sooner = [&](Nanos moment) { work = work ? std::min(*work, moment) : moment; };
  for (const auto& queue : wiring->inputs) {
    if (queue->isEmpty()) continue;
    if (queue->hasDue(now, pollLimit())) sooner(now);
    if (const auto due = queue->nextDue()) sooner(*due);
  }
  if (looksWithoutInput()) sooner(boredUntil_);
  if (!work) return std::nullopt;
  const Nanos moment = std::max(earliest, *work);
  return moment > now ? std::optional(moment) : std::nullopt;
}

/// One of the runs that the schedule allows; false when none is left.
bool Component::takeRun() {
  if (!schedule_.runs) return true;
  std::uint64_t left = runsLeft_.load();
  while (left > 0 && !runsLeft_.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

void Component::advanceTimer(Nanos now) {
  if (schedule_.kind == Schedule::Kind::kEvery && schedule_.every > 0)
    nextDue_ = now + schedule_.every;
  if (schedule_.kind == Schedule::Kind::kCron) {
    const Millis wall = services_.world.clock.wall();
    const auto next = schedule_.cron->next(wall);
    nextDue_ = next ? now + (*next - wall) * kMillisecond : INT64_MAX;
  }
}

std::shared_ptr<EngineSession> Component::takeSession() {
  MutexLock lock(mutex_);
  if (idle_.empty()) {
    active_.push_back(std::make_shared<EngineSession>(services_.store));
  } else {
    active_.push_back(std::move(idle_.back()));
    idle_.pop_back();
  }
  return active_.back();
}

void Component::giveSession(const std::shared_ptr<EngineSession>& session) {
  MutexLock lock(mutex_);
  std::erase(active_, session);
  if (!session->revocation().isRevoked()) idle_.push_back(session);
}

void Component::failed(EngineSession& session, const std::string& message) {
  ++statistics_->failures;
  const std::size_t inputs = session.triggerInputs();
  // A bin that was held is to blame as a whole, however slowly its FlowFiles came.
  if (inputs > 1 && !session.triggerTookHeld()) {
    // One of them is to blame: try them one by one, so that only that one waits out its penalty.
    session.undoTrigger(false);
    oneByOne_ = static_cast<std::uint32_t>(inputs);
    return;
  }
  const std::string blamed = session.triggerInput();
  session.undoTrigger(true);
  if (inputs == 0) context_.yield();
  context_.log(BulletinLevel::kError, message, blamed);
}

/// The session is the processor's for the time of this: it enters it by itself for each call.
/// Nothing when the session was taken away meanwhile.
std::optional<Result<>> Component::callProcessor(EngineSession& session) {
  session.revocation().leave();
  Result<> result = Done{};
  try {
    RevocableSession handed(session);
    result = processor_->onTrigger(context_, handed);
  } catch (const std::exception& thrown) {
    result = Error::bug(thrown.what());
  } catch (...) {
    result = Error::bug("the processor threw something that is no std::exception");
  }
  if (!session.revocation().enter()) return std::nullopt;
  return result;
}

Component::TriggerEnd Component::trigger(EngineSession& session, const Wiring& wiring) {
  std::uint32_t single = oneByOne_.load(std::memory_order_relaxed);
  if (single > 0) oneByOne_.compare_exchange_strong(single, single - 1);
  session.startTrigger(single > 0 ? 1 : SIZE_MAX);
  statistics_->triggers.fetch_add(1, std::memory_order_relaxed);
  try {
    auto called = wiring.gate != nullptr ? wiring.gate->move(session) : callProcessor(session);
    if (!called) return TriggerEnd::kAbandoned;
    Result<>& result = *called;
    if (result.ok()) result = session.endTrigger();
    if (!result.ok()) {
      failed(session, result.error().message);
      return TriggerEnd::kFailed;
    }
  } catch (const std::exception& thrown) {
    failed(session, thrown.what());
    return TriggerEnd::kFailed;
  }
  return session.triggerDidSomething() ? TriggerEnd::kWorked : TriggerEnd::kNothing;
}

/// Commits; false when that failed, and the component has yielded.
std::optional<SliceResult> Component::endSession(EngineSession& session) {
  Result<SliceResult> committed = Error::bug("not committed");
  try {
    committed = session.commitSlice();
  } catch (const std::exception& thrown) {
    session.abandon(false);
    committed = Error::bug(thrown.what());
  }
  if (!committed.ok()) {
    ++statistics_->failures;
    context_.log(BulletinLevel::kError,
                 fmt::format("nothing was committed: {}", committed.error().message));
    context_.yield();
    return std::nullopt;
  }
  count(*committed);
  if (committed->yieldFor > 0) context_.yield(committed->yieldFor);
  return *committed;
}

void Component::count(const SliceResult& result) {
  if (result.lsn.raw() != 0) services_.changes.fetch_add(1);
  const auto add = [](auto& sum, auto value) { sum.fetch_add(value, std::memory_order_relaxed); };
  add(statistics_->in, result.in);
  add(statistics_->inBytes, result.inBytes);
  add(statistics_->out, result.out);
  add(statistics_->outBytes, result.outBytes);
  add(statistics_->removed, result.removed);
  add(statistics_->bytesRead, result.bytesRead);
  add(statistics_->bytesWritten, result.bytesWritten);
  for (const std::string& note : result.notes) context_.log(BulletinLevel::kWarn, note);
}

void Component::boredomAfter(bool worked, Nanos now, std::uint64_t wakesBefore) {
  if (worked) {
    boredom_ = 0;
    boredUntil_ = 0;
    return;
  }
  if (descriptor_.wakesItself && !descriptor_.triggerWhenEmpty) {
    boredUntil_ = INT64_MAX;
    // A call that came while the trigger looked must not be lost.
    if (wakes_.load() != wakesBefore) boredUntil_ = 0;
    return;
  }
  const std::uint32_t level = std::min(boredom_.load(), kMostBoredom);
  boredUntil_ = now + (kBored << level);
  boredom_ = level + 1;
}

/// Triggers for one commit.
Component::SliceEnd Component::runTriggers(EngineSession& session, const Wiring& wiring, Nanos end,
                                           bool& worked) {
  const bool timed = schedule_.kind == Schedule::Kind::kCron || schedule_.every > 0;
  // A source makes one step each time that it is due.
  const bool single = once_ != Once::kNo || (timed && wiring.inputs.empty()) ||
                      (wiring.gate != nullptr && wiring.gate->movesOnce());
  for (std::uint32_t count = 1;; ++count) {
    if (!takeOnce() || !takeRun()) return SliceEnd::kOver;
    const TriggerEnd ended = trigger(session, wiring);
    if (ended == TriggerEnd::kAbandoned) return SliceEnd::kAbandoned;
    worked = worked || ended == TriggerEnd::kWorked;
    if (ended == TriggerEnd::kNothing || single) return SliceEnd::kOver;
    if (ended == TriggerEnd::kFailed) return SliceEnd::kMore;
    if (!descriptor_.batching || session.entryCount() >= kMostEntries) return SliceEnd::kMore;
    if (count % kTriggersBetweenLooks == 0 &&
        (services_.world.clock.monotonic() >= end || !hasRoom(wiring)))
      return SliceEnd::kMore;
  }
}

void Component::runSlice() {
  const Clock& clock = services_.world.clock;
  const Nanos start = clock.monotonic();
  const std::uint64_t changesBefore = services_.changes.load();
  const std::uint64_t wakesBefore = wakes_.load();
  advanceTimer(start);
  const Nanos end = start + schedule_.runDuration;
  const auto wiring = context_.wiring();
  const GatePass pass(wiring->gate.get());
  if (!pass.granted()) return;
  const auto session = takeSession();
  if (!session->revocation().enter()) return;
  bool worked = false;
  SliceEnd then = SliceEnd::kMore;
  Nanos begun = start;  // of the session
  while (then == SliceEnd::kMore) {
    session->begin(wiring, pollLimit(), descriptor_.batching ? kAhead : 1);
    then = runTriggers(*session, *wiring, end, worked);
    if (then == SliceEnd::kAbandoned) return;  // others have taken over; nothing is ours any more
    const auto ended = endSession(*session);
    if (!ended) break;
    const Nanos now = clock.monotonic();
    noteLatency(*ended, begun, now);
    begun = now;
    if (now >= end || !isReady(now)) break;
  }
  session->revocation().leave();
  giveSession(session);
  const Nanos now = clock.monotonic();
  statistics_->slices.fetch_add(1, std::memory_order_relaxed);
  statistics_->busy.fetch_add(now - start, std::memory_order_relaxed);
  boredomAfter(worked, now, wakesBefore);
  endOnce();
  if (!worked && services_.changes.load() == changesBefore) exhaustedAt_ = changesBefore;
}

}  // namespace millrace::engine
