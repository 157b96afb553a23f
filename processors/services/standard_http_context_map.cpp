// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"
#include "processors/http/shared_services.h"

#include <array>
#include <unordered_map>

namespace millrace::processors {
namespace {

constexpr Property<std::int64_t> kMost{
    {.name = "Maximum Outstanding Requests",
     .description = "The most requests that wait for their answer; others are answered 503.",
     .defaultValue = "5000",
     .required = true,
     .atLeast = 1}};
constexpr Property<Duration> kExpiration{
    {.name = "Request Expiration",
     .description = "A request that waits longer is answered 503.",
     .defaultValue = "1 min",
     .required = true,
     .atLeast = kMillisecond}};
constexpr std::array kProperties{&kMost.info, &kExpiration.info};
constexpr std::array<std::string_view, 3> kTags{"http", "request", "response"};
constexpr std::array kProvides{HttpContextMap::kType};

class StandardHttpContextMap final : public HttpContextMap {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    const MutexLock lock(mutex_);
    most_ = static_cast<std::size_t>(context.get(kMost));
    expiration_ = context.get(kExpiration);
    return Done{};
  }
  void onDisabled(ServiceContext&) override {
    std::unordered_map<std::string, std::shared_ptr<HttpExchange>> left;
    {
      const MutexLock lock(mutex_);
      left.swap(waiting_);
      most_ = 0;
    }
    for (const auto& [id, exchange] : left) exchange->answer(503, {}, "The server is stopping\n");
  }

  bool put(const std::string& id, std::shared_ptr<HttpExchange> exchange) override {
    Nanos expiration = 0;
    {
      const MutexLock lock(mutex_);
      // Expired ones have their answer, and are only thrown out when there is need of room.
      if (waiting_.size() >= most_)
        std::erase_if(waiting_, [](const auto& entry) { return entry.second->isAnswered(); });
      if (waiting_.size() >= most_) return false;
      waiting_[id] = exchange;
      expiration = expiration_;
    }
    exchange->expireAfter(expiration);
    return true;
  }

  std::shared_ptr<HttpExchange> take(const std::string& id) override {
    const MutexLock lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return nullptr;
    auto exchange = std::move(found->second);
    waiting_.erase(found);
    return exchange->isAnswered() ? nullptr : exchange;
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<HttpExchange>> waiting_ MR_GUARDED_BY(mutex_);
  std::size_t most_ MR_GUARDED_BY(mutex_) = 0;
  Nanos expiration_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace

MR_SERVICE(standard_http_context_map){
    .type = "StandardHttpContextMap",
    .summary = "Keeps the requests of HandleHttpRequest until HandleHttpResponse answers them.",
    .tags = kTags,
    .provides = kProvides,
    .properties = kProperties,
    .make = makeService<StandardHttpContextMap>,
};

}  // namespace millrace::processors
