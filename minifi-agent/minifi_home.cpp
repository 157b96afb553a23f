// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/minifi_home.h"

#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace millrace::agent {
namespace {

constexpr std::uint64_t kMostBytes = 1ULL << 20;

struct Setting {
  std::string value;
  std::string file;
};
using Settings = std::map<std::string, Setting, std::less<>>;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

Result<> readSettings(FileSystem& files, const std::string& path, const Variables& variables,
                      Settings& into) {
  const std::string text = MR_TRY(files.readAll(path, kMostBytes));
  std::string_view left = text;
  for (std::size_t number = 1; !left.empty(); ++number) {
    const std::size_t end = left.find('\n');
    const std::string_view line = trimmed(left.substr(0, end));
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty())
      return Error::user(fmt::format("{}:{}: write KEY=VALUE", path, number));
    into[std::string(key)] = {withVariables(trimmed(line.substr(equals + 1)), variables), path};
  }
  return Done{};
}

/// Why a key means nothing here, by the beginnings of keys; the longest counts.
constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
    {"controller.socket.", "the agent has no control socket"},
    {"minifi.disk.space.watchdog.", "a full disk rolls back what does not fit, and nothing else"},
    {"nifi.administrative.yield.duration", "each processor has its own penalty and yield"},
    {"nifi.asset.", "the agent fetches no assets"},
    {"nifi.bored.yield.duration", "nothing polls: work wakes who it concerns"},
    {"nifi.c2.", "the agent's heartbeats have no such choice"},
    {"nifi.content.repository.", "contents are in the data directory"},
    {"nifi.database.content.repository.", "contents are in the data directory"},
    {"nifi.default.directory", "paths are relative to the home folder"},
    {"nifi.extension.path", "every processor is part of the program"},
    {"nifi.flow.configuration.class.name", "what a config is, is seen from its content"},
    {"nifi.flow.engine.alert.period", "a processor that does not stop is terminated at the end"},
    {"nifi.flow.engine.event.driven.time.slice", "slices end by themselves"},
    {"nifi.flowfile.repository.", "queues are in the data directory"},
    {"nifi.global.rocksdb.", "there is no RocksDB"},
    {"nifi.metrics.", "the agent publishes no metrics"},
    {"nifi.openssl.", "OpenSSL is used as the machine has it set up"},
    {"nifi.provenance.repository.", "provenance is in the data directory"},
    {"nifi.python.", "there is no Python"},
    {"nifi.remote.input.", "ports are named in the flow"},
    {"nifi.security.", "services in the flow name keys and certificates"},
    {"nifi.sensitive.props.", "sensitive values come from the environment or --secrets"},
    {"nifi.state.", "state is in the data directory"},
    {"nifi.version", "this is another program"},
};

std::string_view reasonOf(std::string_view key) {
  std::string_view reason = "the agent does not know it";
  std::size_t longest = 0;
  for (const auto& [beginning, why] : kReasons) {
    if (!key.starts_with(beginning) || beginning.size() < longest) continue;
    longest = beginning.size();
    reason = why;
  }
  return reason;
}

/// Takes keys out one by one; what is left over is reported.
class HomeReader {
 public:
  HomeReader(Settings& settings, std::string home) : settings_(settings), home_(std::move(home)) {}

  Result<MinifiHome> read() {
    MinifiHome result;
    result.config = pathOf(take("nifi.flow.configuration.file").value_or("./conf/config.yml"));
    result.data = home_ + "/millrace-data";
    result.drain = MR_TRY(time("nifi.flowcontroller.graceful.shutdown.period"));
    result.workers = MR_TRY(threads());
    MR_TRY(readRepositories(result));
    MR_TRY(readProvenance(result));
    MR_TRY(readBudget(result));
    MR_TRY(readC2(result.c2));
    for (const auto& [key, setting] : settings_) {
      result.remarks.push_back(
          fmt::format("{}: {} is not used: {}", setting.file, key, reasonOf(key)));
    }
    return result;
  }

 private:
  std::string pathOf(const std::string& text) const {
    if (text.starts_with('/')) return text;
    return home_ + '/' + (text.starts_with("./") ? text.substr(2) : text);
  }

  /// An empty value is none.
  std::optional<std::string> take(std::string_view key) {
    const auto found = settings_.find(key);
    if (found == settings_.end()) return std::nullopt;
    Setting setting = std::move(found->second);
    settings_.erase(found);
    place_ = fmt::format("{}: {}", setting.file, key);
    if (setting.value.empty()) return std::nullopt;
    return std::move(setting.value);
  }

  Result<std::optional<Nanos>> time(std::string_view key) {
    const auto text = take(key);
    if (!text) return std::optional<Nanos>();
    const auto parsed = parseDuration(*text);
    if (!parsed.ok()) return Error::user(fmt::format("{}: {}", place_, parsed.error().message));
    return std::optional(*parsed);
  }

  Result<std::uint32_t> threads() {
    const auto text = take("nifi.flow.engine.threads");
    if (!text) return 0U;
    std::uint32_t number = 0;
    const char* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    if (read.ec != std::errc() || read.ptr != end || number < 1 || number > 1024)
      return Error::user(fmt::format("{}={}: write a number from 1 to 1024", place_, *text));
    return number;
  }

  /// The class without its package; nothing when it is not set.
  std::optional<std::string> takeClass(std::string_view key) {
    auto name = take(key);
    if (name) name->erase(0, name->find_last_of('.') + 1);
    return name;
  }

  Result<> readRepositories(MinifiHome& into) {
    std::optional<bool> kept;
    std::string first;
    for (const std::string_view key :
         {"nifi.flowfile.repository.class.name", "nifi.content.repository.class.name"}) {
      const auto name = takeClass(key);
      if (!name) continue;
      const bool inMemory = name->starts_with("Volatile") || name->starts_with("NoOp");
      if (kept.has_value() && *kept == inMemory) {
        return Error::user(
            fmt::format("{}={} does not go with {}: either both repositories are in memory or none",
                        place_, *name, first));
      }
      kept = !inMemory;
      first = fmt::format("{}={}", key, *name);
    }
    if (kept.has_value()) into.durability = *kept ? Durability::kPower : Durability::kNone;
    return Done{};
  }

  Result<> readProvenance(MinifiHome& into) {
    if (const auto name = takeClass("nifi.provenance.repository.class.name"))
      into.provenance = !name->starts_with("NoOp") && !name->starts_with("Volatile");
    if (const auto age = MR_TRY(time("nifi.provenance.repository.max.storage.time")))
      into.provenanceAge = *age / kMillisecond;
    if (const auto text = take("nifi.provenance.repository.max.storage.size")) {
      const auto size = parseDataSize(*text);
      if (!size.ok()) return Error::user(fmt::format("{}: {}", place_, size.error().message));
      into.provenanceBytes = *size;
    }
    return Done{};
  }

  Result<> readBudget(MinifiHome& into) {
    if (const auto size = take("millrace.disk.budget"))
      into.diskBudget = MR_TRY(diskBudget(place_, *size));
    if (const auto rule = take("millrace.disk.budget.drop"))
      into.dropsNewest = MR_TRY(dropsNewest(place_, *rule));
    return Done{};
  }

  /// As C++ does, a bare number is milliseconds.
  Result<std::optional<Nanos>> period(std::string_view key) {
    const auto found = settings_.find(key);
    if (found != settings_.end() && !found->second.value.empty() &&
        found->second.value.find_first_not_of("0123456789") == std::string::npos)
      found->second.value += " ms";
    return time(key);
  }

  bool isTrue(std::string_view key) { return take(key).value_or("false") == "true"; }

  Result<> readC2(C2Options& into) {
    if (!isTrue("nifi.c2.enable")) {
      // Nobody misses what goes with it.
      std::erase_if(settings_, [](const auto& each) { return each.first.starts_with("nifi.c2."); });
      return Done{};
    }
    C2Settings& c2 = into.settings;
    c2.url = take("nifi.c2.rest.url").value_or("");
    if (c2.url.empty()) {
      return Error::user(
          "nifi.c2.enable=true needs nifi.c2.rest.url, where heartbeats go: "
          "http://SERVER:PORT/c2/api/c2-protocol/heartbeat");
    }
    c2.acknowledgeUrl = take("nifi.c2.rest.url.ack").value_or("");
    c2.flowBase = take("nifi.c2.flow.base.url").value_or("");
    c2.agentClass = take("nifi.c2.agent.class").value_or("");
    c2.agent = take("nifi.c2.agent.identifier").value_or("");
    into.period = MR_TRY(period("nifi.c2.agent.heartbeat.period"));
    c2.alwaysFull = isTrue("nifi.c2.full.heartbeat");
    if (const auto protocol = takeClass("nifi.c2.agent.protocol.class");
        protocol && !protocol->starts_with("REST"))
      return Error::user(fmt::format("{}={}: the agent speaks REST only", place_, *protocol));
    if (const auto encoding = take("nifi.c2.rest.request.encoding");
        encoding && *encoding != "none")
      return Error::user(
          fmt::format("{}={}: the agent sends plain JSON only; write none", place_, *encoding));
    c2.certificate = take("nifi.security.client.certificate").value_or("");
    c2.certificateKey = take("nifi.security.client.private.key").value_or("");
    c2.authorities = take("nifi.security.client.ca.certificate").value_or("");
    c2.passphrase = take("nifi.security.client.pass.phrase").value_or("");
    for (std::string* path : {&c2.certificate, &c2.certificateKey, &c2.authorities}) {
      if (!path->empty()) *path = pathOf(*path);
    }
    c2.key = take("millrace.c2.key").value_or("");
    if (const auto file = take("millrace.c2.token.file")) into.tokenFile = pathOf(*file);
    into.trial = MR_TRY(time("millrace.c2.trial.period"));
    return Done{};
  }

  Settings& settings_;
  const std::string home_;
  std::string place_;  // of the key taken last
};

}  // namespace

Result<MinifiHome> readMinifiHome(FileSystem& files, const std::string& home,
                                  const Variables& variables) {
  const std::string conf = home + "/conf";
  const std::string main = conf + "/minifi.properties";
  Settings settings;
  MR_TRY(readSettings(files, main, variables, settings));
  if (files.exists(main + ".d")) {
    std::vector<DirectoryEntry> more = MR_TRY(files.list(main + ".d"));
    std::sort(more.begin(), more.end(),
              [](const auto& one, const auto& other) { return one.name < other.name; });
    for (const DirectoryEntry& entry : more) {
      if (entry.name.ends_with(".properties"))
        MR_TRY(readSettings(files, main + ".d/" + entry.name, variables, settings));
    }
  }
  return HomeReader(settings, home).read();
}

}  // namespace millrace::agent
