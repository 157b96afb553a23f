// SPDX-License-Identifier: Apache-2.0
#include "processors/text/chosen_attributes.h"

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 8> kCoreAttributes{
    "path",     "absolute.path", "filename",       "uuid",
    "priority", "mime.type",     "discard.reason", "alternate.identifier"};

template <typename List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

Result<> ChosenAttributes::visit(const SessionFlowFile& file, const Visitor& visitor) const {
  for (const std::string& name : listed) visitor(name, file.attribute(name));
  std::optional<expression::Matcher> matcher;
  if (pattern) matcher.emplace(*pattern);
  const bool everything = listed.empty() && !pattern;
  std::optional<Error> failed;
  file.forEachAttribute([&](std::string_view name, std::string_view value) {
    if (holds(listed, name)) return;
    bool wanted = everything && (core || !holds(kCoreAttributes, name));
    if (matcher) {
      auto matches = matcher->find(name);
      if (!matches.ok())
        failed = std::move(matches).error();
      else
        wanted = *matches;
    }
    if (wanted) visitor(name, value);
  });
  if (failed) return std::move(*failed);
  return Done{};
}

}  // namespace millrace::processors
