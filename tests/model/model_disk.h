// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the commit model keeps beside the code under test: the bytes a content must have, and a
// partition of a log small enough to be read at a glance.

#include "engine/base/crc32c.h"
#include "engine/base/file_system.h"
#include "engine/base/random.h"
#include "engine/commit/commit.h"
#include "log-backend/segment/tail_scan.h"

#include <array>
#include <map>
#include <memory>
#include <set>

namespace millrace::model {

inline std::vector<std::byte> contentOf(std::uint64_t seed, std::uint64_t length) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(mix64(seed + i / 8) >> (i % 8 * 8));
  return bytes;
}

struct Batch {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< with its head
  auto operator<=>(const Batch&) const = default;
};

/// Batches in one file: length, crc, bytes.
class ModelPartition final : public Participant {
 public:
  static constexpr std::uint64_t kHead = 8;
  ModelPartition(std::shared_ptr<File> file, std::uint64_t end)
      : file_(std::move(file)), end_(end) {}

  static Result<std::shared_ptr<ModelPartition>> open(FileSystem& files, std::uint64_t end) {
    std::shared_ptr<File> file = MR_TRY(files.open("/store/partition", OpenMode::kCreate));
    MR_TRY(file->sync());
    MR_TRY(files.syncDirectory("/store"));
    return std::make_shared<ModelPartition>(std::move(file), end);
  }
  Result<Batch> append(std::uint64_t seed, std::uint64_t length) {
    const auto bytes = contentOf(seed, length);
    ByteWriter out;
    out.u32(static_cast<std::uint32_t>(length));
    out.u32(crc32c(bytes));
    out.raw(bytes);
    MR_TRY(file_->writeAt(end_, out.view()));
    const Batch batch{end_, out.size()};
    end_ += out.size();
    return batch;
  }
  Result<> sync() override { return file_->sync(); }
  std::uint64_t end() const { return end_; }

  /// What a reader sees: whole batches that a record names. Others are voided, and a batch behind
  /// them is found all the same.
  Result<std::set<Batch>> visible(const std::set<Batch>& named) {
    std::set<Batch> seen;
    const auto wholeAt = [&](File& file, std::uint64_t offset,
                             std::uint64_t size) -> Result<std::uint64_t> {
      std::array<std::byte, kHead> head{};
      MR_TRY(file.readAt(offset, head));
      ByteReader in(head);
      const std::uint32_t length = in.u32();
      const std::uint32_t crc = in.u32();
      if (length == 0 || offset + kHead + length > size) return std::uint64_t{0};
      std::vector<std::byte> bytes(length);
      MR_TRY(file.readAt(offset + kHead, bytes));
      if (crc32c(bytes) != crc) return std::uint64_t{0};
      const Batch batch{offset, kHead + length};
      if (named.contains(batch)) seen.insert(batch);
      return batch.length;
    };
    std::uint64_t at = 0;
    for (const Batch& batch : named) {
      // Torn batches that nobody names may stand between.
      at = std::max(at, MR_TRY(log::scanTail(*file_, at, wholeAt)));
      if (at <= batch.offset) at = MR_TRY(log::scanTail(*file_, batch.offset, wholeAt));
    }
    return seen;
  }

 private:
  std::shared_ptr<File> file_;
  std::uint64_t end_;
};

/// What a commit of the model does, and its encoding as a record.
struct Created {
  enum class Where : std::uint8_t { kNone, kSegment, kInline, kInherited };
  std::uint64_t id = 0;
  std::uint64_t seed = 0;    ///< of its content
  std::uint64_t length = 0;  ///< of its content
  Where where = Where::kNone;
  std::uint64_t parent = 0;       ///< kInherited
  std::uint64_t inlineIndex = 0;  ///< kInline
  std::uint64_t claim[4] = {};    ///< kSegment: segment, offset, length, crc
};

struct Deed {
  std::vector<Created> created;
  std::vector<std::uint64_t> dropped;
  std::vector<Batch> appended;
  std::uint64_t consumed = 0;  ///< the consumer's offset after it; 0: unchanged

  std::vector<std::byte> encode() const {
    ByteWriter out;
    out.varint(created.size());
    for (const Created& each : created) {
      for (const std::uint64_t number : {each.id, each.seed, each.length, each.parent,
                                         each.inlineIndex, std::uint64_t(each.where)})
        out.varint(number);
      for (const std::uint64_t number : each.claim) out.varint(number);
    }
    out.varint(dropped.size());
    for (const std::uint64_t id : dropped) out.varint(id);
    out.varint(appended.size());
    for (const Batch& batch : appended) {
      out.varint(batch.offset);
      out.varint(batch.length);
    }
    out.varint(consumed);
    return out.take();
  }
};

}  // namespace millrace::model
