// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_client.h"

#include "server/http/router.h"

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <fmt/format.h>

#include <charconv>
#include <functional>

namespace millrace::server {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 30;

/// A body that came in chunks (RFC 9112, section 7.1), joined.
Result<std::string> joined(std::string_view chunks) {
  std::string body;
  while (true) {
    const std::size_t end = chunks.find("\r\n");
    std::size_t size = 0;
    if (end == std::string_view::npos ||
        std::from_chars(chunks.data(), chunks.data() + end, size, 16).ptr == chunks.data() ||
        size > chunks.size() - end - 2)
      return Error::environment("the server's answer broke off; try again");
    if (size == 0) return body;
    body += chunks.substr(end + 2, size);
    chunks.remove_prefix(std::min(chunks.size(), end + 2 + size + 2));
  }
}

Result<HttpResponse> responseOf(std::string_view text) {
  const Error broken = Error::environment("the server's answer is no HTTP; is the address right?");
  const std::size_t headEnd = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || headEnd == std::string_view::npos) return broken;
  HttpResponse response;
  if (std::from_chars(text.data() + 9, text.data() + 12, response.status).ec != std::errc())
    return broken;
  std::string_view head = text.substr(0, headEnd);
  head.remove_prefix(std::min(head.size(), head.find("\r\n")));
  while (head.starts_with("\r\n")) {
    head.remove_prefix(2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
    response.headers.emplace_back(line.substr(0, colon), value);
  }
  const std::string_view body = text.substr(headEnd + 4);
  const std::string* coding = response.header("Transfer-Encoding");
  response.body = coding == nullptr ? std::string(body) : MR_TRY(joined(body));
  if (const std::string* length = response.header("Content-Length");
      length != nullptr && *length != std::to_string(response.body.size()))
    return Error::environment("the server's answer broke off; try again");
  return response;
}

using Finish = std::function<void(const asio::error_code&)>;

/// Sends a text and reads until the other side ends.
template <typename Stream>
void converse(Stream& stream, const std::string& text, std::string& answer, const Finish& finish) {
  asio::async_write(stream, asio::buffer(text), [&](const asio::error_code& written, std::size_t) {
    if (written) return finish(written);
    asio::async_read(
        stream, asio::dynamic_buffer(answer, kMost), [&](const asio::error_code& end, std::size_t) {
          // Whether it is whole the answer itself says.
          const bool over = end == asio::error::eof || end == asio::ssl::error::stream_truncated;
          finish(over ? asio::error_code() : end);
        });
  });
}

/// Trusts whom the system trusts, or the certificates of one file.
void prepare(asio::ssl::context& context, const std::string& trust,
             const std::string& certificate) {
  context.set_verify_mode(asio::ssl::verify_peer);
  if (!certificate.empty()) {
    context.use_certificate_chain_file(certificate);
    context.use_private_key_file(certificate, asio::ssl::context::pem);
  }
  if (trust.empty()) {
    context.set_default_verify_paths();
  } else {
    context.load_verify_file(trust);
  }
}

}  // namespace

Result<ServerAddress> ServerAddress::parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kSecure = "https://";
  const Error wrong = Error::user(
      fmt::format("'{}' is no server's address; write http://HOST:PORT or https://HOST:PORT", url));
  ServerAddress address;
  address.secure = url.starts_with(kSecure);
  if (!address.secure && !url.starts_with(kScheme)) return wrong;
  url.remove_prefix(address.secure ? kSecure.size() : kScheme.size());
  if (address.secure) address.port = "443";
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t colon = url.rfind(':');
  const bool hasPort = colon != std::string_view::npos && !url.ends_with(']');
  address.host = url.substr(0, hasPort ? colon : url.size());
  if (hasPort) address.port = url.substr(colon + 1);
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || address.port.empty() ||
      address.host.find_first_of("/?#@ \r\n") != std::string::npos ||
      address.port.find_first_not_of("0123456789") != std::string::npos)
    return wrong;
  return address;
}

std::string ServerAddress::url() const {
  return fmt::format("{}://{}", secure ? "https" : "http", authority());
}

std::string ServerAddress::authority() const {
  const bool six = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", port);
}

Result<HttpResponse> callServer(const ServerAddress& server, const HttpRequest& request,
                                Nanos patience) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                 methodName(request.method), request.target, server.authority());
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  text += fmt::format("Content-Length: {}\r\n\r\n", request.body.size());
  text += request.body;
  try {
    asio::io_context io;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    if (server.secure) prepare(tls, server.trust, server.certificate);
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
    asio::error_code failure;
    bool done = false;
    std::string answer;
    const Finish finish = [&](const asio::error_code& error) {
      failure = error;
      done = true;
    };
    asio::ip::tcp::resolver resolver(io);
    const auto places = resolver.resolve(server.host, server.port);
    asio::async_connect(
        stream.next_layer(), places, [&](const asio::error_code& error, const auto&) {
          if (error) return finish(error);
          if (!server.secure) return converse(stream.next_layer(), text, answer, finish);
          stream.set_verify_callback(asio::ssl::host_name_verification(server.host));
          SSL_set_tlsext_host_name(stream.native_handle(), server.host.c_str());
          stream.async_handshake(asio::ssl::stream_base::client,
                                 [&](const asio::error_code& refused) {
                                   if (refused) return finish(refused);
                                   converse(stream, text, answer, finish);
                                 });
        });
    io.run_for(std::chrono::nanoseconds(patience));
    if (!done) {
      return Error::environment(
          fmt::format("no answer from {} in time; does it run there?", server.url()));
    }
    if (failure) {
      return Error::environment(fmt::format("cannot reach {}: {}; does a server run there?",
                                            server.url(), failure.message()));
    }
    return responseOf(answer);
  } catch (const std::exception& thrown) {
    return Error::environment(
        fmt::format("cannot reach {}: {}; does a server run there?", server.url(), thrown.what()));
  }
}

}  // namespace millrace::server
