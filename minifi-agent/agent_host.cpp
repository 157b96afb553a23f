// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_host.h"

#include "host/flow_ground.h"
#include "host/remote_access/flow_ports.h"
#include "host/remote_access/remote_server.h"
#include "minifi-agent/no_block_index.h"
#include "processors/registry.h"

#include <algorithm>
#include <utility>

namespace millrace::agent {
namespace {

host::FlowGroundOptions groundOptions(const AgentHostOptions& options) {
  host::FlowGroundOptions ground;
  ground.data = options.data;
  ground.durability = options.durability;
  ground.onFailure = options.onFailure;
  // Files of a small disk: what is kept in reserve is as small.
  ground.disk.journal.segmentBytes = 4ULL << 20;
  ground.disk.journal.snapshotReserve = 4ULL << 20;
  ground.disk.snapshotEveryBytes = 16ULL << 20;
  ground.disk.content.segmentBytes = 16ULL << 20;
  return ground;
}

}  // namespace

/// In the order in which they depend on each other; destroyed in the other one.
struct AgentHost::Parts {
  explicit Parts(AgentHostOptions given)
      : options(std::move(given)), ground(groundOptions(options)) {}

  AgentHostOptions options;
  host::FlowGround ground;
  std::unique_ptr<engine::FlowController> controller;
  std::unique_ptr<host::FlowPorts> ports;
  std::unique_ptr<host::RemoteServer> remote;
  bool running = false;

  Result<> openProvenance();
  Result<> openRemote();
};

Result<> AgentHost::Parts::openProvenance() {
  repo::DiskStore& disk = *ground.disk();
  const std::string folder = repo::provenancePathOf(options.data);
  repo::ProvenanceOptions settings;
  settings.onBulletin = [this](const std::string& text) {
    ground.raise(BulletinLevel::kWarn, text);
  };
  settings.seen = disk.identity().seen();
  // A small machine's share; a server keeps more.
  settings.mostBytes = options.provenanceBytes.value_or(256ULL << 20);
  settings.fileBytes = std::min<std::uint64_t>(settings.fileBytes, settings.mostBytes / 8 + 1);
  if (options.provenanceAge) settings.mostAge = *options.provenanceAge;
  if (!options.provenance && !ground.files().exists(folder)) return Done{};
  MR_TRY(ground.files().createDirectories(folder));
  auto blocks = MR_TRY(repo::ProvenanceBlocks::open(
      ground.files(), folder, disk.identity().id(), ground.clock(), disk.snapshot(),
      std::make_unique<NoBlockIndex>(), std::move(settings)));
  // Without provenance nothing is written, but a torn tail of an earlier run is cut all the same.
  if (options.provenance) ground.keep(std::move(blocks));
  return Done{};
}

Result<> AgentHost::Parts::openRemote() {
  if (!options.siteToSite) return Done{};
  ports = std::make_unique<host::FlowPorts>(*controller);
  host::RemoteServerOptions settings;
  settings.listen = *options.siteToSite;
  settings.onTrouble = [this](const std::string& text) {
    controller->bulletins().raise(BulletinLevel::kWarn, ComponentId(), "", text);
  };
  remote = MR_TRY(
      host::RemoteServer::open(ground.network(), ground.clock(), *ports, std::move(settings)));
  return Done{};
}

AgentHost::AgentHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

AgentHost::~AgentHost() {
  if (parts_->remote != nullptr) parts_->remote->stop();
  if (parts_->controller != nullptr) parts_->controller->stop();
  parts_->ground.serve(nullptr);
}

Result<std::unique_ptr<AgentHost>> AgentHost::open(const flow::Flow& flow,
                                                   AgentHostOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  Parts& p = *parts;
  MR_TRY(p.ground.open());
  if (p.ground.disk() != nullptr) MR_TRY(p.openProvenance());
  engine::ControllerOptions controllerOptions;
  controllerOptions.scheduler.workers = p.options.workers;
  controllerOptions.parameters = p.options.parameters;
  controllerOptions.stopPatience = p.options.drain;
  controllerOptions.diskBudget = p.options.diskBudget;
  controllerOptions.queueMemory.budget = p.options.queueMemory;
  controllerOptions.queueMemory.onLost = [&p](const Error&) { p.ground.fail(); };
  p.controller = std::make_unique<engine::FlowController>(
      p.ground.store(), p.ground.world(), findProcessorType, findServiceType, controllerOptions);
  p.ground.serve(p.controller.get());
  if (p.options.onBulletin) p.controller->bulletins().listen(p.options.onBulletin);
  MR_TRY(p.controller->apply(flow));
  MR_TRY(p.ground.saveNames());
  if (p.ground.disk() != nullptr) MR_TRY(p.ground.restore(p.ground.disk()->takeImage()));
  MR_TRY(p.openRemote());
  return std::unique_ptr<AgentHost>(new AgentHost(std::move(parts)));
}

Result<> AgentHost::start() {
  parts_->ground.start();
  parts_->running = true;
  return parts_->controller->start();
}

Result<> AgentHost::apply(const flow::Flow& flow) {
  MR_TRY(parts_->controller->apply(flow));
  return parts_->ground.saveNames();
}

Result<std::vector<std::string>> AgentHost::stop() {
  if (parts_->remote != nullptr) parts_->remote->stop();
  std::vector<std::string> terminated = parts_->controller->stop();
  if (!std::exchange(parts_->running, false)) return terminated;
  MR_TRY(parts_->ground.stop());
  return terminated;
}

engine::FlowController& AgentHost::controller() { return *parts_->controller; }
engine::Store& AgentHost::store() { return parts_->ground.store(); }
net::Network& AgentHost::network() { return parts_->ground.network(); }
std::uint16_t AgentHost::siteToSitePort() const {
  return parts_->remote == nullptr ? std::uint16_t{0} : parts_->remote->port();
}
const Clock& AgentHost::clock() const { return parts_->ground.clock(); }
const std::vector<std::string>& AgentHost::parked() const { return parts_->ground.parked(); }
bool AgentHost::failed() const { return parts_->ground.failed(); }

}  // namespace millrace::agent
