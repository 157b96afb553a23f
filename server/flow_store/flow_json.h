// SPDX-License-Identifier: Apache-2.0
#pragma once
// A flow as JSON: the keys of docs/flow-format.md, with `id` and `layout` in every component
// instead of the block `layout` at the end. Numbers and booleans are JSON's; values of properties
// and parameters are texts. An id is written as a UUID that carries the 64 bits of the flow file's
// id in its last sixteen digits, the others are 0; the root group's id is 0. Threads: pure
// functions.

#include "engine/flow/flow.h"
#include "engine/flow/yaml_reader.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace millrace::server {

using Json = nlohmann::ordered_json;

std::string idText(flow::ElementId id);
/// The root's id is 0. Nothing for a text that is no id of ours.
std::optional<flow::ElementId> idOf(std::string_view text);

Json flowToJson(const flow::Flow& flow);

/// A flow from JSON, linked; or what is wrong with it, without positions. Ids in `given` are
/// written into the flow even where they follow from names. Fails when an `id` is no id of ours, or
/// when the nesting has no end.
Result<flow::ReadFlow> flowFromJson(const Json& json, const std::set<flow::ElementId>& given);

/// Findings as the interface tells them.
Json findingsToJson(const flow::Findings& findings);

/// The keys under which components lie in a group, with the kind that they hold: `processors`,
/// `processor`.
struct ComponentList {
  std::string_view key;
  std::string_view kind;
};
std::span<const ComponentList> componentLists();

/// The path of a component from that of its group, as flow::joinPath() and flow::connectionPath().
std::string pathOf(const Json& component, std::string_view kind, const std::string& groupPath);

/// Any text as JSON prints it, without throwing at bad UTF-8.
std::string jsonText(const Json& json);

}  // namespace millrace::server
