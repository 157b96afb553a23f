// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kPaths{
    {.name = "Paths",
     .description = "Folders, separated by commas, whose file systems' free space is told.",
     .defaultValue = "/",
     .scope = ExpressionScope::kEnvironment}};
constexpr std::array kProperties{&kPaths.info};

constexpr Relationship kSuccess{"success", "One JSON object for each collection."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{AttributeInfo{"mime.type", "application/json."}};
constexpr std::array<std::string_view, 6> kTags{"system", "metrics", "cpu",
                                                "memory", "disk",    "network"};

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      json += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      json += c;
    }
  }
  return json + '"';
}

/// Takes the first line off a text.
std::optional<std::string_view> nextLine(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string_view> wordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t:", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t:", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::uint64_t numberAt(const std::vector<std::string_view>& words, std::size_t index) {
  std::uint64_t number = 0;
  if (index < words.size())
    std::from_chars(words[index].data(), words[index].data() + words[index].size(), number);
  return number;
}

/// Ticks of all processors since the start of the machine; proc(5), /proc/stat.
struct CpuTimes {
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::uint64_t idle = 0;
  std::uint64_t waiting = 0;
  std::uint64_t all = 0;
  std::size_t cores = 0;
};

CpuTimes cpuTimes(std::string_view stat) {
  CpuTimes times;
  while (const auto line = nextLine(stat)) {
    if (!line->starts_with("cpu")) continue;
    const auto words = wordsOf(*line);
    if (words.front() != "cpu") {
      ++times.cores;
      continue;
    }
    times.user = numberAt(words, 1) + numberAt(words, 2);
    times.system = numberAt(words, 3) + numberAt(words, 6) + numberAt(words, 7);
    times.idle = numberAt(words, 4);
    times.waiting = numberAt(words, 5);
    times.all = times.user + times.system + times.idle + times.waiting + numberAt(words, 8);
  }
  return times;
}

/// Whole disks: partitions and devices that only exist in memory are left out.
bool isDisk(std::string_view name) {
  if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram")) return false;
  const bool endsInDigit = !name.empty() && name.back() >= '0' && name.back() <= '9';
  if (name.starts_with("nvme") || name.starts_with("mmcblk"))
    return name.find('p', 4) == std::string_view::npos;
  return !endsInDigit || name.starts_with("md") || name.starts_with("dm-") ||
         name.starts_with("sr");
}

class CollectSystemMetrics final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    before_.reset();
    paths_.clear();
    const std::string list = MR_TRY(context.evaluate(kPaths));
    for (std::size_t start = 0; start <= list.size();) {
      const std::size_t end = std::min(list.find(',', start), list.size());
      std::string path = list.substr(start, end - start);
      path.erase(0, path.find_first_not_of(' '));
      while (path.ends_with(' ')) path.pop_back();
      if (!path.empty()) paths_.push_back(std::move(path));
      start = end + 1;
    }
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    FileSystem& files = context.files();
    std::string json = fmt::format("{{\"timestamp\":{}", context.clock().wall());
    addLoad(MR_TRY(files.readAll("/proc/loadavg")), MR_TRY(files.readAll("/proc/uptime")), json);
    addCpu(MR_TRY(files.readAll("/proc/stat")), json);
    addMemory(MR_TRY(files.readAll("/proc/meminfo")), json);
    addDisks(MR_TRY(files.readAll("/proc/diskstats")), json);
    addNetwork(MR_TRY(files.readAll("/proc/net/dev")), json);
    addPaths(context, json);
    json += "}\n";
    SessionFlowFile& file = session.create();
    MR_TRY(session.writeAll(file, json));
    session.putAttribute(file, "mime.type", "application/json");
    session.report(ProvenanceType::kCreate, file);
    session.transfer(file, kSuccess);
    return Done{};
  }

 private:
  static void addLoad(std::string_view load, std::string_view uptime, std::string& json) {
    const auto loads = wordsOf(load);
    const auto up = wordsOf(uptime);
    if (!up.empty()) json += fmt::format(",\"uptime_s\":{}", up.front());
    if (loads.size() >= 3)
      json += fmt::format(",\"load\":[{},{},{}]", loads[0], loads[1], loads[2]);
  }

  void addCpu(std::string_view stat, std::string& json) {
    const CpuTimes now = cpuTimes(stat);
    json += fmt::format(",\"cpu\":{{\"cores\":{}", now.cores);
    // Shares of the time since the last collection, which the first one cannot know.
    if (before_ && now.all > before_->all) {
      const auto share = [&](std::uint64_t CpuTimes::*part) {
        const std::uint64_t ticks = now.*part - std::min(now.*part, (*before_).*part);
        return 100.0 * static_cast<double>(ticks) / static_cast<double>(now.all - before_->all);
      };
      json += fmt::format(
          ",\"user_percent\":{:.1f},\"system_percent\":{:.1f},\"iowait_percent\":{:.1f},"
          "\"idle_percent\":{:.1f}",
          share(&CpuTimes::user), share(&CpuTimes::system), share(&CpuTimes::waiting),
          share(&CpuTimes::idle));
    }
    json += '}';
    before_ = now;
  }

  static void addMemory(std::string_view text, std::string& json) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kFields{
        {{"MemTotal", "total_bytes"},
         {"MemFree", "free_bytes"},
         {"MemAvailable", "available_bytes"},
         {"SwapTotal", "swap_total_bytes"},
         {"SwapFree", "swap_free_bytes"}}};
    std::string members;
    while (const auto line = nextLine(text)) {
      const auto words = wordsOf(*line);
      if (words.empty()) continue;
      for (const auto& [field, name] : kFields) {
        if (words.front() != field) continue;
        if (!members.empty()) members += ',';
        members += fmt::format("\"{}\":{}", name, numberAt(words, 1) * 1024);
      }
    }
    json += ",\"memory\":{" + members + '}';
  }

  static void addDisks(std::string_view text, std::string& json) {
    constexpr std::uint64_t kSector = 512;  // in this file, whatever the disk has
    std::string items;
    while (const auto line = nextLine(text)) {
      const auto words = wordsOf(*line);
      if (words.size() < 13 || !isDisk(words[2])) continue;
      if (!items.empty()) items += ',';
      items += fmt::format(
          "{{\"name\":{},\"reads\":{},\"read_bytes\":{},\"writes\":{},\"written_bytes\":{},"
          "\"busy_ms\":{}}}",
          quoted(words[2]), numberAt(words, 3), numberAt(words, 5) * kSector, numberAt(words, 7),
          numberAt(words, 9) * kSector, numberAt(words, 12));
    }
    json += ",\"disks\":[" + items + ']';
  }

  static void addNetwork(std::string_view text, std::string& json) {
    std::string items;
    while (const auto line = nextLine(text)) {
      const auto words = wordsOf(*line);
      if (words.size() < 17 || line->find('|') != std::string_view::npos) continue;  // headings
      if (!items.empty()) items += ',';
      items += fmt::format(
          "{{\"name\":{},\"received_bytes\":{},\"received_packets\":{},\"received_errors\":{},"
          "\"sent_bytes\":{},\"sent_packets\":{},\"send_errors\":{}}}",
          quoted(words[0]), numberAt(words, 1), numberAt(words, 2), numberAt(words, 3),
          numberAt(words, 9), numberAt(words, 10), numberAt(words, 11));
    }
    json += ",\"network\":[" + items + ']';
  }

  void addPaths(ProcessContext& context, std::string& json) const {
    std::string items;
    for (const std::string& path : paths_) {
      const auto bytes = context.files().freeBytes(path);
      if (!bytes.ok()) {
        context.log(BulletinLevel::kWarn, bytes.error().message);
        continue;
      }
      if (!items.empty()) items += ',';
      items += fmt::format("{{\"path\":{},\"free_bytes\":{}}}", quoted(path), *bytes);
    }
    json += ",\"paths\":[" + items + ']';
  }

  std::vector<std::string> paths_;
  std::optional<CpuTimes> before_;
};

}  // namespace

MR_PROCESSOR(collect_system_metrics){
    .type = "CollectSystemMetrics",
    .summary = "Tells how busy the machine is: processors, memory, disks and network.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .endless = true,
    .defaultSchedule = "10 sec",
    .make = make<CollectSystemMetrics>};

}  // namespace millrace::processors
