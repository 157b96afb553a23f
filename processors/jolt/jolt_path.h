// SPDX-License-Identifier: Apache-2.0
#pragma once
// The small languages within a Jolt specification: patterns of keys (left sides) with *, &, $, #, @
// and [n], and paths (right sides) such as `a.&1[#2].@(1,x)`, which refer to what was matched on
// the way down.
// Threads: patterns and paths are constant; the rest belongs to one transformation.

#include "processors/jolt/jolt_value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

/// A key that was matched: the whole of it, what each * stood for, and how many of the keys below
/// it were matched so far.
struct JoltMatch {
  std::vector<std::string> groups;
  int matches = 0;
};

/// The way from the root to where the transformation is. The last step may be null: a scalar that
/// is taken as a key.
struct JoltStep {
  const JoltValue* tree = nullptr;
  JoltMatch match;
};
using JoltWay = std::vector<JoltStep>;

/// `&`, `&1`, `&(1)`, `&(1,2)`, or the same behind $ or #: so many levels up, and which group.
struct JoltReference {
  int up = 0;
  std::size_t group = 0;
};

/// Text with references in it.
struct JoltTemplate {
  struct Piece {
    std::string text;
    std::optional<JoltReference> reference;
  };
  std::vector<Piece> pieces;
  bool isLiteral() const;
  std::string literal() const;
  std::optional<std::string> evaluate(const JoltWay& way) const;
};

class JoltPath {
 public:
  struct Part {
    enum class Kind : std::uint8_t { kKey, kIndex, kCount, kAppend };
    Kind kind = Kind::kKey;
    JoltTemplate text;           ///< of a key or an index
    JoltReference count;         ///< of kCount: the matches of that level
    std::vector<JoltPath> from;  ///< a key or index that is a value of the input: one path
  };
  static Result<JoltPath> parse(std::string_view text);
  /// `@(2,a.b)`, `@2`, `@a`, `@(a)`: a value of the input.
  static Result<JoltPath> parseLookup(std::string_view text);

  /// The value that a lookup leads to; null: none.
  const JoltValue* read(const JoltWay& way) const;
  /// Puts a value where the path leads to; a second value at one place makes it an array. What is
  /// of another kind on the way stays as it is.
  void write(std::optional<JoltValue>& root, const JoltWay& way, const JoltValue& value) const;

 private:
  static std::optional<std::string> evaluate(const Part& part, const JoltWay& way);
  std::vector<Part> parts_;
  int up_ = 0;  // of a lookup
};

class JoltKey {
 public:
  enum class Kind : std::uint8_t { kLiteral, kPattern, kComputed, kHere, kKey, kText, kLookup };
  /// One for each alternative of `a|b`.
  static Result<std::vector<JoltKey>> parse(std::string_view text);

  Kind kind() const { return kind_; }
  const std::string& literal() const { return literal_; }
  /// Of the kinds that do not look at keys of the input: @, $, #.
  bool isSpecial() const { return kind_ >= Kind::kHere; }
  const JoltPath& lookup() const { return lookup_; }
  /// Of kComputed.
  const JoltTemplate& computed() const { return computed_; }
  std::optional<JoltMatch> match(std::string_view key, const JoltWay& way) const;
  /// Which of two patterns is asked first.
  bool comesBefore(const JoltKey& other) const;

 private:
  Kind kind_ = Kind::kLiteral;
  std::string text_;
  std::string literal_;
  std::vector<std::string> between_;  // the parts around each *
  JoltTemplate computed_;
  JoltReference reference_;
  JoltPath lookup_;
};

/// The step so many levels up; null: there is none.
const JoltStep* stepUp(const JoltWay& way, int up);
/// A scalar as the text that it is as a key; nothing for null, arrays and objects.
std::optional<std::string> scalarText(const JoltValue& value);
/// Digits as an index.
std::optional<std::size_t> indexOf(std::string_view text);

}  // namespace millrace::processors
