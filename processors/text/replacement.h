// SPDX-License-Identifier: Apache-2.0
#pragma once
// What ReplaceText puts in place of what it finds. All texts are UTF-8.
// Threads: free functions over values.

#include "engine/base/result.h"
#include "engine/expression/evaluation.h"
#include "engine/expression/pattern.h"

#include <string>
#include <string_view>

namespace millrace::processors {

/// A replacement text in the form that Matcher::expand reads: references to groups that do not
/// exist become plain text, as does the whole replacement when a `$` in it is followed by something
/// that is no digit.
std::string toJavaReplacement(std::string_view text, std::size_t groups);

/// Appends the value with every `$1`, `$2`… in it made plain text: what comes from an attribute
/// refers to no group.
void appendWithoutReferences(std::string_view value, std::string& into);
/// Appends the value so that a regular expression takes it as it is.
void appendQuoted(std::string_view value, std::string& into);

/// Appends the text with every `${name}` replaced by the attribute of that name, `${name:-text}` by
/// the text where there is none; `$${` stands for `${`. Values are substituted in turn; one that
/// leads back to itself is an Error of fault kUser.
Result<> substitute(std::string_view text, const expression::AttributeSource& attributes,
                    std::string& into);

/// The FlowFile's attributes, and the groups of the present match as `$0`, `$1`….
class MatchAttributes final : public expression::AttributeSource {
 public:
  MatchAttributes(const expression::AttributeSource& file, const expression::Matcher& matcher)
      : file_(file), matcher_(matcher) {}
  std::optional<std::string_view> attribute(std::string_view name) const override;
  void forEachAttribute(expression::AttributeVisitor visit) const override;

 private:
  const expression::AttributeSource& file_;
  const expression::Matcher& matcher_;
};

}  // namespace millrace::processors
