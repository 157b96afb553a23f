// SPDX-License-Identifier: Apache-2.0
#include "processors/merge/flowfile_bins.h"

#include <algorithm>
#include <charconv>

namespace millrace::processors {

namespace {

constexpr int kManyRefusals = 5;
constexpr std::uint64_t kUnknownCount = INT32_MAX;

/// A count as Java's parseInt reads plain digits.
std::optional<std::uint64_t> toCount(std::optional<std::string_view> text) {
  if (!text || text->empty() || !(text->front() >= '0' && text->front() <= '9')) {
    return std::nullopt;
  }
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace

std::string_view nameOf(BinReason reason) {
  switch (reason) {
    case BinReason::kMaxBytes:
      return "MAX_BYTES_THRESHOLD_REACHED";
    case BinReason::kMaxEntries:
      return "MAX_ENTRIES_THRESHOLD_REACHED";
    case BinReason::kMinimums:
      return "MIN_THRESHOLDS_REACHED";
    case BinReason::kTimeout:
      return "TIMEOUT";
    case BinReason::kTooManyBins:
      return "BIN_MANAGER_FULL";
    case BinReason::kTermination:
      return "BIN_TERMINATION_SIGNAL";
    case BinReason::kUnset:
      break;
  }
  return "UNSET";
}

bool Bin::accepts(const SessionFlowFile& file) {
  if (isComplete_) return false;
  if (file.size() > limits_.maxBytes - std::min(limits_.maxBytes, bytes_) ||
      files_.size() >= limits_.maxEntries) {
    ++refusals_;
    return false;
  }
  if (!limits_.defragments) return true;
  if (const auto expected = toCount(file.attribute("fragment.count"))) {
    limits_.minEntries = *expected;
    limits_.maxEntries = *expected;
  }
  const std::string_view index = file.value("fragment.index");
  if (index.empty() || !fragments_.emplace(index).second) {
    ++refusals_;
    return false;
  }
  return true;
}

void Bin::add(std::unique_ptr<HeldFlowFile> file) {
  bytes_ += file->flowFile().size();
  files_.push_back(std::move(file));
  refusals_ = 0;
}

bool Bin::hasMinimums() const {
  return bytes_ >= limits_.minBytes && files_.size() >= limits_.minEntries;
}

bool Bin::isFull() const {
  return isComplete_ || (hasMinimums() && refusals_ > kManyRefusals) ||
         bytes_ >= limits_.maxBytes || files_.size() >= limits_.maxEntries;
}

bool Bin::isFullEnough() const { return isFull() || hasMinimums(); }

BinReason Bin::fullness() const {
  if (isComplete_) return BinReason::kTermination;
  if (bytes_ >= limits_.maxBytes) return BinReason::kMaxBytes;
  if (files_.size() >= limits_.maxEntries) return BinReason::kMaxEntries;
  return BinReason::kMinimums;
}

Bin& FlowFileBins::addBin(const std::string& group, Nanos now) {
  BinLimits limits = limits_;
  if (limits.defragments) {  // until a FlowFile says how many there are
    limits.minBytes = 0;
    limits.maxBytes = UINT64_MAX;
    limits.minEntries = kUnknownCount;
    limits.maxEntries = kUnknownCount;
  }
  bins_.push_back({group, std::make_unique<Bin>(limits, now)});
  groups_[group].push_back(std::prev(bins_.end()));
  return *bins_.back().bin;
}

bool FlowFileBins::offer(std::optional<std::string_view> group, SessionFlowFile& file,
                         bool terminates, ProcessSession& session, Nanos now) {
  if (!limits_.defragments && file.size() > limits_.maxBytes) return false;
  // No group is another group than the empty text.
  const std::string key = group ? "=" + std::string(*group) : std::string();
  const auto& present = groups_[key];
  if (terminates && limits_.terminatorPlace != TerminatorPlace::kLastInBin) {
    const auto open = std::find_if(present.begin(), present.end(),
                                   [](const auto& place) { return !place->bin->isComplete(); });
    if (open != present.end()) (*open)->bin->complete();
  } else {
    for (const auto& place : present) {
      if (!place->bin->accepts(file)) continue;
      place->bin->add(session.hold(file));
      if (terminates) place->bin->complete();
      return true;
    }
  }
  Bin& bin = addBin(key, now);
  if (!bin.accepts(file)) {
    remove(std::prev(bins_.end()));
    return false;
  }
  bin.add(session.hold(file));
  if (terminates && limits_.terminatorPlace != TerminatorPlace::kFirstInNewBin) bin.complete();
  return true;
}

std::unique_ptr<Bin> FlowFileBins::remove(Bins::iterator place) {
  const auto group = groups_.find(place->group);
  std::erase(group->second, place);
  if (group->second.empty()) groups_.erase(group);
  std::unique_ptr<Bin> bin = std::move(place->bin);
  bins_.erase(place);
  return bin;
}

std::vector<std::unique_ptr<Bin>> FlowFileBins::removeReady(bool relaxed, Nanos now) {
  std::vector<std::unique_ptr<Bin>> ready;
  for (auto place = bins_.begin(); place != bins_.end();) {
    Bin& bin = *place->bin;
    const auto next = std::next(place);
    if (relaxed ? bin.isFullEnough() : bin.isFull()) {
      bin.reason = bin.fullness();
      ready.push_back(remove(place));
    } else if (bin.age(now) > limits_.maxAge) {
      bin.reason = BinReason::kTimeout;
      ready.push_back(remove(place));
    }
    place = next;
  }
  return ready;
}

std::unique_ptr<Bin> FlowFileBins::removeOldest() {
  if (bins_.empty()) return nullptr;
  return remove(bins_.begin());
}

void FlowFileBins::clear() {
  groups_.clear();
  bins_.clear();
}

}  // namespace millrace::processors
