// SPDX-License-Identifier: Apache-2.0
#pragma once
// JsonPath: a path into JSON documents, compiled once, with the meaning that Jayway's library gives
// it, which is NiFi's. A path is definite when it can name one value only ($.a[0].b); an indefinite
// one (with *, .., a slice, a filter, several indexes) gives a list, which may be empty.
//
// Known differences: `append` and the filter operators `type` and `matches` are refused; an
// aggregate of nothing, and a filter on a scalar, are "not found" instead of an exception; keys()
// gives a list. Threads: constant after compile(), may be shared; a read changes its document.

#include "engine/base/result.h"
#include "engine/expression/json/json_document.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression {

struct PathProgram;

/// What to do at the places that a path leads to.
struct JsonEdit {
  enum class Change : std::uint8_t {
    kDelete,
    kSet,  ///< `value` takes the place of what is there
    kAdd,  ///< `value` goes to the end of an array
    kPut,  ///< `value` becomes that of `key` in an object
  };
  enum class Outcome : std::uint8_t {
    kDone,
    kNotFound,    ///< the document has no such path and is unchanged
    kImpossible,  ///< such as adding to what is no array; the document is unchanged
  };
  Change change = Change::kDelete;
  JsonValue value;
  std::string_view key;
};

class JsonPath {
 public:
  /// A path that does not begin with `$` is read as if `$.` stood before it. Errors name the
  /// position.
  static Result<JsonPath> compile(std::string_view text);

  JsonPath(JsonPath&&) noexcept;
  JsonPath& operator=(JsonPath&&) noexcept;
  ~JsonPath();

  bool isDefinite() const;
  /// The value, or nothing where the document has no such path. It lives as long as the document's
  /// values and this path.
  std::optional<JsonValue> read(JsonDocument& document) const;
  /// Changes the document everywhere the path leads to, as Jayway's library does: what is null is
  /// passed over by kAdd and kPut; a key that is missing is not set. What the edit's value and key
  /// point to must live as long as the document's values.
  JsonEdit::Outcome edit(JsonDocument& document, const JsonEdit& edit) const;

 private:
  explicit JsonPath(std::unique_ptr<const PathProgram> program);
  std::unique_ptr<const PathProgram> program_;
};

}  // namespace millrace::expression
