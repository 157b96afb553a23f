// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rig: a DiskStore on any file system, and what it takes to commit to it. Threads: the test's.

#include "engine/base/crc32c.h"
#include "engine/base/fault_file_system.h"
#include "repositories/store/disk_store.h"

namespace millrace::repo {

constexpr ConnectionId kQueue{7};

inline DiskStoreOptions smallOptions() {
  DiskStoreOptions options;
  options.journal.segmentBytes = 64ULL << 10U;
  options.journal.snapshotReserve = 0;
  options.snapshotEveryBytes = 64ULL << 10U;
  options.content.segmentBytes = 64ULL << 10U;
  return options;
}

/// A store and what it takes to commit to it.
struct Rig {
  explicit Rig(FileSystem& files, DiskStoreOptions options = smallOptions()) {
    auto opened = DiskStore::open(files, "/data", clock, random, std::move(options));
    if (opened.ok()) store = std::move(*opened);
    if (!opened.ok()) error = opened.error().message;
  }

  FlowFile made(Content content) {
    FlowFile file;
    file.id = FlowFileId(nextId++);
    file.content = std::move(content);
    return file;
  }
  /// Queues a FlowFile with so many bytes in the journal.
  Lsn queueSmall(std::size_t bytes) {
    Content content;
    content.kind = Content::Kind::kInline;
    content.length = bytes;
    content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes));
    content.buffer->retain();
    content.crc = crc32c(content.buffer->bytes());
    return commit(made(std::move(content)), {});
  }
  /// Queues one with content in a file.
  Lsn queueLarge(ContentAppender& appender, std::size_t bytes, ContentClaim& claim) {
    if (!appender.write(std::vector<std::byte>(bytes, std::byte{'x'})).ok()) return Lsn(0);
    claim = appender.finish().valueOr({});
    Content content;
    content.kind = Content::Kind::kStored;
    content.length = bytes;
    content.claim = claim;
    return commit(made(std::move(content)), appender.takeParticipants());
  }
  Lsn commit(const FlowFile& file, std::vector<std::shared_ptr<Participant>> syncs) {
    CommitRecordWriter record;
    record.begin(ComponentId(1), 0, 1);
    record.outputs(kQueue);
    record.created(file);
    auto finished = record.finish();
    return submit(std::move(finished), std::move(syncs));
  }
  Lsn drop(QueueKey key) {
    CommitRecordWriter record;
    record.begin(ComponentId(2), 0, 1);
    record.input(kQueue, key);
    record.dropped(0, DropReason::kRemoved);
    return submit(record.finish(), {});
  }
  Lsn submit(CommitRecordWriter::Finished finished,
             std::vector<std::shared_ptr<Participant>> syncs) {
    Commit commit;
    commit.record = std::move(finished.record);
    commit.inlined = std::move(finished.inlined);
    commit.syncs = std::move(syncs);
    if (!store->commits().reserve(bytesOf(commit)).ok()) return Lsn(0);
    return store->commits().submit(std::move(commit));
  }

  SystemClock clock;
  Random random{1};
  std::uint64_t nextId = 1;
  std::unique_ptr<DiskStore> store;
  std::string error;
};

inline std::size_t filesIn(MemoryFileSystem& files, const std::string& folder) {
  auto found = files.list(folder);
  return found.ok() ? found->size() : 0;
}

}  // namespace millrace::repo
