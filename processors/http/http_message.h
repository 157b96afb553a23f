// SPDX-License-Identifier: Apache-2.0
#pragma once
// The head of an HTTP/1.1 message (RFC 9112): its first line and its fields, and what they say
// about the body. Threads: plain values.

#include "engine/base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::processors {

/// Letters of ASCII count as equal in either case.
bool sameIgnoringCase(std::string_view a, std::string_view b);
std::string_view withoutBlanks(std::string_view text);

/// Header fields in their order. Names are told apart without regard to case.
class HttpFields {
 public:
  using Field = std::pair<std::string, std::string>;

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// The first value of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view value(std::string_view name) const {
    return find(name).value_or(std::string_view{});
  }
  /// True when a comma-separated list of that name has the word.
  bool hasWord(std::string_view name, std::string_view word) const;
  const std::vector<Field>& all() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

struct HttpHead {
  std::string method;  ///< of a request
  std::string target;  ///< of a request: as it was sent
  int status = 0;      ///< of a response
  std::string reason;  ///< of a response
  bool old = false;    ///< HTTP/1.0
  HttpFields fields;
  bool keepsAlive = true;  ///< the sender is willing to use the connection again
  bool chunked = false;
  std::optional<std::uint64_t> length;  ///< of the body, where it is known from the head
};

/// The path of a request's target, without the query; the authority of an absolute target is left
/// out.
std::string_view pathOf(std::string_view target);
/// What follows the question mark; nothing without one.
std::optional<std::string_view> queryOf(std::string_view target);

/// True for what may stand in a field's name, or be a method.
bool isToken(std::string_view text);
/// A value that ends no line: what RFC 9110 allows in a field, with blanks trimmed; characters of
/// control become blanks.
std::string fieldValue(std::string_view text);
/// Appends fields and the empty line after them.
void appendFields(const HttpFields& fields, std::string& out);

/// The usual words for a status; empty where there are none.
std::string_view reasonOf(int status);
/// A moment as in `Date: Sun, 06 Nov 1994 08:49:37 GMT`.
std::string dateText(Millis moment);

}  // namespace millrace::processors
