// SPDX-License-Identifier: Apache-2.0
// JSONPath functions: reading and changing the JSON that an attribute holds. Numbers are printed
// as Java prints what it has read.
#include "engine/expression/function_table.h"
#include "engine/expression/java_number.h"
#include "engine/expression/json/json_path.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace millrace::expression {

namespace {

/// A literal path, with documents that keep their memory from one evaluation to the next.
struct PreparedPath final : Prepared {
  explicit PreparedPath(JsonPath compiled) : path(std::move(compiled)) {}
  JsonPath path;
  mutable JsonDocumentPool documents;  // guards itself
};

Result<std::unique_ptr<const Prepared>> preparePath(LiteralArguments literals) {
  const Value* path = literals.front();
  if (path == nullptr) return std::unique_ptr<const Prepared>();
  if (path->type() != Type::kText) return Error::user("a JSONPath is a text, such as '$.name'");
  return std::unique_ptr<const Prepared>(
      std::make_unique<PreparedPath>(MR_TRY(JsonPath::compile(path->text()))));
}

/// The subject as a document and the path of the first argument. When either is at fault, the
/// evaluation has failed.
class Reading {
 public:
  explicit Reading(Call& call) : prepared_(call.prepared<PreparedPath>()) {
    if (call.subject().isNull() || call.subject().text().empty()) {
      call.fail("the subject is empty where JSON is expected");
      return;
    }
    document_ =
        prepared_ != nullptr ? prepared_->documents.borrow() : std::make_unique<JsonDocument>();
    const auto parsed = document_->parse(asBytes(call.subject().text()));
    if (!parsed.ok()) {
      call.fail(parsed.error().message);
    } else if (document_->root().kind == JsonKind::kNull) {
      call.fail("the subject is null where a JSON document is expected");
    } else if (prepared_ != nullptr) {
      path_ = &prepared_->path;
    } else {
      compile(call);
    }
  }
  ~Reading() {
    if (prepared_ != nullptr && document_ != nullptr) {
      prepared_->documents.giveBack(std::move(document_));
    }
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  bool failed() const { return path_ == nullptr; }
  JsonDocument& document() { return *document_; }
  const JsonPath& path() const { return *path_; }

 private:
  void compile(Call& call) {
    const auto text = call.text(0);
    if (call.work().failed) return;
    auto compiled = JsonPath::compile(text.value_or(""));
    if (!compiled.ok()) {
      call.fail(std::move(compiled).error().message);
      return;
    }
    own_.emplace(std::move(*compiled));
    path_ = &*own_;
  }

  const PreparedPath* prepared_;
  std::unique_ptr<JsonDocument> document_;
  std::optional<JsonPath> own_;
  const JsonPath* path_ = nullptr;
};

Value written(Call& call, const JsonValue& value) {
  std::string text;
  appendPlain(value, "", text, JsonNumbers::kAsJava);
  return Value::text(call.scratch().keep(text));
}

Value jsonPath(Call& call) {
  Reading reading(call);
  if (reading.failed()) return {};
  auto value = reading.path().read(reading.document());
  if (!value) return Value::text("");
  // A list of one is that one, however deep.
  while (value->kind == JsonKind::kArray && value->count == 1) value = value->first->value;
  return written(call, *value);
}

/// The value of an argument as JSON; nothing for what JSON has no word for.
std::optional<JsonValue> jsonOf(Call& call, const Value& value) {
  char buffer[kNumberTextSize];
  switch (value.type()) {
    case Type::kNull:
      return JsonValue();
    case Type::kText:
      return JsonValue::string(value.text());
    case Type::kBoolean:
      return JsonValue::boolean(value.boolean());
    case Type::kWhole:
    case Type::kDate:  // milliseconds since 1970
      return JsonValue::number(call.scratch().keep(printWhole(value.whole(), buffer)));
    case Type::kDecimal:
      return JsonValue::number(call.scratch().keep(printDecimal(value.decimal(), buffer)));
    case Type::kInstant:
      return std::nullopt;
  }
  return std::nullopt;
}

template <JsonEdit::Change change>
Value edited(Call& call) {
  Reading reading(call);
  if (reading.failed()) return {};
  JsonEdit edit;
  edit.change = change;
  if constexpr (change != JsonEdit::Change::kDelete) {
    const auto value = jsonOf(call, call.argument(1));
    if (call.work().failed) return {};
    if (!value) return Value::text("");
    edit.value = *value;
  }
  if constexpr (change == JsonEdit::Change::kPut) {
    const auto key = call.text(2);
    if (!key) return call.fail("the key is null");
    edit.key = *key;
  }
  const auto outcome = reading.path().edit(reading.document(), edit);
  const bool missing = outcome == JsonEdit::Outcome::kNotFound;
  if (outcome == JsonEdit::Outcome::kImpossible || (missing && change == JsonEdit::Change::kPut)) {
    return Value::text("");
  }
  std::string text;
  appendJson(reading.document().root(), text, JsonNumbers::kAsJava);
  return Value::text(call.scratch().keep(text));
}

constexpr FunctionEntry entry(std::string_view name, Arguments arguments, Value (*evaluate)(Call&),
                              std::string_view summary, std::string_view example,
                              std::string_view result) {
  return {name,     Form::kMethod, Kind::kText, arguments, Kind::kText,
          evaluate, preparePath,   summary,     example,   result};
}

constexpr FunctionEntry kEntries[] = {
    entry("jsonPath", {1, 1, {Kind::kText}}, jsonPath,
          "What a JSONPath leads to in the JSON of the subject: a text, number or boolean plain, "
          "an object or list as JSON, a list of one as its item, nothing as an empty text.",
          "${json:jsonPath('$.a[1]')}", "2"),
    entry("jsonPathDelete", {1, 1, {Kind::kText}}, edited<JsonEdit::Change::kDelete>,
          "The JSON of the subject without what a JSONPath leads to.",
          "${json:jsonPathDelete('$.a[0]')}", "{\"a\":[2]}"),
    entry("jsonPathAdd", {2, 2, {Kind::kText, Kind::kAny}}, edited<JsonEdit::Change::kAdd>,
          "The JSON of the subject with a value at the end of the array that a JSONPath leads to.",
          "${json:jsonPathAdd('$.a', 3)}", "{\"a\":[1,2,3]}"),
    entry("jsonPathSet", {2, 2, {Kind::kText, Kind::kAny}}, edited<JsonEdit::Change::kSet>,
          "The JSON of the subject with a value in place of what a JSONPath leads to.",
          "${json:jsonPathSet('$.a[0]', true)}", "{\"a\":[true,2]}"),
    entry(
        "jsonPathPut", {3, 3, {Kind::kText, Kind::kAny, Kind::kText}},
        edited<JsonEdit::Change::kPut>,
        "The JSON of the subject with a value (second argument) under a key (third) of the object "
        "that a JSONPath leads to.",
        "${json:jsonPathPut('$', 'x', 'b')}", "{\"a\":[1,2],\"b\":\"x\"}"),
};

}  // namespace

std::span<const FunctionEntry> jsonFunctions() { return kEntries; }

}  // namespace millrace::expression
