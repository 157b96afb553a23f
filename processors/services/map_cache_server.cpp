// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"
#include "processors/cache/map_cache.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>
#include <set>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kLeastFrequent = "Least Frequently Used";
constexpr std::string_view kLeastRecent = "Least Recently Used";
constexpr std::string_view kFirstIn = "First In, First Out";
constexpr std::array kStrategies{
    AllowedValue{kLeastFrequent, "What was asked for least often; of these, the longest ago."},
    AllowedValue{kLeastRecent, "What was asked for the longest ago."},
    AllowedValue{kFirstIn, "What has been there the longest."},
};

constexpr Property<std::int64_t> kPort{
    {.name = "Port",
     .description = "The number by which the clients in this flow name the cache. Nothing listens "
                    "on it: the cache serves this flow alone.",
     .defaultValue = "4557",
     .required = true,
     .atLeast = 1,
     .atMost = 65535}};
constexpr Property<std::int64_t> kMost{
    {.name = "Maximum Cache Entries",
     .description = "How many entries are kept; a new one beyond that takes another's place.",
     .defaultValue = "10000",
     .required = true,
     .atLeast = 1}};
constexpr Property<std::string> kStrategy{{.name = "Eviction Strategy",
                                           .description = "Which entry has to go for a new one.",
                                           .defaultValue = kLeastFrequent,
                                           .required = true,
                                           .allowed = kStrategies}};
constexpr std::array kProperties{&kPort.info, &kMost.info, &kStrategy.info};
constexpr std::array<std::string_view, 4> kTags{"cache", "map", "key value", "state"};
constexpr std::array<std::string_view, 1> kAliases{"DistributedMapCacheServer"};
constexpr std::array kProvides{MapCache::kType};

/// Entries are in the state of the service, as "NUMBER VALUE": the number rises with each new
/// entry. How often and when an entry was asked for is known in memory only.
class MapCacheServer final : public MapCacheHost {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    const MutexLock lock(mutex_);
    context_ = &context;
    port_ = context.get(kPort);
    most_ = static_cast<std::size_t>(context.get(kMost));
    strategy_ = context.get(kStrategy);
    loaded_ = false;
    known_.clear();
    order_.clear();
    enabled_ = true;
    return Done{};
  }
  void onDisabled(ServiceContext&) override {
    const MutexLock lock(mutex_);
    enabled_ = false;
  }
  std::int64_t port() const override {
    const MutexLock lock(mutex_);
    return port_;
  }

  Result<std::optional<std::string>> get(std::string_view key) override {
    const MutexLock lock(mutex_);
    MR_TRY(ready());
    return present(key);
  }

  Result<> update(std::string_view key, const Change& change) override {
    const MutexLock lock(mutex_);
    MR_TRY(ready());
    const std::optional<std::string> before = present(key);
    std::optional<std::string> after = change(before);
    if (before == after) return Done{};
    std::vector<ServiceState::Change> changes;
    const std::uint64_t born = before ? known_.find(key)->second.born : next_;
    if (after) {
      changes.push_back({std::string(key), fmt::format("{} {}", born, *after)});
    } else {
      changes.push_back({std::string(key), std::nullopt});
    }
    std::vector<std::string> victims;
    if (!before) {
      std::size_t size = known_.size() + 1;
      for (auto next = order_.begin(); size > most_ && next != order_.end(); ++next, --size)
        victims.push_back(next->second);
    }
    for (const std::string& victim : victims) changes.push_back({victim, std::nullopt});
    MR_TRY(context_->state().change(changes));
    for (const std::string& victim : victims) forget(victim);
    if (!after) {
      forget(std::string(key));
    } else if (!before) {
      remember(std::string(key), {0, ++uses_, next_++});
    }
    return Done{};
  }

 private:
  struct Known {
    std::uint64_t hits = 0;
    std::uint64_t used = 0;  // rises with every use of any entry
    std::uint64_t born = 0;
  };
  using Rank = std::pair<std::uint64_t, std::uint64_t>;

  Result<> ready() MR_REQUIRES(mutex_) {
    if (!enabled_) return Error::environment("the map cache is not enabled");
    if (loaded_) return Done{};
    loaded_ = true;
    std::vector<std::pair<std::string, std::uint64_t>> kept;
    context_->state().forEach([&kept](std::string_view key, std::string_view value) {
      std::uint64_t born = 0;
      std::from_chars(value.data(), value.data() + value.size(), born);
      kept.emplace_back(key, born);
    });
    for (auto& [key, born] : kept) {
      next_ = std::max(next_, born + 1);
      remember(std::move(key), {0, born, born});
    }
    uses_ = next_;
    return Done{};
  }

  Rank rankOf(const Known& known) const MR_REQUIRES(mutex_) {
    if (strategy_ == kFirstIn) return {known.born, 0};
    if (strategy_ == kLeastRecent) return {known.used, 0};
    return {known.hits, known.used};
  }
  void remember(std::string key, Known known) MR_REQUIRES(mutex_) {
    order_.emplace(rankOf(known), key);
    known_.emplace(std::move(key), known);
  }
  void forget(const std::string& key) MR_REQUIRES(mutex_) {
    const auto found = known_.find(key);
    if (found == known_.end()) return;
    order_.erase({rankOf(found->second), key});
    known_.erase(found);
  }

  /// The value, which was asked for once more.
  std::optional<std::string> present(std::string_view key) MR_REQUIRES(mutex_) {
    const auto found = known_.find(key);
    if (found == known_.end()) return std::nullopt;
    order_.erase({rankOf(found->second), found->first});
    ++found->second.hits;
    found->second.used = ++uses_;
    order_.emplace(rankOf(found->second), found->first);
    std::optional<std::string> value = context_->state().find(key);
    if (value) value->erase(0, value->find(' ') + 1);
    return value;
  }

  mutable Mutex mutex_;
  ServiceContext* context_ MR_GUARDED_BY(mutex_) = nullptr;
  bool enabled_ MR_GUARDED_BY(mutex_) = false;
  bool loaded_ MR_GUARDED_BY(mutex_) = false;
  std::int64_t port_ MR_GUARDED_BY(mutex_) = 0;
  std::size_t most_ MR_GUARDED_BY(mutex_) = 0;
  std::string strategy_ MR_GUARDED_BY(mutex_);
  std::uint64_t next_ MR_GUARDED_BY(mutex_) = 1;
  std::uint64_t uses_ MR_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Known, std::less<>> known_ MR_GUARDED_BY(mutex_);
  std::set<std::pair<Rank, std::string>> order_ MR_GUARDED_BY(mutex_);
};

}  // namespace

MR_SERVICE(map_cache_server){
    .type = "MapCacheServer",
    .summary =
        "Remembers texts by key for the processors of this flow. What it holds is in the data "
        "directory and survives the process.",
    .tags = kTags,
    .typeAliases = kAliases,
    .provides = kProvides,
    .properties = kProperties,
    .make = makeService<MapCacheServer>,
};

}  // namespace millrace::processors
