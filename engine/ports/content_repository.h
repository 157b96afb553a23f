// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentRepository: the port for content that is too large to travel inside the journal.
//
// Promise: a claim whose appender's participants were synced can be read back until it is released
// as often as it was retained, the last release is durable, and no lease holds it. What is read has
// the claim's CRC or fails. Content is never changed in place.
// Ownership: appenders and leases do not outlive their repository. Threads: the repository from
// any; an appender belongs to one worker, and two appenders share no lock while they append.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"
#include "engine/flowfile/content_claim.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace {

/// A file to take in whole, with the facts that prove it is still the one that was seen.
struct AdoptableFile {
  std::string path;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  Nanos modified = 0;
};

class ContentAppender {
 public:
  virtual ~ContentAppender() = default;
  /// Adds to the content being written; any length, in constant memory.
  virtual Result<> write(ByteView bytes) = 0;
  /// Ends it. The claim counts as retained once. Empty content has no claim (segment 0).
  virtual Result<ContentClaim> finish() = 0;
  /// Forgets what was written since the last finish().
  virtual void abandon() = 0;
  /// Links the file in instead of copying it; fails where that is impossible or it changed.
  /// Retained once. Nothing is done to the source.
  virtual Result<ContentClaim> adopt(const AdoptableFile& file) = 0;
  /// Who must be synced before a record that names claims finished since the last call.
  virtual std::vector<std::shared_ptr<Participant>> takeParticipants() = 0;
};

/// Keeps one claim readable while it lives.
class ContentLease {
 public:
  virtual ~ContentLease() = default;
};

class ContentRepository {
 public:
  virtual ~ContentRepository() = default;
  virtual Result<std::unique_ptr<ContentAppender>> appender() = 0;
  /// Reads up to into.size() bytes from `offset` of the claim; fewer only at its end.
  virtual Result<std::size_t> read(const ContentClaim& claim, std::uint64_t offset,
                                   std::span<std::byte> into) = 0;
  virtual Result<std::unique_ptr<ContentLease>> lease(const ContentClaim& claim) = 0;
  /// One more FlowFile refers to the claim; recovery calls it for each that it finds.
  virtual void retain(const ContentClaim& claim, std::uint32_t count = 1) = 0;
  /// As retain(), for a content that may have been dropped since: fails when it is gone or damaged.
  virtual Result<> revive(const ContentClaim& claim) = 0;
  /// One less, by the commit `dropped`; Lsn(0) when its session was rolled back.
  virtual void release(const ContentClaim& claim, Lsn dropped, std::uint32_t count = 1) = 0;
  /// Recovery has retained all that is reachable: from here on the rest may go, and appenders work.
  virtual void finishReplay() = 0;
  /// Gives back space of claims whose last release is on the medium. `synced`:
  /// GroupCommit::synced(). At most `operations` files or holes. Returns the bytes given back.
  virtual Result<std::uint64_t> reclaim(Lsn synced, std::size_t operations) = 0;
  /// How many FlowFiles refer to the claim.
  virtual std::uint64_t references(const ContentClaim& claim) const = 0;
};

}  // namespace millrace
