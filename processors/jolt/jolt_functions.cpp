// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_functions.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace millrace::processors {
namespace {

using namespace jolt_detail;

template <typename Change>
Answer changeText(Arguments& arguments, Change change) {
  return forEach(arguments, [&](const JoltValue& value) -> Answer {
    if (!value.isString()) return std::nullopt;
    return JoltValue::string(change(value.text()));
  });
}

Answer toUpper(Arguments& arguments) {
  return changeText(arguments, [](std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
  });
}
Answer toLower(Arguments& arguments) {
  return changeText(arguments, [](std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
  });
}
Answer trim(Arguments& arguments) {
  return changeText(arguments, [](const std::string& text) {
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    std::size_t begin = 0;
    std::size_t end = text.size();
    while (begin < end && blank(text[begin])) ++begin;
    while (end > begin && blank(text[end - 1])) --end;
    return text.substr(begin, end - begin);
  });
}

std::string textOf(const JoltValue& value) {
  if (!value.isArray() && !value.isObject()) return value.text();
  std::string text;
  value.write(text, JoltValue::Layout::kCompact);
  return text;
}

Answer concat(Arguments& arguments) {
  std::string text;
  for (const JoltValue& item : listOf(arguments)) text += textOf(item);
  return JoltValue::string(std::move(text));
}
Answer join(Arguments& arguments) {
  if (arguments.size() < 2) return std::nullopt;
  const std::string separator = arguments.front().text();
  arguments.erase(arguments.begin());
  std::string text;
  bool first = true;
  for (const JoltValue& item : listOf(arguments)) {
    const std::string part = textOf(item);
    if (part.empty()) continue;
    if (!std::exchange(first, false)) text += separator;
    text += part;
  }
  return JoltValue::string(std::move(text));
}
Answer split(Arguments& arguments) {
  if (arguments.size() != 2 || !arguments[1].isString()) return std::nullopt;
  const std::string& separator = arguments[0].text();
  const std::string& text = arguments[1].text();
  if (separator.empty()) return std::nullopt;
  JoltValue parts = JoltValue::array();
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.items().push_back(JoltValue::string(text.substr(start, end - start)));
    start = end + separator.size();
    if (end == text.size()) break;
  }
  // As Java's split: empty parts at the end are left out.
  while (parts.size() > 1 && parts.items().back().text().empty()) parts.items().pop_back();
  return parts;
}
Answer substring(Arguments& arguments) {
  if (arguments.size() != 3 || !arguments[0].isString()) return std::nullopt;
  const auto begin = numberOf(arguments[1]);
  const auto end = numberOf(arguments[2]);
  const std::string& text = arguments[0].text();
  if (!begin || !end || asWhole(*begin) < 0 || asWhole(*begin) >= asWhole(*end) ||
      asWhole(*end) > static_cast<std::int64_t>(text.size()))
    return std::nullopt;
  const auto from = static_cast<std::size_t>(asWhole(*begin));
  return JoltValue::string(text.substr(from, static_cast<std::size_t>(asWhole(*end)) - from));
}
Answer pad(Arguments& arguments, bool left) {
  constexpr std::int64_t kMostPadding = 500;  // Jolt's own limit
  if (arguments.size() != 3 || !arguments[0].isString() || arguments[2].text().size() != 1)
    return std::nullopt;
  const auto width = numberOf(arguments[1]);
  if (!width || asWhole(*width) < 0 || asWhole(*width) > kMostPadding) return std::nullopt;
  std::string text = arguments[0].text();
  const auto wanted = static_cast<std::size_t>(asWhole(*width));
  if (text.size() < wanted) {
    const std::string padding(wanted - text.size(), arguments[2].text().front());
    text = left ? padding + text : text + padding;
  }
  return JoltValue::string(std::move(text));
}
Answer leftPad(Arguments& arguments) { return pad(arguments, true); }
Answer rightPad(Arguments& arguments) { return pad(arguments, false); }

Answer toBoolean(Arguments& arguments) {
  return forEach(arguments, [](const JoltValue& value) -> Answer {
    std::string text = value.text();
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (text != "true" && text != "false") return std::nullopt;
    return JoltValue::boolean(text == "true");
  });
}
Answer toString(Arguments& arguments) {
  return forEach(arguments, [](const JoltValue& value) -> Answer {
    if (value.isNull()) return std::nullopt;
    return JoltValue::string(textOf(value));
  });
}
Answer toList(Arguments& arguments) {
  if (arguments.size() == 1 && arguments.front().isArray()) return arguments.front();
  JoltValue list = JoltValue::array();
  list.items() = arguments;
  return list;
}

Answer size(Arguments& arguments) {
  if (arguments.size() != 1) return whole(static_cast<std::int64_t>(arguments.size()));
  const JoltValue& value = arguments.front();
  if (value.isString()) return whole(static_cast<std::int64_t>(value.text().size()));
  if (!value.isArray() && !value.isObject()) return std::nullopt;
  return whole(static_cast<std::int64_t>(value.size()));
}
Answer firstElement(Arguments& arguments) {
  Arguments& list = listOf(arguments);
  return list.empty() ? Answer() : Answer(list.front());
}
Answer lastElement(Arguments& arguments) {
  Arguments& list = listOf(arguments);
  return list.empty() ? Answer() : Answer(list.back());
}
Answer elementAt(Arguments& arguments) {
  if (arguments.size() < 2) return std::nullopt;
  const auto index = numberOf(arguments.front());
  arguments.erase(arguments.begin());
  Arguments& list = listOf(arguments);
  if (!index || asWhole(*index) < 0 || asWhole(*index) >= static_cast<std::int64_t>(list.size()))
    return std::nullopt;
  return list[static_cast<std::size_t>(asWhole(*index))];
}
Answer sort(Arguments& arguments) {
  Arguments& list = listOf(arguments);
  const bool numbers = std::all_of(list.begin(), list.end(),
                                   [](const JoltValue& value) { return value.isNumber(); });
  const bool texts = std::all_of(list.begin(), list.end(),
                                 [](const JoltValue& value) { return value.isString(); });
  if (!numbers && !texts) return std::nullopt;
  std::stable_sort(list.begin(), list.end(), [&](const JoltValue& a, const JoltValue& b) {
    if (texts) return a.text() < b.text();
    return std::strtod(a.text().c_str(), nullptr) < std::strtod(b.text().c_str(), nullptr);
  });
  JoltValue sorted = JoltValue::array();
  sorted.items() = list;
  return sorted;
}

void squash(JoltValue& value, bool deep) {
  if (value.isObject()) {
    const std::vector<std::string> keys = value.keys();
    for (const std::string& key : keys) {
      JoltValue* item = value.find(key);
      if (item->isNull()) {
        value.erase(key);
      } else if (deep) {
        squash(*item, deep);
      }
    }
  } else if (value.isArray()) {
    std::erase_if(value.items(), [](const JoltValue& item) { return item.isNull(); });
    for (JoltValue& item : value.items()) {
      if (deep) squash(item, deep);
    }
  }
}
Answer squashNulls(Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  squash(arguments.front(), false);
  return arguments.front();
}
Answer recursivelySquashNulls(Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  squash(arguments.front(), true);
  return arguments.front();
}
Answer squashDuplicates(Arguments& arguments) {
  JoltValue unique = JoltValue::array();
  for (JoltValue& item : listOf(arguments)) {
    const auto& kept = unique.items();
    if (std::find(kept.begin(), kept.end(), item) == kept.end())
      unique.items().push_back(std::move(item));
  }
  return unique;
}

Answer noop(Arguments&) { return std::nullopt; }
Answer notNull(Arguments& arguments) {
  if (arguments.size() != 1 || arguments.front().isNull()) return std::nullopt;
  return arguments.front();
}
Answer isNull(Arguments& arguments) {
  if (arguments.size() != 1 || !arguments.front().isNull()) return std::nullopt;
  return arguments.front();
}

struct Named {
  std::string_view name;
  JoltFunction function;
};
constexpr std::array kFunctions{
    Named{"toLower", toLower},
    Named{"toUpper", toUpper},
    Named{"trim", trim},
    Named{"concat", concat},
    Named{"join", join},
    Named{"split", split},
    Named{"substring", substring},
    Named{"leftPad", leftPad},
    Named{"rightPad", rightPad},
    Named{"toBoolean", toBoolean},
    Named{"toString", toString},
    Named{"toList", toList},
    Named{"size", size},
    Named{"firstElement", firstElement},
    Named{"lastElement", lastElement},
    Named{"elementAt", elementAt},
    Named{"sort", sort},
    Named{"squashNulls", squashNulls},
    Named{"recursivelySquashNulls", recursivelySquashNulls},
    Named{"squashDuplicates", squashDuplicates},
    Named{"noop", noop},
    Named{"isPresent", notNull},
    Named{"notNull", notNull},
    Named{"isNull", isNull},
};

}  // namespace

JoltFunction joltFunction(std::string_view name) {
  for (const Named& named : kFunctions) {
    if (named.name == name) return named.function;
  }
  return joltNumberFunction(name);
}

}  // namespace millrace::processors
