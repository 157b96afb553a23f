// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compares answers with the description of the interface: the part of JSON Schema that OpenAPI 3.0
// files of ours use. What is not known here is a fault of the description.

#include <nlohmann/json.hpp>

#include <regex>
#include <set>
#include <string>

namespace openapi {

using Json = nlohmann::ordered_json;

class Description {
 public:
  explicit Description(Json document) : document_(std::move(document)) {}

  const Json& document() const { return document_; }
  bool knows(const std::string& method, const std::string& path) const {
    const Json& paths = document_.at("paths");
    return paths.contains(path) && paths.at(path).contains(method);
  }

  /// What of an answer is not as the description says; empty: nothing.
  std::string against(const std::string& method, const std::string& path, int status,
                      const std::string& type, const std::string& body) const {
    if (!knows(method, path)) return method + " " + path + " is not described";
    const Json& responses = document_.at("paths").at(path).at(method).at("responses");
    const std::string code = std::to_string(status);
    if (!responses.contains(code)) return method + " " + path + " is not said to answer " + code;
    const Json& content = responses.at(code).at("content");
    if (!content.contains(type)) return method + " " + path + " is not said to give " + type;
    if (type != "application/json") return {};
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_discarded()) return method + " " + path + " gives no JSON: " + body;
    const std::string wrong = check(content.at(type).at("schema"), json, "");
    return wrong.empty() ? wrong : method + " " + path + " " + code + ": " + wrong;
  }

 private:
  static bool isType(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number_integer();
    return false;
  }

  const Json& resolved(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    const std::string name = schema.at("$ref").get<std::string>();
    return document_.at(Json::json_pointer(name.substr(1)));
  }

  std::string check(const Json& given, const Json& value, const std::string& where) const {
    if (value.is_null() && given.value("nullable", false)) return {};
    const Json& schema = resolved(given);
    static const std::set<std::string> known{
        "type",    "properties", "required", "additionalProperties", "items",  "enum",
        "pattern", "minimum",    "nullable", "description",          "format", "$ref"};
    for (const auto& [key, unused] : schema.items()) {
      if (!known.contains(key)) return where + ": the description's '" + key + "' is not compared";
    }
    if (value.is_null() && schema.value("nullable", false)) return {};
    if (!isType(schema.at("type").get<std::string>(), value))
      return where + " is no " + schema.at("type").get<std::string>() + ": " + value.dump();
    if (schema.contains("enum")) {
      bool found = false;
      for (const Json& each : schema.at("enum")) found = found || each == value;
      if (!found) return where + " may not be " + value.dump();
    }
    if (schema.contains("pattern") &&
        !std::regex_search(value.get<std::string>(),
                           std::regex(schema.at("pattern").get<std::string>())))
      return where + " does not look so: " + value.dump();
    if (schema.contains("minimum") && value < schema.at("minimum")) return where + " is too small";
    if (value.is_array()) return checkItems(schema, value, where);
    return value.is_object() ? checkMembers(schema, value, where) : std::string();
  }

  std::string checkItems(const Json& schema, const Json& value, const std::string& where) const {
    for (std::size_t i = 0; i < value.size(); ++i) {
      std::string wrong = check(schema.at("items"), value.at(i), where + "/" + std::to_string(i));
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  std::string checkMembers(const Json& schema, const Json& value, const std::string& where) const {
    const Json none = Json::object();
    const Json& properties = schema.contains("properties") ? schema.at("properties") : none;
    if (schema.contains("required")) {
      for (const Json& name : schema.at("required")) {
        if (!value.contains(name.get<std::string>()))
          return where + " lacks " + name.get<std::string>();
      }
    }
    for (const auto& [name, member] : value.items()) {
      const std::string inner = where + "/" + name;
      std::string wrong;
      if (properties.contains(name)) {
        wrong = check(properties.at(name), member, inner);
      } else if (schema.contains("additionalProperties")) {
        const Json& more = schema.at("additionalProperties");
        if (more.is_boolean() && !more.get<bool>()) return inner + " is not described";
        if (more.is_object()) wrong = check(more, member, inner);
      }
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  const Json document_;
};

}  // namespace openapi
