// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/engine_bench.h"

#include "engine/base/posix_process_runner.h"
#include "engine/flow/yaml_reader.h"
#include "engine/net/no_network.h"
#include "processors/registry.h"

namespace millrace::tests {

EngineBench::EngineBench(FileSystem& files, VirtualClock& clock, std::uint64_t seed,
                         EngineBenchOptions options)
    : files_(files),
      clock_(clock),
      slewed_(clock,
              [this](Millis by) {
                if (controller_ == nullptr) return;
                controller_->bulletins().raise(BulletinLevel::kWarn, ComponentId(), "",
                                               sentenceOfStep(by));
              }),
      random_(seed),
      options_(std::move(options)),
      network_(std::make_unique<net::NoNetwork>("this test has no network")),
      processes_(makePosixProcessRunner()),
      chance_(seed),
      environment_{clock, machine_, variables_, nextInt_, expression::TimeZone()} {}

EngineBench::~EngineBench() = default;

Result<> EngineBench::open(std::string_view yaml) {
  const flow::Flow flow = MR_TRY(flow::parseFlow(yaml, "flow.yaml"));
  repo::DiskStoreOptions options;
  options.snapshotEveryBytes = 16 * 1024;  // small, so that snapshots fall into every run
  options.stepBytes = 8 * 1024;
  options.journal.segmentBytes = 64 * 1024;
  options.journal.snapshotReserve = 64 * 1024;
  options.content.segmentBytes = 128 * 1024;
  disk_ = MR_TRY(repo::DiskStore::open(files_, "data", clock_, random_, options));
  ids_ =
      std::make_unique<engine::FlowFileIds>([this](std::uint64_t count) -> Result<std::uint64_t> {
        return MR_TRY(disk_->identity().reserveIds(count)).first;
      });
  const repo::StoreId id = disk_->identity().id();
  store_ = std::make_unique<engine::Store>(
      engine::Store{id.high ^ id.low, disk_->commits(), disk_->content(), *ids_, state_, counters_,
                    slewed_, files_, disk_->pages(), options_.plantedForTests});
  engine::ControllerOptions controllerOptions;
  controllerOptions.stopPatience = options_.stopPatience;
  controllerOptions.onRemark = options_.onRemark;
  controllerOptions.diskBudget = options_.diskBudget;
  controllerOptions.queueMemory = {4096, 4, 4, 16, {}, {}};  // small, so that queues are paged
  ProcessRunner& processes = options_.processes != nullptr ? *options_.processes : *processes_;
  controller_ = std::make_unique<engine::FlowController>(
      *store_, engine::World{clock_, files_, *network_, processes, environment_, chance_},
      options_.findType ? options_.findType : engine::FindProcessorType(findProcessorType),
      findServiceType, controllerOptions);
  run_ = std::make_unique<engine::SteppedRun>(*controller_, disk_->commits(), clock_);
  MR_TRY(controller_->apply(flow));
  repo::StoreImage image = disk_->takeImage();
  recovered_ = image.count();
  for (const auto& [component, known] : image.state()) {
    StateMap map;
    map.version = static_cast<std::int64_t>(known.version.raw());
    for (const auto& [key, value] : known.values) map.entries.emplace_back(key, value.value);
    state_.load(component, std::move(map));
  }
  std::vector<ConnectionId> queues;
  image.forEachQueue(
      [&](ConnectionId queue, std::uint64_t, std::uint64_t) { queues.push_back(queue); });
  for (const ConnectionId queue : queues) controller_->restoreQueue(queue, image.takeQueue(queue));
  open_ = true;
  return controller_->startComponents();
}

std::int64_t EngineBench::counter(const std::string& name) const {
  std::int64_t sum = 0;
  for (const auto& [key, value] : counters_.all()) {
    if (key.second == name) sum += value;
  }
  return sum;
}

Result<> EngineBench::edit(std::string_view yaml) {
  const flow::Flow flow = MR_TRY(flow::parseFlow(yaml, "flow.yaml"));
  return controller_->apply(flow);
}

Result<bool> EngineBench::step() {
  // Commits gather over a few slices, as they do beside a real disk.
  const bool slice = run_->slice();
  if (slice && !random_.oneIn(3)) return true;
  const bool group = MR_TRY(run_->group());
  if (random_.oneIn(16)) {
    if (options_.beforeMaintenance) MR_TRY(options_.beforeMaintenance(*disk_));
    maintaining_ = true;
    MR_TRY(disk_->maintain());
    maintaining_ = false;
  }
  if (slice || group) return true;
  return run_->wait();
}

Result<> EngineBench::runUntilIdle(int mostSteps) {
  for (int i = 0; i < mostSteps; ++i) {
    const bool moved = MR_TRY(step());
    if (controller_->isIdle()) {
      while (MR_TRY(run_->group())) {
      }
      return Done{};
    }
    if (!moved) return Error::bug("nothing can happen any more, but the flow is not idle");
  }
  return Error::bug("the flow is not idle after the steps that should have been enough");
}

Result<> EngineBench::close() {
  controller_->stop();
  return disk_->stop();
}

}  // namespace millrace::tests
