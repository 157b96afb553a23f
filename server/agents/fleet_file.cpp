// SPDX-License-Identifier: Apache-2.0
#include "server/agents/fleet_file.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

void addLine(std::string& text, const Json& json) {
  text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Takes the members of one line; whatever is left over, or of another type, is wrong.
class Line {
 public:
  Line(const Json& object, bool& ok) : object_(object), ok_(ok) {
    if (!object_.is_object()) ok_ = false;
  }
  ~Line() {
    if (ok_ && taken_ != object_.size()) ok_ = false;
  }

  std::string text(const char* key) {
    const Json* found = take(key);
    if (found == nullptr || !found->is_string()) return fail(std::string());
    return found->get<std::string>();
  }
  template <typename Number>
  Number number(const char* key) {
    const Json* found = take(key);
    if (found == nullptr || !found->is_number_integer() || *found < 0) return fail(Number{});
    return found->get<Number>();
  }
  template <typename Enum>
  Enum named(const char* key, Enum last) {
    const std::string name = text(key);
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (nameOf(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    }
    return fail(last);
  }
  OrderArguments arguments(const char* key) {
    OrderArguments result;
    const Json* found = take(key);
    if (found == nullptr || !found->is_object()) return fail(result);
    for (const auto& [name, value] : found->items()) {
      if (!value.is_string()) return fail(result);
      result[name] = value.get<std::string>();
    }
    return result;
  }

 private:
  const Json* take(const char* key) {
    if (!ok_) return nullptr;
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    ++taken_;
    return &*found;
  }
  template <typename T>
  T fail(T value) {
    ok_ = false;
    return value;
  }

  const Json& object_;
  bool& ok_;
  std::size_t taken_ = 0;
};

Json enrolmentJson(const Enrolment& each) {
  return Json{{"id", each.id},       {"digest", each.digest},
              {"agent", each.agent}, {"class", each.agentClass},
              {"at", each.at},       {"by", each.by}};
}

Json deploymentJson(const Deployment& each) {
  return Json{{"serial", each.serial},
              {"kind", nameOf(each.target.kind)},
              {"target", each.target.name},
              {"bytes", each.bytes},
              {"at", each.at},
              {"by", each.by}};
}

Json agentJson(const Agent& each) {
  return Json{{"id", each.id},
              {"class", each.agentClass},
              {"credential", each.credential},
              {"kind", each.kind},
              {"version", each.version},
              {"flow", each.flowId},
              {"first", each.firstSeen},
              {"last", each.lastSeen},
              {"serial", each.serial},
              {"outcome", nameOf(each.outcome)},
              {"details", each.details},
              {"at", each.outcomeAt}};
}

Json orderJson(const Order& each) {
  Json arguments = Json::object();
  for (const auto& [name, value] : each.arguments) arguments[name] = value;
  // What was sent and not answered is sent again after a restart.
  const OrderState state = each.isOpen() ? OrderState::kWaiting : each.state;
  return Json{{"number", each.number},       {"agent", each.agent},
              {"operation", each.operation}, {"operand", each.operand},
              {"args", arguments},           {"state", nameOf(state)},
              {"details", each.details},     {"at", each.at},
              {"ended", each.endedAt},       {"by", each.by}};
}

bool readLine(const Json& json, Fleet& fleet) {
  if (!json.is_object() || json.size() != 1) return false;
  const std::string& key = json.begin().key();
  bool ok = true;
  {
    Line line(json.begin().value(), ok);
    if (key == "enrolment") {
      Enrolment each;
      each.id = line.text("id");
      each.digest = line.text("digest");
      each.agent = line.text("agent");
      each.agentClass = line.text("class");
      each.at = line.number<Millis>("at");
      each.by = line.text("by");
      fleet.enrolments.push_back(std::move(each));
    } else if (key == "deployment") {
      Deployment each;
      each.serial = line.number<std::uint64_t>("serial");
      each.target.kind = line.named("kind", TargetKind::kClass);
      each.target.name = line.text("target");
      each.bytes = line.number<std::uint64_t>("bytes");
      each.at = line.number<Millis>("at");
      each.by = line.text("by");
      fleet.deployments.push_back(std::move(each));
    } else if (key == "agent") {
      Agent each;
      each.id = line.text("id");
      each.agentClass = line.text("class");
      each.credential = line.text("credential");
      each.kind = line.text("kind");
      each.version = line.text("version");
      each.flowId = line.text("flow");
      each.firstSeen = line.number<Millis>("first");
      each.lastSeen = line.number<Millis>("last");
      each.serial = line.number<std::uint64_t>("serial");
      each.outcome = line.named("outcome", Outcome::kRefused);
      each.details = line.text("details");
      each.outcomeAt = line.number<Millis>("at");
      const std::string id = each.id;
      if (!fleet.agents.emplace(id, std::move(each)).second) ok = false;
    } else if (key == "order") {
      Order each;
      each.number = line.number<std::uint64_t>("number");
      each.agent = line.text("agent");
      each.operation = line.text("operation");
      each.operand = line.text("operand");
      each.arguments = line.arguments("args");
      each.state = line.named("state", OrderState::kLost);
      each.details = line.text("details");
      each.at = line.number<Millis>("at");
      each.endedAt = line.number<Millis>("ended");
      each.by = line.text("by");
      fleet.orders.push_back(std::move(each));
    } else {
      ok = false;
    }
  }
  return ok;
}

bool readHead(const Json& json, Fleet& fleet) {
  bool ok = true;
  {
    Line line(json, ok);
    if (line.number<int>("millrace-agents") != kVersion) ok = false;
    fleet.id = line.text("id");
    fleet.lastSerial = line.number<std::uint64_t>("serial");
    fleet.lastOrder = line.number<std::uint64_t>("order");
  }
  const bool digits = std::all_of(fleet.id.begin(), fleet.id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return ok && digits && fleet.id.size() == 32;
}

std::string checkLine(std::string_view before) {
  return fmt::format("{{\"crc32c\":\"{:08x}\"}}\n", crc32c(asBytes(before)));
}

}  // namespace

std::string fleetToText(const Fleet& fleet) {
  std::string text;
  addLine(text, Json{{"millrace-agents", kVersion},
                     {"id", fleet.id},
                     {"serial", fleet.lastSerial},
                     {"order", fleet.lastOrder}});
  for (const Enrolment& each : fleet.enrolments)
    addLine(text, Json{{"enrolment", enrolmentJson(each)}});
  for (const Deployment& each : fleet.deployments)
    addLine(text, Json{{"deployment", deploymentJson(each)}});
  for (const auto& [id, each] : fleet.agents) addLine(text, Json{{"agent", agentJson(each)}});
  for (const Order& each : fleet.orders) addLine(text, Json{{"order", orderJson(each)}});
  text += checkLine(text);
  return text;
}

Result<Fleet> fleetFromText(std::string_view text, const std::string& path) {
  const auto wrong = [&](std::size_t line, const char* what) {
    return Error::environment(
        fmt::format("{}:{}: {}; put a copy back, or remove the folder and enrol the agents again",
                    path, line, what),
        false);
  };
  Fleet fleet;
  std::size_t number = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    ++number;
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return wrong(number, "the line has no end");
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with("{\"crc32c\"")) {
      if (text.substr(at) != checkLine(text.substr(0, at)))
        return wrong(number, "the checksum is that of another text");
      if (number == 1) return wrong(number, "there is no head");
      return fleet;
    }
    const Json json = Json::parse(line, nullptr, false);
    if (number == 1 ? !readHead(json, fleet) : !readLine(json, fleet))
      return wrong(number, "this is no line of a registry of version 1");
    at = end + 1;
  }
  return wrong(number + 1, "the checksum is missing");
}

}  // namespace millrace::server
