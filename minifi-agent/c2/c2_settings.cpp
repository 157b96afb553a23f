// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/c2_settings.h"

#include "processors/http/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::agent {
namespace {

using processors::Url;

constexpr std::string_view kHeartbeat = "/c2-protocol/heartbeat";
constexpr std::string_view kBase = "/c2/api";
constexpr std::size_t kKeyDigits = 64;

Result<> checkUrl(std::string_view name, const std::string& text) {
  const auto url = Url::parse(text);
  if (url.ok()) return Done{};
  return Error::user(fmt::format("{}: {}", name, url.error().message));
}

bool isLocal(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Result<> completeC2Settings(C2Settings& settings, const C2SettingNames& names) {
  MR_TRY(checkUrl(names.url, settings.url));
  std::string& url = settings.url;
  std::string base;
  if (url.ends_with("/heartbeat")) {
    base = url.substr(0, url.size() - std::string_view("/heartbeat").size());
    if (settings.acknowledgeUrl.empty()) settings.acknowledgeUrl = base + "/acknowledge";
    if (base.ends_with("/c2-protocol"))
      base.resize(base.size() - std::string_view("/c2-protocol").size());
  } else {
    while (url.ends_with('/')) url.pop_back();
    base = url;
    // The server alone, without a path.
    if (base.find('/', base.find("//") + 2) == std::string::npos) base += kBase;
    url = base + std::string(kHeartbeat);
    if (settings.acknowledgeUrl.empty())
      settings.acknowledgeUrl = base + "/c2-protocol/acknowledge";
  }
  if (settings.flowBase.empty()) settings.flowBase = base;
  MR_TRY(checkUrl("where acknowledgements go", settings.acknowledgeUrl));
  MR_TRY(checkUrl("where flows are", settings.flowBase));
  const bool hexadecimal = std::all_of(settings.key.begin(), settings.key.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!settings.key.empty() && (!hexadecimal || settings.key.size() != kKeyDigits)) {
    return Error::user(
        fmt::format("{}: a key has {} hexadecimal digits; 'millrace agents enrol' prints it",
                    names.key, kKeyDigits));
  }
  const bool printable = std::all_of(settings.token.begin(), settings.token.end(),
                                     [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) {
    return Error::user(
        fmt::format("{}: a token is one word; 'millrace agents enrol' prints it", names.token));
  }
  constexpr Nanos kDay = 24 * 60 * kMinute;
  if (settings.period < 100 * kMillisecond || settings.period > kDay)
    return Error::user("heartbeats are between 100 ms and a day apart");
  // Less than three heartbeats would judge a flow by one that got lost.
  settings.trial = std::max(settings.trial, 3 * settings.period);
  return Done{};
}

std::string c2Warning(const C2Settings& settings) {
  const auto url = Url::parse(settings.url);
  if (!url.ok() || url->secure || isLocal(url->host)) return {};
  if (!settings.token.empty()) {
    return fmt::format("the token goes to {} over http, where others can read it; use https",
                       url->host);
  }
  if (settings.key.empty()) {
    return fmt::format(
        "whoever is between here and {} can give this agent flows: use https, or pin the server's "
        "key",
        url->host);
  }
  return {};
}

}  // namespace millrace::agent
