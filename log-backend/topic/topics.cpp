// SPDX-License-Identifier: Apache-2.0
#include "log-backend/topic/topics.h"

#include "engine/base/topic_name.h"
#include "log-backend/segment/segment_directory.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

constexpr const char* kCatalogue = "topics";
/// There only while nothing runs on the folder and the last stop was a clean one.
constexpr const char* kClean = ".clean-stop";
constexpr std::string_view kGoing = "-delete";

Refusal storage(const Error& error) { return {ErrorCode::kStorageError, error.message}; }
Refusal unknownTopic(const std::string& name) {
  return {ErrorCode::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", name)};
}

/// `name-number`; nothing for another kind of folder.
std::optional<std::pair<std::string, std::int32_t>> partitionIn(const std::string& folder) {
  const std::size_t dash = folder.rfind('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == folder.size()) return std::nullopt;
  std::int32_t number = 0;
  for (std::size_t i = dash + 1; i < folder.size(); ++i) {
    if (folder[i] < '0' || folder[i] > '9' || number > 100'000'000) return std::nullopt;
    number = number * 10 + (folder[i] - '0');
  }
  return std::pair(folder.substr(0, dash), number);
}

}  // namespace

Topics::Topics(OpenFiles& files, const Clock& clock, std::string folder, TopicsOptions options)
    : files_(files),
      clock_(clock),
      folder_(std::move(folder)),
      options_(std::move(options)),
      random_(options_.seed) {}

Result<std::unique_ptr<Topics>> Topics::open(OpenFiles& files, const Clock& clock,
                                             std::string folder, TopicsOptions options) {
  std::unique_ptr<Topics> made(new Topics(files, clock, std::move(folder), std::move(options)));
  MR_TRY(made->load());
  return made;
}

Result<> Topics::load() {
  FileSystem& disk = files_.files();
  MR_TRY(createFolderDurably(disk, folder_));
  const std::string catalogue = folder_ + "/" + kCatalogue;
  std::map<std::string, TopicEntry> entries;
  if (disk.exists(catalogue)) {
    entries = MR_TRY(decodeCatalogue(MR_TRY(disk.readAll(catalogue))));
  } else {
    for (const DirectoryEntry& each : MR_TRY(disk.list(folder_))) {
      if (each.kind == FileKind::kDirectory && partitionIn(each.name).has_value()) {
        return Error::environment(
            fmt::format("{} is missing, but there are partitions, restore it from a copy",
                        catalogue),
            false);
      }
    }
    MR_TRY(disk.replaceAll(catalogue, encodeCatalogue(entries)));
  }
  const std::string marker = folder_ + "/" + kClean;
  const Closed closed = disk.exists(marker) ? Closed::kCleanly : Closed::kUnknown;
  if (closed == Closed::kCleanly) {
    MR_TRY(disk.remove(marker));
    MR_TRY(disk.syncDirectory(folder_));
  }
  MR_TRY(removeLeftovers(entries));
  for (auto& [name, entry] : entries) {
    auto topic = std::make_shared<Topic>();
    topic->entry = entry;
    for (std::int32_t number = 0; number < entry.partitions; ++number)
      topic->partitions.push_back(MR_TRY(openPartition(entry, number, closed)));
    publish(name, std::move(topic));
  }
  return Done{};
}

Result<> Topics::removeLeftovers(const std::map<std::string, TopicEntry>& entries) {
  FileSystem& disk = files_.files();
  bool removed = false;
  for (const DirectoryEntry& each : MR_TRY(disk.list(folder_))) {
    if (each.kind != FileKind::kDirectory) continue;
    const auto partition = partitionIn(each.name);
    const bool going = each.name.ends_with(kGoing);
    if (!going && !partition.has_value()) continue;
    if (partition.has_value()) {
      const auto known = entries.find(partition->first);
      if (known != entries.end() && partition->second < known->second.partitions) continue;
    }
    MR_TRY(disk.removeAll(folder_ + "/" + each.name));
    removed = true;
  }
  if (!removed) return Done{};
  return disk.syncDirectory(folder_);
}

std::string Topics::partitionFolder(const std::string& name, std::int32_t number) const {
  return fmt::format("{}/{}-{}", folder_, name, number);
}

Result<std::shared_ptr<Partition>> Topics::openPartition(const TopicEntry& entry,
                                                         std::int32_t number, Closed closed) {
  PartitionOptions options;
  options.config = entry.config.partition();
  options.watermark = options_.watermark;
  options.closed = closed;
  options.seed = mix64(options_.seed ^ entry.id.low ^ static_cast<std::uint64_t>(number));
  options.onAdvance = options_.onAdvance;
  if (options_.committedEnd) options.committedEnd = options_.committedEnd(entry.id, number);
  return Partition::open(files_, clock_, partitionFolder(entry.name, number), std::move(options));
}

Refusal Topics::check(const std::string& name, std::int32_t partitions,
                      const TopicConfig::Texts& config) const {
  if (auto wrong = wrongTopicName(name); !wrong.empty())
    return {ErrorCode::kInvalidTopic, std::move(wrong)};
  if (find(name) != nullptr)
    return {ErrorCode::kTopicAlreadyExists, fmt::format("topic '{}' exists already", name)};
  if (partitions < 1 || partitions > options_.mostPartitions) {
    return {ErrorCode::kInvalidPartitions, fmt::format("a topic has 1 to {} partitions, not {}",
                                                       options_.mostPartitions, partitions)};
  }
  if (const auto parsed = TopicConfig::parse(config); !parsed.ok())
    return {ErrorCode::kInvalidConfig, parsed.error().message};
  return {};
}

Refusal Topics::create(const std::string& name, std::int32_t partitions,
                       const TopicConfig::Texts& config) {
  MutexLock changing(changing_);
  if (Refusal refusal = check(name, partitions, config); refusal.refused()) return refusal;
  auto topic = std::make_shared<Topic>();
  topic->entry = {name, {random_.next(), random_.next()}, partitions, *TopicConfig::parse(config)};
  const auto make = [&]() MR_REQUIRES(changing_) -> Result<> {
    MR_TRY(makePartitions(*topic, 0));
    return saveWith(name, &topic->entry);
  };
  if (auto made = make(); !made.ok()) {
    unmakePartitions(*topic, 0);
    return storage(made.error());
  }
  publish(name, std::move(topic));
  return {};
}

Result<> Topics::makePartitions(Topic& topic, std::int32_t first) {
  FileSystem& disk = files_.files();
  for (std::int32_t number = first; number < topic.entry.partitions; ++number) {
    const std::string folder = partitionFolder(topic.entry.name, number);
    if (disk.exists(folder)) MR_TRY(disk.removeAll(folder));
    topic.partitions.push_back(MR_TRY(openPartition(topic.entry, number, Closed::kCleanly)));
    MR_TRY(disk.replaceAll(folder + "/partition.metadata",
                           fmt::format("version: 0\ntopic_id: {}\n", topic.entry.id.text())));
  }
  return Done{};
}

void Topics::unmakePartitions(const Topic& topic, std::int32_t first) {
  // What cannot be removed now goes at the next start.
  for (std::int32_t number = first; number < topic.entry.partitions; ++number) {
    const std::string folder = partitionFolder(topic.entry.name, number);
    if (!files_.files().exists(folder)) continue;
    const std::string going = fmt::format("{}.{}{}", folder, topic.entry.id.text(), kGoing);
    files_.forgetFolder(folder);
    if (files_.files().rename(folder, going).ok()) (void)files_.files().removeAll(going);
  }
}

Result<> Topics::saveWith(const std::string& name, const TopicEntry* entry) {
  std::map<std::string, TopicEntry> entries;
  {
    MutexLock lock(mutex_);
    for (const auto& [each, topic] : topics_) entries.emplace(each, topic->entry);
  }
  entries.erase(name);
  if (entry != nullptr) entries.emplace(name, *entry);
  return files_.files().replaceAll(folder_ + "/" + kCatalogue, encodeCatalogue(entries));
}

void Topics::publish(const std::string& name, std::shared_ptr<const Topic> topic) {
  MutexLock lock(mutex_);
  names_[topic->entry.id] = name;
  topics_[name] = std::move(topic);
}

Refusal Topics::remove(const std::string& name) {
  MutexLock changing(changing_);
  const auto topic = find(name);
  if (topic == nullptr) return unknownTopic(name);
  if (auto saved = saveWith(name, nullptr); !saved.ok()) return storage(saved.error());
  {
    MutexLock lock(mutex_);
    names_.erase(topic->entry.id);
    topics_.erase(name);
  }
  unmakePartitions(*topic, 0);
  return {};
}

Refusal Topics::growTo(const std::string& name, std::int32_t partitions) {
  MutexLock changing(changing_);
  const auto topic = find(name);
  if (topic == nullptr) return unknownTopic(name);
  if (partitions <= topic->entry.partitions || partitions > options_.mostPartitions) {
    return {ErrorCode::kInvalidPartitions,
            fmt::format("topic '{}' has {} partitions, it can grow to {}, not to {}", name,
                        topic->entry.partitions, options_.mostPartitions, partitions)};
  }
  auto grown = std::make_shared<Topic>(*topic);
  grown->entry.partitions = partitions;
  const auto make = [&]() MR_REQUIRES(changing_) -> Result<> {
    MR_TRY(makePartitions(*grown, topic->entry.partitions));
    return saveWith(name, &grown->entry);
  };
  if (auto made = make(); !made.ok()) {
    unmakePartitions(*grown, topic->entry.partitions);
    return storage(made.error());
  }
  publish(name, std::move(grown));
  return {};
}

Refusal Topics::configure(const std::string& name, const TopicConfig::Texts& config) {
  MutexLock changing(changing_);
  const auto topic = find(name);
  if (topic == nullptr) return unknownTopic(name);
  auto parsed = TopicConfig::parse(config);
  if (!parsed.ok()) return {ErrorCode::kInvalidConfig, parsed.error().message};
  auto changed = std::make_shared<Topic>(*topic);
  changed->entry.config = std::move(parsed).value();
  if (auto saved = saveWith(name, &changed->entry); !saved.ok()) return storage(saved.error());
  for (const auto& each : changed->partitions) each->configure(changed->entry.config.partition());
  publish(name, std::move(changed));
  return {};
}

std::shared_ptr<const Topic> Topics::find(const std::string& name) const {
  MutexLock lock(mutex_);
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> Topics::find(TopicId id) const {
  MutexLock lock(mutex_);
  const auto name = names_.find(id);
  return name == names_.end() ? nullptr : topics_.at(name->second);
}

std::vector<std::shared_ptr<const Topic>> Topics::all() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const Topic>> every;
  for (const auto& [name, topic] : topics_) every.push_back(topic);
  return every;
}

std::shared_ptr<Partition> Topics::partition(const std::string& name, std::int32_t number) const {
  const auto topic = find(name);
  if (topic == nullptr || number < 0 || number >= topic->entry.partitions) return nullptr;
  return topic->partitions[static_cast<std::size_t>(number)];
}

Result<> Topics::maintain() {
  std::optional<Error> first;
  const auto note = [&first](const auto& result) {
    if (!result.ok() && !first.has_value()) first = result.error();
  };
  for (const auto& topic : all()) {
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      Partition& partition = *topic->partitions[i];
      std::optional<Offset> floor;
      if (options_.floor) floor = options_.floor(topic->entry.name, static_cast<std::int32_t>(i));
      note(floor ? partition.maintain(*floor) : partition.maintain());
      note(partition.compact());
    }
  }
  if (first.has_value()) return *first;
  return Done{};
}

Result<> Topics::close() {
  MutexLock changing(changing_);
  for (const auto& topic : all()) {
    for (const auto& each : topic->partitions) MR_TRY(each->close());
  }
  return files_.files().replaceAll(folder_ + "/" + kClean, "");
}

}  // namespace millrace::log
