// SPDX-License-Identifier: Apache-2.0
#include "server/rest/restricted_view.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

/// A stream of events with those taken out that are not for its client.
class RestrictedStream final : public StreamWriter {
 public:
  RestrictedStream(std::shared_ptr<StreamWriter> writer, std::function<RestrictedView()> view)
      : writer_(std::move(writer)), view_(std::move(view)) {}

  bool write(std::string piece) override {
    constexpr std::string_view kEnd = "\n\n";
    const RestrictedView view = view_();
    std::string left;
    std::string_view rest = piece;
    // A piece is made of whole events.
    while (!rest.empty()) {
      const std::size_t end = rest.find(kEnd);
      const std::size_t size = end == std::string_view::npos ? rest.size() : end + kEnd.size();
      left += view.event(std::string(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
    // A client that hears nothing must be found to be gone all the same.
    return writer_->write(left.empty() ? ": \n\n" : std::move(left));
  }
  void close() override { writer_->close(); }

 private:
  const std::shared_ptr<StreamWriter> writer_;
  const std::function<RestrictedView()> view_;
};

}  // namespace

bool RestrictedView::sees(const std::vector<std::string>* way) const {
  return way != nullptr && user_.roleIn(*way) >= Role::kView;
}

Json RestrictedView::group(const Json& whole, bool isRoot) const {
  const std::string id = whole.at("id").get<std::string>();
  if (sees(places_->way(id))) return whole;
  Json seen;
  seen["id"] = id;
  Json inner = Json::array();
  bool any = false;
  if (const auto groups = whole.find("groups"); groups != whole.end()) {
    for (const Json& each : *groups) {
      inner.push_back(group(each, false));
      any = any || inner.back().contains("name");
    }
  }
  if (isRoot) seen["millrace"] = whole.at("millrace");
  if (!any && !isRoot) return seen;
  seen["name"] = whole.at("name");
  seen["groups"] = std::move(inner);
  return seen;
}

void RestrictedView::keepSeen(Json& list, const char* key) const {
  Json seen = Json::array();
  for (Json& item : list) {
    const auto id = item.find(key);
    if (id != item.end() && id->is_string() && sees(places_->way(id->get<std::string>())))
      seen.push_back(std::move(item));
  }
  list = std::move(seen);
}

void RestrictedView::keepStatus(Json& status) const {
  keepSeen(status["components"], "id");
  keepSeen(status["connections"], "id");
}

/// A lineage keeps its shape; who did what is left out where it is not seen.
void RestrictedView::keepNames(Json& nodes) const {
  for (Json& node : nodes) {
    const auto component = node.find("component");
    if (component == node.end()) continue;
    if (component->is_string() && sees(places_->way(component->get<std::string>()))) continue;
    node["component"] = Json();
    node["componentName"] = "";
  }
}

void RestrictedView::keepFindings(Json& findings) const {
  Json seen = Json::array();
  for (Json& finding : findings) {
    const auto path = finding.find("component");
    if (path != finding.end() && path->is_string() &&
        sees(&places_->wayOfPath(path->get<std::string>())))
      seen.push_back(std::move(finding));
  }
  findings = std::move(seen);
}

void RestrictedView::keepCounters(Json& counters) const {
  Json seen = Json::array();
  for (Json& counter : counters) {
    if (sees(places_->wayOfComponent(counter.at("component").get<std::string>())))
      seen.push_back(std::move(counter));
  }
  counters = std::move(seen);
}

void RestrictedView::keepParked(Json& parked) const {
  Json seen = Json::array();
  for (Json& queue : parked) {
    if (past_.reaches(user_, Role::kView, queue.at("id").get<std::string>(), *places_))
      seen.push_back(std::move(queue));
  }
  parked = std::move(seen);
}

/// False when some of the changes were left out.
bool RestrictedView::keepSeenOf(Json& changes) const {
  if (!changes.is_array()) return true;  // null: what undoes it is not known
  Json seen = Json::array();
  for (Json& change : changes) {
    if (past_.reaches(user_, Role::kView, change, *places_)) seen.push_back(std::move(change));
  }
  const bool all = seen.size() == changes.size();
  changes = std::move(seen);
  return all;
}

/// Each revision keeps its line, so that nobody takes one for lost.
void RestrictedView::keepChanges(Json& records) const {
  for (Json& record : records) {
    Json& changes = record["changes"];
    Json& inverse = record["inverse"];
    const bool all = keepSeenOf(changes);
    if (keepSeenOf(inverse) && all && !changes.empty()) continue;
    record["redacted"] = true;
    record["comment"] = "";
    if (!changes.empty() || (inverse.is_array() && !inverse.empty())) continue;
    record["who"] = "";
    inverse = Json::array();
  }
}

std::string RestrictedView::answer(const std::string& pattern, const std::string& body) const {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return "{}";
  if (json.contains("error") && !json.contains("findings")) return body;
  if (pattern == "/api/v1/flow") json["flow"] = group(json.at("flow"), true);
  if (pattern == "/api/v1/status") keepStatus(json);
  if (pattern == "/api/v1/bulletins") keepSeen(json["bulletins"], "component");
  if (pattern == "/api/v1/provenance") keepSeen(json["events"], "component");
  if (pattern == "/api/v1/counters") keepCounters(json["counters"]);
  if (pattern == "/api/v1/parked") keepParked(json["parked"]);
  if (pattern == "/api/v1/changes" && json.contains("changes")) keepChanges(json["changes"]);
  if (pattern == "/api/v1/lineage/{uuid}") keepNames(json["nodes"]);
  if (const auto findings = json.find("findings"); findings != json.end()) keepFindings(*findings);
  return jsonText(json);
}

std::string RestrictedView::event(const std::string& text) const {
  constexpr std::string_view kType = "event: ";
  constexpr std::string_view kData = "data: ";
  const std::size_t type = text.find(kType);
  const std::size_t data = text.find(kData);
  if (type == std::string::npos || data == std::string::npos) return text;  // a beat, or an id
  const std::string name =
      text.substr(type + kType.size(), text.find('\n', type) - type - kType.size());
  const std::size_t from = data + kData.size();
  const std::size_t end = text.find('\n', from);
  Json json = Json::parse(text.substr(from, end - from), nullptr, false);
  const auto with = [&](const Json& left) {
    return text.substr(0, from) + jsonText(left) + text.substr(end);
  };
  if (!json.is_object()) return {};
  if (name == "reset") return text;
  if (name == "flow") return with({{"revision", json.at("revision")}});
  if (name == "status") {
    keepStatus(json);
    return with(json);
  }
  if (name != "bulletin") return {};
  const auto component = json.find("component");
  const bool seen = component != json.end() && component->is_string() &&
                    sees(places_->way(component->get<std::string>()));
  return seen ? text : std::string();
}

std::shared_ptr<StreamWriter> restrictedStream(std::shared_ptr<StreamWriter> writer,
                                               std::function<RestrictedView()> view) {
  return std::make_shared<RestrictedStream>(std::move(writer), std::move(view));
}

}  // namespace millrace::server
