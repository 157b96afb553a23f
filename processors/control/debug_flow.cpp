// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace millrace::processors {
namespace {

constexpr Property<std::int64_t> iterations(std::string_view name, std::string_view description,
                                            std::string_view standard) {
  return Property<std::int64_t>{{.name = name,
                                 .description = description,
                                 .defaultValue = standard,
                                 .required = true,
                                 .atLeast = 0,
                                 .atMost = 1'000'000'000}};
}

constexpr auto kSuccesses =
    iterations("FlowFile Success Iterations", "How many FlowFiles in a row go to success.", "1");
constexpr auto kFailures =
    iterations("FlowFile Failure Iterations", "How many FlowFiles then go to failure.", "0");
constexpr auto kRollbacks = iterations(
    "FlowFile Rollback Iterations", "How many times a FlowFile then goes back to its queue.", "0");
constexpr auto kYields = iterations(
    "FlowFile Rollback Yield Iterations",
    "How many times a FlowFile then goes back to its queue and the processor pauses.", "0");
constexpr auto kPenalties =
    iterations("FlowFile Rollback Penalty Iterations",
               "How many times a FlowFile then goes back to its queue, penalized.", "0");
constexpr auto kExceptions =
    iterations("FlowFile Exception Iterations", "How many times the processor then fails.", "0");
constexpr Property<std::string> kExceptionClass{
    {.name = "FlowFile Exception Class",
     .description = "What the error says that these failures end with.",
     .defaultValue = "java.lang.RuntimeException"}};
constexpr auto kEmptySkips = iterations(
    "No FlowFile Skip Iterations", "Without input: how many times in a row nothing happens.", "1");
constexpr auto kEmptyExceptions = iterations("No FlowFile Exception Iterations",
                                             "Without input: how many times it then fails.", "0");
constexpr auto kEmptyYields = iterations("No FlowFile Yield Iterations",
                                         "Without input: how many times it then pauses.", "0");
constexpr Property<std::string> kEmptyExceptionClass{
    {.name = "No FlowFile Exception Class",
     .description = "What the error says that these failures end with.",
     .defaultValue = "java.lang.RuntimeException"}};
constexpr auto kWrites =
    iterations("Write Iterations", "How many times new content is written to each FlowFile.", "0");
constexpr Property<DataSize> kContentSize{{.name = "Content Size",
                                           .description = "Bytes of the content that is written.",
                                           .defaultValue = "1 KB",
                                           .required = true,
                                           .atMost = INT64_C(1) << 30}};
constexpr Property<bool> kFailScheduled{{.name = "Fail When @OnScheduled Called",
                                         .description = "Whether the processor refuses to start.",
                                         .defaultValue = "false",
                                         .required = true}};
constexpr Property<Duration> kPause{
    {.name = "OnTrigger Pause Time",
     .description =
         "How long each trigger hangs with its FlowFile in hand. Nothing ends that early; "
         "a processor that does not stop for it can be terminated.",
     .defaultValue = "0 sec",
     .required = true}};
constexpr auto kStateEntries =
    iterations("Generate State Entries", "How many entries of state each trigger writes.", "0");
constexpr std::array kProperties{&kSuccesses.info,
                                 &kFailures.info,
                                 &kRollbacks.info,
                                 &kYields.info,
                                 &kPenalties.info,
                                 &kExceptions.info,
                                 &kExceptionClass.info,
                                 &kEmptySkips.info,
                                 &kEmptyExceptions.info,
                                 &kEmptyYields.info,
                                 &kEmptyExceptionClass.info,
                                 &kWrites.info,
                                 &kContentSize.info,
                                 &kFailScheduled.info,
                                 &kPause.info,
                                 &kStateEntries.info};

constexpr Relationship kSuccess{"success", "FlowFiles of the success iterations."};
constexpr Relationship kFailure{"failure", "FlowFiles of the failure iterations."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 3> kTags{"test", "debug", "fault"};

/// Goes round a list of actions, each as often as it is set.
class Cycle {
 public:
  void set(std::vector<std::int64_t> times) {
    times_ = std::move(times);
    action_ = 0;
    done_ = 0;
  }
  /// The position of the action whose turn it is; nothing when all are set to zero.
  std::optional<std::size_t> next() {
    for (std::size_t looked = 0; looked <= times_.size(); ++looked) {
      if (done_ < times_[action_]) {
        ++done_;
        return action_;
      }
      action_ = (action_ + 1) % times_.size();
      done_ = 0;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::int64_t> times_;
  std::size_t action_ = 0;
  std::int64_t done_ = 0;
};

class DebugFlow final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    if (context.get(kFailScheduled))
      return Error::user("asked to fail when scheduled: unset Fail When @OnScheduled Called");
    const MutexLock lock(mutex_);
    withFile_.set({context.get(kSuccesses), context.get(kFailures), context.get(kRollbacks),
                   context.get(kYields), context.get(kPenalties), context.get(kExceptions)});
    withoutFile_.set(
        {context.get(kEmptySkips), context.get(kEmptyExceptions), context.get(kEmptyYields)});
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return idle(context);
    writeState(context, session);
    pause(context.clock(), context.get(kPause));
    switch (nextOf(withFile_).value_or(0)) {
      case 1:
        return passOn(context, session, *file, kFailure);
      case 2:
        session.transferToSelf(*file);
        return Done{};
      case 3:
        session.transferToSelf(*file);
        context.yield();
        return Done{};
      case 4:
        session.penalize(*file);
        session.transferToSelf(*file);
        return Done{};
      case 5:
        return Error::environment(
            fmt::format("asked to fail with {}: set FlowFile Exception Iterations to 0",
                        context.get(kExceptionClass)));
      default:
        return passOn(context, session, *file, kSuccess);
    }
  }

 private:
  std::optional<std::size_t> nextOf(Cycle& cycle) {
    const MutexLock lock(mutex_);
    return cycle.next();
  }

  static void pause(Clock& clock, Nanos time) {
    Mutex mutex;
    Condition never;
    const Nanos end = clock.monotonic() + time;
    const MutexLock lock(mutex);
    for (Nanos left = time; left > 0; left = end - clock.monotonic())
      never.waitFor(mutex, std::chrono::nanoseconds(left));
  }

  Result<> idle(ProcessContext& context) {
    switch (nextOf(withoutFile_).value_or(0)) {
      case 1:
        return Error::environment(
            fmt::format("asked to fail with {}: set No FlowFile Exception Iterations to 0",
                        context.get(kEmptyExceptionClass)));
      case 2:
        context.yield();
        return Done{};
      default:
        return Done{};
    }
  }

  static Result<> passOn(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                         const Relationship& relationship) {
    for (std::int64_t left = context.get(kWrites); left > 0; --left) {
      std::string content(context.get(kContentSize), '\0');
      for (char& c : content) c = static_cast<char>('a' + context.random(26));
      MR_TRY(session.writeAll(file, content));
    }
    session.transfer(file, relationship);
    return Done{};
  }

  static void writeState(ProcessContext& context, ProcessSession& session) {
    for (std::int64_t i = context.get(kStateEntries); i > 0; --i)
      session.putState(std::to_string(i), context.randomUuid());
  }

  Mutex mutex_;
  Cycle withFile_ MR_GUARDED_BY(mutex_);
  Cycle withoutFile_ MR_GUARDED_BY(mutex_);
};

}  // namespace

MR_PROCESSOR(debug_flow){
    .type = "DebugFlow",
    .summary = "Succeeds, fails, rolls back and pauses as told, to see how a flow bears it.",
    .tags = kTags,
    .input = InputRequirement::kAllowed,
    .properties = kProperties,
    .relationships = kRelationships,
    .make = make<DebugFlow>,
};

}  // namespace millrace::processors
