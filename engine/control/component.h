// SPDX-License-Identifier: Apache-2.0
#pragma once
// Component: one processor, port or funnel of a running flow: its state, its schedule, and what a
// slice of it is. Owner: the flow controller, and the scheduler while it is queued. Threads: Task's
// methods from the scheduler; the rest from the controller, which makes sure that no slice runs
// where a method says so.

#include "engine/control/component_context.h"
#include "engine/control/latency_histogram.h"
#include "engine/processor/processor.h"
#include "engine/schedule/cron.h"
#include "engine/schedule/task.h"
#include "engine/session/engine_session.h"
#include "engine/session/held_flowfiles.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::engine {

enum class ComponentState : std::uint8_t { kStopped, kRunning, kStopping, kDisabled };

/// When a component runs and how much of it.
struct Schedule {
  enum class Kind : std::uint8_t { kEvery, kCron, kEvent };
  Kind kind = Kind::kEvery;
  Nanos every = 0;
  std::optional<Cron> cron;
  std::optional<std::uint64_t> runs;  ///< triggers, then it is done
  Nanos runDuration = 25 * kMillisecond;
  std::uint32_t concurrency = 1;
};

/// What a component did since it was made. Sums; bytes of content.
struct ComponentStatistics {
  std::atomic<std::uint64_t> in{0}, inBytes{0}, out{0}, outBytes{0}, removed{0}, bytesRead{0},
      bytesWritten{0};
  std::atomic<std::uint64_t> triggers{0}, slices{0}, failures{0};
  std::atomic<Nanos> busy{0};  ///< time in slices, commit included
  /// How long FlowFiles waited, of each session the first one that it took; in milliseconds, as
  /// FlowFiles know when they were queued.
  LatencyHistogram queueing;
  /// How long sessions took, the commit included, once for each FlowFile in them.
  LatencyHistogram processing;
  /// What the controller saw of them when it looked last; used under its lock.
  mutable LatencyLook queueingLook, processingLook;
};

/// What all components of a flow share.
struct ComponentServices {
  Store& store;
  World world;
  Bulletins& bulletins;
  /// Rises with every commit and every other change that can give work to somebody.
  std::atomic<std::uint64_t>& changes;
};

class Component final : public Task {
 public:
  /// `statistics`: those of the instance that this one takes the place of, if any.
  Component(ComponentServices services, const ProcessorDescriptor& descriptor, ComponentId id,
            std::string path, std::shared_ptr<ComponentStatistics> statistics = nullptr);
  ~Component() override;

  // -- set up by the controller while no slice runs
  // ---------------------------------------------------------------
  void configure(std::shared_ptr<const Configuration> configuration);
  void schedule(Schedule schedule);
  /// Called, from any thread, when the processor asks to be triggered.
  void onWake(std::function<void()> waker);
  void setLimits(std::vector<std::shared_ptr<TaskLimit>> limits) { limits_ = std::move(limits); }
  /// May be swapped while slices run: each slice keeps the one that it began with.
  void wire(Wiring wiring) {
    wiring.held = held_;
    context_.wire(std::make_shared<const Wiring>(std::move(wiring)));
  }
  ComponentContext& context() { return context_; }
  /// Calls onScheduled; an Error leaves it stopped.
  Result<> start();
  /// No slice begins any more, and the processor is told; slices that run go on.
  void beginStop();
  /// After the last slice.
  void finishStop();
  /// Gives up the slices that do not end: what they have in hand and what the processor holds goes
  /// back to its queues, and nothing that their threads still do has an effect. The component is of
  /// no use afterwards; its successor takes its place.
  void abandon();
  /// A stopped component with another instance of the processor and the same configuration.
  std::shared_ptr<Component> successor() const;
  void disable() { state_ = ComponentState::kDisabled; }
  void enable() {
    if (state_ == ComponentState::kDisabled) state_ = ComponentState::kStopped;
  }
  /// Starts for one trigger, which the next slice makes. False: it had nothing to do now, and is
  /// stopped again.
  Result<bool> beginOnce();
  /// Waits for the end of that trigger; false when it did not come within the time.
  bool waitOnce(Nanos atMost);
  /// Adds what a session of this component did, and tells of the change.
  void count(const SliceResult& result);

  // -- seen from outside
  // ------------------------------------------------------------------------------------------
  ComponentId id() const { return id_; }
  const std::string& path() const { return path_; }
  const ProcessorDescriptor& descriptor() const { return descriptor_; }
  ComponentState state() const { return state_; }
  const ComponentStatistics& statistics() const { return *statistics_; }
  bool isSource() const { return !context_.hasInput(); }
  /// For --until-idle: a source whose latest trigger, begun after the last change in the flow,
  /// found nothing to do, or that has made all its runs.
  bool isExhausted() const;
  /// For who waits until nothing happens any more: one that found nothing, and before others did
  /// something, looks again without waiting out its yield. Once for each count of `changes`.
  void lookAgain(std::uint64_t changes);
  /// True for a source that never runs dry and has no limit on its runs.
  bool isEndless() const { return descriptor_.endless && !schedule_.runs; }
  /// FlowFiles that the processor holds across triggers.
  std::uint32_t heldCount() const { return held_->count(); }

  // -- Task
  // -------------------------------------------------------------------------------------------------------
  bool isReady(Nanos now) override;
  std::optional<Nanos> nextMoment(Nanos now) override;
  void runSlice() override;
  std::uint32_t maxTasks() const override { return concurrency_.load(std::memory_order_relaxed); }
  bool blocking() const override {
    return descriptor_.blocking && mayWait_.load(std::memory_order_relaxed);
  }
  const std::vector<std::shared_ptr<TaskLimit>>& limits() const override { return limits_; }

 private:
  enum class TriggerEnd : std::uint8_t { kWorked, kNothing, kFailed, kAbandoned };
  enum class SliceEnd : std::uint8_t { kMore, kOver, kAbandoned };

  /// What is left of the one trigger of beginOnce().
  enum class Once : std::uint8_t { kNo, kDue, kBegun, kMade };

  /// It may find something to do though its queues are empty.
  bool looksWithoutInput() const;
  bool hasWork(const Wiring& wiring, Nanos now) const;
  bool hasRoom(const Wiring& wiring) const;
  Lsn pollLimit() const;
  bool takeRun();
  bool takeOnce();
  void endOnce();
  void advanceTimer(Nanos now);
  TriggerEnd trigger(EngineSession& session, const Wiring& wiring);
  SliceEnd runTriggers(EngineSession& session, const Wiring& wiring, Nanos end, bool& worked);
  void failed(EngineSession& session, const std::string& message);
  std::optional<Result<>> callProcessor(EngineSession& session);
  /// Nothing when it was not committed.
  std::optional<SliceResult> endSession(EngineSession& session);
  void noteLatency(const SliceResult& result, Nanos begun, Nanos now);
  void boredomAfter(bool worked, Nanos now, std::uint64_t wakesBefore);
  std::shared_ptr<EngineSession> takeSession();
  void giveSession(const std::shared_ptr<EngineSession>& session);

  ComponentServices services_;
  const ProcessorDescriptor& descriptor_;
  std::atomic<bool> mayWait_{true};  // as the processor said when it was scheduled
  const ComponentId id_;
  const std::string path_;
  ComponentContext context_;
  std::unique_ptr<Processor> processor_;
  Schedule schedule_;
  std::vector<std::shared_ptr<TaskLimit>> limits_;
  std::shared_ptr<HeldFlowFiles> held_ = std::make_shared<HeldFlowFiles>();

  std::atomic<ComponentState> state_{ComponentState::kStopped};
  std::atomic<std::uint32_t> concurrency_{1};
  std::atomic<Nanos> nextDue_{0};     // of the timer or cron
  std::atomic<Nanos> boredUntil_{0};  // a source that found nothing is left alone for a moment
  std::atomic<std::uint32_t> boredom_{0};
  std::atomic<std::uint64_t> wakes_{0};  // so many times did the processor ask to be triggered
  std::atomic<std::uint64_t> runsLeft_{~0ULL};
  std::atomic<std::uint32_t> oneByOne_{
      0};  // triggers left to run with one input each, after a failed batch
  std::atomic<std::uint64_t> exhaustedAt_{~0ULL};
  std::atomic<std::uint64_t> lookedAgainAt_{~0ULL};
  /// Shared with the successor, which goes on counting.
  const std::shared_ptr<ComponentStatistics> statistics_;

  std::atomic<Once> once_{Once::kNo};

  Mutex mutex_;
  Condition onceMade_;
  // Shared, since abandon() needs those of threads that may come back at any moment.
  std::vector<std::shared_ptr<EngineSession>> active_ MR_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<EngineSession>> idle_ MR_GUARDED_BY(mutex_);  // used again
};

}  // namespace millrace::engine
