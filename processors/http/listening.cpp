// SPDX-License-Identifier: Apache-2.0
#include "processors/http/listening.h"

#include "processors/http/multipart_reader.h"

#include <fmt/format.h>

namespace millrace::processors {
namespace {

NotReceived peersFault(Error why) {
  // What is malformed is the user's fault; a peer that went away hears no status anyway.
  return {400, std::move(why)};
}

}  // namespace

Result<> useTls(net::ListenOptions& options, SslContextProvider* provider,
                net::ClientCertificate clientCertificate) {
  if (provider == nullptr) return Done{};
  options.tls = provider->context();
  if (options.tls == nullptr || !options.tls->hasCertificate())
    return Error::user("the SSL Context Service has no key store, without which nobody can listen");
  options.clientCertificate = clientCertificate;
  return Done{};
}

std::optional<NotReceived> receiveContent(ProcessSession& session, SessionFlowFile& file,
                                          const std::function<Result<ByteView>()>& next) {
  auto first = next();
  if (!first.ok()) return peersFault(first.error());
  if (first->empty()) return std::nullopt;
  auto writer = session.write(file);
  if (!writer.ok()) return NotReceived{0, writer.error()};
  for (auto part = std::move(first);; part = next()) {
    if (!part.ok()) return peersFault(part.error());
    const auto done = part->empty() ? (*writer)->finish() : (*writer)->write(*part);
    if (!done.ok()) return NotReceived{0, done.error()};
    if (part->empty()) return std::nullopt;
  }
}

std::optional<NotReceived> receiveParts(ProcessSession& session, ContentReader& body,
                                        std::string_view boundary, std::uint64_t limit,
                                        std::vector<SessionFlowFile*>& made) {
  MultipartReader reader(body, boundary, limit);
  const auto failed = [&](const Error& why) {
    return NotReceived{reader.tooLarge() ? 413 : 400, why};
  };
  while (true) {
    auto part = reader.next();
    if (!part.ok()) return failed(part.error());
    if (!*part) break;
    const PartHead& head = **part;
    SessionFlowFile& file = session.create();
    made.push_back(&file);
    if (auto wrong = receiveContent(session, file, [&] { return reader.content(); })) {
      if (reader.tooLarge()) wrong->status = 413;
      return wrong;
    }
    for (const auto& [name, value] : head.fields.all())
      session.putAttribute(file, "http.headers.multipart." + name, value);
    session.putAttribute(file, "http.multipart.size", std::to_string(file.size()));
    session.putAttribute(file, "http.multipart.name", head.name);
    if (const auto type = head.fields.find("Content-Type"))
      session.putAttribute(file, "http.multipart.content.type", *type);
    if (head.fileName) session.putAttribute(file, "http.multipart.filename", *head.fileName);
    session.putAttribute(file, "http.multipart.fragments.sequence.number",
                         std::to_string(made.size()));
  }
  const std::string total = std::to_string(made.size());
  for (SessionFlowFile* file : made)
    session.putAttribute(*file, "http.multipart.fragments.total.number", total);
  return std::nullopt;
}

std::optional<NotReceived> receivePackages(ProcessSession& session, ContentReader& body,
                                           PackageVersion version, std::string_view fileName,
                                           std::vector<SessionFlowFile*>& made) {
  PackageReader packages(body, version);
  while (true) {
    auto header = packages.next();
    if (!header.ok()) return NotReceived{400, header.error()};
    if (!*header) break;
    SessionFlowFile& file = session.create();
    made.push_back(&file);
    if (auto wrong = receiveContent(session, file, [&] { return packages.content(); }))
      return wrong;
    bool named = false;
    for (const auto& [key, value] : (*header)->attributes) {
      named = named || (key == "filename" && !value.empty());
      session.putAttribute(file, key, value);
    }
    if (!named && !fileName.empty()) session.putAttribute(file, "filename", fileName);
  }
  if (made.empty()) return NotReceived{400, Error::user("there is no FlowFile in the body")};
  return std::nullopt;
}

std::string requestUrl(const HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  std::string host(head.fields.value("Host"));
  if (host.empty())
    host = fmt::format("{}:{}", exchange.ends().localAddress, exchange.ends().localPort);
  return fmt::format("{}://{}{}", exchange.ends().secure ? "https" : "http", host,
                     pathOf(head.target));
}

}  // namespace millrace::processors
