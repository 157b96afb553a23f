// SPDX-License-Identifier: Apache-2.0
#include "repositories/memory/memory_provenance.h"

#include <algorithm>

namespace millrace::repo {

void MemoryProvenance::begin(Lsn lsn, ByteView record, InlineBuffers buffers) {
  lsn_ = lsn;
  skip_ = lsn <= mark();
  if (!skip_) events_.begin(lsn, record, buffers);
}
void MemoryProvenance::head(ComponentId component, Millis time, std::uint64_t flowRevision) {
  if (!skip_) events_.head(component, time, flowRevision);
}
void MemoryProvenance::input(ConnectionId from, const FlowFile& file) {
  if (!skip_) events_.input(from, file);
}
void MemoryProvenance::outputs(ConnectionId to) {
  if (!skip_) events_.outputs(to);
}
void MemoryProvenance::same(std::uint32_t ordinal, std::uint32_t count) {
  if (!skip_) events_.same(ordinal, count);
}
void MemoryProvenance::changed(std::uint32_t ordinal, const FlowFile& before,
                               const FlowFile& after) {
  if (!skip_) events_.changed(ordinal, before, after);
}
void MemoryProvenance::created(const FlowFile& file) {
  if (!skip_) events_.created(file);
}
void MemoryProvenance::dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                               std::string_view relationship) {
  if (!skip_) events_.dropped(ordinal, count, reason, relationship);
}
void MemoryProvenance::fact(const Fact& fact) {
  if (!skip_) events_.fact(fact);
}

Result<> MemoryProvenance::end() {
  if (skip_) return Done{};
  std::vector<ProvenanceEvent> derived;
  events_.derive(derived);
  MutexLock lock(mutex_);
  for (ProvenanceEvent& event : derived) kept_.push_back(std::move(event));
  mark_ = lsn_;
  return Done{};
}

Lsn MemoryProvenance::mark() const {
  MutexLock lock(mutex_);
  return mark_;
}

Result<std::uint64_t> MemoryProvenance::retain() {
  MutexLock lock(mutex_);
  while (kept_.size() > most_) kept_.pop_front();
  return std::uint64_t{0};
}

Result<ProvenancePage> MemoryProvenance::search(const ProvenanceQuery& query) {
  MutexLock lock(mutex_);
  ProvenancePage page;
  page.commitsRead = kept_.size();
  for (auto event = kept_.rbegin(); event != kept_.rend(); ++event) {
    if ((query.before && event->id >= *query.before) || !fits(*event, query)) continue;
    if (page.events.size() == query.limit) {
      page.next = page.events.empty() ? event->id : page.events.back().id;
      break;
    }
    page.events.push_back(*event);
  }
  return page;
}

Result<std::optional<ProvenanceEvent>> MemoryProvenance::find(ProvenanceEventId id) {
  MutexLock lock(mutex_);
  const auto found = std::lower_bound(
      kept_.begin(), kept_.end(), id,
      [](const ProvenanceEvent& event, ProvenanceEventId wanted) { return event.id < wanted; });
  if (found == kept_.end() || found->id != id) return std::optional<ProvenanceEvent>();
  return std::optional<ProvenanceEvent>(*found);
}

}  // namespace millrace::repo
