// SPDX-License-Identifier: Apache-2.0
#include "server/flow_host.h"

#include "host/flow_ground.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/provenance/index/sqlite_block_index.h"
#include "server/builtin_types.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::server {

/// In the order in which they depend on each other; destroyed in the other one.
struct FlowHost::Parts {
  explicit Parts(HostOptions given) : options(std::move(given)), ground(groundOptions(options)) {}

  HostOptions options;
  std::map<ComponentId, std::uint32_t> sampling;  // constant while the store runs
  host::FlowGround ground;
  std::unique_ptr<LogHost> log;
  std::unique_ptr<engine::FlowController> controller;
  std::vector<std::string> terminated;
  bool running = false;

  static host::FlowGroundOptions groundOptions(const HostOptions& options);
  Result<> openProvenance();
  Result<> openLog(const repo::StoreImage& image);
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

}  // namespace

/// A directory of small files keeps less in reserve, too.
host::FlowGroundOptions FlowHost::Parts::groundOptions(const HostOptions& options) {
  host::FlowGroundOptions ground;
  ground.data = options.data;
  ground.durability = options.durability;
  if (options.journalSegment) ground.disk.journal.segmentBytes = *options.journalSegment;
  if (options.snapshotEvery) {
    ground.disk.snapshotEveryBytes = *options.snapshotEvery;
    ground.disk.journal.snapshotReserve =
        std::min(ground.disk.journal.snapshotReserve, *options.snapshotEvery);
  }
  if (options.contentSegment) ground.disk.content.segmentBytes = *options.contentSegment;
  ground.disk.content.archiveAge = options.archiveAge;
  ground.disk.commit.keepDropped = options.archiveAge > 0 && options.provenance;
  return ground;
}

Result<> FlowHost::Parts::openProvenance() {
  repo::DiskStore& disk = *ground.disk();
  FileSystem& files = ground.files();
  const std::string folder = repo::provenancePathOf(options.data);
  const repo::StoreId id = disk.identity().id();
  repo::ProvenanceOptions settings;
  settings.onBulletin = [this](const std::string& text) {
    ground.raise(BulletinLevel::kWarn, text);
  };
  settings.seen = disk.identity().seen();
  settings.blocks.keepContent = options.archiveAge > 0;
  if (!options.sampling.empty()) {
    settings.blocks.sampling = [this](ComponentId component) {
      const auto found = sampling.find(component);
      return found == sampling.end() ? 1U : found->second;
    };
  }
  if (!options.provenance) {
    // Nothing is written, but a tail that was torn by a power cut must not look like damage later.
    if (!files.exists(folder)) return Done{};
    MR_TRY(repo::ProvenanceBlocks::open(files, folder, id, ground.clock(), disk.snapshot(),
                                        std::make_unique<repo::MemoryBlockIndex>(), {}));
    return Done{};
  }
  MR_TRY(files.createDirectories(folder));
  auto index = MR_TRY(repo::SqliteBlockIndex::open(folder + "/index.sqlite", settings.onBulletin));
  ground.keep(MR_TRY(repo::ProvenanceBlocks::open(
      files, folder, id, ground.clock(), disk.snapshot(), std::move(index), std::move(settings))));
  return Done{};
}

Result<> FlowHost::Parts::openLog(const repo::StoreImage& image) {
  if (!options.log.has_value()) return Done{};
  options.log->data = options.data;
  options.log->watermark = options.durability == Durability::kPower ? log::Watermark::kDurable
                                                                    : log::Watermark::kWritten;
  log = MR_TRY(LogHost::open(*ground.disk(), image.logEnds(), *options.log));
  return Done{};
}

FlowHost::FlowHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

FlowHost::~FlowHost() {
  // What is durable later still tells the log, which must be there.
  if (parts_->running && parts_->log != nullptr) (void)stop();
  if (parts_->controller != nullptr) parts_->controller->stop();
  parts_->ground.serve(nullptr);
}

Result<std::unique_ptr<FlowHost>> FlowHost::open(const flow::Flow& flow, HostOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  Parts& p = *parts;
  MR_TRY(p.ground.open());
  repo::StoreImage image;
  if (p.ground.disk() != nullptr) {
    MR_TRY(p.openProvenance());
    image = p.ground.disk()->takeImage();
    MR_TRY(p.openLog(image));
    if (p.log != nullptr) MR_TRY(p.log->serveWires(engine::topicWiresOf(flow)));
  }
  engine::ControllerOptions controllerOptions;
  controllerOptions.scheduler = p.options.scheduler;
  controllerOptions.parameters = p.options.parameters;
  controllerOptions.stopPatience = p.options.stopPatience;
  controllerOptions.incomplete = p.options.incomplete;
  controllerOptions.onRemark = p.options.onRemark;
  controllerOptions.queueMemory.budget = p.options.queueMemory;
  controllerOptions.queueMemory.onLost = [&p](const Error&) { p.ground.fail(); };
  p.controller = std::make_unique<engine::FlowController>(
      p.ground.store(), p.ground.world(p.log == nullptr ? nullptr : &p.log->log()),
      findProcessorType, findServiceType, controllerOptions);
  p.ground.serve(p.controller.get());
  if (p.options.onBulletin) p.controller->bulletins().listen(p.options.onBulletin);
  MR_TRY(p.controller->apply(flow));
  if (p.ground.disk() == nullptr) return std::unique_ptr<FlowHost>(new FlowHost(std::move(parts)));
  MR_TRY(p.ground.saveNames());
  for (const auto& component : p.controller->components())
    p.sampling[component.id] = samplingOf(p.options.sampling, component.path);
  MR_TRY(p.ground.restore(std::move(image)));
  return std::unique_ptr<FlowHost>(new FlowHost(std::move(parts)));
}

Result<> FlowHost::start() {
  parts_->ground.start();
  parts_->running = true;
  if (parts_->log != nullptr) parts_->log->start();
  return parts_->controller->start();
}

Result<> FlowHost::stop() {
  auto terminated = parts_->controller->stop();
  std::move(terminated.begin(), terminated.end(), std::back_inserter(parts_->terminated));
  if (!std::exchange(parts_->running, false)) return Done{};
  if (parts_->log != nullptr) parts_->log->stopServing(parts_->options.logPatience);
  MR_TRY(parts_->ground.stop());
  return parts_->log == nullptr ? Result<>(Done{}) : parts_->log->close();
}

void FlowHost::apply(const flow::Flow& flow) {
  if (parts_->log != nullptr) {
    const auto wired = parts_->log->serveWires(engine::topicWiresOf(flow));
    if (!wired.ok()) parts_->ground.raise(BulletinLevel::kError, wired.error().message);
  }
  // The error of a start is a bulletin and in the component's status already.
  const auto applied = parts_->controller->apply(flow);
  if (applied.ok()) (void)parts_->ground.saveNames();
}

const Clock& FlowHost::clock() const { return parts_->ground.clock(); }
net::Network& FlowHost::network() { return parts_->ground.network(); }
const expression::EvaluationEnvironment& FlowHost::expressions() const {
  return parts_->ground.expressions();
}
engine::FlowController& FlowHost::controller() { return *parts_->controller; }
engine::Store& FlowHost::sessions() { return parts_->ground.store(); }
repo::DiskStore& FlowHost::store() { return *parts_->ground.disk(); }
LogHost* FlowHost::log() { return parts_->log.get(); }
ProvenanceRepository* FlowHost::provenance() { return parts_->ground.provenance(); }
Result<host::FlowNames> FlowHost::names() const {
  return host::FlowNames::read(parts_->ground.files(), parts_->options.data);
}
const engine::Counters& FlowHost::counters() const { return parts_->ground.counters(); }
const std::vector<std::string>& FlowHost::parked() const { return parts_->ground.parked(); }
const std::vector<std::string>& FlowHost::terminated() const { return parts_->terminated; }
std::uint64_t FlowHost::recovered() const { return parts_->ground.recovered(); }
bool FlowHost::failed() const { return parts_->ground.failed(); }

}  // namespace millrace::server
