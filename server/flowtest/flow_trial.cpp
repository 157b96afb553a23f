// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/flow_trial.h"

#include "engine/base/slewed_clock.h"
#include "engine/control/stepped_run.h"
#include "engine/net/no_network.h"
#include "engine/session/engine_session.h"
#include "repositories/memory/memory_content.h"
#include "repositories/memory/memory_journal.h"
#include "server/flowtest/fake_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace millrace::flowtest {
namespace {

using engine::FlowFileQueue;

constexpr std::uint64_t kStoreId = 7;
constexpr std::uint64_t kSeed = 1;
constexpr Nanos kDay = 24 * 60 * kMinute;
constexpr std::uint64_t kMostSteps = 5'000'000;
constexpr std::uint64_t kMostStepsAtOnce = 1'000'000;  // without a move of the clock

class TestMachine final : public expression::Machine {
 public:
  std::string hostname() const override { return "test"; }
  std::string fullName() const override { return "test.example"; }
  std::string address() const override { return "192.0.2.1"; }
};

expression::AttributeMap variablesOf(const TestCase& test) {
  expression::AttributeMap variables;
  for (const auto& [name, value] : test.environment) variables.set(name, value);
  return variables;
}

Result<std::string> bytesOf(ContentRepository& contents, const Content& content) {
  if (content.kind == Content::Kind::kInline) return std::string(asText(content.inlineBytes()));
  std::string text(static_cast<std::size_t>(content.length), '\0');
  if (content.kind != Content::Kind::kStored) return text;
  const std::size_t got = MR_TRY(contents.read(
      content.claim, content.offset, std::as_writable_bytes(std::span(text.data(), text.size()))));
  if (got != text.size()) return Error::bug("a content is shorter than it says");
  return text;
}

}  // namespace

/// In the order in which they depend on each other; destroyed in the other one.
struct FlowTrial::Parts {
  Parts(const TestCase& test, MemoryFileSystem& files, engine::FindProcessorType findType,
        engine::FindServiceType findService)
      : clock(test.clock),
        ages(clock),
        processes(test.processes),
        variables(variablesOf(test)),
        environment{clock, machine, variables, nextInt, test.zone},
        content(files, test.limits.contentBytes),
        commits(journal, files, clock, {}),
        ids([this, &test,
             next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
          if (test.limits.fewFlowFiles && next > 1) {
            exceeded = fmt::format("it makes more than {} FlowFiles", next - 1);
            return Error::user(exceeded);
          }
          const std::uint64_t first = next;
          next += count;
          return first;
        }),
        store{kStoreId, commits, content, ids, state, counters, ages, files} {
    engine::ControllerOptions options;
    options.parameters = {test.parameters, test.parameters};
    controller = std::make_unique<engine::FlowController>(
        store, engine::World{clock, files, network, processes, environment, chance},
        std::move(findType), std::move(findService), options);
    run = std::make_unique<engine::SteppedRun>(*controller, commits, clock);
  }

  /// So much more came out; an Error when that is more than may.
  Result<> see(std::uint64_t bytes, std::uint64_t flowFiles, const RunLimits& limits) {
    seenBytes += bytes;
    seenFlowFiles += flowFiles;
    if (seenBytes <= limits.seenBytes && seenFlowFiles <= limits.seenFlowFiles) return Done{};
    return Error::user(
        fmt::format("the run is ended: more comes out than {} FlowFiles, or {} bytes",
                    limits.seenFlowFiles, limits.seenBytes));
  }
  /// Why the run must end: it takes more than it may.
  std::string whyToEnd() const {
    return content.hasRefused() ? "its contents take more than they may" : exceeded;
  }

  VirtualClock clock;
  SlewedClock ages;
  net::NoNetwork network{"a test of a flow has no network"};
  FakeProcesses processes;
  TestMachine machine;
  expression::AttributeMap variables;
  std::atomic<std::int64_t> nextInt{0};
  std::atomic<std::uint64_t> chance{kSeed};
  expression::EvaluationEnvironment environment;
  repo::MemoryJournal journal;
  repo::MemoryContent content;
  GroupCommit commits;
  std::string exceeded;  // by the number of FlowFiles
  std::uint64_t seenBytes = 0;
  std::uint64_t seenFlowFiles = 0;
  engine::FlowFileIds ids;
  engine::StateTable state;
  engine::Counters counters;
  engine::Store store;
  std::unique_ptr<engine::FlowController> controller;
  std::unique_ptr<engine::SteppedRun> run;
  std::vector<bool> given;
  struct Tapped {
    std::uint64_t count = 0;
    std::uint64_t ended = 0;  // of these, what the flow takes nowhere
  };
  std::map<ComponentId, Tapped> tapped;  // by who sent it

  std::shared_ptr<const engine::Wiring> wiringOf(const Part& part) const {
    engine::Wiring wiring;
    wiring.component = part.component;
    wiring.componentName = part.name;
    for (const ConnectionId id : part.inputs) wiring.inputs.push_back(controller->queue(id));
    for (const auto& [relationship, connections] : part.routes) {
      engine::Route route;
      route.relationship = relationship;
      route.autoTerminated = connections.empty();
      for (const ConnectionId id : connections) route.connections.push_back(controller->queue(id));
      wiring.routes.push_back(std::move(route));
    }
    return std::make_shared<const engine::Wiring>(std::move(wiring));
  }
};

FlowTrial::FlowTrial(const TestCase& test, const PlayedFlow& played,
                     engine::FindProcessorType findType, engine::FindServiceType findService)
    : test_(test),
      played_(played),
      files_(kSeed),
      parts_(std::make_unique<Parts>(test, files_, std::move(findType), std::move(findService))) {}

FlowTrial::~FlowTrial() = default;

Result<> FlowTrial::load(Outcome& outcome) {
  files_.setCapacity(test_.limits.fileBytes);
  for (const auto& [path, content] : test_.files) {
    MR_TRY(files_.createDirectories(parentPath(path)));
    const auto file = MR_TRY(files_.open(path, OpenMode::kTruncate));
    MR_TRY(file->writeAt(0, asBytes(content)));
    MR_TRY(files_.setModified(path, test_.clock * kMillisecond));
  }
  parts_->controller->bulletins().listen(
      [&outcome](const engine::Bulletin& bulletin) { outcome.bulletins.push_back(bulletin); });
  return parts_->controller->apply(played_.flow);
}

void FlowTrial::start(Outcome& outcome) {
  const auto started = parts_->controller->startComponents();
  if (!started.ok()) outcome.troubles.push_back(started.error().message);
}

Outcome FlowTrial::run() {
  Outcome outcome;
  outcome.outputs.resize(test_.outputs.size());
  parts_->given.resize(test_.given.size());
  const auto loaded = load(outcome);
  if (loaded.ok()) {
    start(outcome);
    const auto rested = untilRest(outcome);
    if (!rested.ok()) outcome.troubles.push_back(rested.error().message);
  } else {
    outcome.troubles.push_back(loaded.error().message);
  }
  for (const auto& [key, sum] : parts_->counters.all()) outcome.counters[key.second] += sum;
  outcome.components = components();
  outcome.time = parts_->clock.monotonic();
  parts_->controller->bulletins().listen({});
  parts_->controller->stop();
  return outcome;
}

std::vector<engine::ComponentSnapshot> FlowTrial::components() const {
  std::vector<engine::ComponentSnapshot> result = parts_->controller->components();
  std::erase_if(result, [&](const engine::ComponentSnapshot& component) {
    return component.in + component.out + component.removed + component.failures == 0;
  });
  for (engine::ComponentSnapshot& component : result) {
    const auto tapped = parts_->tapped.find(component.id);
    if (tapped == parts_->tapped.end()) continue;
    component.out -= std::min(component.out, tapped->second.count);
    component.removed += tapped->second.ended;
  }
  return result;
}

Result<> FlowTrial::give(std::size_t index) {
  const Part& part = played_.givers[index];
  engine::EngineSession session(parts_->store);
  for (const GivenFlowFile& given : test_.given[index].flowFiles) {
    std::vector<Attributes::Pair> pairs;
    for (const auto& [name, value] : given.attributes) pairs.emplace_back(name, value);
    for (std::uint64_t copy = 0; copy < given.copies; ++copy) {
      session.begin(parts_->wiringOf(part), Lsn(~0ULL), 1);
      session.startTrigger();
      SessionFlowFile& file = session.create();
      session.putAttributes(file, pairs);
      if (!given.content.empty()) {
        const auto written = session.writeAll(file, asBytes(given.content));
        if (!written.ok()) {
          session.abandon(false);
          return written.error();
        }
      }
      session.transfer(file, RelationshipIndex{0});
      MR_TRY(session.endTrigger());
      MR_TRY(session.commitSlice());
    }
  }
  return Done{};
}

/// What is due by now, in the order of the test file.
Result<bool> FlowTrial::giveDue() {
  bool any = false;
  for (std::size_t i = 0; i < test_.given.size(); ++i) {
    if (parts_->given[i] || test_.given[i].after > parts_->clock.monotonic()) continue;
    parts_->given[i] = true;
    MR_TRY(give(i));
    any = true;
  }
  return any;
}

Result<bool> FlowTrial::playStandIns() {
  bool any = false;
  for (std::size_t i = 0; i < played_.standIns.size(); ++i) {
    const Part& part = played_.standIns[i];
    const StandIn& standIn = test_.replaced[i];
    if (part.inputs.empty()) continue;
    const auto wiring = parts_->wiringOf(part);
    const bool work =
        std::any_of(wiring->inputs.begin(), wiring->inputs.end(), [&](const auto& queue) {
          return !queue->isEmpty() && queue->hasDue(parts_->clock.monotonic());
        });
    if (!work) continue;
    std::vector<Attributes::Pair> pairs;
    for (const auto& [name, value] : standIn.attributes) pairs.emplace_back(name, value);
    engine::EngineSession session(parts_->store);
    session.begin(wiring, Lsn(~0ULL), 1);
    session.startTrigger();
    while (SessionFlowFile* file = session.get()) {
      if (part.routes.empty()) {
        session.remove(*file);
        continue;
      }
      session.putAttributes(*file, pairs);
      if (standIn.content) {
        const auto written = session.writeAll(*file, asBytes(*standIn.content));
        if (!written.ok()) {
          session.abandon(false);
          return written.error();
        }
      }
      session.transfer(*file, RelationshipIndex{0});
    }
    MR_TRY(session.endTrigger());
    MR_TRY(session.commitSlice());
    any = true;
  }
  return any;
}

/// Takes everything at once, penalized FlowFiles too: a test sees them as they come.
Result<> FlowTrial::lookAtTaps(Outcome& outcome) {
  for (std::size_t i = 0; i < played_.taps.size(); ++i) {
    std::vector<FlowFile> arrived;
    const Part& tap = played_.taps[i];
    for (std::size_t input = 0; input < tap.inputs.size(); ++input) {
      const auto queue = parts_->controller->queue(tap.inputs[input]);
      if (queue == nullptr || queue->isEmpty()) continue;
      std::vector<FlowFile> files;
      std::vector<FlowFile> expired;
      queue->poll({SIZE_MAX, INT64_MAX, parts_->clock.wall(), Lsn(~0ULL)}, files, expired);
      std::uint64_t bytes = 0;
      for (const FlowFile& file : files) bytes += file.size();
      queue->acknowledge(files.size(), bytes);
      Parts::Tapped& tapped = parts_->tapped[tap.senders[input].component];
      tapped.count += files.size();
      if (tap.senders[input].ends) tapped.ended += files.size();
      std::move(files.begin(), files.end(), std::back_inserter(arrived));
    }
    std::sort(arrived.begin(), arrived.end(),
              [](const FlowFile& a, const FlowFile& b) { return a.key < b.key; });
    for (FlowFile& file : arrived) {
      // Several may share one content, and attributes: here each has its own.
      MR_TRY(parts_->see(file.size(), 1, test_.limits));
      FlowFileSeen& seen = outcome.outputs[i].emplace_back();
      seen.content = MR_TRY(bytesOf(parts_->content, file.content));
      seen.penalized = file.heldUntil > parts_->clock.monotonic();
      std::uint64_t bytes = 0;
      engine::SessionEntry entry;
      entry.reset(kStoreId);
      entry.file = std::move(file);
      entry.forEachAttribute([&](std::string_view name, std::string_view value) {
        bytes += name.size() + value.size();
        seen.attributes.emplace(name, value);
      });
      MR_TRY(parts_->see(bytes, 0, test_.limits));
    }
  }
  return Done{};
}

std::optional<Nanos> FlowTrial::nextMoment() const {
  std::optional<Nanos> next = parts_->run->nextMoment();
  const auto sooner = [&](Nanos moment) { next = next ? std::min(*next, moment) : moment; };
  for (std::size_t i = 0; i < test_.given.size(); ++i) {
    if (!parts_->given[i]) sooner(test_.given[i].after);
  }
  for (const Part& part : played_.standIns) {
    for (const ConnectionId id : part.inputs) {
      if (const auto due = parts_->controller->queue(id)->nextDue()) sooner(*due);
    }
  }
  return next;
}

bool FlowTrial::isIdle() const {
  return parts_->controller->isIdle() &&
         std::find(parts_->given.begin(), parts_->given.end(), false) == parts_->given.end();
}

std::string FlowTrial::whatWaits() const {
  std::string text;
  for (const engine::ConnectionSnapshot& connection : parts_->controller->connections()) {
    if (connection.queue.count == 0) continue;
    text += fmt::format("{}{} in '{}'", text.empty() ? "" : ", ", connection.queue.count,
                        connection.path);
  }
  return text.empty() ? "no FlowFile waits, but a source is not done" : "FlowFiles wait: " + text;
}

Result<> FlowTrial::untilRest(Outcome& outcome) {
  if (!test_.runFor) {
    for (const std::string& source : parts_->controller->endlessSources())
      outcome.troubles.push_back(fmt::format(
          "'{}' never runs dry: replace it, or say how long to run with 'for'", source));
    if (!outcome.troubles.empty()) return Done{};
  }
  const Nanos end = test_.runFor.value_or(test_.limits.time);
  std::uint64_t atOnce = 0;
  for (std::uint64_t step = 0; step < kMostSteps; ++step) {
    bool worked = MR_TRY(giveDue());
    worked = MR_TRY(playStandIns()) || worked;
    worked = MR_TRY(parts_->run->work()) || worked;
    MR_TRY(lookAtTaps(outcome));
    if (const std::string why = parts_->whyToEnd(); !why.empty())
      return Error::user("the run is ended: " + why);
    if (worked && ++atOnce < kMostStepsAtOnce) continue;
    if (worked) break;
    atOnce = 0;
    if (!test_.runFor && isIdle()) return Done{};
    const auto next = nextMoment();
    if (test_.runFor && (!next || *next > end)) {
      parts_->run->advanceTo(end);
      return Done{};
    }
    if (!next)
      return Error::user(
          fmt::format("nothing happens any more, but the flow is not idle: {}", whatWaits()));
    if (*next > end)
      return Error::user(fmt::format(
          "the flow is not idle after {}: {}; if that is as it should be, say how long "
          "to run with 'for'",
          end == kDay ? "a day" : fmt::format("{} minutes", end / kMinute), whatWaits()));
    parts_->run->advanceTo(*next);
  }
  return Error::user(fmt::format("the flow goes on and on without end: {}", whatWaits()));
}

}  // namespace millrace::flowtest
