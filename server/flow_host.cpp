// SPDX-License-Identifier: Apache-2.0
#include "server/flow_host.h"

#include "engine/base/posix_file_system.h"
#include "engine/base/posix_process_runner.h"
#include "engine/base/slewed_clock.h"
#include "engine/net/asio_network.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/provenance/index/sqlite_block_index.h"
#include "repositories/store/memory_store.h"
#include "server/builtin_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>

namespace millrace::server {

/// In the order in which they depend on each other; destroyed in the other one.
struct FlowHost::Parts {
  explicit Parts(HostOptions given)
      : options(std::move(given)),
        random(Random::fromEntropy()),
        files(makePosixFileSystem()),
        network(net::makeAsioNetwork()),
        processes(makePosixProcessRunner()),
        variables(expression::processVariables()),
        environment{clock, machine, variables, nextInt, expression::TimeZone::ofProcess()},
        chance(random.next()) {}

  HostOptions options;
  SystemClock clock;
  SlewedClock ages{clock, [this](Millis by) {
                     if (controller == nullptr) return;
                     controller->bulletins().raise(BulletinLevel::kWarn, ComponentId(), "",
                                                   sentenceOfStep(by));
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

  std::map<ComponentId, std::uint32_t> sampling;  // constant while the store runs
  std::unique_ptr<repo::ProvenanceBlocks> provenance;
  std::unique_ptr<repo::DiskStore> disk;
  std::unique_ptr<repo::MemoryStore> memory;  // instead, with Durability::kNone
  engine::StateTable state;
  engine::Counters counters;
  std::unique_ptr<engine::FlowFileIds> ids;
  std::unique_ptr<engine::Store> store;
  std::unique_ptr<LogHost> log;
  std::unique_ptr<engine::FlowController> controller;
  std::vector<std::string> parked;
  std::vector<std::string> terminated;
  std::uint64_t recovered = 0;
  bool running = false;

  Result<> openDisk(GroupCommitOptions commit);
  Result<> openMemory(GroupCommitOptions commit);
  Result<> openProvenance(std::function<void(const std::string&)> onBulletin);
  Result<> restore(repo::StoreImage image);
};

namespace {

/// How often the commits of a component leave events, by the longest group's path that it is in.
std::uint32_t samplingOf(const std::map<std::string, std::uint32_t>& groups,
                         const std::string& path) {
  std::uint32_t oneIn = 1;
  std::size_t longest = 0;
  for (const auto& [group, number] : groups) {
    if (!path.starts_with(group + "/") || group.size() < longest) continue;
    longest = group.size();
    oneIn = number;
  }
  return oneIn;
}

/// What the numbers in the directory are called, for whoever looks at it when nothing runs.
Result<> saveNames(FileSystem& files, const std::string& data,
                   const engine::FlowController& controller) {
  FlowNames names = MR_TRY(FlowNames::read(files, data));
  for (const auto& component : controller.components())
    names.add(component.id, component.type, component.path);
  for (const auto& connection : controller.connections()) {
    if (!connection.parked) names.add(connection.id, connection.path);
  }
  return names.save(files, data);
}

}  // namespace

Result<> FlowHost::Parts::openProvenance(std::function<void(const std::string&)> onBulletin) {
  const std::string folder = repo::provenancePathOf(options.data);
  const repo::StoreId id = disk->identity().id();
  repo::ProvenanceOptions settings;
  settings.onBulletin = onBulletin;
  settings.seen = disk->identity().seen();
  settings.blocks.keepContent = options.archiveAge > 0;
  if (!options.sampling.empty()) {
    settings.blocks.sampling = [this](ComponentId component) {
      const auto found = sampling.find(component);
      return found == sampling.end() ? 1U : found->second;
    };
  }
  if (!options.provenance) {
    // Nothing is written, but a tail that was torn by a power cut must not look like damage later.
    if (!files->exists(folder)) return Done{};
    MR_TRY(repo::ProvenanceBlocks::open(*files, folder, id, clock, disk->snapshot(),
                                        std::make_unique<repo::MemoryBlockIndex>(), {}));
    return Done{};
  }
  MR_TRY(files->createDirectories(folder));
  provenance = MR_TRY(repo::ProvenanceBlocks::open(
      *files, folder, id, clock, disk->snapshot(),
      MR_TRY(repo::SqliteBlockIndex::open(folder + "/index.sqlite", std::move(onBulletin))),
      std::move(settings)));
  disk->setProvenance(provenance.get());
  return Done{};
}

FlowHost::FlowHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

FlowHost::~FlowHost() {
  // What is durable later still tells the log, which must be there.
  if (parts_->running && parts_->log != nullptr) (void)stop();
  if (parts_->controller != nullptr) parts_->controller->stop();
}

namespace {

/// A directory of small files keeps less in reserve, too.
void setSizes(repo::DiskStoreOptions& disk, const HostOptions& options) {
  if (options.journalSegment) disk.journal.segmentBytes = *options.journalSegment;
  if (options.snapshotEvery) {
    disk.snapshotEveryBytes = *options.snapshotEvery;
    disk.journal.snapshotReserve = std::min(disk.journal.snapshotReserve, *options.snapshotEvery);
  }
  if (options.contentSegment) disk.content.segmentBytes = *options.contentSegment;
}

}  // namespace

Result<> FlowHost::Parts::openDisk(GroupCommitOptions commit) {
  repo::DiskStoreOptions diskOptions;
  setSizes(diskOptions, options);
  if (options.durability != Durability::kPower) diskOptions.content.syncStep = 0;
  diskOptions.content.archiveAge = options.archiveAge;
  commit.keepDropped = options.archiveAge > 0 && options.provenance;
  diskOptions.onBulletin = commit.effects.onBulletin;
  diskOptions.commit = std::move(commit);
  const auto onBulletin = diskOptions.onBulletin;
  MR_TRY(files->createDirectories(options.data));
  disk = MR_TRY(repo::DiskStore::open(*files, options.data, clock, random, std::move(diskOptions)));
  MR_TRY(openProvenance(onBulletin));
  ids = std::make_unique<engine::FlowFileIds>([this](std::uint64_t count) -> Result<std::uint64_t> {
    return MR_TRY(disk->identity().reserveIds(count)).first;
  });
  const repo::StoreId id = disk->identity().seen();
  store = std::make_unique<engine::Store>(engine::Store{id.high ^ id.low, disk->commits(),
                                                        disk->content(), *ids, state, counters,
                                                        ages, *files, disk->pages()});
  return Done{};
}

Result<> FlowHost::Parts::openMemory(GroupCommitOptions commit) {
  if (!options.data.empty() && files->exists(options.data + "/store")) {
    return Error::user(
        fmt::format("{} keeps the queues of an earlier run, which would not be read: name another "
                    "folder, or run with --durability process",
                    options.data));
  }
  memory = std::make_unique<repo::MemoryStore>(*files, clock, std::move(commit));
  ids = std::make_unique<engine::FlowFileIds>(
      [next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
        return std::exchange(next, next + count);
      });
  store = std::make_unique<engine::Store>(engine::Store{random.next(), memory->commits(),
                                                        memory->content(), *ids, state, counters,
                                                        ages, *files, memory->pages()});
  return Done{};
}

/// Hands what recovery found to the controller.
Result<> FlowHost::Parts::restore(repo::StoreImage image) {
  for (const auto& [component, known] : image.state()) {
    StateMap map;
    map.version = static_cast<std::int64_t>(known.version.raw());
    for (const auto& [key, value] : known.values) map.entries.emplace_back(key, value.value);
    state.load(component, std::move(map));
  }
  std::vector<ConnectionId> queues;
  image.forEachQueue([&](ConnectionId connection, std::uint64_t count, std::uint64_t) {
    queues.push_back(connection);
    recovered += count;
  });
  for (const ConnectionId connection : queues)
    controller->restoreQueue(connection, image.takeQueue(connection));
  const FlowNames names = MR_TRY(FlowNames::read(*files, options.data));
  for (const engine::ConnectionSnapshot& connection : controller->connections()) {
    if (!connection.parked) continue;
    parked.push_back(
        fmt::format("{}: {} FlowFiles", names.nameOf(connection.id), connection.queue.count));
  }
  return Done{};
}

Result<std::unique_ptr<FlowHost>> FlowHost::open(const flow::Flow& flow, HostOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  Parts& p = *parts;
  const auto engineBulletin = [&p](BulletinLevel level, const std::string& text) {
    if (p.controller != nullptr) p.controller->bulletins().raise(level, ComponentId(), "", text);
  };
  GroupCommitOptions commit;
  commit.durability = p.options.durability;
  commit.onFailure = [&p, engineBulletin](const Error& error) {
    p.failed = true;
    engineBulletin(
        BulletinLevel::kError,
        "the data directory cannot be written any more, everything stops: " + error.message);
  };
  commit.effects.onBulletin = [engineBulletin](const std::string& text) {
    engineBulletin(BulletinLevel::kWarn, text);
  };
  const bool onDisk = p.options.durability != Durability::kNone;
  MR_TRY(onDisk ? p.openDisk(std::move(commit)) : p.openMemory(std::move(commit)));
  engine::ControllerOptions controllerOptions;
  controllerOptions.scheduler = p.options.scheduler;
  controllerOptions.parameters = p.options.parameters;
  controllerOptions.stopPatience = p.options.stopPatience;
  controllerOptions.incomplete = p.options.incomplete;
  controllerOptions.queueMemory.budget = p.options.queueMemory;
  controllerOptions.queueMemory.onLost = [&p](const Error&) { p.failed = true; };
  repo::StoreImage image;
  if (p.disk != nullptr) image = p.disk->takeImage();
  if (p.options.log.has_value() && p.disk != nullptr) {
    p.options.log->data = p.options.data;
    p.options.log->watermark = p.options.durability == Durability::kPower
                                   ? log::Watermark::kDurable
                                   : log::Watermark::kWritten;
    p.log = MR_TRY(LogHost::open(*p.disk, image.logEnds(), *p.options.log));
  }
  const engine::World world{p.clock,
                            *p.files,
                            *p.network,
                            *p.processes,
                            p.environment,
                            p.chance,
                            p.log == nullptr ? nullptr : &p.log->log()};
  p.controller = std::make_unique<engine::FlowController>(*p.store, world, findProcessorType,
                                                          findServiceType, controllerOptions);
  if (p.options.onBulletin) p.controller->bulletins().listen(p.options.onBulletin);
  MR_TRY(p.controller->apply(flow));
  if (!onDisk) return std::unique_ptr<FlowHost>(new FlowHost(std::move(parts)));
  MR_TRY(saveNames(*p.files, p.options.data, *p.controller));
  for (const auto& component : p.controller->components())
    p.sampling[component.id] = samplingOf(p.options.sampling, component.path);
  MR_TRY(p.restore(std::move(image)));
  return std::unique_ptr<FlowHost>(new FlowHost(std::move(parts)));
}

Result<> FlowHost::start() {
  if (parts_->disk != nullptr) parts_->disk->start();
  if (parts_->memory != nullptr) parts_->memory->start();
  parts_->running = true;
  if (parts_->log != nullptr) parts_->log->start();
  return parts_->controller->start();
}

Result<> FlowHost::stop() {
  auto terminated = parts_->controller->stop();
  std::move(terminated.begin(), terminated.end(), std::back_inserter(parts_->terminated));
  if (!parts_->running) return Done{};
  parts_->running = false;
  if (parts_->disk == nullptr) return parts_->memory->stop();
  if (parts_->log != nullptr) parts_->log->stopServing(parts_->options.logPatience);
  MR_TRY(parts_->disk->stop());
  return parts_->log == nullptr ? Result<>(Done{}) : parts_->log->close();
}

void FlowHost::apply(const flow::Flow& flow) {
  Parts& p = *parts_;
  // The error of a start is a bulletin and in the component's status already.
  auto applied = p.controller->apply(flow);
  if (applied.ok() && p.disk != nullptr)
    applied = saveNames(*p.files, p.options.data, *p.controller);
}

const Clock& FlowHost::clock() const { return parts_->clock; }
const expression::EvaluationEnvironment& FlowHost::expressions() const {
  return parts_->environment;
}
engine::FlowController& FlowHost::controller() { return *parts_->controller; }
engine::Store& FlowHost::sessions() { return *parts_->store; }
repo::DiskStore& FlowHost::store() { return *parts_->disk; }
LogHost* FlowHost::log() { return parts_->log.get(); }
ProvenanceRepository* FlowHost::provenance() { return parts_->provenance.get(); }
Result<FlowNames> FlowHost::names() const {
  return FlowNames::read(*parts_->files, parts_->options.data);
}
const engine::Counters& FlowHost::counters() const { return parts_->counters; }
const std::vector<std::string>& FlowHost::parked() const { return parts_->parked; }
const std::vector<std::string>& FlowHost::terminated() const { return parts_->terminated; }
std::uint64_t FlowHost::recovered() const { return parts_->recovered; }
bool FlowHost::failed() const { return parts_->failed; }

}  // namespace millrace::server
