// SPDX-License-Identifier: Apache-2.0
#include "server/adoption.h"

#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_editor.h"

#include <fmt/format.h>

#include <optional>

namespace millrace::server {
namespace {

struct Pair {
  std::string before;
  std::string now;
};

/// `path` as it was, when it is the renamed element or inside it.
std::optional<std::string> formerPath(const std::string& path, const Pair& pair) {
  if (path == pair.now) return pair.before;
  if (path.starts_with(pair.now + "/")) return pair.before + path.substr(pair.now.size());
  return std::nullopt;
}

/// `A [success] -> B` as it was, with one or both of its ends renamed.
std::optional<std::string> formerConnection(const std::string& path, const Pair& pair) {
  if (path == pair.now) return pair.before;
  const std::size_t arrow = path.rfind(" -> ");
  if (arrow == std::string::npos) return std::nullopt;
  std::size_t bracket = path.rfind(" [", arrow);
  if (bracket == std::string::npos) bracket = arrow;
  const std::string from = path.substr(0, bracket);
  const std::string to = path.substr(arrow + 4);
  const auto oldFrom = formerPath(from, pair);
  const auto oldTo = formerPath(to, pair);
  if (!oldFrom && !oldTo) return std::nullopt;
  return oldFrom.value_or(from) + path.substr(bracket, arrow + 4 - bracket) + oldTo.value_or(to);
}

struct Taken {
  flow::ElementKind kind;
  flow::ElementId fresh;
  std::string path;
  std::string before;
  flow::ElementId id;
};

std::vector<Taken> takenBy(const flow::Flow& flow, const host::FlowNames& names, const Pair& pair) {
  std::vector<Taken> taken;
  flow::forEachElement(flow, [&](flow::ElementKind kind, const std::string& path,
                                 const flow::Element& element, const flow::Group&) {
    if (kind == flow::ElementKind::kConnection) {
      const auto before = formerConnection(path, pair);
      const auto id = before ? names.connectionAt(*before) : std::nullopt;
      if (id) taken.push_back({kind, element.id, path, *before, flow::ElementId(id->raw())});
    } else {
      const auto before = formerPath(path, pair);
      const auto id = before ? names.componentAt(*before) : std::nullopt;
      if (id) taken.push_back({kind, element.id, path, *before, flow::ElementId(id->raw())});
    }
  });
  return taken;
}

bool has(const flow::Flow& flow, const std::string& wanted) {
  bool found = false;
  flow::forEachElement(flow, [&](flow::ElementKind, const std::string& path, const flow::Element&,
                                 const flow::Group&) { found = found || path == wanted; });
  return found;
}

/// Names may hold a '=': the first split counts whose NEW the flow has.
Result<Pair> parse(const flow::Flow& flow, const std::string& text) {
  for (std::size_t at = text.find('='); at != std::string::npos; at = text.find('=', at + 1)) {
    Pair pair{text.substr(0, at), text.substr(at + 1)};
    if (!pair.before.empty() && has(flow, pair.now)) return pair;
  }
  return Error::user(fmt::format(
      "--adopt {}: write OLD=NEW, where NEW is the path of something in the flow", text));
}

}  // namespace

Result<AdoptedFlow> adopt(const std::string& text, const host::FlowNames& names,
                          const std::vector<std::string>& pairs) {
  flow::YamlEditor editor = MR_TRY(flow::YamlEditor::open(text));
  AdoptedFlow adopted;
  for (const std::string& each : pairs) {
    const Pair pair = MR_TRY(parse(editor.flow(), each));
    if (has(editor.flow(), pair.before)) {
      return Error::user(
          fmt::format("--adopt {}: '{}' is still in the flow; only what is gone can be taken over",
                      each, pair.before));
    }
    const auto taken = takenBy(editor.flow(), names, pair);
    if (taken.empty()) {
      return Error::user(fmt::format(
          "--adopt {}: the data directory knows nothing of '{}'; `repo verify` lists its queues",
          each, pair.before));
    }
    for (const Taken& one : taken) {
      MR_TRY(editor.setId(one.path, one.id));
      if (one.kind == flow::ElementKind::kConnection)
        adopted.queues.push_back({ConnectionId(one.fresh.raw()), ConnectionId(one.id.raw())});
      adopted.told.push_back(fmt::format("'{}' takes over what '{}' had", one.path, one.before));
    }
  }
  adopted.text = editor.text();
  return adopted;
}

}  // namespace millrace::server
