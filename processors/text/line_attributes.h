// SPDX-License-Identifier: Apache-2.0
#pragma once
// LineAttributes: what an expression about a line sees: the FlowFile's attributes, `line` and
// `lineNo`. Threads: the trigger's.

#include "engine/expression/evaluation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

class LineAttributes final : public expression::AttributeSource {
 public:
  explicit LineAttributes(const expression::AttributeSource& file) : file_(file) {}
  /// The line must outlive the evaluation; lines count from 1.
  void set(std::string_view line, std::uint64_t number) {
    line_ = line;
    number_ = std::to_string(number);
  }
  std::optional<std::string_view> attribute(std::string_view name) const override {
    if (name == "line") return line_;
    if (name == "lineNo") return number_;
    return file_.attribute(name);
  }
  void forEachAttribute(expression::AttributeVisitor visit) const override {
    visit("line", line_);
    visit("lineNo", number_);
    file_.forEachAttribute([&](std::string_view name, std::string_view value) {
      if (name != "line" && name != "lineNo") visit(name, value);
    });
  }

 private:
  const expression::AttributeSource& file_;
  std::string_view line_;
  std::string number_;
};

}  // namespace millrace::processors
