// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/site_to_site_settings.h"

#include "engine/net/tls_context.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::agent {
namespace {

constexpr std::uint64_t kMostCertificateBytes = 1ULL << 20;

Result<net::Endpoint> placeOf(const std::string& text) {
  const auto wrong = [&] {
    return Error::user(fmt::format("--s2s {}: write ADDR:PORT, for example 127.0.0.1:10443", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong();
  net::Endpoint place;
  place.host = text.substr(0, colon);
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, place.port);
  if (read.ec != std::errc() || read.ptr != end) return wrong();
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  else if (place.host.find(':') != std::string::npos)
    return wrong();
  if (place.host == "localhost") place.host = "127.0.0.1";
  if (place.host.empty()) return wrong();
  return place;
}

/// An address, so that no name can lead elsewhere.
bool isHere(std::string_view host) {
  return host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

}  // namespace

Result<net::ListenOptions> listenOptionsOf(FileSystem& files, const SiteToSiteSettings& settings) {
  net::ListenOptions options;
  options.at = MR_TRY(placeOf(settings.at));
  if (settings.certificate.empty() != settings.trust.empty())
    return Error::user("--s2s-cert and --s2s-trust go together: both sides show a certificate");
  if (settings.certificate.empty() && !settings.certificateKey.empty())
    return Error::user("--s2s-cert-key needs --s2s-cert");
  if (settings.trust.empty()) {
    if (isHere(options.at.host)) return options;
    return Error::user(
        fmt::format("--s2s {}: clients on other machines are served when they show a certificate; "
                    "give --s2s-cert and --s2s-trust, or use 127.0.0.1",
                    settings.at));
  }
  net::TlsStore keys;
  keys.name = settings.certificate;
  keys.bytes = MR_TRY(files.readAll(settings.certificate, kMostCertificateBytes));
  if (!settings.certificateKey.empty())
    keys.bytes += "\n" + MR_TRY(files.readAll(settings.certificateKey, kMostCertificateBytes));
  net::TlsStore trust;
  trust.name = settings.trust;
  trust.bytes = MR_TRY(files.readAll(settings.trust, kMostCertificateBytes));
  net::TlsMaterial material;
  material.keyStore = &keys;
  material.trustStore = &trust;
  options.tls = MR_TRY(net::TlsContext::make(material));
  options.clientCertificate = net::ClientCertificate::kNeeded;
  return options;
}

}  // namespace millrace::agent
