// SPDX-License-Identifier: Apache-2.0
#include "processors/json_schema/json_schema.h"

#include "processors/json_schema/decimal.h"
#include "processors/json_schema/schema_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace millrace::processors {
namespace {

using expression::JsonKind;
using expression::JsonMember;
using expression::JsonValue;

/// What the value of a keyword is.
enum class Shape : std::uint8_t {
  kSchema,
  kSchemas,        // a list of them
  kSchemaOrList,   // draft 2019-09's items
  kSchemasByName,  // an object of them
  kSchemaOrNames,  // dependencies: each a schema or a list of names
  kNumber,
  kPositive,
  kCount,
  kText,
  kBoolean,
  kNames,
  kNamesByName,
  kType,
  kList,
};

struct Keyword {
  std::string_view name;
  Shape shape;
  JsonSchemaDraft since = JsonSchemaDraft::k4;
};

constexpr std::array kKeywords{
    Keyword{"additionalItems", Shape::kSchema},
    Keyword{"additionalProperties", Shape::kSchema},
    Keyword{"allOf", Shape::kSchemas},
    Keyword{"anyOf", Shape::kSchemas},
    Keyword{"contains", Shape::kSchema, JsonSchemaDraft::k6},
    Keyword{"contentSchema", Shape::kSchema, JsonSchemaDraft::k2019},
    Keyword{"definitions", Shape::kSchemasByName},
    Keyword{"$defs", Shape::kSchemasByName},
    Keyword{"dependencies", Shape::kSchemaOrNames},
    Keyword{"dependentRequired", Shape::kNamesByName, JsonSchemaDraft::k2019},
    Keyword{"dependentSchemas", Shape::kSchemasByName, JsonSchemaDraft::k2019},
    Keyword{"else", Shape::kSchema, JsonSchemaDraft::k7},
    Keyword{"enum", Shape::kList},
    Keyword{"format", Shape::kText},
    Keyword{"if", Shape::kSchema, JsonSchemaDraft::k7},
    Keyword{"items", Shape::kSchemaOrList},
    Keyword{"maxContains", Shape::kCount, JsonSchemaDraft::k2019},
    Keyword{"maxItems", Shape::kCount},
    Keyword{"maxLength", Shape::kCount},
    Keyword{"maxProperties", Shape::kCount},
    Keyword{"maximum", Shape::kNumber},
    Keyword{"minContains", Shape::kCount, JsonSchemaDraft::k2019},
    Keyword{"minItems", Shape::kCount},
    Keyword{"minLength", Shape::kCount},
    Keyword{"minProperties", Shape::kCount},
    Keyword{"minimum", Shape::kNumber},
    Keyword{"multipleOf", Shape::kPositive},
    Keyword{"not", Shape::kSchema},
    Keyword{"oneOf", Shape::kSchemas},
    Keyword{"pattern", Shape::kText},
    Keyword{"patternProperties", Shape::kSchemasByName},
    Keyword{"prefixItems", Shape::kSchemas, JsonSchemaDraft::k2020},
    Keyword{"properties", Shape::kSchemasByName},
    Keyword{"propertyNames", Shape::kSchema, JsonSchemaDraft::k6},
    Keyword{"required", Shape::kNames},
    Keyword{"then", Shape::kSchema, JsonSchemaDraft::k7},
    Keyword{"type", Shape::kType},
    Keyword{"unevaluatedItems", Shape::kSchema, JsonSchemaDraft::k2019},
    Keyword{"unevaluatedProperties", Shape::kSchema, JsonSchemaDraft::k2019},
    Keyword{"uniqueItems", Shape::kBoolean}};

bool isText(const JsonValue& value) { return value.kind == JsonKind::kString; }

bool areTexts(const JsonValue& list) {
  return list.kind == JsonKind::kArray &&
         std::all_of(list.members().begin(), list.members().end(),
                     [](const JsonMember& item) { return isText(item.value); });
}

bool isTypeName(const JsonValue& value) {
  constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "object", "array",
                                                   "number", "string",  "integer"};
  return isText(value) && std::find(kTypes.begin(), kTypes.end(), value.text) != kTypes.end();
}

std::optional<Decimal> numberOf(const JsonValue& value) {
  return value.kind == JsonKind::kNumber ? Decimal::parse(value.text) : std::nullopt;
}

/// `~1` and `~0` of JSON pointers (RFC 6901), and what a URI escapes.
std::string unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    unsigned code = 0;
    if (token[i] == '%' && i + 2 < token.size() &&
        std::from_chars(token.data() + i + 1, token.data() + i + 3, code, 16).ptr ==
            token.data() + i + 3) {
      text += static_cast<char>(code);
      i += 2;
    } else {
      text += token[i];
    }
  }
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '~' && i + 1 < text.size();
    if (escape && (text[i + 1] == '0' || text[i + 1] == '1')) {
      result += text[++i] == '0' ? '~' : '/';
    } else {
      result += text[i];
    }
  }
  return result;
}

/// A reference seen from a base, as RFC 3986 (5.2) resolves it, as far as schemas need it.
std::string resolved(std::string_view base, std::string_view reference) {
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && reference.find_first_of("/?#") > colon)
    return std::string(reference);
  if (reference.empty()) return std::string(base);
  const std::size_t scheme = base.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(base.find('/', authority), base.size());
  if (reference.starts_with('/')) return std::string(base.substr(0, path)) + std::string(reference);
  const std::size_t folder = base.rfind('/');
  const bool hasFolder = folder != std::string_view::npos && folder >= path;
  std::string stem(hasFolder ? base.substr(0, folder + 1) : base.substr(0, path));
  if (!hasFolder && !stem.empty()) stem += '/';
  while (reference.starts_with("./") || reference.starts_with("../")) {
    const bool up = reference.starts_with("../");
    reference.remove_prefix(up ? 3 : 2);
    if (!up || stem.size() <= path + 1) continue;
    stem.resize(stem.rfind('/', stem.size() - 2) + 1);
  }
  return stem + std::string(reference);
}

class Compiler {
 public:
  explicit Compiler(JsonSchema::Code& code) : code_(code) {}

  Result<> compile() {
    SchemaResource& root = code_.resources[""];
    root.root = &code_.document.root();
    MR_TRY(visit(code_.document.root(), &root, "#"));
    // A reference may lead to a place that no keyword leads to: such a place is a schema, too.
    for (std::size_t i = 0; i < references_.size(); ++i) {
      const Reference reference = references_[i];
      const JsonValue* target = find(reference);
      if (target == nullptr) {
        return Error::user(
            fmt::format("the schema's '{}' at {} leads to nothing in the schema, and what is "
                        "elsewhere is not fetched",
                        reference.value->text, reference.path));
      }
      code_.targets[reference.value] = target;
      if (!code_.homes.contains(target))
        MR_TRY(visit(*target, reference.home, std::string(reference.value->text)));
    }
    return Done{};
  }

 private:
  struct Reference {
    const JsonValue* value;
    const SchemaResource* home;
    std::string path;
  };

  static Error wrong(const std::string& path, std::string_view what) {
    return Error::user(fmt::format("the schema is wrong at {}: {}", path, what));
  }

  Result<> visit(const JsonValue& schema, const SchemaResource* home, const std::string& path) {
    const bool mayBeBoolean = code_.draft != JsonSchemaDraft::k4;
    if (schema.kind == JsonKind::kBoolean && (mayBeBoolean || path.ends_with("additionalItems") ||
                                              path.ends_with("additionalProperties"))) {
      code_.homes[&schema] = home;
      return Done{};
    }
    if (schema.kind != JsonKind::kObject)
      return wrong(path,
                   mayBeBoolean ? "a schema is an object, true or false" : "a schema is an object");
    home = MR_TRY(enter(schema, home, path));
    code_.homes[&schema] = home;
    const bool before2019 = code_.draft <= JsonSchemaDraft::k7;
    for (const JsonMember& member : schema.members()) {
      const std::string inner = path + "/" + std::string(member.key);
      const bool refers = member.key == "$ref" ||
                          (member.key == "$dynamicRef" && code_.draft == JsonSchemaDraft::k2020) ||
                          (member.key == "$recursiveRef" && code_.draft == JsonSchemaDraft::k2019);
      if (refers && isText(member.value)) references_.push_back({&member.value, home, inner});
      if (refers && !isText(member.value) && member.key == "$ref")
        return wrong(inner, "a reference is a text");
      if (member.key.starts_with("unevaluated") && !before2019) code_.tracks = true;
      const auto keyword =
          std::find_if(kKeywords.begin(), kKeywords.end(),
                       [&](const Keyword& each) { return each.name == member.key; });
      if (keyword == kKeywords.end() || keyword->since > code_.draft) continue;
      // Beside a $ref nothing else counts in the older drafts, but parts may be referred to.
      MR_TRY(check(member.value, keyword->shape, home, inner));
      if (member.key == "pattern") MR_TRY(addPattern(member.value.text, inner));
      if (member.key == "patternProperties") {
        for (const JsonMember& each : member.value.members()) MR_TRY(addPattern(each.key, inner));
      }
    }
    return Done{};
  }

  /// The resource of a schema: another one where it has an $id.
  Result<const SchemaResource*> enter(const JsonValue& schema, const SchemaResource* home,
                                      const std::string& path) {
    const bool older = code_.draft <= JsonSchemaDraft::k7;
    const JsonValue* id = schema.find(code_.draft == JsonSchemaDraft::k4 ? "id" : "$id");
    // Beside a $ref nothing else counts in the older drafts.
    if (older && schema.find("$ref") != nullptr) id = nullptr;
    SchemaResource* resource = &code_.resources.find(home->uri)->second;
    if (id != nullptr && isText(*id)) {
      const std::size_t hash = std::min(id->text.find('#'), id->text.size());
      const std::string uri = resolved(home->uri, id->text.substr(0, hash));
      if (hash > 0 && uri != home->uri) {
        const auto [place, fresh] = code_.resources.try_emplace(uri);
        if (!fresh) return wrong(path, fmt::format("another part has the id '{}'", uri));
        place->second.root = &schema;
        place->second.uri = uri;
        resource = &place->second;
      }
      if (hash + 1 < id->text.size() && older)
        resource->anchors.emplace(id->text.substr(hash + 1), &schema);
    }
    if (older) return static_cast<const SchemaResource*>(resource);
    if (const JsonValue* anchor = schema.find("$anchor"); anchor != nullptr && isText(*anchor))
      resource->anchors.emplace(anchor->text, &schema);
    const JsonValue* dynamic = schema.find("$dynamicAnchor");
    if (dynamic != nullptr && isText(*dynamic) && code_.draft == JsonSchemaDraft::k2020) {
      resource->anchors.emplace(dynamic->text, &schema);
      resource->dynamicAnchors.emplace(dynamic->text, &schema);
    }
    if (const JsonValue* again = schema.find("$recursiveAnchor");
        again != nullptr && resource->root == &schema)
      resource->recursiveAnchor = again->truth;
    return static_cast<const SchemaResource*>(resource);
  }

  Result<> check(const JsonValue& value, Shape shape, const SchemaResource* home,
                 const std::string& path) {
    const auto number = numberOf(value);
    switch (shape) {
      case Shape::kSchemaOrList:
        if (value.kind != JsonKind::kArray) return visit(value, home, path);
        [[fallthrough]];
      case Shape::kSchemas:
        if (value.kind != JsonKind::kArray) return wrong(path, "it must be a list of schemas");
        for (std::size_t i = 0; i < value.count; ++i)
          MR_TRY(visit(value.members()[i].value, home, fmt::format("{}/{}", path, i)));
        return Done{};
      case Shape::kSchema:
        return visit(value, home, path);
      case Shape::kSchemasByName:
      case Shape::kSchemaOrNames:
        if (value.kind != JsonKind::kObject) return wrong(path, "it must be an object of schemas");
        for (const JsonMember& each : value.members()) {
          if (shape == Shape::kSchemaOrNames && areTexts(each.value)) continue;
          MR_TRY(visit(each.value, home, path + "/" + std::string(each.key)));
        }
        return Done{};
      case Shape::kNumber:
        // A boolean beside `maximum` is draft 4's exclusiveMaximum, which has its own name.
        return number ? Result<>(Done{}) : wrong(path, "it must be a number");
      case Shape::kPositive:
        return number && !number->isNegative() && !number->isZero()
                   ? Result<>(Done{})
                   : wrong(path, "it must be a number above 0");
      case Shape::kCount:
        return number && number->isWhole() && number->whole()
                   ? Result<>(Done{})
                   : wrong(path, "it must be a whole number from 0 on");
      case Shape::kText:
        return isText(value) ? Result<>(Done{}) : wrong(path, "it must be a text");
      case Shape::kBoolean:
        return value.kind == JsonKind::kBoolean ? Result<>(Done{})
                                                : wrong(path, "it must be true or false");
      case Shape::kNames:
        return areTexts(value) ? Result<>(Done{}) : wrong(path, "it must be a list of texts");
      case Shape::kNamesByName:
        for (const JsonMember& each : value.members()) {
          if (value.kind != JsonKind::kObject || !areTexts(each.value))
            return wrong(path, "it must be an object of lists of texts");
        }
        return Done{};
      case Shape::kType:
        if (isTypeName(value)) return Done{};
        if (value.kind == JsonKind::kArray &&
            std::all_of(value.members().begin(), value.members().end(),
                        [](const JsonMember& each) { return isTypeName(each.value); }))
          return Done{};
        return wrong(path, "it must be a type's name, or a list of them");
      case Shape::kList:
        return value.kind == JsonKind::kArray ? Result<>(Done{}) : wrong(path, "it must be a list");
    }
    return Done{};
  }

  Result<> addPattern(std::string_view text, const std::string& path) {
    if (code_.patterns.contains(text)) return Done{};
    auto pattern = expression::Pattern::compile(text, expression::Pattern::Use::kFind);
    if (!pattern.ok()) return wrong(path, pattern.error().message);
    code_.patterns.emplace(text, std::move(*pattern));
    return Done{};
  }

  const JsonValue* find(const Reference& reference) const {
    const std::string_view text = reference.value->text;
    const std::size_t hash = std::min(text.find('#'), text.size());
    const SchemaResource* resource = reference.home;
    if (hash > 0) {
      const auto found = code_.resources.find(resolved(resource->uri, text.substr(0, hash)));
      if (found == code_.resources.end()) return nullptr;
      resource = &found->second;
    }
    const std::string_view fragment = hash < text.size() ? text.substr(hash + 1) : "";
    if (fragment.empty()) return resource->root;
    if (!fragment.starts_with('/')) {
      const auto anchor = resource->anchors.find(fragment);
      return anchor == resource->anchors.end() ? nullptr : anchor->second;
    }
    const JsonValue* at = resource->root;
    for (std::size_t begin = 1; at != nullptr && begin <= fragment.size();) {
      const std::size_t end = std::min(fragment.find('/', begin), fragment.size());
      const std::string token = unescaped(fragment.substr(begin, end - begin));
      begin = end + 1;
      if (at->kind == JsonKind::kArray) {
        std::size_t index = 0;
        const char* const last = token.data() + token.size();
        const bool good = !token.empty() && std::from_chars(token.data(), last, index).ptr == last;
        at = good && index < at->count ? &at->members()[index].value : nullptr;
      } else {
        at = at->kind == JsonKind::kObject ? at->find(token) : nullptr;
      }
    }
    return at;
  }

  JsonSchema::Code& code_;
  std::vector<Reference> references_;
};

}  // namespace

JsonSchema::JsonSchema(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::compile(std::string_view text, JsonSchemaDraft draft) {
  auto code = std::make_unique<Code>();
  code->draft = draft;
  if (const auto parsed = code->document.parse(asBytes(text)); !parsed.ok())
    return Error::user("the schema is no JSON: " + parsed.error().message);
  MR_TRY(Compiler(*code).compile());
  return JsonSchema(std::move(code));
}

std::vector<std::string> JsonSchema::problems(const JsonValue& document, std::size_t most) const {
  return judgeBySchema(*code_, document, most);
}

}  // namespace millrace::processors
