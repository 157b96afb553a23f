// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties of InvokeHTTP, of which there are too many to stand beside what it does.

#include "engine/processor/descriptor.h"
#include "processors/http/shared_services.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors::invoke_http {

inline constexpr std::string_view kFormPrefix = "post:form:";

inline constexpr std::array kEncodings{
    AllowedValue{"DISABLED", "As it is."},
    AllowedValue{"GZIP", "Compressed, in chunks."},
};
inline constexpr std::array kNamings{
    AllowedValue{"RANDOM", "That of the FlowFile that came in, or a random one."},
    AllowedValue{"URL_PATH", "For GET: the last part of the URL's path, if there is one."},
};

inline constexpr std::array<std::string_view, 1> kUrlAliases{"Remote URL"};
inline constexpr std::array<std::string_view, 1> kReadAliases{"Read Timeout"};
inline constexpr std::array<std::string_view, 1> kIdleAliases{"idle-timeout"};
inline constexpr std::array<std::string_view, 1> kIdleCountAliases{"max-idle-connections"};
inline constexpr std::array<std::string_view, 1> kProxyAliases{"proxy-configuration-service"};
inline constexpr std::array<std::string_view, 1> kUserAliases{"Basic Authentication Username"};
inline constexpr std::array<std::string_view, 1> kPasswordAliases{"Basic Authentication Password"};
inline constexpr std::array<std::string_view, 1> kDigestAliases{"Digest Authentication"};
inline constexpr std::array<std::string_view, 1> kPenalizeAliases{"Penalize on \"No Retry\""};
inline constexpr std::array<std::string_view, 1> kBodyAliases{"send-message-body"};
inline constexpr std::array<std::string_view, 1> kFormNameAliases{"form-body-form-name"};
inline constexpr std::array<std::string_view, 1> kFormFileAliases{"set-form-filename"};
inline constexpr std::array<std::string_view, 1> kChunkedAliases{"Use Chunked Encoding"};
inline constexpr std::array<std::string_view, 1> kEncodingAliases{"Content-Encoding"};
inline constexpr std::array<std::string_view, 1> kTypeAliases{"Content-Type"};
inline constexpr std::array<std::string_view, 1> kDateAliases{"Include Date Header"};
inline constexpr std::array<std::string_view, 1> kSentAliases{"Attributes to Send"};
inline constexpr std::array<std::string_view, 1> kAgentAliases{"Useragent"};
inline constexpr std::array<std::string_view, 1> kBodyNameAliases{"Put Response Body In Attribute"};
inline constexpr std::array<std::string_view, 1> kBodySizeAliases{"Max Length To Put In Attribute"};
inline constexpr std::array<std::string_view, 1> kIgnoredAliases{"ignore-response-content"};
inline constexpr std::array<std::string_view, 1> kAlwaysAliases{"Always Output Response"};
inline constexpr std::array<std::string_view, 1> kNamingAliases{"flow-file-naming-strategy"};
inline constexpr std::array<std::string_view, 1> kHeadersAliases{"Add Response Headers to Request"};
inline constexpr std::array<std::string_view, 1> kRedirectAliases{"Follow Redirects"};
inline constexpr std::array<std::string_view, 1> kTrue{"true"};

constexpr PropertyInfo choice(std::string_view name, std::string_view description, bool on,
                              std::span<const std::string_view> aliases) {
  return {.name = name,
          .description = description,
          .defaultValue = on ? "true" : "false",
          .required = true,
          .aliases = aliases};
}
constexpr PropertyInfo time(std::string_view name, std::string_view description,
                            std::string_view normally,
                            std::span<const std::string_view> aliases = {}) {
  return {.name = name,
          .description = description,
          .defaultValue = normally,
          .required = true,
          .aliases = aliases,
          .atLeast = kMillisecond};
}

inline constexpr Property<std::string> kMethod{
    {.name = "HTTP Method",
     .description = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or another; only POST, PUT and "
                    "PATCH send a body.",
     .defaultValue = "GET",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
inline constexpr Property<std::string> kUrl{{.name = "HTTP URL",
                                             .description = "Where to send it: http or https.",
                                             .required = true,
                                             .scope = ExpressionScope::kFlowFile,
                                             .aliases = kUrlAliases}};
inline constexpr Property<ServiceName> kTls{
    {.name = "SSL Context Service",
     .description = "Our certificate and whom we trust, for https; without it, we trust whom the "
                    "system trusts.",
     .serviceType = SslContextProvider::kType}};
inline constexpr Property<Duration> kConnectTime{
    time("Connection Timeout", "The most time for a connection, and for TLS.", "5 secs")};
inline constexpr Property<Duration> kReadTime{time("Socket Read Timeout",
                                                   "The most time without a byte from the server.",
                                                   "15 secs", kReadAliases)};
inline constexpr Property<Duration> kWriteTime{
    time("Socket Write Timeout", "The most time in which the server takes no byte.", "15 secs")};
inline constexpr Property<Duration> kIdleTime{
    time("Socket Idle Timeout", "How long a connection may wait to be used again.", "5 mins",
         kIdleAliases)};
inline constexpr Property<std::int64_t> kIdleConnections{
    {.name = "Socket Idle Connections",
     .description = "The most connections that wait to be used again.",
     .defaultValue = "5",
     .required = true,
     .aliases = kIdleCountAliases,
     .atLeast = 0,
     .atMost = 10'000}};
inline constexpr Property<ServiceName> kProxy{
    {.name = "Proxy Configuration Service",
     .description = "The proxy through which servers are reached; without it, directly.",
     .aliases = kProxyAliases,
     .serviceType = ProxyConfiguration::kType}};
inline constexpr Property<std::string> kUser{{.name = "Request Username",
                                              .description = "Who we are at the server.",
                                              .aliases = kUserAliases}};
inline constexpr Property<std::string> kPassword{{.name = "Request Password",
                                                  .description = "The password of that user.",
                                                  .sensitive = true,
                                                  .aliases = kPasswordAliases}};
inline constexpr Property<bool> kDigest{
    choice("Request Digest Authentication Enabled",
           "Whether the password is proven by Digest (MD5 or SHA-256); otherwise it is sent.",
           false, kDigestAliases)};
inline constexpr Property<bool> kPenalizes{
    choice("Request Failure Penalization Enabled",
           "Whether FlowFiles are penalized that go to No Retry.", false, kPenalizeAliases)};
inline constexpr Property<bool> kBodyEnabled{choice(
    "Request Body Enabled", "Whether the content of the FlowFile is sent.", true, kBodyAliases)};
inline constexpr Property<std::string> kFormName{
    {.name = "Request Multipart Form-Data Name",
     .description = "Sends a form (multipart/form-data) with the content in the field of this "
                    "name.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kFormNameAliases,
     .dependsOn = "Request Body Enabled",
     .dependsOnValues = kTrue}};
inline constexpr Property<bool> kFormFileName{
    choice("Request Multipart Form-Data Filename Enabled",
           "Whether that field has the attribute filename as the name of its file.", true,
           kFormFileAliases)};
inline constexpr Property<bool> kChunked{choice(
    "Request Chunked Transfer-Encoding Enabled",
    "Whether bodies are sent in chunks, without their length before.", false, kChunkedAliases)};
inline constexpr Property<std::string> kContentEncoding{{.name = "Request Content-Encoding",
                                                         .description = "How bodies are sent.",
                                                         .defaultValue = "DISABLED",
                                                         .required = true,
                                                         .allowed = kEncodings,
                                                         .aliases = kEncodingAliases}};
inline constexpr Property<std::string> kContentType{
    {.name = "Request Content-Type",
     .description = "What the content is; application/octet-stream when it is empty.",
     .defaultValue = "${mime.type}",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kTypeAliases}};
inline constexpr Property<bool> kDate{
    choice("Request Date Header Enabled", "Whether requests have a Date.", true, kDateAliases)};
inline constexpr Property<RegexText> kSentAttributes{
    {.name = "Request Header Attributes Pattern",
     .description = "Attributes whose name matches this as a whole are sent as headers.",
     .aliases = kSentAliases}};
inline constexpr Property<std::string> kUserAgent{{.name = "Request User-Agent",
                                                   .description = "Value of that header.",
                                                   .scope = ExpressionScope::kFlowFile,
                                                   .aliases = kAgentAliases}};
inline constexpr Property<std::string> kBodyAttribute{
    {.name = "Response Body Attribute Name",
     .description = "Puts the body of the answer into this attribute of the FlowFile that came in, "
                    "instead of the content of another one.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kBodyNameAliases}};
inline constexpr Property<std::int64_t> kBodyAttributeSize{
    {.name = "Response Body Attribute Size",
     .description = "At most so many bytes of the body are put into that attribute.",
     .defaultValue = "256",
     .required = true,
     .aliases = kBodySizeAliases,
     .dependsOn = "Response Body Attribute Name",
     .atLeast = 1,
     .atMost = 1 << 20}};
inline constexpr Property<bool> kBodyIgnored{
    choice("Response Body Ignored", "Whether the body of the answer is thrown away.", false,
           kIgnoredAliases)};
inline constexpr Property<bool> kAlwaysResponse{
    choice("Response Generation Required",
           "Whether every answer goes to Response, whatever its status.", false, kAlwaysAliases)};
inline constexpr Property<std::string> kNaming{
    {.name = "Response FlowFile Naming Strategy",
     .description = "Which filename the FlowFile of an answer has.",
     .defaultValue = "RANDOM",
     .required = true,
     .allowed = kNamings,
     .aliases = kNamingAliases}};
inline constexpr Property<bool> kHeadersToRequest{
    choice("Response Header Request Attributes Enabled",
           "Whether the FlowFile that came in gets the headers of the answer as attributes, too.",
           false, kHeadersAliases)};
inline constexpr Property<std::string> kHeadersPrefix{
    {.name = "Response Header Request Attributes Prefix",
     .description = "Stands before the names of those attributes.",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Response Header Request Attributes Enabled",
     .dependsOnValues = kTrue}};
inline constexpr Property<bool> kRedirects{
    choice("Response Redirects Enabled", "Whether redirects are followed, up to 20 of them.", true,
           kRedirectAliases)};

inline constexpr std::array kProperties{&kMethod.info,
                                        &kUrl.info,
                                        &kTls.info,
                                        &kConnectTime.info,
                                        &kReadTime.info,
                                        &kWriteTime.info,
                                        &kIdleTime.info,
                                        &kIdleConnections.info,
                                        &kProxy.info,
                                        &kUser.info,
                                        &kPassword.info,
                                        &kDigest.info,
                                        &kPenalizes.info,
                                        &kBodyEnabled.info,
                                        &kFormName.info,
                                        &kFormFileName.info,
                                        &kChunked.info,
                                        &kContentEncoding.info,
                                        &kContentType.info,
                                        &kDate.info,
                                        &kSentAttributes.info,
                                        &kUserAgent.info,
                                        &kBodyAttribute.info,
                                        &kBodyAttributeSize.info,
                                        &kBodyIgnored.info,
                                        &kAlwaysResponse.info,
                                        &kNaming.info,
                                        &kHeadersToRequest.info,
                                        &kHeadersPrefix.info,
                                        &kRedirects.info};

/// What single properties cannot say.
inline std::vector<std::string> problemsOf(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  bool form = false;
  for (const auto& [name, text] : values)
    form = form || std::string_view(name).starts_with(kFormPrefix);
  const bool sendsBody = textOf(values, kBodyEnabled.info.name) == "true";
  const bool hasName = !textOf(values, kFormName.info.name).empty();
  if (form && sendsBody && !hasName)
    problems.emplace_back(
        "a form with fields needs Request Multipart Form-Data Name while Request Body Enabled is "
        "true");
  return problems;
}

}  // namespace millrace::processors::invoke_http
