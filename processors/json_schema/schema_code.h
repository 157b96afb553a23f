// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a JSON Schema is compiled to: its own text as a tree, with the targets of its references and
// its patterns looked up beforehand. Private to this folder. Threads: constant once filled.

#include "engine/expression/json/json_document.h"
#include "engine/expression/pattern.h"
#include "processors/json_schema/json_schema.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace millrace::processors {

/// A schema, or a part of it with an $id of its own: what references within it are seen from.
struct SchemaResource {
  const expression::JsonValue* root = nullptr;
  std::string uri;  ///< its $id, absolute where that can be said
  std::map<std::string, const expression::JsonValue*, std::less<>> anchors;
  std::map<std::string, const expression::JsonValue*, std::less<>> dynamicAnchors;
  bool recursiveAnchor = false;
};

struct JsonSchema::Code {
  JsonSchemaDraft draft = JsonSchemaDraft::k2020;
  expression::JsonDocument document;
  std::map<std::string, SchemaResource, std::less<>> resources;  ///< by their URIs
  /// Of each schema, the resource that it belongs to.
  std::unordered_map<const expression::JsonValue*, const SchemaResource*> homes;
  /// Of each value of a $ref, $dynamicRef or $recursiveRef, the schema that it leads to.
  std::unordered_map<const expression::JsonValue*, const expression::JsonValue*> targets;
  std::map<std::string, expression::Pattern, std::less<>> patterns;
  bool tracks = false;  ///< some schema says unevaluated…
};

/// Whether a text is as a `format` asks; true for a format that is not known.
bool hasFormat(std::string_view text, std::string_view format);

/// Judges one document; all that it needs beside the code.
std::vector<std::string> judgeBySchema(const JsonSchema::Code& code,
                                       const expression::JsonValue& document, std::size_t most);

}  // namespace millrace::processors
