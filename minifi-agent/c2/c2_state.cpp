// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/c2_state.h"

#include "engine/base/crc32c.h"
#include "engine/expression/json/json_document.h"
#include "minifi-agent/c2/json_builder.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::agent {
namespace {

using expression::JsonDocument;
using expression::JsonKind;
using expression::JsonValue;

constexpr std::uint64_t kVersion = 1;

void addFlow(JsonBuilder& json, const DeployedFlow& flow) {
  json.member("file", flow.file).member("flowId", flow.flowId).member("serial", flow.serial);
  json.member("bytes", flow.bytes).member("crc32c", flow.crc);
}

std::string checkLine(std::string_view text) {
  return fmt::format("{{\"crc32c\":\"{:08x}\"}}\n", crc32c(asBytes(text)));
}

/// Takes members out of an object one by one; remembers that something was not as it should be.
class StateReader {
 public:
  explicit StateReader(const JsonValue& object) : object_(object) {}

  const JsonValue* find(std::string_view key, JsonKind kind) {
    const JsonValue* const value = object_.find(key);
    if (value == nullptr) return nullptr;
    ++taken_;
    wrong_ = wrong_ || value->kind != kind;
    return value->kind == kind ? value : nullptr;
  }
  std::string text(std::string_view key) {
    const JsonValue* const value = find(key, JsonKind::kString);
    wrong_ = wrong_ || value == nullptr;
    return value == nullptr ? std::string() : std::string(value->text);
  }
  template <typename Number>
  Number number(std::string_view key) {
    Number number = 0;
    const JsonValue* const value = find(key, JsonKind::kNumber);
    if (value == nullptr) {
      wrong_ = true;
      return number;
    }
    const char* const end = value->text.data() + value->text.size();
    const auto read = std::from_chars(value->text.data(), end, number);
    wrong_ = wrong_ || read.ec != std::errc() || read.ptr != end;
    return number;
  }
  bool truth(std::string_view key) {
    const JsonValue* const value = find(key, JsonKind::kBoolean);
    wrong_ = wrong_ || value == nullptr;
    return value != nullptr && value->truth;
  }
  DeployedFlow flow() {
    DeployedFlow flow;
    flow.file = number<std::uint64_t>("file");
    flow.flowId = text("flowId");
    flow.serial = number<std::uint64_t>("serial");
    flow.bytes = number<std::uint64_t>("bytes");
    flow.crc = number<std::uint32_t>("crc32c");
    return flow;
  }
  /// True when all was as it should be, and nothing is left over.
  bool ended() const { return !wrong_ && taken_ == object_.count; }

 private:
  const JsonValue& object_;
  std::size_t taken_ = 0;
  bool wrong_ = false;
};

bool readStates(const JsonValue& value, RunStates& into) {
  StateReader reader(value);
  into.stopped = reader.truth("stopped");
  const JsonValue* const components = reader.find("components", JsonKind::kObject);
  if (components == nullptr) return false;
  for (const auto& [path, started] : components->members()) {
    if (started.kind != JsonKind::kBoolean) return false;
    into.components[std::string(path)] = started.truth;
  }
  return reader.ended();
}

bool readState(const JsonValue& root, C2State& state) {
  StateReader reader(root);
  bool good = reader.number<std::uint64_t>("millrace-c2") == kVersion;
  state.agent = reader.text("agent");
  state.key = reader.text("key");
  state.serial = reader.number<std::uint64_t>("serial");
  if (const JsonValue* value = reader.find("good", JsonKind::kObject)) {
    StateReader part(*value);
    state.good = part.flow();
    good = good && part.ended();
  }
  if (const JsonValue* value = reader.find("trial", JsonKind::kObject)) {
    StateReader part(*value);
    FlowTrial trial;
    trial.flow = part.flow();
    trial.operation = part.text("operation");
    trial.starts = part.number<std::uint32_t>("starts");
    good = good && part.ended();
    state.trial = std::move(trial);
  }
  if (const JsonValue* value = reader.find("report", JsonKind::kObject)) {
    StateReader part(*value);
    TrialReport report{part.text("operation"), part.truth("applied"), part.text("details")};
    good = good && part.ended();
    state.report = std::move(report);
  }
  if (const JsonValue* value = reader.find("refused", JsonKind::kObject)) {
    StateReader part(*value);
    RefusedFlow refused{part.text("operation"), part.text("details")};
    good = good && part.ended();
    state.refused = std::move(refused);
  }
  if (const JsonValue* value = reader.find("states", JsonKind::kObject))
    good = readStates(*value, state.states) && good;
  return good && reader.ended();
}

}  // namespace

std::string stateToText(const C2State& state) {
  JsonBuilder json;
  json.open('{').member("millrace-c2", kVersion).member("agent", state.agent);
  json.member("key", state.key).member("serial", state.serial);
  if (state.good) {
    addFlow(json.key("good").open('{'), *state.good);
    json.close('}');
  }
  if (state.trial) {
    addFlow(json.key("trial").open('{'), state.trial->flow);
    json.member("operation", state.trial->operation).member("starts", state.trial->starts);
    json.close('}');
  }
  if (state.report) {
    json.key("report").open('{').member("operation", state.report->operation);
    json.member("applied", state.report->applied).member("details", state.report->details);
    json.close('}');
  }
  if (state.refused) {
    json.key("refused").open('{').member("operation", state.refused->operation);
    json.member("details", state.refused->details).close('}');
  }
  if (state.states != RunStates{}) {
    json.key("states").open('{').member("stopped", state.states.stopped);
    json.key("components").open('{');
    for (const auto& [path, started] : state.states.components) json.member(path, started);
    json.close('}').close('}');
  }
  json.close('}');
  const std::string text = json.text() + "\n";
  return text + checkLine(text);
}

Result<C2State> stateFromText(std::string_view text, const std::string& path) {
  const std::size_t end = text.find('\n');
  const std::string_view line =
      end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
  if (line.empty() || text.substr(line.size()) != checkLine(line)) {
    return Error::environment(
        fmt::format("{} is damaged; put it back from a copy, or remove its folder: then the "
                    "agent's own flow runs until the server gives it one",
                    path),
        false);
  }
  JsonDocument document;
  C2State state;
  if (document.parse(asBytes(line)).ok() && document.root().kind == JsonKind::kObject &&
      readState(document.root(), state))
    return state;
  return Error::environment(
      fmt::format("{} was written by another version of millrace-agent; use that one, or remove "
                  "its folder",
                  path),
      false);
}

}  // namespace millrace::agent
