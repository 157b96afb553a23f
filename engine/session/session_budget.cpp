// SPDX-License-Identifier: Apache-2.0
// What gives way when a slice brings more than the disk budget of all queues has room for. A slice
// that only moves FlowFiles on brings nothing, and so drains what is over the budget.
#include "engine/session/engine_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {

using State = SessionEntry::State;

namespace {

/// Of one commit: a budget that was made smaller is reached step by step.
constexpr std::size_t kMostGivingWay = 10'000;

std::uint64_t costOf(const FlowFile& file) { return DiskBudget::cost(1, file.size()); }

/// Takes what becomes free off what is too much.
void lower(std::uint64_t& excess, std::uint64_t freed) { excess -= std::min(excess, freed); }

}  // namespace

/// By how much more would wait than before the slice.
std::uint64_t EngineSession::growth() const {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    const SessionEntry& entry = pool_[i];
    if (entry.isInput() && entry.state != State::kReturned && entry.state != State::kHeld)
      before += costOf(entry.before());
  }
  for (const Outputs& outputs : outputs_) {
    for (const Outputs::Item& item : outputs.items) after += costOf(item.entry->file);
  }
  return after > before ? after - before : 0;
}

/// FlowFiles for other components, in the order in which they were transferred.
std::vector<EngineSession::Brought> EngineSession::brought() const {
  std::vector<Brought> all;
  for (const Outputs& outputs : outputs_) {
    const bool urgent = !outputs.queue->givesWay();
    for (const Outputs::Item& item : outputs.items) {
      if (item.entry->state == State::kTransferred)
        all.push_back({item.entry, costOf(item.entry->file), urgent});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Brought& a, const Brought& b) {
    return a.entry->turn < b.entry->turn;
  });
  std::vector<Brought> each;
  for (const Brought& copy : all) {
    if (each.empty() || each.back().entry != copy.entry) {
      each.push_back(copy);
    } else {
      each.back().cost += copy.cost;
      each.back().urgent = each.back().urgent || copy.urgent;
    }
  }
  return each;
}

void EngineSession::keepBudget() {
  overBudget_ = {};
  DiskBudget* const budget = wiring_->budget.get();
  if (budget == nullptr) return;
  const std::uint64_t grows = growth();
  std::uint64_t excess = grows == 0 ? 0 : budget->excess(grows);
  if (excess == 0) return;
  std::vector<Brought> own = brought();
  if (budget->settings().dropsNewest) std::reverse(own.begin(), own.end());
  const auto dropOwn = [&](bool urgent) {
    for (const Brought& each : own) {
      if (excess == 0) return;
      if (each.urgent != urgent || each.entry->state != State::kTransferred) continue;
      lower(excess, each.cost);
      dropOverBudget(*each.entry);
    }
  };
  // In vain would something give way to what can never fit.
  for (const Brought& each : own) {
    if (each.cost <= budget->settings().bytes) continue;
    lower(excess, each.cost);
    dropOverBudget(*each.entry);
  }
  if (budget->settings().dropsNewest) dropOwn(false);
  lowerByOthers(*budget, grows, own.size(), excess);
  dropOwn(false);
  dropOwn(true);
  forgetOverBudget();
}

/// What waits longest gives way, as long as there is something.
void EngineSession::lowerByOthers(DiskBudget& budget, std::uint64_t grows, std::size_t brought,
                                  std::uint64_t& excess) {
  const std::uint64_t inTheWay = excess > grows ? excess - grows : 0;  // and was before
  std::vector<std::shared_ptr<FlowFileQueue>> vain;
  std::vector<FlowFile> taken;
  std::size_t count = 0;
  for (; excess > 0 && count < kMostGivingWay + brought; ++count) {
    auto queue = budget.oldest(vain);
    if (queue == nullptr) return;
    taken.clear();
    const FlowFileQueue::Poll how{1, store_.clock.monotonic(), store_.clock.wall(), Lsn{~0ULL}};
    queue->poll(how, taken, expired_);
    if (taken.empty() && expired_.empty()) {
      vain.push_back(std::move(queue));
      continue;
    }
    for (const FlowFile& file : expired_) lower(excess, costOf(file));
    addExpired(*queue);
    for (FlowFile& file : taken) {
      lower(excess, costOf(file));
      SessionEntry& entry = addInput(std::move(file), *queue);
      dropOverBudget(entry);
    }
    if (giving_.empty() || giving_.back() != queue) giving_.push_back(std::move(queue));
  }
  // The rest gives way to the next slices, so long as what waits does not become more.
  lower(excess, inTheWay);
}

void EngineSession::dropOverBudget(SessionEntry& entry) {
  entry.state = State::kOverBudget;
  ++overBudget_.count;
  overBudget_.bytes += entry.file.size();
}

/// Takes what was dropped out of the outputs, and its clones out of the facts.
void EngineSession::forgetOverBudget() {
  const auto isDropped = [](const Outputs::Item& item) {
    return item.entry->state == State::kOverBudget;
  };
  std::vector<FlowFileId> clones;
  for (Outputs& outputs : outputs_) {
    for (const Outputs::Item& item : outputs.items) {
      if (isDropped(item) && item.isClone) clones.push_back(item.cloneId);
    }
    std::erase_if(outputs.items, isDropped);
  }
  if (clones.empty()) return;
  std::sort(clones.begin(), clones.end());
  std::erase_if(facts_, [&](const StoredFact& fact) {
    return fact.kind == FactKind::kClone && fact.children.size() == 1 &&
           std::binary_search(clones.begin(), clones.end(), fact.children.front());
  });
}

void EngineSession::tellOverBudget(Nanos now, SliceResult& result) {
  if (overBudget_.count == 0) return;
  const auto count = [&](const char* name, std::uint64_t number) {
    store_.counters.adjust(wiring_->componentName, name, static_cast<std::int64_t>(number));
  };
  count("FlowFiles dropped where the disk budget is full", overBudget_.count);
  count("Bytes dropped where the disk budget is full", overBudget_.bytes);
  if (auto note = wiring_->budget->noteDropped(overBudget_.count, overBudget_.bytes, now))
    result.notes.push_back(*std::move(note));
}

}  // namespace millrace::engine
