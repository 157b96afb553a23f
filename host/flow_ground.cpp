// SPDX-License-Identifier: Apache-2.0
#include "host/flow_ground.h"

#include "engine/base/posix_file_system.h"
#include "engine/base/posix_process_runner.h"
#include "engine/net/asio_network.h"
#include "host/flow_names.h"

#include <fmt/format.h>

#include <utility>

namespace millrace::host {

FlowGround::FlowGround(FlowGroundOptions options)
    : options_(std::move(options)),
      ages_(clock_, [this](Millis by) { raise(BulletinLevel::kWarn, sentenceOfStep(by)); }),
      random_(Random::fromEntropy()),
      files_(makePosixFileSystem()),
      network_(net::makeAsioNetwork()),
      processes_(makePosixProcessRunner()),
      variables_(expression::processVariables()),
      environment_{clock_, machine_, variables_, nextInt_, expression::TimeZone::ofProcess()},
      chance_(random_.next()) {}

FlowGround::~FlowGround() { controller_ = nullptr; }

void FlowGround::raise(BulletinLevel level, const std::string& text) {
  engine::FlowController* const controller = controller_;
  if (controller != nullptr) controller->bulletins().raise(level, ComponentId(), "", text);
}

void FlowGround::fail() {
  failed_ = true;
  if (options_.onFailure) options_.onFailure();
}

GroupCommitOptions FlowGround::commitOptions() {
  GroupCommitOptions commit = options_.disk.commit;
  commit.durability = options_.durability;
  commit.onFailure = [this](const Error& error) {
    failed_ = true;
    raise(BulletinLevel::kError,
          "the data directory cannot be written any more, everything stops: " + error.message);
    if (options_.onFailure) options_.onFailure();
  };
  commit.effects.onBulletin = [this](const std::string& text) {
    raise(BulletinLevel::kWarn, text);
  };
  return commit;
}

Result<> FlowGround::open() {
  return options_.durability == Durability::kNone ? openMemory() : openDisk();
}

Result<> FlowGround::openDisk() {
  repo::DiskStoreOptions disk = options_.disk;
  disk.content.writeBehind = options_.durability == Durability::kPower;
  disk.commit = commitOptions();
  disk.onBulletin = disk.commit.effects.onBulletin;
  MR_TRY(files_->createDirectories(options_.data));
  disk_ = MR_TRY(repo::DiskStore::open(*files_, options_.data, clock_, random_, std::move(disk)));
  ids_ =
      std::make_unique<engine::FlowFileIds>([this](std::uint64_t count) -> Result<std::uint64_t> {
        return MR_TRY(disk_->identity().reserveIds(count)).first;
      });
  const repo::StoreId id = disk_->identity().seen();
  store_ = std::make_unique<engine::Store>(engine::Store{id.high ^ id.low, disk_->commits(),
                                                         disk_->content(), *ids_, state_, counters_,
                                                         ages_, *files_, disk_->pages()});
  return Done{};
}

Result<> FlowGround::openMemory() {
  if (!options_.data.empty() && files_->exists(options_.data + "/store")) {
    return Error::user(
        fmt::format("{} keeps the queues of an earlier run, which would not be read: name another "
                    "folder, or run with --durability process",
                    options_.data));
  }
  memory_ = std::make_unique<repo::MemoryStore>(*files_, clock_, commitOptions());
  ids_ = std::make_unique<engine::FlowFileIds>(
      [next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
        return std::exchange(next, next + count);
      });
  store_ = std::make_unique<engine::Store>(
      engine::Store{random_.next(), memory_->commits(), memory_->content(), *ids_, state_,
                    counters_, ages_, *files_, memory_->pages()});
  return Done{};
}

void FlowGround::keep(std::unique_ptr<repo::ProvenanceBlocks> provenance) {
  provenance_ = std::move(provenance);
  disk_->setProvenance(provenance_.get());
}

Result<> FlowGround::restore(repo::StoreImage image) {
  for (const auto& [component, known] : image.state()) {
    StateMap map;
    map.version = static_cast<std::int64_t>(known.version.raw());
    for (const auto& [key, value] : known.values) map.entries.emplace_back(key, value.value);
    state_.load(component, std::move(map));
  }
  engine::FlowController& controller = *controller_.load();
  std::vector<ConnectionId> queues;
  image.forEachQueue([&](ConnectionId connection, std::uint64_t count, std::uint64_t) {
    queues.push_back(connection);
    recovered_ += count;
  });
  for (const ConnectionId connection : queues)
    controller.restoreQueue(connection, image.takeQueue(connection));
  const FlowNames names = MR_TRY(FlowNames::read(*files_, options_.data));
  for (const engine::ConnectionSnapshot& connection : controller.connections()) {
    if (!connection.parked) continue;
    parked_.push_back(
        fmt::format("{}: {} FlowFiles", names.nameOf(connection.id), connection.queue.count));
  }
  return Done{};
}

Result<> FlowGround::saveNames() {
  if (disk_ == nullptr) return Done{};
  const engine::FlowController& controller = *controller_.load();
  FlowNames names = MR_TRY(FlowNames::read(*files_, options_.data));
  for (const auto& component : controller.components())
    names.add(component.id, component.type, component.path);
  for (const auto& connection : controller.connections()) {
    if (!connection.parked) names.add(connection.id, connection.path);
  }
  return names.save(*files_, options_.data);
}

void FlowGround::start() {
  if (disk_ != nullptr) disk_->start();
  if (memory_ != nullptr) memory_->start();
}

Result<> FlowGround::stop() { return disk_ != nullptr ? disk_->stop() : memory_->stop(); }

engine::World FlowGround::world(millrace::log::Log* log) {
  return engine::World{clock_, *files_, *network_, *processes_, environment_, chance_, log};
}

}  // namespace millrace::host
