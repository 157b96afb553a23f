// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/group_places.h"

#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string GroupPlaces::claim(const SourceObject& source, const std::string& wanted,
                               const std::string& fallback, const Names& avoid) {
  std::string name = wanted.empty() ? fallback : wanted;
  std::replace_if(name.begin(), name.end(), isControl, ' ');
  const bool changed = !wanted.empty() && name != wanted;
  const std::string base = name;
  for (int number = 2; avoid.contains(name) || !names_.insert(name).second; ++number)
    name = fmt::format("{} ({})", base, number);
  if (changed)
    report_.loss(source.at(), joinPath(path_, name),
                 "a line break or control character in its name became a blank");
  if (!wanted.empty() && name != base)
    report_.loss(source.at(), joinPath(path_, name),
                 fmt::format("the name '{}' is taken here; it is called '{}' now", base, name));
  return name;
}

void GroupPlaces::add(const Ids& ids, const std::string& name, Place place) {
  if (!ids.instance.empty()) byId_.emplace("instance/" + ids.instance, place);
  if (!ids.id.empty() && !ids.group.empty()) byId_.emplace(ids.group + "/" + ids.id, place);
  if (!ids.id.empty()) byId_.emplace(ids.id, place);
  if (!name.empty()) byName_.emplace(name, std::move(place));
}

const Place* GroupPlaces::find(const Ids& ids) const {
  for (const std::string& key : {"instance/" + ids.instance, ids.group + "/" + ids.id, ids.id}) {
    if (const auto found = byId_.find(key); found != byId_.end()) return &found->second;
  }
  return nullptr;
}

const Place* GroupPlaces::findName(const std::string& name) const {
  const auto found = byName_.find(name);
  return found == byName_.end() ? nullptr : &found->second;
}

}  // namespace millrace::flow
