// SPDX-License-Identifier: Apache-2.0
#include "server/rest/status_rows.h"

#include "engine/flow/elements.h"
#include "server/flow_store/flow_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <map>

namespace millrace::server {
namespace {

std::string_view stateOf(const engine::ComponentFigures& component) {
  if (component.state == engine::ComponentState::kDisabled) return "disabled";
  if (component.state == engine::ComponentState::kStopping) return "stopping";
  if (!component.invalid.empty()) return "invalid";
  return component.state == engine::ComponentState::kRunning ? "running" : "stopped";
}

/// The members of an object, written straight into its text: of ten thousand components a tree of
/// JSON takes five times as long. Names and words need no escapes.
class Members {
 public:
  explicit Members(std::uint64_t id) {
    constexpr std::size_t kUsual = 640;
    text_.reserve(kUsual);
    text_ += R"({"id":")";
    text_ += idText(flow::ElementId(id));
    text_ += '"';
  }
  template <std::integral Number>
  Members& add(std::string_view name, Number number) {
    const fmt::format_int digits(number);
    return json(name, {digits.data(), digits.size()});
  }
  Members& word(std::string_view name, std::string_view word) {
    json(name, R"(")");
    text_ += word;
    text_ += '"';
    return *this;
  }
  Members& json(std::string_view name, std::string_view json) {
    text_ += R"(,")";
    text_ += name;
    text_ += R"(":)";
    text_ += json;
    return *this;
  }
  void latency(std::string_view name,
               const std::optional<engine::LatencyHistogram::Figures>& figures) {
    if (!figures) {
      json(name, "null");
      return;
    }
    json(name, R"({"p50":)");
    text_ += fmt::format_int(figures->p50).str();
    text_ += R"(,"p99":)";
    text_ += fmt::format_int(figures->p99).str();
    text_ += '}';
  }
  std::string end() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  std::string text_;
};

/// A list of findings with one more.
std::string withSentence(const std::string& findings, const std::string& message) {
  Json list = Json::parse(findings);
  list.push_back({{"severity", "error"}, {"message", message}, {"property", ""}});
  return jsonText(list);
}

void put(StatusRow& row, std::string text, std::uint64_t version) {
  if (text == row.text) return;
  // Kept for long: no more room than it needs.
  text.shrink_to_fit();
  row.text = std::move(text);
  row.version = version;
}

}  // namespace

StatusRows::StatusRows(const flow::Flow& flow, const flow::Findings& findings, StatusRows old) {
  std::unordered_map<std::uint64_t, StatusRow*> known;
  for (StatusRow& row : old.rows_) known.emplace(row.id, &row);
  std::map<std::string, flow::Findings> byPath;
  for (const flow::Finding& finding : findings) byPath[finding.component].push_back(finding);
  groups_.push_back({idText(flow::ElementId(0)), std::nullopt});
  std::unordered_map<const flow::Group*, std::size_t> numbers{{&flow.root, 0}};
  flow::forEachElement(flow, [&](flow::ElementKind kind, const std::string& path,
                                 const flow::Element& element, const flow::Group& owner) {
    const std::size_t group = numbers.at(&owner);
    if (kind == flow::ElementKind::kGroup) {
      numbers.emplace(&static_cast<const flow::Group&>(element), groups_.size());
      groups_.push_back({idText(element.id), group});
      return;
    }
    const auto number = static_cast<std::uint32_t>(rows_.size());
    StatusRow& row = rows_.emplace_back();
    row.id = element.id.raw();
    row.group = group;
    if (kind == flow::ElementKind::kConnection) {
      row.kind = StatusKind::kConnection;
      row.limit = static_cast<const flow::Connection&>(element).backPressure;
      connections_.push_back(number);
    } else if (kind == flow::ElementKind::kService) {
      row.kind = StatusKind::kService;
      row.path = path;
      row.enabled = static_cast<const flow::Service&>(element).enabled;
      services_.push_back(number);
    } else {
      components_.push_back(number);
    }
    const auto said = byPath.find(path);
    row.findings = said == byPath.end() ? "[]" : jsonText(findingsToJson(said->second));
    if (const auto before = known.find(row.id); before != known.end()) {
      row.text = std::move(before->second->text);
      row.version = before->second->version;
    }
  });
  const auto rising = [this](std::uint32_t a, std::uint32_t b) {
    return rows_[a].id < rows_[b].id;
  };
  for (auto* each : {&components_, &connections_, &services_})
    std::sort(each->begin(), each->end(), rising);
}

const std::vector<std::uint32_t>& StatusRows::byId(StatusKind kind) const {
  switch (kind) {
    case StatusKind::kConnection:
      return connections_;
    case StatusKind::kService:
      return services_;
    default:
      return components_;
  }
}

std::vector<bool> StatusRows::within(const std::string& groupId) const {
  std::vector<bool> result(groups_.size());
  // A group comes after the one around it.
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const GroupOf& group = groups_[i];
    result[i] = group.id == groupId || (group.around && result[*group.around]);
  }
  return result;
}

void StatusRows::tell(StatusRow& row, ComponentFacts facts, std::uint64_t version) {
  if (row.component == facts) return;
  const engine::ComponentFigures& now = facts.now;
  // A component that was made anew counts from its own beginning.
  const auto part = [](auto value, auto before) { return value < before ? value : value - before; };
  const engine::ComponentTotals& total = now.totals;
  const engine::ComponentTotals& since = facts.before;
  Members json(row.id);
  json.word("state", stateOf(now))
      .add("in", part(total.in, since.in))
      .add("out", part(total.out, since.out))
      .add("bytesIn", part(total.inBytes, since.inBytes))
      .add("bytesOut", part(total.outBytes, since.outBytes))
      .add("read", part(total.read, since.read))
      .add("written", part(total.written, since.written))
      .add("tasks", part(total.tasks, since.tasks))
      .add("busyNanos", part(total.busy, since.busy))
      .add("totalIn", total.in)
      .add("totalOut", total.out)
      .add("totalBytesIn", total.inBytes)
      .add("totalBytesOut", total.outBytes)
      .add("totalRead", total.read)
      .add("totalWritten", total.written)
      .add("totalTasks", total.tasks)
      .add("totalBusyNanos", total.busy);
  json.latency("queueingNanos", now.queueing);
  json.latency("processingNanos", now.processing);
  json.add("activeThreads", now.activeThreads).add("bulletins", facts.bulletins);
  const bool silent = row.findings == "[]";
  if (now.startProblem.empty() && (now.invalid.empty() || !silent)) {
    json.json("findings", row.findings);
  } else {
    std::string said =
        now.invalid.empty() || !silent ? row.findings : withSentence(row.findings, now.invalid);
    if (!now.startProblem.empty()) said = withSentence(said, now.startProblem);
    json.json("findings", said);
  }
  put(row, std::move(json).end(), version);
  row.component = std::move(facts);
}

void StatusRows::tell(StatusRow& row, const ConnectionFacts& facts, std::uint64_t version) {
  if (row.connection == facts) return;
  const auto shareOf = [](std::uint64_t value, std::uint64_t most) {
    return most == 0 ? 0.0 : static_cast<double>(value) / static_cast<double>(most);
  };
  const double share = std::min(
      1.0, std::max(shareOf(facts.count, row.limit.count), shareOf(facts.bytes, row.limit.size)));
  Members json(row.id);
  json.add("count", facts.count).add("bytes", facts.bytes).add("held", facts.held);
  json.json("share", fmt::format("{}", share));
  if (facts.timeToFull) {
    json.add("timeToFull", *facts.timeToFull);
  } else {
    json.json("timeToFull", "null");
  }
  json.json("findings", row.findings);
  put(row, std::move(json).end(), version);
  row.connection = facts;
}

void StatusRows::tell(StatusRow& row, ServiceFacts facts, std::uint64_t version) {
  if (row.service == facts) return;
  const bool invalid = row.enabled && !facts.problem.empty();
  Members json(row.id);
  json.word("state", !row.enabled ? "disabled" : invalid ? "invalid" : "enabled");
  json.json("findings", invalid && row.findings == "[]" ? withSentence(row.findings, facts.problem)
                                                        : row.findings);
  put(row, std::move(json).end(), version);
  row.service = std::move(facts);
}

void StatusRows::tellNothing(StatusRow& row) {
  row.text.clear();
  row.component.reset();
}

}  // namespace millrace::server
