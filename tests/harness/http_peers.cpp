// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/http_peers.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QFile>
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

}  // namespace

std::uint16_t freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

QByteArray runProgram(const QString& program, const QStringList& arguments, const QString& folder) {
  QProcess process;
  if (!folder.isEmpty()) process.setWorkingDirectory(folder);
  process.start(program, arguments);
  if (!process.waitForFinished(60'000) || process.exitCode() != 0) {
    throw std::runtime_error(
        (program + " failed: " + process.readAllStandardError()).toStdString());
  }
  return process.readAllStandardOutput();
}

void makeCertificates(const QString& folder) {
  const auto openssl = [&](const QString& arguments) {
    runProgram("openssl", arguments.split(' '), folder);
  };
  const QString key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ";
  openssl("req -x509" + key + "-keyout ca.key -out ca.pem -subj /CN=Test_CA");
  QFile names(folder + "/names.txt");
  if (!names.open(QIODevice::WriteOnly)) throw std::runtime_error("the folder cannot be written");
  names.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  names.close();
  for (const QString& who : {QString("server"), QString("client")}) {
    const QString subject = who == "server" ? "/CN=localhost" : "/O=Test/CN=Tester";
    openssl("req" + QString(key).replace(" -days 2", "") + "-keyout " + who + ".key -out " + who +
            ".csr -subj " + subject);
    openssl("x509 -req -days 2 -in " + who + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -out " +
            who + ".pem -extfile names.txt");
    openssl("pkcs12 -export -inkey " + who + ".key -in " + who + ".pem -certfile ca.pem -out " +
            who + ".p12 -passout pass:secret");
    QFile both(folder + "/" + who + "-both.pem");
    if (!both.open(QIODevice::WriteOnly)) throw std::runtime_error("the folder cannot be written");
    for (const QString& part : {who + ".key", who + ".pem"}) {
      QFile file(folder + "/" + part);
      if (file.open(QIODevice::ReadOnly)) both.write(file.readAll());
    }
  }
}

Ran curl(ProcessorBench& bench, const QStringList& arguments) {
  QProcess process;
  process.start("curl", QStringList{"-sS", "--max-time", "50"} + arguments);
  const bool ended = bench.runUntil(
      [&] { return process.state() == QProcess::NotRunning || process.waitForFinished(1); });
  if (!ended) throw std::runtime_error("curl did not end");
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

std::uint16_t listeningPort(const ProcessorBench& bench) {
  const std::string text = "listening at port ";
  std::uint16_t port = 0;
  for (const auto& bulletin : bench.bulletins()) {
    if (bulletin.message.starts_with(text))
      port = static_cast<std::uint16_t>(std::stoi(bulletin.message.substr(text.size())));
  }
  if (port == 0) throw std::runtime_error("nobody says where he listens");
  return port;
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const sockaddr_in address = loopback(port);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("nobody listens");
}

RawClient::~RawClient() { close(); }

void RawClient::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the peer takes nothing");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

const std::string& RawClient::readUntil(std::string_view text) {
  char part[4096];
  while (read_.find(text) == std::string::npos) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 30'000) <= 0) throw std::runtime_error("the peer is silent");
    const ssize_t got = ::recv(socket_, part, sizeof part, 0);
    if (got <= 0) break;
    read_.append(part, static_cast<std::size_t>(got));
  }
  return read_;
}

bool RawClient::isSilent() const {
  pollfd waiting{socket_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

void RawClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

}  // namespace millrace::tests
