// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFileBins: groups FlowFiles into bins until a bin is full, old enough or in the way. The
// FlowFiles are held: for everybody else they are still in their queue.
//
// Owner: a processor. Dropping a bin gives its FlowFiles back to their queues. Threads: one at a
// time; the processor guards it.

#include "engine/base/clock.h"
#include "engine/processor/process_session.h"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace millrace::processors {

/// Why a bin was emptied, in the words of the attribute merge.reason.
enum class BinReason : std::uint8_t {
  kUnset,
  kMaxBytes,
  kMaxEntries,
  kMinimums,
  kTimeout,
  kTooManyBins,
  kTermination,
};
std::string_view nameOf(BinReason reason);

/// Where a FlowFile goes that ends its bin.
enum class TerminatorPlace : std::uint8_t { kLastInBin, kFirstInNewBin, kIsolated };

struct BinLimits {
  std::uint64_t minBytes = 0;
  std::uint64_t maxBytes = UINT64_MAX;
  std::uint64_t minEntries = 1;
  std::uint64_t maxEntries = 1000;
  Nanos maxAge = INT64_MAX;
  TerminatorPlace terminatorPlace = TerminatorPlace::kLastInBin;
  /// Bins are complete by fragment.count and refuse a second FlowFile of one fragment.index.
  bool defragments = false;
};

class Bin {
 public:
  Bin(const BinLimits& limits, Nanos now) : limits_(limits), created_(now) {}

  /// True when the FlowFile fits; the caller adds it then.
  bool accepts(const SessionFlowFile& file);
  void add(std::unique_ptr<HeldFlowFile> file);
  void complete() { isComplete_ = true; }
  bool isComplete() const { return isComplete_; }
  bool isFull() const;
  bool isFullEnough() const;
  BinReason fullness() const;
  Nanos age(Nanos now) const { return now - created_; }
  bool isEmpty() const { return files_.empty(); }
  std::vector<std::unique_ptr<HeldFlowFile>> takeFiles() { return std::move(files_); }

  BinReason reason = BinReason::kUnset;

 private:
  bool hasMinimums() const;

  BinLimits limits_;
  Nanos created_;
  std::vector<std::unique_ptr<HeldFlowFile>> files_;
  std::unordered_set<std::string> fragments_;
  std::uint64_t bytes_ = 0;
  int refusals_ = 0;  // in a row
  bool isComplete_ = false;
};

class FlowFileBins {
 public:
  void configure(const BinLimits& limits) { limits_ = limits; }
  /// Puts the FlowFile into the first bin of its group that has room, else into a new one. False:
  /// it fits into none; then it is still the session's. FlowFiles without a group share one.
  bool offer(std::optional<std::string_view> group, SessionFlowFile& file, bool terminates,
             ProcessSession& session, Nanos now);
  std::size_t count() const { return bins_.size(); }
  /// Removes the bins that are full (or, when `relaxed`, have their minimum) or too old, oldest
  /// first.
  std::vector<std::unique_ptr<Bin>> removeReady(bool relaxed, Nanos now);
  std::unique_ptr<Bin> removeOldest();
  void clear();

 private:
  struct Place {
    std::string group;
    std::unique_ptr<Bin> bin;
  };
  using Bins = std::list<Place>;
  Bin& addBin(const std::string& group, Nanos now);
  std::unique_ptr<Bin> remove(Bins::iterator place);

  BinLimits limits_;
  Bins bins_;  // oldest first
  std::unordered_map<std::string, std::vector<Bins::iterator>> groups_;
};

}  // namespace millrace::processors
