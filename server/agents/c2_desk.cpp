// SPDX-License-Identifier: Apache-2.0
#include "server/agents/c2_desk.h"

#include "server/agents/c2_wire.h"

#include <fmt/format.h>

namespace millrace::server {
namespace {

constexpr const char* kBases[] = {"/c2/api", "/efm/api", "/minifi-c2-api", "/c2-server/api"};

HttpResponse refused(const Refused& why) { return HttpResponse::error(why.status, why.message); }

std::string bearerOf(const HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* const header = request.header("Authorization");
  if (header == nullptr || header->size() <= kScheme.size() ||
      !sameIgnoringCase(std::string_view(*header).substr(0, kScheme.size()), kScheme))
    return {};
  return header->substr(kScheme.size());
}

HttpResponse notKnown() {
  HttpResponse response = HttpResponse::error(
      401, "an agent shows a token of 'millrace agents enrol', or a certificate");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

/// Only what is as it is can be read.
std::optional<HttpResponse> encoded(const HttpRequest& request) {
  const std::string* const encoding = request.header("Content-Encoding");
  if (encoding == nullptr || sameIgnoringCase(*encoding, "identity")) return std::nullopt;
  return HttpResponse::error(
      400, fmt::format("the body's encoding '{}' is not read; set nifi.c2.rest.request.encoding to "
                       "none",
                       *encoding));
}

}  // namespace

C2Desk::C2Desk(AgentRegistry& registry, C2DeskOptions options)
    : registry_(registry), options_(options) {
  for (const char* each : kBases) {
    const std::string base = each;
    router_.add(
        HttpMethod::kPost, base + "/c2-protocol/heartbeat",
        [this, base](const RoutedRequest& request) { return heartbeat(request.http, base); });
    router_.add(HttpMethod::kPost, base + "/c2-protocol/acknowledge",
                [this](const RoutedRequest& request) { return acknowledge(request.http); });
    router_.add(HttpMethod::kGet, base + "/flows/{id}",
                [this](const RoutedRequest& request) { return flow(request); });
  }
}

std::optional<AgentCaller> C2Desk::callerOf(const HttpRequest& request) const {
  const std::string* const peer = request.header(kPeerHeader);
  return registry_.admit(bearerOf(request), peer == nullptr ? std::string() : *peer,
                         options_.trusted);
}

HttpResponse C2Desk::heartbeat(const HttpRequest& request, const std::string& base) const {
  const auto caller = callerOf(request);
  if (!caller) return notKnown();
  if (auto wrong = encoded(request)) return *std::move(wrong);
  auto report = readHeartbeat(request.body);
  if (!report.ok()) return HttpResponse::error(400, report.error().message);
  const std::string agent = report->agent;
  const auto commands = registry_.heartbeat(*caller, std::move(*report));
  if (const auto* why = std::get_if<Refused>(&commands)) return refused(*why);
  const auto known = registry_.agent(agent);
  const std::string* const host = request.header("Host");
  const std::string flows = fmt::format("{}://{}{}/flows/", options_.secure ? "https" : "http",
                                        host == nullptr ? std::string("localhost") : *host, base);
  return HttpResponse::json(writeCommands(std::get<std::vector<Command>>(commands),
                                          known ? known->agent.kind : std::string(), flows));
}

HttpResponse C2Desk::acknowledge(const HttpRequest& request) const {
  const auto caller = callerOf(request);
  if (!caller) return notKnown();
  if (auto wrong = encoded(request)) return *std::move(wrong);
  const auto report = readAcknowledgement(request.body);
  if (!report.ok()) return HttpResponse::error(400, report.error().message);
  const auto done = registry_.acknowledge(*caller, *report);
  if (const auto* why = std::get_if<Refused>(&done)) return refused(*why);
  return HttpResponse::json("{}");
}

HttpResponse C2Desk::flow(const RoutedRequest& request) const {
  const auto caller = callerOf(request.http);
  if (!caller) return notKnown();
  auto found = registry_.flow(*caller, request.parameter("id"));
  if (const auto* why = std::get_if<Refused>(&found)) return refused(*why);
  auto& flow = std::get<SignedFlow>(found);
  HttpResponse response = HttpResponse::text(std::move(flow.bytes), "application/octet-stream");
  response.headers.emplace_back(
      kSignatureHeader, fmt::format("1 {} {} {}", flow.serial, nameOf(flow.kind), flow.signature));
  return response;
}

}  // namespace millrace::server
