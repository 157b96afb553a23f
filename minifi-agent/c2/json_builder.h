// SPDX-License-Identifier: Apache-2.0
#pragma once
// JsonBuilder: writes compact JSON from front to back; commas come by themselves. Names and texts
// are escaped to ASCII, so that bytes that are no UTF-8 do no harm. Threads: a plain value.

#include "engine/expression/json_text.h"

#include <concepts>
#include <string>
#include <string_view>

namespace millrace::agent {

class JsonBuilder {
 public:
  JsonBuilder& key(std::string_view name) {
    quote(name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  JsonBuilder& open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  JsonBuilder& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }
  JsonBuilder& value(std::string_view text) {
    quote(text);
    return *this;
  }
  JsonBuilder& value(const char* text) { return value(std::string_view(text)); }
  template <std::integral Number>
  JsonBuilder& value(Number number) {
    if constexpr (std::same_as<Number, bool>)
      return raw(number ? "true" : "false");
    else
      return raw(std::to_string(number));
  }
  /// JSON as it is.
  JsonBuilder& raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }
  template <typename Value>
  JsonBuilder& member(std::string_view name, const Value& value) {
    return key(name).value(value);
  }

  const std::string& text() const { return text_; }

 private:
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  void quote(std::string_view text) {
    separate();
    text_ += '"';
    text_ += expression::escapeJson(text);
    text_ += '"';
  }

  std::string text_;
  bool fresh_ = true;  // nothing stands before what comes next
};

}  // namespace millrace::agent
