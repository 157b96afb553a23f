// SPDX-License-Identifier: Apache-2.0
#include "engine/base/zone_rules.h"

#include "engine/base/mutex.h"
#include "engine/base/posix_file_system.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

namespace millrace {
namespace {

constexpr std::size_t kHeaderBytes = 44;
constexpr std::uint64_t kLargestFile = 1ULL << 20;
constexpr std::int64_t kDay = 86'400;

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}
  bool has(std::uint64_t count) const { return left_.size() >= count; }
  std::string_view take(std::size_t count) {
    const std::string_view part = left_.substr(0, count);
    left_.remove_prefix(count);
    return part;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

struct Header {
  std::uint64_t universal, standard, leaps, changes, kinds, letters;
  std::uint64_t bytesAfter(std::uint64_t timeBytes) const {
    return changes * timeBytes + changes + kinds * 6 + letters + leaps * (timeBytes + 4) +
           standard + universal;
  }
};

std::optional<Header> readHeader(Bytes& bytes) {
  if (!bytes.has(kHeaderBytes) || bytes.take(4) != "TZif") return std::nullopt;
  const char version = bytes.take(1).front();
  if (version < '2') return std::nullopt;
  bytes.take(15);
  Header header{};
  for (auto* field : {&header.universal, &header.standard, &header.leaps, &header.changes,
                      &header.kinds, &header.letters})
    *field = bytes.number(4);
  return header;
}

std::int64_t daysTo(int year, int month, int day) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / month / day).time_since_epoch().count();
}

bool isName(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

std::string databaseFolder() {
  const char* const folder = std::getenv("TZDIR");
  return folder == nullptr || *folder == '\0' ? "/usr/share/zoneinfo" : folder;
}

/// Regions that were read: by path, null where the file is none.
class ReadRegions {
 public:
  const ZoneRules* get(const std::string& path, const std::string& name) {
    const MutexLock lock(mutex_);
    const auto known = regions_.find(path);
    if (known != regions_.end()) return known->second.get();
    const auto bytes = makePosixFileSystem()->readAll(path, kLargestFile);
    if (!bytes.ok()) return nullptr;  // may be there later
    auto rules = ZoneRules::parse(*bytes, name);
    if (!rules) return nullptr;
    return regions_.emplace(path, std::make_unique<ZoneRules>(*std::move(rules)))
        .first->second.get();
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<const ZoneRules>, std::less<>> regions_
      MR_GUARDED_BY(mutex_);
};

const ZoneRules* regionAt(const std::string& path, const std::string& name) {
  // What was read of the database stays for the process: regions are handed out as pointers.
  static ReadRegions regions;
  return regions.get(path, name);
}

}  // namespace

/// The text behind the changes: a TZ string of POSIX with the additions of RFC 8536.
class ZoneRules::RuleReader {
 public:
  explicit RuleReader(std::string_view text) : left_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    if (!readName(rule.standard.abbreviation)) return std::nullopt;
    const auto standard = readTime(24);
    if (!standard) return std::nullopt;
    rule.standard.offset = -*standard;
    if (left_.empty()) return rule;
    Kind summer;
    if (!readName(summer.abbreviation)) return std::nullopt;
    summer.offset = rule.standard.offset + 3600;
    if (!left_.empty() && left_.front() != ',') {
      const auto offset = readTime(24);
      if (!offset) return std::nullopt;
      summer.offset = -*offset;
    }
    if (!readDay(rule.begins) || !readDay(rule.ends) || !left_.empty()) return std::nullopt;
    rule.summer = std::move(summer);
    return rule;
  }

 private:
  bool skip(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool readName(std::string& into) {
    const bool quoted = skip('<');
    std::size_t length = 0;
    const auto isPart = [&](char c) {
      return quoted ? c != '>' : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    while (length < left_.size() && isPart(left_[length])) ++length;
    into = left_.substr(0, length);
    left_.remove_prefix(length);
    return (!quoted || skip('>')) && length > 0;
  }
  std::optional<int> readNumber(int low, int high) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < left_.size() && digits < 4 && left_[digits] >= '0' && left_[digits] <= '9')
      value = value * 10 + (left_[digits++] - '0');
    left_.remove_prefix(digits);
    if (digits == 0 || value < low || value > high) return std::nullopt;
    return value;
  }
  /// [+-]hours[:minutes[:seconds]], in seconds.
  std::optional<std::int32_t> readTime(int mostHours) {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const auto hours = readNumber(0, mostHours);
    if (!hours) return std::nullopt;
    std::int32_t seconds = *hours * 3600;
    for (const int unit : {60, 1}) {
      if (!skip(':')) break;
      const auto part = readNumber(0, 59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }
  bool take(std::optional<int> number, int& into) {
    if (number) into = *number;
    return number.has_value();
  }
  bool readDay(YearDay& day) {
    if (!skip(',')) return false;
    if (skip('M')) {
      if (!take(readNumber(1, 12), day.month) || !skip('.') || !take(readNumber(1, 5), day.week) ||
          !skip('.') || !take(readNumber(0, 6), day.day))
        return false;
    } else {
      day.form = skip('J') ? YearDay::Form::kJulian : YearDay::Form::kDay;
      if (!take(readNumber(day.form == YearDay::Form::kJulian ? 1 : 0, 365), day.day)) return false;
    }
    if (!skip('/')) return true;
    const auto second = readTime(167);
    if (second) day.second = *second;
    return second.has_value();
  }

  std::string_view left_;
};

std::int64_t ZoneRules::YearDay::inYear(int year) const {
  const std::int64_t first = daysTo(year, 1, 1);
  std::int64_t which = first + day;
  const bool leap = std::chrono::year(year).is_leap();
  if (form == Form::kJulian) {
    // Day 60 is 1 March in every year.
    which = first + day - 1 + (leap && day >= 60 ? 1 : 0);
  } else if (form == Form::kWeek) {
    const std::int64_t monthStart = daysTo(year, month, 1);
    const std::int64_t monthEnd = month == 12 ? daysTo(year + 1, 1, 1) : daysTo(year, month + 1, 1);
    const std::int64_t weekday = ((monthStart + 4) % 7 + 7) % 7;  // 1970 began on a Thursday
    which = monthStart + (day - weekday + 7) % 7 + (week - 1) * 7LL;
    while (which >= monthEnd) which -= 7;
  }
  return which * kDay + second;
}

std::optional<ZoneRules::Rule> ZoneRules::readRule(std::string_view text) {
  return RuleReader(text).read();
}

std::optional<ZoneRules> ZoneRules::parse(std::string_view text, std::string name) {
  Bytes bytes(text);
  const auto old = readHeader(bytes);
  if (!old || !bytes.has(old->bytesAfter(4))) return std::nullopt;
  bytes.take(old->bytesAfter(4));
  const auto header = readHeader(bytes);
  if (!header || !bytes.has(header->bytesAfter(8)) || header->kinds == 0) return std::nullopt;
  ZoneRules rules;
  rules.name_ = std::move(name);
  for (std::uint64_t i = 0; i < header->changes; ++i)
    rules.changes_.push_back({static_cast<std::int64_t>(bytes.number(8)), 0});
  for (Change& change : rules.changes_) {
    change.kind = bytes.number(1);
    if (change.kind >= header->kinds) return std::nullopt;
    if (&change != rules.changes_.data() && change.at <= (&change - 1)->at) return std::nullopt;
  }
  std::vector<std::size_t> letters;
  for (std::uint64_t i = 0; i < header->kinds; ++i) {
    rules.kinds_.push_back({static_cast<std::int32_t>(bytes.number(4)), {}});
    bytes.take(1);  // whether it is summer time
    letters.push_back(bytes.number(1));
  }
  const std::string_view names = bytes.take(header->letters);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] >= names.size()) return std::nullopt;
    const std::string_view from = names.substr(letters[i]);
    rules.kinds_[i].abbreviation = from.substr(0, from.find('\0'));
    if (rules.kinds_[i].offset < -26 * 3600 || rules.kinds_[i].offset > 26 * 3600)
      return std::nullopt;
  }
  bytes.take(header->bytesAfter(8) - header->changes * 9 - header->kinds * 6 - header->letters);
  const std::string_view rest = bytes.rest();
  if (!rest.starts_with('\n')) return std::nullopt;
  const std::size_t end = rest.find('\n', 1);
  if (end == std::string_view::npos) return std::nullopt;
  if (end > 1) {
    rules.rule_ = readRule(rest.substr(1, end - 1));
    if (!rules.rule_) return std::nullopt;
  }
  return rules;
}

ZoneRules::Stretch ZoneRules::byRule(std::int64_t moment) const {
  const Rule& rule = *rule_;
  if (!rule.summer) return {kEver, kAlways, rule.standard.offset, rule.standard.abbreviation};
  struct Turn {
    std::int64_t at;
    bool summer;
  };
  std::vector<Turn> turns;
  using namespace std::chrono;
  const auto day = floor<days>(sys_seconds(seconds(moment)));
  const int year = static_cast<int>(year_month_day(day).year());
  for (int y = year - 2; y <= year + 2; ++y) {
    turns.push_back({rule.begins.inYear(y) - rule.standard.offset, true});
    turns.push_back({rule.ends.inYear(y) - rule.summer->offset, false});
  }
  // Where summer lasts all year, its end and its next beginning are one moment: summer wins.
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) {
    return a.at != b.at ? a.at < b.at : a.summer < b.summer;
  });
  std::vector<Turn> real;
  for (const Turn& turn : turns) {
    if (!real.empty() && real.back().at == turn.at) real.pop_back();
    if (!real.empty() && real.back().summer == turn.summer) continue;
    real.push_back(turn);
  }
  const auto next =
      std::upper_bound(real.begin(), real.end(), moment,
                       [](std::int64_t at, const Turn& turn) { return at < turn.at; });
  const bool summer = next == real.begin() ? !real.front().summer : (next - 1)->summer;
  const Kind& kind = summer ? *rule.summer : rule.standard;
  return {next == real.begin() ? kEver : (next - 1)->at, next == real.end() ? kAlways : next->at,
          kind.offset, kind.abbreviation};
}

ZoneRules::Stretch ZoneRules::at(std::int64_t given) const {
  // The calendar that the rules use does not reach further; the first and last year go on.
  const std::int64_t moment = std::clamp<std::int64_t>(given, -62'135'596'800, 253'402'300'799);
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), moment,
                       [](std::int64_t at, const Change& change) { return at < change.at; });
  if (next == changes_.end() && rule_) {
    Stretch stretch = byRule(moment);
    if (!changes_.empty()) stretch.begin = std::max(stretch.begin, changes_.back().at);
    return stretch;
  }
  const Kind& kind = kinds_[next == changes_.begin() ? 0 : (next - 1)->kind];
  return {next == changes_.begin() ? kEver : (next - 1)->at,
          next == changes_.end() ? kAlways : next->at, kind.offset, kind.abbreviation};
}

std::int32_t ZoneRules::offsetOfLocal(std::int64_t given) const {
  const std::int64_t local = std::clamp<std::int64_t>(given, -62'135'596'800, 253'402'300'799);
  Stretch stretch = at(local - 2 * kDay);
  // The first stretch that has not ended at this local time has it, or begins behind the gap.
  while (stretch.end != kAlways && local - stretch.offset >= stretch.end) {
    const Stretch next = at(stretch.end);
    if (local - next.offset < next.begin) return stretch.offset;
    stretch = next;
  }
  return stretch.offset;
}

const ZoneRules* ZoneRules::named(std::string_view name) {
  if (!isName(name) || name.starts_with("right/") || name.starts_with("posix/")) return nullptr;
  return regionAt(databaseFolder() + '/' + std::string(name), std::string(name));
}

const ZoneRules* ZoneRules::ofMachine() {
  const std::string path = "/etc/localtime";
  constexpr std::string_view kFolder = "/zoneinfo/";
  std::error_code error;
  const std::string target = std::filesystem::canonical(path, error).string();
  const std::size_t found = target.rfind(kFolder);
  return regionAt(path,
                  found == std::string::npos ? "localtime" : target.substr(found + kFolder.size()));
}

}  // namespace millrace
