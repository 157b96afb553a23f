// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"
#include "processors/http/shared_services.h"

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kHttp = "HTTP";
constexpr std::array kTypes{
    AllowedValue{"DIRECT", "No proxy."},
    AllowedValue{kHttp, "An HTTP proxy; https goes through it by CONNECT."},
};
constexpr std::array<std::string_view, 1> kTypeAliases{"proxy-type"};
constexpr std::array<std::string_view, 1> kHostAliases{"proxy-server-host"};
constexpr std::array<std::string_view, 1> kPortAliases{"proxy-server-port"};
constexpr std::array<std::string_view, 1> kUserAliases{"proxy-user-name"};
constexpr std::array<std::string_view, 1> kPasswordAliases{"proxy-user-password"};

constexpr Property<std::string> kProxyType{{.name = "Proxy Type",
                                            .description = "What kind of proxy there is.",
                                            .defaultValue = "DIRECT",
                                            .required = true,
                                            .allowed = kTypes,
                                            .aliases = kTypeAliases}};
constexpr Property<std::string> kHost{{.name = "Proxy Server Host",
                                       .description = "Name or address of the proxy.",
                                       .scope = ExpressionScope::kEnvironment,
                                       .aliases = kHostAliases}};
constexpr Property<std::int64_t> kPort{{.name = "Proxy Server Port",
                                        .description = "The port of the proxy.",
                                        .scope = ExpressionScope::kEnvironment,
                                        .aliases = kPortAliases,
                                        .atLeast = 1,
                                        .atMost = 65535}};
constexpr Property<std::string> kUser{{.name = "Proxy User Name",
                                       .description = "Who we are at the proxy.",
                                       .scope = ExpressionScope::kEnvironment,
                                       .aliases = kUserAliases}};
constexpr Property<std::string> kPassword{{.name = "Proxy User Password",
                                           .description = "The password of that user.",
                                           .sensitive = true,
                                           .scope = ExpressionScope::kEnvironment,
                                           .aliases = kPasswordAliases}};
constexpr std::array kProperties{&kProxyType.info, &kHost.info, &kPort.info, &kUser.info,
                                 &kPassword.info};
constexpr std::array<std::string_view, 3> kTags{"proxy", "http", "network"};
constexpr std::array kProvides{ProxyConfiguration::kType};

class StandardProxyConfigurationService final : public ProxyConfiguration {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    std::optional<HttpProxy> found;
    if (context.get(kProxyType) == kHttp) {
      found.emplace();
      found->host = MR_TRY(context.evaluate(kHost));
      found->port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kPort)));
      found->user = MR_TRY(context.evaluate(kUser));
      found->password = MR_TRY(context.evaluate(kPassword));
    }
    const MutexLock lock(mutex_);
    proxy_ = std::move(found);
    return Done{};
  }
  std::optional<HttpProxy> proxy() override {
    const MutexLock lock(mutex_);
    return proxy_;
  }

 private:
  Mutex mutex_;
  std::optional<HttpProxy> proxy_ MR_GUARDED_BY(mutex_);
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  if (textOf(values, kProxyType.info.name) != kHttp) return problems;
  if (textOf(values, kHost.info.name).empty())
    problems.emplace_back("an HTTP proxy needs Proxy Server Host");
  if (textOf(values, kPort.info.name).empty())
    problems.emplace_back("an HTTP proxy needs Proxy Server Port");
  return problems;
}

}  // namespace

MR_SERVICE(standard_proxy_configuration_service){
    .type = "StandardProxyConfigurationService",
    .summary = "The proxy through which servers are reached.",
    .tags = kTags,
    .provides = kProvides,
    .properties = kProperties,
    .validate = check,
    .make = makeService<StandardProxyConfigurationService>,
};

}  // namespace millrace::processors
