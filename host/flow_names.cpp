// SPDX-License-Identifier: Apache-2.0
#include "host/flow_names.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::host {
namespace {

constexpr std::string_view kHead = "millrace-names 1";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\\\";
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else {
      result += c;
    }
  }
  return result;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char c = text[++i];
    result += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return result;
}

/// The text up to the next tab, which is taken off.
std::string_view column(std::string_view& line) {
  const std::size_t tab = line.find('\t');
  const std::string_view first = line.substr(0, tab);
  line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  return first;
}

}  // namespace

Result<FlowNames> FlowNames::read(FileSystem& files, const std::string& data) {
  FlowNames names;
  const std::string path = pathIn(data);
  if (!files.exists(path)) return names;
  const std::string text = MR_TRY(files.readAll(path));
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto damaged = [&] {
      return Error::environment(
          fmt::format("{}:{}: the line is no name; remove the file, the next run writes it anew",
                      path, number),
          false);
    };
    if (number == 1) {
      if (line != kHead) return damaged();
      continue;
    }
    const std::string_view kind = column(line);
    const std::string_view digits = column(line);
    std::uint64_t id = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
    if (error != std::errc() || stop != digits.data() + digits.size()) return damaged();
    if (kind == "component") {
      const std::string_view type = column(line);
      names.components_[ComponentId(id)] = {unescaped(type), unescaped(line)};
    } else if (kind == "connection") {
      names.connections_[ConnectionId(id)] = unescaped(line);
    } else {
      return damaged();
    }
  }
  return names;
}

Result<> FlowNames::save(FileSystem& files, const std::string& data) {
  if (!changed_) return Done{};
  std::string text(kHead);
  text += '\n';
  for (const auto& [id, component] : components_) {
    text += fmt::format("component\t{:x}\t{}\t{}\n", id.raw(), escaped(component.type),
                        escaped(component.path));
  }
  for (const auto& [id, path] : connections_)
    text += fmt::format("connection\t{:x}\t{}\n", id.raw(), escaped(path));
  MR_TRY(files.replaceAll(pathIn(data), text));
  changed_ = false;
  return Done{};
}

void FlowNames::add(ComponentId id, std::string_view type, std::string_view path) {
  Component named{std::string(type), std::string(path)};
  Component& known = components_[id];
  if (known == named) return;
  known = std::move(named);
  changed_ = true;
}

void FlowNames::add(ConnectionId id, std::string_view path) {
  std::string& known = connections_[id];
  if (known == path) return;
  known = path;
  changed_ = true;
}

std::string FlowNames::nameOf(ComponentId id) const {
  const auto found = components_.find(id);
  return found == components_.end() ? fmt::format("component {:x}", id.raw()) : found->second.path;
}

std::string FlowNames::nameOf(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? fmt::format("connection {:x}", id.raw()) : found->second;
}

std::string FlowNames::typeOf(ComponentId id) const {
  const auto found = components_.find(id);
  return found == components_.end() ? std::string() : found->second.type;
}

std::optional<ComponentId> FlowNames::componentAt(const std::string& path) const {
  for (const auto& [id, component] : components_) {
    if (component.path == path) return id;
  }
  return std::nullopt;
}

std::optional<ConnectionId> FlowNames::connectionAt(const std::string& path) const {
  for (const auto& [id, known] : connections_) {
    if (known == path) return id;
  }
  return std::nullopt;
}

std::vector<ComponentId> FlowNames::find(const std::string& name) const {
  std::vector<ComponentId> result;
  for (const auto& [id, component] : components_) {
    if (component.path == name || component.path.ends_with("/" + name)) result.push_back(id);
  }
  return result;
}

}  // namespace millrace::host
