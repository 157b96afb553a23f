// SPDX-License-Identifier: Apache-2.0
#include "server/rest/provenance_json.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

/// Null for what no component did.
template <typename Id>
Json idOrNull(Id id) {
  return id.raw() == 0 ? Json() : Json(idText(flow::ElementId(id.raw())));
}

Json contentJson(const Content& content) {
  Json json;
  json["size"] = content.length;
  json["kept"] = hasBytes(content);
  if (content.kind == Content::Kind::kStored) {
    json["segment"] = content.claim.segment;
    json["offset"] = content.claim.offset + content.offset;
  }
  return json;
}

}  // namespace

bool hasBytes(const Content& content) {
  if (content.kind != Content::Kind::kInline) return true;
  const std::uint64_t there = content.buffer == nullptr ? 0 : content.buffer->bytes().size();
  return content.length <= there && content.offset <= there - content.length;
}

Json eventJson(const ProvenanceEvent& event, const KnownNames& names) {
  Json json;
  json["id"] = event.id.text();
  json["type"] = nameOf(event.type);
  json["at"] = event.time;
  json["component"] = idOrNull(event.component);
  json["componentName"] = event.component.raw() == 0 ? "" : names.component(event.component);
  json["componentType"] = event.component.raw() == 0 ? "" : names.type(event.component);
  json["uuid"] = event.uuid;
  json["filename"] = event.attribute("filename").value_or("");
  json["size"] = event.after.length;
  json["relationship"] = event.relationship;
  json["transitUri"] = event.transitUri;
  json["details"] = event.details;
  return json;
}

Json wholeEventJson(const ProvenanceEvent& event, const KnownNames& names) {
  Json json = eventJson(event, names);
  json["flowRevision"] = event.flowRevision;
  json["entryDate"] = event.entryDate;
  json["lineageStart"] = event.lineageStart;
  json["connection"] = idOrNull(event.sourceQueue);
  json["connectionName"] = event.sourceQueue.raw() == 0 ? "" : names.connection(event.sourceQueue);
  json["parents"] = event.parents;
  json["children"] = event.children;
  json["attributes"] = Json::object();
  for (const auto& [name, value] : event.attributes) json["attributes"][name] = value;
  json["changes"] = Json::object();
  for (const auto& [name, value] : event.changes)
    json["changes"][name] = value ? Json(*value) : Json();
  json["contentBefore"] = contentJson(event.before);
  json["contentAfter"] = contentJson(event.after);
  return json;
}

Json lineageJson(const Lineage& lineage, const KnownNames& names) {
  Json json;
  json["nodes"] = Json::array();
  for (const Lineage::Node& node : lineage.nodes) {
    Json item;
    item["id"] = node.id();
    const bool isEvent = node.kind == Lineage::Node::Kind::kEvent;
    item["kind"] = isEvent ? "event" : "flowfile";
    item["uuid"] = node.uuid;
    if (isEvent) {
      item["event"] = node.event.text();
      item["type"] = nameOf(node.type);
      item["at"] = node.time;
      item["component"] = idOrNull(node.component);
      item["componentName"] = node.component.raw() == 0 ? "" : names.component(node.component);
    }
    json["nodes"].push_back(std::move(item));
  }
  json["edges"] = Json::array();
  for (const Lineage::Edge& edge : lineage.edges) {
    Json item;
    item["from"] = lineage.nodes[edge.from].id();
    item["to"] = lineage.nodes[edge.to].id();
    json["edges"].push_back(std::move(item));
  }
  json["complete"] = lineage.complete;
  return json;
}

}  // namespace millrace::server
