// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"
#include "processors/http/shared_services.h"

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kPkcs12 = "PKCS12";
constexpr std::array kStoreTypes{
    AllowedValue{"PEM", "Certificates, and the private key, as text in one file."},
    AllowedValue{kPkcs12, "A PKCS#12 file; a JKS file becomes one with keytool -importkeystore."},
};
constexpr std::array kProtocols{
    AllowedValue{"TLS", "TLS 1.2 or 1.3, whatever the other end speaks."},
    AllowedValue{"TLSv1.2", "TLS 1.2 only."},
    AllowedValue{"TLSv1.3", "TLS 1.3 only."},
};
constexpr std::array<std::string_view, 1> kKeyPasswordAliases{"key-password"};
constexpr std::array<std::string_view, 1> kProtocolAliases{"SSL Protocol"};

constexpr Property<std::string> kKeyStore{
    {.name = "Keystore Filename",
     .description = "The file with our private key and its certificate chain.",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kKeyStorePassword{
    {.name = "Keystore Password", .description = "What opens that file.", .sensitive = true}};
constexpr Property<std::string> kKeyPassword{
    {.name = "Key Password",
     .description = "What opens the private key in a PEM file, if that is another password.",
     .sensitive = true,
     .aliases = kKeyPasswordAliases}};
constexpr Property<std::string> kKeyStoreType{{.name = "Keystore Type",
                                               .description = "How that file is written.",
                                               .defaultValue = kPkcs12,
                                               .allowed = kStoreTypes}};
constexpr Property<std::string> kTrustStore{
    {.name = "Truststore Filename",
     .description = "The file with the certificates that are trusted; without it, those that the "
                    "system trusts.",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kTrustStorePassword{
    {.name = "Truststore Password", .description = "What opens that file.", .sensitive = true}};
constexpr Property<std::string> kTrustStoreType{{.name = "Truststore Type",
                                                 .description = "How that file is written.",
                                                 .defaultValue = kPkcs12,
                                                 .allowed = kStoreTypes}};
constexpr Property<std::string> kProtocol{{.name = "TLS Protocol",
                                           .description = "The versions that are spoken.",
                                           .defaultValue = "TLS",
                                           .allowed = kProtocols,
                                           .aliases = kProtocolAliases}};
constexpr std::array kProperties{
    &kKeyStore.info,   &kKeyStorePassword.info,   &kKeyPassword.info,    &kKeyStoreType.info,
    &kTrustStore.info, &kTrustStorePassword.info, &kTrustStoreType.info, &kProtocol.info};
constexpr std::array<std::string_view, 5> kTags{"tls", "ssl", "certificate", "keystore", "secure"};
constexpr std::array<std::string_view, 1> kAliases{"StandardRestrictedSSLContextService"};
constexpr std::array kProvides{SslContextProvider::kType};

class StandardSslContextService final : public SslContextProvider {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    const auto keys = MR_TRY(storeOf(context, kKeyStore, kKeyStoreType, kKeyStorePassword));
    const auto trust = MR_TRY(storeOf(context, kTrustStore, kTrustStoreType, kTrustStorePassword));
    net::TlsMaterial material;
    if (!keys.name.empty()) material.keyStore = &keys;
    if (!trust.name.empty()) material.trustStore = &trust;
    material.onlyTls12 = context.get(kProtocol) == "TLSv1.2";
    material.onlyTls13 = context.get(kProtocol) == "TLSv1.3";
    auto made = MR_TRY(net::TlsContext::make(material));
    const MutexLock lock(mutex_);
    context_ = std::move(made);
    return Done{};
  }
  void onDisabled(ServiceContext&) override {
    const MutexLock lock(mutex_);
    context_.reset();
  }
  std::shared_ptr<const net::TlsContext> context() override {
    const MutexLock lock(mutex_);
    return context_;
  }

 private:
  static Result<net::TlsStore> storeOf(ServiceContext& context, const Property<std::string>& file,
                                       const Property<std::string>& type,
                                       const Property<std::string>& password) {
    net::TlsStore store;
    store.name = MR_TRY(context.evaluate(file));
    if (store.name.empty()) return store;
    store.bytes = MR_TRY(context.files().readAll(store.name));
    store.type = context.get(type) == kPkcs12 ? net::StoreType::kPkcs12 : net::StoreType::kPem;
    store.password = context.get(password);
    store.keyPassword = context.get(kKeyPassword);
    return store;
  }

  Mutex mutex_;
  std::shared_ptr<const net::TlsContext> context_ MR_GUARDED_BY(mutex_);
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kKeyStore.info.name).empty() && textOf(values, kTrustStore.info.name).empty())
    return {"Keystore Filename or Truststore Filename must be set"};
  return {};
}

}  // namespace

MR_SERVICE(standard_ssl_context_service){
    .type = "StandardSSLContextService",
    .summary = "Keys and certificates for TLS, from PEM or PKCS#12 files.",
    .tags = kTags,
    .typeAliases = kAliases,
    .provides = kProvides,
    .properties = kProperties,
    .validate = check,
    .make = makeService<StandardSslContextService>,
};

}  // namespace millrace::processors
