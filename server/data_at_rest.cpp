// SPDX-License-Identifier: Apache-2.0
#include "server/data_at_rest.h"

#include "engine/base/posix_file_system.h"
#include "engine/session/move_flowfiles.h"
#include "engine/session/replay.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/provenance/index/sqlite_block_index.h"
#include "server/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace millrace::server {

struct DataAtRest::Parts {
  SystemClock clock;
  Random random = Random::fromEntropy();
  std::unique_ptr<FileSystem> files = makePosixFileSystem();
  host::FlowNames names;
  std::unique_ptr<repo::ProvenanceBlocks> provenance;
  std::unique_ptr<repo::DiskStore> disk;
  std::optional<repo::StoreImage> image;  // taken when the queues are first asked for

  /// Runs an operator's session on the directory and makes its commits durable.
  template <typename Work>
  Result<> commit(Work&& work) {
    const repo::StoreId id = disk->identity().seen();
    engine::FlowFileIds ids([this](std::uint64_t count) -> Result<std::uint64_t> {
      return MR_TRY(disk->identity().reserveIds(count)).first;
    });
    engine::StateTable state;
    engine::Counters counters;
    engine::Store store{id.high ^ id.low, disk->commits(), disk->content(), ids, state,
                        counters,         clock,           *files};
    MR_TRY(work(store));
    while (MR_TRY(disk->commits().runOnce())) {
    }
    return Done{};
  }
};

DataAtRest::DataAtRest(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DataAtRest::~DataAtRest() = default;

Result<std::unique_ptr<DataAtRest>> DataAtRest::open(const std::string& data) {
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  if (!p.files->exists(repo::StoreIdentity::filePath(data))) {
    return Error::user(
        fmt::format("{} is no data directory: there is no {}; name the directory that was given "
                    "with --data",
                    data, repo::StoreIdentity::filePath(data)));
  }
  repo::DiskStoreOptions options;
  // Only a look: what the flow keeps for replay is not given back because nobody said for how long.
  options.content.archiveAge = std::numeric_limits<std::int32_t>::max() * Millis{1000};
  options.onBulletin = [](const std::string& text) { complain(text); };
  auto disk = repo::DiskStore::open(*p.files, data, p.clock, p.random, options);
  if (!disk.ok()) {
    Error error = std::move(disk).error();
    if (error.fault == Fault::kUser) error.message += "; stop it first";
    return error;
  }
  p.disk = std::move(*disk);
  p.names = MR_TRY(host::FlowNames::read(*p.files, data));
  const std::string folder = repo::provenancePathOf(data);
  MR_TRY(p.files->createDirectories(folder));
  repo::ProvenanceOptions provenance;
  provenance.blocks.keepContent = true;
  provenance.mostAge = std::numeric_limits<std::int32_t>::max() * Millis{1000};
  provenance.mostBytes = std::numeric_limits<std::uint64_t>::max();
  provenance.onBulletin = options.onBulletin;
  provenance.seen = p.disk->identity().seen();
  p.provenance = MR_TRY(repo::ProvenanceBlocks::open(
      *p.files, folder, p.disk->identity().id(), p.clock, p.disk->snapshot(),
      MR_TRY(repo::SqliteBlockIndex::open(folder + "/index.sqlite", options.onBulletin)),
      std::move(provenance)));
  p.disk->setProvenance(p.provenance.get());
  MR_TRY(p.disk->maintain(repo::DiskStore::Effort::kAll));
  return std::unique_ptr<DataAtRest>(new DataAtRest(std::move(parts)));
}

Result<> DataAtRest::close() { return parts_->disk->stop(); }

ProvenanceRepository& DataAtRest::provenance() { return *parts_->provenance; }
const host::FlowNames& DataAtRest::names() const { return parts_->names; }

Result<std::string> DataAtRest::replay(const ProvenanceEvent& event) {
  const auto queue =
      std::make_shared<engine::FlowFileQueue>(event.sourceQueue, "replay", engine::QueueSettings{});
  std::string uuid;
  MR_TRY(parts_->commit([&](engine::Store& store) -> Result<> {
    const FlowFileId made = MR_TRY(engine::replayEvent(store, queue, event));
    uuid = Uuid::ofFlowFile(store.id, made.raw()).text();
    return Done{};
  }));
  return uuid;
}

Result<std::uint64_t> DataAtRest::join(ConnectionId from, ConnectionId into) {
  Parts& p = *parts_;
  if (!p.image) p.image = p.disk->takeImage();
  const auto source =
      std::make_shared<engine::FlowFileQueue>(from, "gone", engine::QueueSettings{});
  source->restore(p.image->takeQueue(from));
  const auto target =
      std::make_shared<engine::FlowFileQueue>(into, "kept", engine::QueueSettings{});
  std::uint64_t moved = 0;
  MR_TRY(p.commit([&](engine::Store& store) -> Result<> {
    moved = MR_TRY(engine::moveFlowFiles(store, source, target, ComponentId()));
    return Done{};
  }));
  return moved;
}

Result<std::string> DataAtRest::contentOf(const Content& content, std::uint64_t most) {
  const auto length = static_cast<std::size_t>(std::min(content.length, most));
  std::string text(length, '\0');
  if (length == 0) return text;
  if (content.kind == Content::Kind::kInline) {
    const std::uint64_t there = content.buffer->bytes().size();
    if (content.length > there || content.offset > there - content.length)
      return Error::user("the content was not kept; run the flow with --archive to keep contents");
    return std::string(asText(content.inlineBytes()).substr(0, length));
  }
  repo::DiskContent& contents = parts_->disk->content();
  MR_TRY(contents.revive(content.claim));
  std::size_t at = 0;
  Result<> done = Done{};
  while (at < length && done.ok()) {
    const std::span<char> rest = std::span(text).subspan(at);
    const auto got =
        contents.read(content.claim, content.offset + at, std::as_writable_bytes(rest));
    if (!got.ok()) {
      done = got.error();
    } else if (*got == 0) {
      done = Error::environment("the content ends before its length", false);
    } else {
      at += *got;
    }
  }
  contents.release(content.claim, Lsn(0));
  MR_TRY(std::move(done));
  return text;
}

}  // namespace millrace::server
