// SPDX-License-Identifier: Apache-2.0
#include "engine/base/memory_medium.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {

void apply(MemoryInode::Names& names, const MemoryMedium::NameChange& change) {
  if (change.node != nullptr) {
    names[change.name] = change.node;
  } else {
    names.erase(change.name);
  }
}

Error refused(std::string_view what, const std::string& path, std::string_view why) {
  return Error::environment(fmt::format("cannot {} {}: {}", what, path, why));
}

std::string_view nameOf(MemoryMedium::Operation operation) {
  switch (operation) {
    case MemoryMedium::Operation::kWrite:
      return "write";
    case MemoryMedium::Operation::kSync:
      return "sync";
    case MemoryMedium::Operation::kSyncDirectory:
      return "sync the folder";
    case MemoryMedium::Operation::kName:
      return "change the name";
  }
  return "change";
}

}  // namespace

MemoryMedium::MemoryMedium(std::uint64_t seed)
    : random(seed), root_(std::make_shared<MemoryInode>(FileKind::kDirectory, 1, used_)) {
  root_->links = 1;
}

MemoryMedium::Place MemoryMedium::find(const std::string& path) const {
  Place place{nullptr, {}, root_};
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string name = path.substr(at, slash - at);
    at = slash + 1;
    if (name.empty() || name == ".") continue;
    if (place.node == nullptr || place.node->kind() != FileKind::kDirectory)
      return {nullptr, name, nullptr};
    const auto found = place.node->names.find(name);
    const Node child = found == place.node->names.end() ? nullptr : found->second;
    place = {place.node, name, child};
  }
  return place;
}

MemoryMedium::Node MemoryMedium::create(FileKind kind) {
  auto node = std::make_shared<MemoryInode>(kind, nextNode_++, used_);
  node->modified = node->changed = tick();
  return node;
}

void MemoryMedium::change(std::vector<NameChange> changes) {
  for (const NameChange& change : changes) {
    const auto old = change.folder->names.find(change.name);
    if (old != change.folder->names.end()) --old->second->links;
    if (change.node != nullptr) ++change.node->links;
    apply(change.folder->names, change);
    change.folder->modified = tick();
  }
  unsyncedNames_.push_back(std::move(changes));
}

void MemoryMedium::settleNames(const Node& folder) {
  std::set<const MemoryInode*> folders{folder.get()};
  std::vector<bool> settled(unsyncedNames_.size());
  for (std::size_t i = unsyncedNames_.size(); i-- > 0;) {
    const auto& step = unsyncedNames_[i];
    settled[i] = std::any_of(step.begin(), step.end(), [&folders](const NameChange& change) {
      return folders.contains(change.folder.get());
    });
    if (!settled[i]) continue;
    for (const NameChange& change : step) folders.insert(change.folder.get());
  }
  std::vector<std::vector<NameChange>> left;
  for (std::size_t i = 0; i < unsyncedNames_.size(); ++i) {
    if (!settled[i]) {
      left.push_back(std::move(unsyncedNames_[i]));
      continue;
    }
    for (const NameChange& change : unsyncedNames_[i]) apply(change.folder->durableNames, change);
  }
  unsyncedNames_ = std::move(left);
}

Result<> MemoryMedium::alive(const std::string& path) const {
  if (powered) return Done{};
  return refused("reach", path, "the power is off");
}

Result<> MemoryMedium::meet(Operation operation, const std::string& path) {
  MR_TRY(alive(path));
  ++operations;
  if (operation == Operation::kSync || operation == Operation::kSyncDirectory) ++syncs;
  if (powerLeft.has_value() && --*powerLeft == 0) {
    powered = false;
    cutPath = path;
    return refused(nameOf(operation), path, "the power went");
  }
  for (auto plan = plans.begin(); plan != plans.end(); ++plan) {
    if (plan->operation != operation || path.find(plan->part) == std::string::npos) continue;
    if (plan->left > 1) {
      --plan->left;
      continue;
    }
    if (plan->times == Times::kOnce) plans.erase(plan);
    return refused(nameOf(operation), path, "Input/output error (planned by the test)");
  }
  return Done{};
}

Result<> MemoryMedium::takeSpace(MemoryInode& node, const std::string& path, std::uint64_t offset,
                                 std::uint64_t length) {
  const std::uint64_t more = node.blocksMissing(offset, length) * MemoryInode::kBlock;
  if (more > 0 && usedBytes() + more > capacity)
    return refused("write", path, "No space left on device");
  return Done{};
}

MemoryMedium::Node MemoryMedium::copyOf(const Node& node, Twins& twins, MemoryMedium& into,
                                        bool powerLost) {
  Node& twin = twins[node.get()];
  if (twin != nullptr) return twin;
  twin = std::make_shared<MemoryInode>(node->kind(), node->number(), into.used_);
  const Node made = twin;  // the map moves while the folder is walked
  made->modified = node->modified;
  made->changed = node->changed;
  made->mode = node->mode;
  made->owner = node->owner;
  made->group = node->group;
  if (node->kind() == FileKind::kDirectory) {
    for (const auto& [name, child] : powerLost ? node->durableNames : node->names) {
      const Node copy = copyOf(child, twins, into, powerLost);
      ++copy->links;
      made->names[name] = copy;
      made->durableNames[name] = copy;
    }
  } else if (powerLost) {
    made->restore(node->afterPowerLoss(random));
  } else {
    std::vector<std::byte> content(static_cast<std::size_t>(node->size()));
    node->read(0, content);
    made->restore(std::move(content));
  }
  return made;
}

std::shared_ptr<MemoryMedium> MemoryMedium::copy(bool powerLost) {
  auto next = std::make_shared<MemoryMedium>(random.next());
  next->now = now + kSecond;
  next->capacity = capacity;
  next->nextNode_ = nextNode_;
  Twins twins;
  next->root_ = copyOf(root_, twins, *next, powerLost);
  next->root_->links = 1;
  powered = false;
  return next;
}

std::shared_ptr<MemoryMedium> MemoryMedium::afterPowerLoss() {
  enum class Mood : std::uint8_t { kAllLost, kAllKept, kMixed };
  const auto mood = static_cast<Mood>(random.below(3));
  std::set<const MemoryInode*> stopped;
  for (const auto& step : unsyncedNames_) {
    const bool blocked = std::any_of(step.begin(), step.end(), [&](const NameChange& change) {
      return stopped.contains(change.folder.get());
    });
    const bool lost =
        blocked || mood == Mood::kAllLost || (mood == Mood::kMixed && random.oneIn(3));
    for (const NameChange& change : step) {
      if (lost) {
        stopped.insert(change.folder.get());
      } else {
        apply(change.folder->durableNames, change);
      }
    }
  }
  return copy(true);
}

std::shared_ptr<MemoryMedium> MemoryMedium::afterProcessDeath() { return copy(false); }

}  // namespace millrace
