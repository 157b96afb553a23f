// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_host.h"

#include "host/flow_names.h"

#include "engine/base/posix_file_system.h"
#include "engine/base/posix_process_runner.h"
#include "engine/base/slewed_clock.h"
#include "engine/net/asio_network.h"
#include "minifi-agent/no_block_index.h"
#include "processors/registry.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/store/memory_store.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

namespace millrace::agent {

/// In the order in which they depend on each other; destroyed in the other one.
struct AgentHost::Parts {
  explicit Parts(AgentHostOptions given)
      : options(std::move(given)),
        random(Random::fromEntropy()),
        files(makePosixFileSystem()),
        network(net::makeAsioNetwork()),
        processes(makePosixProcessRunner()),
        variables(expression::processVariables()),
        environment{clock, machine, variables, nextInt, expression::TimeZone::ofProcess()},
        chance(random.next()) {}

  AgentHostOptions options;
  SystemClock clock;
  SlewedClock ages{clock, [this](Millis by) {
                     if (controller != nullptr) raise(BulletinLevel::kWarn, sentenceOfStep(by));
                   }};
  Random random;
  std::unique_ptr<FileSystem> files;
  std::unique_ptr<net::Network> network;
  std::unique_ptr<ProcessRunner> processes;
  expression::SystemMachine machine;
  expression::AttributeMap variables;
  std::atomic<std::int64_t> nextInt{0};
  expression::EvaluationEnvironment environment;
  std::atomic<std::uint64_t> chance;
  std::atomic<bool> failed{false};

  std::unique_ptr<repo::ProvenanceBlocks> provenance;
  std::unique_ptr<repo::DiskStore> disk;
  std::unique_ptr<repo::MemoryStore> memory;  // instead, with Durability::kNone
  engine::StateTable state;
  engine::Counters counters;
  std::unique_ptr<engine::FlowFileIds> ids;
  std::unique_ptr<engine::Store> store;
  std::unique_ptr<engine::FlowController> controller;
  std::vector<std::string> parked;
  bool running = false;

  void raise(BulletinLevel level, const std::string& text) {
    if (controller != nullptr) controller->bulletins().raise(level, ComponentId(), "", text);
  }
  GroupCommitOptions commitOptions();
  Result<> openDisk();
  Result<> openMemory();
  Result<> openProvenance();
  Result<> saveNames();
  Result<> restore();
};

GroupCommitOptions AgentHost::Parts::commitOptions() {
  GroupCommitOptions commit;
  commit.durability = options.durability;
  commit.onFailure = [this](const Error& error) {
    failed = true;
    raise(BulletinLevel::kError,
          "the data directory cannot be written any more, everything stops: " + error.message);
    if (options.onFailure) options.onFailure();
  };
  commit.effects.onBulletin = [this](const std::string& text) {
    raise(BulletinLevel::kWarn, text);
  };
  return commit;
}

Result<> AgentHost::Parts::openProvenance() {
  const std::string folder = repo::provenancePathOf(options.data);
  repo::ProvenanceOptions settings;
  settings.onBulletin = [this](const std::string& text) { raise(BulletinLevel::kWarn, text); };
  settings.seen = disk->identity().seen();
  // A small machine's share; a server keeps more.
  settings.mostBytes = options.provenanceBytes.value_or(256ULL << 20);
  settings.fileBytes = std::min<std::uint64_t>(settings.fileBytes, settings.mostBytes / 8 + 1);
  if (options.provenanceAge) settings.mostAge = *options.provenanceAge;
  if (!options.provenance && !files->exists(folder)) return Done{};
  MR_TRY(files->createDirectories(folder));
  auto blocks = MR_TRY(
      repo::ProvenanceBlocks::open(*files, folder, disk->identity().id(), clock, disk->snapshot(),
                                   std::make_unique<NoBlockIndex>(), std::move(settings)));
  // Without provenance nothing is written, but a torn tail of an earlier run is cut all the same.
  if (!options.provenance) return Done{};
  provenance = std::move(blocks);
  disk->setProvenance(provenance.get());
  return Done{};
}

Result<> AgentHost::Parts::openDisk() {
  repo::DiskStoreOptions diskOptions;
  // Files of a small disk: what is kept in reserve is as small.
  diskOptions.journal.segmentBytes = 4ULL << 20;
  diskOptions.journal.snapshotReserve = 4ULL << 20;
  diskOptions.snapshotEveryBytes = 16ULL << 20;
  diskOptions.content.segmentBytes = 16ULL << 20;
  if (options.durability != Durability::kPower) diskOptions.content.syncStep = 0;
  diskOptions.commit = commitOptions();
  diskOptions.onBulletin = diskOptions.commit.effects.onBulletin;
  MR_TRY(files->createDirectories(options.data));
  disk = MR_TRY(repo::DiskStore::open(*files, options.data, clock, random, std::move(diskOptions)));
  MR_TRY(openProvenance());
  ids = std::make_unique<engine::FlowFileIds>([this](std::uint64_t count) -> Result<std::uint64_t> {
    return MR_TRY(disk->identity().reserveIds(count)).first;
  });
  const repo::StoreId id = disk->identity().seen();
  store = std::make_unique<engine::Store>(engine::Store{id.high ^ id.low, disk->commits(),
                                                        disk->content(), *ids, state, counters,
                                                        ages, *files, disk->pages()});
  return Done{};
}

Result<> AgentHost::Parts::openMemory() {
  if (!options.data.empty() && files->exists(options.data + "/store")) {
    return Error::user(
        fmt::format("{} keeps the queues of an earlier run, which would not be read: name another "
                    "folder, or run with --durability process",
                    options.data));
  }
  memory = std::make_unique<repo::MemoryStore>(*files, clock, commitOptions());
  ids = std::make_unique<engine::FlowFileIds>(
      [next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
        return std::exchange(next, next + count);
      });
  store = std::make_unique<engine::Store>(engine::Store{random.next(), memory->commits(),
                                                        memory->content(), *ids, state, counters,
                                                        ages, *files, memory->pages()});
  return Done{};
}

/// What the numbers in the directory are called, for whoever looks at it when nothing runs.
Result<> AgentHost::Parts::saveNames() {
  if (disk == nullptr) return Done{};
  host::FlowNames names = MR_TRY(host::FlowNames::read(*files, options.data));
  for (const auto& component : controller->components())
    names.add(component.id, component.type, component.path);
  for (const auto& connection : controller->connections()) {
    if (!connection.parked) names.add(connection.id, connection.path);
  }
  return names.save(*files, options.data);
}

/// Hands what recovery found to the controller.
Result<> AgentHost::Parts::restore() {
  repo::StoreImage image = disk->takeImage();
  for (const auto& [component, known] : image.state()) {
    StateMap map;
    map.version = static_cast<std::int64_t>(known.version.raw());
    for (const auto& [key, value] : known.values) map.entries.emplace_back(key, value.value);
    state.load(component, std::move(map));
  }
  std::vector<ConnectionId> queues;
  image.forEachQueue(
      [&](ConnectionId connection, std::uint64_t, std::uint64_t) { queues.push_back(connection); });
  for (const ConnectionId connection : queues)
    controller->restoreQueue(connection, image.takeQueue(connection));
  const host::FlowNames names = MR_TRY(host::FlowNames::read(*files, options.data));
  for (const engine::ConnectionSnapshot& connection : controller->connections()) {
    if (!connection.parked) continue;
    parked.push_back(
        fmt::format("{}: {} FlowFiles", names.nameOf(connection.id), connection.queue.count));
  }
  return Done{};
}

AgentHost::AgentHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

AgentHost::~AgentHost() {
  if (parts_->controller != nullptr) parts_->controller->stop();
}

Result<std::unique_ptr<AgentHost>> AgentHost::open(const flow::Flow& flow,
                                                   AgentHostOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  Parts& p = *parts;
  const bool onDisk = p.options.durability != Durability::kNone;
  MR_TRY(onDisk ? p.openDisk() : p.openMemory());
  engine::ControllerOptions controllerOptions;
  controllerOptions.scheduler.workers = p.options.workers;
  controllerOptions.parameters = p.options.parameters;
  controllerOptions.stopPatience = p.options.drain;
  controllerOptions.queueMemory.budget = p.options.queueMemory;
  controllerOptions.queueMemory.onLost = [&p](const Error&) {
    p.failed = true;
    if (p.options.onFailure) p.options.onFailure();
  };
  const engine::World world{p.clock, *p.files, *p.network, *p.processes, p.environment, p.chance};
  p.controller = std::make_unique<engine::FlowController>(*p.store, world, findProcessorType,
                                                          findServiceType, controllerOptions);
  if (p.options.onBulletin) p.controller->bulletins().listen(p.options.onBulletin);
  MR_TRY(p.controller->apply(flow));
  if (onDisk) {
    MR_TRY(p.saveNames());
    MR_TRY(p.restore());
  }
  return std::unique_ptr<AgentHost>(new AgentHost(std::move(parts)));
}

Result<> AgentHost::start() {
  if (parts_->disk != nullptr) parts_->disk->start();
  if (parts_->memory != nullptr) parts_->memory->start();
  parts_->running = true;
  return parts_->controller->start();
}

Result<> AgentHost::apply(const flow::Flow& flow) {
  MR_TRY(parts_->controller->apply(flow));
  return parts_->saveNames();
}

Result<std::vector<std::string>> AgentHost::stop() {
  std::vector<std::string> terminated = parts_->controller->stop();
  if (!std::exchange(parts_->running, false)) return terminated;
  MR_TRY(parts_->disk != nullptr ? parts_->disk->stop() : parts_->memory->stop());
  return terminated;
}

engine::FlowController& AgentHost::controller() { return *parts_->controller; }
const std::vector<std::string>& AgentHost::parked() const { return parts_->parked; }
bool AgentHost::failed() const { return parts_->failed; }

}  // namespace millrace::agent
