// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_events.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {

bool isBirth(FactKind kind) {
  switch (kind) {
    case FactKind::kCreate:
    case FactKind::kReceive:
    case FactKind::kFetch:
      return true;
    default:
      return false;
  }
}

bool sameContent(const Content& a, const Content& b) {
  return a.kind == b.kind && a.length == b.length && a.offset == b.offset && a.claim == b.claim &&
         a.crc == b.crc && a.buffer == b.buffer;
}

bool contains(const std::vector<std::uint64_t>& sorted, FlowFileId id) {
  return std::binary_search(sorted.begin(), sorted.end(), id.raw());
}

}  // namespace

std::string uuidOf(const FlowFile& file, std::uint64_t store) {
  if (file.ownUuid) {
    if (const auto own = file.attributes.find("uuid")) return std::string(*own);
  }
  return Uuid::ofFlowFile(store, file.id.raw()).text();
}

std::vector<std::pair<std::string, std::string>> attributesOf(const FlowFile& file,
                                                              std::uint64_t store) {
  std::vector<std::pair<std::string, std::string>> result;
  if (!file.ownUuid) result.emplace_back("uuid", uuidOf(file, store));
  if (file.defaultFilename && !file.attributes.find("filename"))
    result.emplace_back("filename", uuidOf(file, store));
  file.attributes.forEach(
      [&](std::string_view name, std::string_view value) { result.emplace_back(name, value); });
  return result;
}

bool fits(const ProvenanceEvent& event, const ProvenanceQuery& query) {
  if (query.type && *query.type != event.type) return false;
  if ((query.from && event.time < *query.from) || (query.to && event.time > *query.to))
    return false;
  const auto& components = query.components;
  if (!components.empty() &&
      std::find(components.begin(), components.end(), event.component) == components.end())
    return false;
  if (!query.uuids.empty()) {
    const auto named = [&](const std::string& uuid) {
      return std::find(query.uuids.begin(), query.uuids.end(), uuid) != query.uuids.end();
    };
    if (!named(event.uuid) && std::none_of(event.parents.begin(), event.parents.end(), named) &&
        std::none_of(event.children.begin(), event.children.end(), named))
      return false;
  }
  if (query.filename && event.attribute("filename") != *query.filename) return false;
  return std::all_of(query.attributes.begin(), query.attributes.end(), [&](const auto& wanted) {
    return event.attribute(wanted.first) == wanted.second;
  });
}

void CommitEvents::expect(const ProvenanceQuery* query) {
  query_ = query;
  wantedIds_.clear();
  byUuidText_ = false;
  if (query == nullptr) return;
  for (const std::string& text : query->uuids) {
    const auto uuid = Uuid::parse(text);
    const auto id = uuid ? uuid->flowFileId(store_) : std::nullopt;
    if (id) {
      wantedIds_.push_back(*id);
    } else {
      byUuidText_ = true;
    }
  }
  std::sort(wantedIds_.begin(), wantedIds_.end());
}

void CommitEvents::begin(Lsn lsn, ByteView, InlineBuffers) {
  lsn_ = lsn;
  known_.clear();
  facts_.clear();
  leaving_.clear();
  byId_.clear();
  hint_ = inputs_ = 0;
  next_ = 0;
  skip_ = false;
}

void CommitEvents::head(ComponentId component, Millis time, std::uint64_t flowRevision) {
  component_ = component;
  time_ = time;
  revision_ = flowRevision;
  if (query_ == nullptr) return;
  const auto& components = query_->components;
  skip_ = (!components.empty() &&
           std::find(components.begin(), components.end(), component) == components.end()) ||
          (query_->from && time < *query_->from) || (query_->to && time > *query_->to);
}

void CommitEvents::input(ConnectionId from, const FlowFile& file) {
  if (skip_) return;
  Known& known = known_.emplace_back();
  known.before = file;
  known.from = from;
  ++inputs_;
}

void CommitEvents::outputs(ConnectionId to) { output_ = to; }

void CommitEvents::same(std::uint32_t ordinal, std::uint32_t count) {
  if (skip_) return;
  for (std::uint32_t i = 0; i < count; ++i) known_[ordinal + i].to = output_;
}

void CommitEvents::changed(std::uint32_t ordinal, const FlowFile&, const FlowFile& after) {
  if (skip_) return;
  Known& known = known_[ordinal];
  known.after = after;
  known.isChanged = true;
  known.to = output_;
}

void CommitEvents::created(const FlowFile& file) {
  if (skip_) return;
  Known& known = known_.emplace_back();
  known.before = file;
  known.to = output_;
}

void CommitEvents::dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                           std::string_view relationship) {
  if (skip_) return;
  for (std::uint32_t i = 0; i < count; ++i)
    leaving_.push_back({ordinal + i, reason, std::string(relationship)});
}

void CommitEvents::fact(const Fact& fact) {
  if (skip_) return;
  facts_.push_back({fact.kind, fact.flowFile, std::string(fact.relationship),
                    std::string(fact.transitUri), std::string(fact.details), fact.parents,
                    fact.children});
}

std::size_t CommitEvents::knownOf(FlowFileId id) const {
  for (std::size_t at = hint_; at < std::min(hint_ + 2, known_.size()); ++at) {
    if (known_[at].before.id == id) return hint_ = at;
  }
  if (byId_.empty()) {
    for (std::size_t i = 0; i < known_.size(); ++i) byId_.emplace(known_[i].before.id.raw(), i);
  }
  const auto found = byId_.find(id.raw());
  return found == byId_.end() ? kNone : hint_ = found->second;
}

std::string CommitEvents::uuidOf(FlowFileId id) const {
  const std::size_t known = knownOf(id);
  if (known != kNone) return millrace::uuidOf(known_[known].before, store_);
  return Uuid::ofFlowFile(store_, id.raw()).text();
}

bool CommitEvents::isSelfRoute(const KeptFact& fact) const {
  if (fact.kind != FactKind::kRoute) return false;
  const std::size_t known = knownOf(fact.flowFile);
  return known != kNone && known_[known].from != ConnectionId(0) &&
         known_[known].from == known_[known].to;
}

/// Notes for each FlowFile what the facts tell of it, so that the engine need not.
void CommitEvents::noteBirths() {
  for (const KeptFact& fact : facts_) {
    if (isSelfRoute(fact)) continue;
    if (const std::size_t own = knownOf(fact.flowFile); own != kNone) {
      known_[own].isTold = true;
      known_[own].isBorn |= isBirth(fact.kind) || fact.kind == FactKind::kJoin;
      known_[own].hasContentEvent |=
          fact.kind == FactKind::kFetch || fact.kind == FactKind::kContentModified;
    }
    for (const FlowFileId id : fact.parents) {
      if (const std::size_t parent = knownOf(id); parent != kNone) known_[parent].isTold = true;
    }
    for (const FlowFileId id : fact.children) {
      const std::size_t child = knownOf(id);
      if (child == kNone) continue;
      known_[child].isTold = known_[child].isBorn = true;
    }
  }
}

bool CommitEvents::mayFit(FactKind type, FlowFileId id, const KeptFact* fact) const {
  if (query_ == nullptr) return true;
  if (query_->type && *query_->type != type) return false;
  if (query_->uuids.empty() || contains(wantedIds_, id)) return true;
  if (fact != nullptr) {
    for (const auto* list : {&fact->parents, &fact->children}) {
      for (const FlowFileId each : *list) {
        if (contains(wantedIds_, each)) return true;
      }
    }
  }
  return byUuidText_;
}

void CommitEvents::describe(ProvenanceEvent& event, const Known& known) const {
  const FlowFile& file = known.before;
  event.entryDate = file.entryDate;
  event.lineageStart = file.lineageStart;
  event.sourceQueue = known.from;
  event.attributes = attributesOf(file, store_);
  event.before = event.after = file.content;
  if (!known.isChanged) {
    if (known.from == ConnectionId(0)) event.before = Content{};
    return;
  }
  event.after = known.after.content;
  const auto now = attributesOf(known.after, store_);
  const auto find = [](const auto& list, const std::string& name) {
    return std::find_if(list.begin(), list.end(),
                        [&](const auto& pair) { return pair.first == name; });
  };
  for (const auto& [name, value] : now) {
    const auto was = find(event.attributes, name);
    if (was == event.attributes.end() || was->second != value)
      event.changes.emplace_back(name, value);
  }
  for (const auto& [name, value] : event.attributes) {
    if (find(now, name) == now.end()) event.changes.emplace_back(name, std::nullopt);
  }
}

void CommitEvents::add(FactKind type, FlowFileId id, const KeptFact* fact, const Leaving* leaving,
                       std::vector<ProvenanceEvent>& into) {
  const std::uint32_t number = next_++;
  if (!mayFit(type, id, fact)) return;
  ProvenanceEvent event;
  event.id = {lsn_, number};
  event.type = type;
  event.time = time_;
  event.component = component_;
  event.flowRevision = revision_;
  event.flowFile = id;
  event.uuid = uuidOf(id);
  std::size_t known = leaving != nullptr ? leaving->known : knownOf(id);
  if (known == kNone && fact != nullptr && fact->kind == FactKind::kReplay) {
    // The FlowFile itself is long gone; the one made of it has its attributes.
    known = fact->children.empty() ? kNone : knownOf(fact->children.front());
  }
  if (known != kNone) describe(event, known_[known]);
  if (fact != nullptr) {
    event.relationship = fact->relationship;
    event.transitUri = fact->transitUri;
    event.details = fact->details;
    for (const FlowFileId each : fact->parents) event.parents.push_back(uuidOf(each));
    for (const FlowFileId each : fact->children) event.children.push_back(uuidOf(each));
    if (fact->kind == FactKind::kDrop && !fact->relationship.empty())
      event.details = fmt::format("auto-terminated by relationship {}", fact->relationship);
  }
  if (leaving != nullptr) {
    event.relationship = leaving->relationship;
    if (leaving->reason == DropReason::kAutoTerminated)
      event.details = fmt::format("auto-terminated by relationship {}", leaving->relationship);
    if (leaving->reason == DropReason::kEmptied) event.details = "the queue was emptied";
    if (leaving->reason == DropReason::kCrowded) event.details = "the connection was full";
    if (leaving->reason == DropReason::kOverBudget) event.details = "the disk budget was full";
    if (leaving->reason == DropReason::kExpired) event.details = "older than its connection allows";
  }
  if (query_ == nullptr || fits(event, *query_)) into.push_back(std::move(event));
}

void CommitEvents::addUntold(std::vector<ProvenanceEvent>& into) {
  for (std::size_t i = 0; i < known_.size(); ++i) {
    const Known& known = known_[i];
    const FlowFileId id = known.before.id;
    if (i >= inputs_) {
      if (!known.isBorn) add(FactKind::kCreate, id, nullptr, nullptr, into);
      continue;
    }
    if (!known.isChanged) continue;
    const bool content = !sameContent(known.before.content, known.after.content);
    if (content && !known.hasContentEvent) {
      add(FactKind::kContentModified, id, nullptr, nullptr, into);
    } else if (!content && !known.isTold && !(known.before.attributes == known.after.attributes)) {
      add(FactKind::kAttributesModified, id, nullptr, nullptr, into);
    }
  }
}

void CommitEvents::derive(std::vector<ProvenanceEvent>& into) {
  if (skip_) return;
  hint_ = 0;
  noteBirths();
  hint_ = 0;
  for (const KeptFact& fact : facts_) {
    if (!isSelfRoute(fact)) add(fact.kind, fact.flowFile, &fact, nullptr, into);
  }
  addUntold(into);
  for (const Leaving& leaving : leaving_) {
    const FactKind type =
        leaving.reason == DropReason::kExpired ? FactKind::kExpire : FactKind::kDrop;
    add(type, known_[leaving.known].before.id, nullptr, &leaving, into);
  }
}

}  // namespace millrace
