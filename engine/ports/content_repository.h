// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentRepository: content too large for the journal, as ranges of segment files or as adopted
// files.
//
// Promise: a claim that finish() or adopt() returned reads back the same bytes, or an Error, until
// it is released; damage is found by its CRC. Space comes back only after the commit that dropped
// the last FlowFile is on the medium, no lease is open and the archive age has passed. Threads: the
// repository from any thread; an appender belongs to one worker.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"
#include "engine/flowfile/content_claim.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace millrace {

/// One worker's open segment. Destroying it abandons a claim that was begun and not finished.
class ContentAppender {
 public:
  virtual ~ContentAppender() = default;
  /// Adds to the claim that is being written; the first write begins one. Memory use is constant.
  virtual Result<> write(ByteView bytes) = 0;
  /// Ends the claim. It counts as held by one FlowFile.
  virtual Result<ContentClaim> finish() = 0;
  /// Forgets what was written since the last finish().
  virtual void abandon() = 0;
  /// What must be synced before a commit that names the finished claims. May differ after each
  /// finish().
  virtual std::shared_ptr<Participant> participant() = 0;
};

/// Keeps the bytes of a claim in place while somebody reads.
class ContentLease {
 public:
  virtual ~ContentLease() = default;
};

class ContentRepository {
 public:
  virtual ~ContentRepository() = default;

  virtual Result<std::unique_ptr<ContentAppender>> appender() = 0;
  /// Reads from `offset` of the claim; fewer bytes than asked for only at its end.
  virtual Result<std::size_t> read(const ContentClaim& claim, std::uint64_t offset,
                                   std::span<std::byte> into) = 0;
  virtual std::unique_ptr<ContentLease> lease(const ContentClaim& claim) = 0;

  /// More FlowFiles hold the claim.
  virtual void retain(const ContentClaim& claim, std::uint32_t flowFiles = 1) = 0;
  /// The commit `dropped` took FlowFiles that held it; Lsn 0: the session that made it was undone.
  virtual void release(const ContentClaim& claim, Lsn dropped, std::uint32_t flowFiles = 1) = 0;

  /// A file of the outside as content, by a link, without copying: nothing when it is on another
  /// file system. An Error when inode, size or time are not the ones given any more.
  struct Adopted {
    ContentClaim claim;
    std::shared_ptr<Participant> participant;
  };
  virtual Result<std::optional<Adopted>> adopt(const std::string& path, std::uint64_t inode,
                                               std::uint64_t size, Nanos modified) = 0;

  /// Gives back space whose drop is at or before `synced`; returns the bytes given back. Called off
  /// the commit path.
  virtual Result<std::uint64_t> reclaim(Lsn synced) = 0;
};

}  // namespace millrace
