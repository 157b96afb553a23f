// SPDX-License-Identifier: Apache-2.0
#pragma once
// The interfaces of the controller services that processors of the network share. Each is found by
// dynamic_cast from the service that a property names. Threads: any, while the service is enabled.

#include "engine/net/tls_context.h"
#include "engine/processor/controller_service.h"
#include "engine/processor/property.h"
#include "processors/http/http_client.h"
#include "processors/http/http_exchange.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

/// Keys, certificates and trust for TLS.
class SslContextProvider : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "SSLContextService";
  virtual std::shared_ptr<const net::TlsContext> context() = 0;
};

/// How to reach servers; nothing: directly.
class ProxyConfiguration : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "ProxyConfigurationService";
  virtual std::optional<HttpProxy> proxy() = 0;
};

/// Requests that wait for their answer, from the processor that took them to the one that answers.
class HttpContextMap : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "HttpContextMap";
  /// False when as many as may be are waiting.
  virtual bool put(const std::string& id, std::shared_ptr<HttpExchange> exchange) = 0;
  /// The request, which is no longer in the map; null when it is unknown, answered or expired.
  virtual std::shared_ptr<HttpExchange> take(const std::string& id) = 0;
};

/// The service of a property, as the interface that is asked for.
template <typename Service, typename Context>
Result<Service*> serviceOf(Context& context, const Property<ServiceName>& property) {
  if (!context.has(property)) return static_cast<Service*>(nullptr);
  auto* service = dynamic_cast<Service*>(context.service(property));
  if (service == nullptr) {
    return Error::user("property '" + std::string(property.info.name) +
                       "' names a service that is not enabled, or is no " +
                       std::string(Service::kType));
  }
  return service;
}

}  // namespace millrace::processors
