// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/scripted_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace millrace::tests {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::size_t lengthOf(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<std::string> answers)
    : answers_(std::move(answers)), listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listening_, 8) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the scripted server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] {
    for (const std::string& answer : answers_) serve(answer);
  });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listening_, SHUT_RDWR);  // ends a wait for a connection that never comes
  thread_.join();
  ::close(listening_);
}

void ScriptedServer::serve(const std::string& answer) {
  const int connection = ::accept(listening_, nullptr, nullptr);
  if (connection < 0) return;
  std::string request;
  char part[4096];
  while (true) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end != std::string::npos && request.size() >= end + 4 + lengthOf(request)) break;
    const ssize_t got = ::recv(connection, part, sizeof part, 0);
    if (got <= 0) break;
    request.append(part, static_cast<std::size_t>(got));
  }
  {
    MutexLock lock(mutex_);
    requests_.push_back(request);
  }
  (void)!::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  ::close(connection);
}

std::vector<std::string> ScriptedServer::requests() const {
  MutexLock lock(mutex_);
  return requests_;
}

bool waitForPort(std::uint16_t port) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const sockaddr_in address = loopback(port);
  while (std::chrono::steady_clock::now() < end) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool there =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (there) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // nothing tells when it is there
  }
  return false;
}

}  // namespace millrace::tests
