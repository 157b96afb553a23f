// SPDX-License-Identifier: Apache-2.0
#pragma once
// Peers for tests of HTTP: a port that is free, keys and certificates made by openssl, curl, and a
// socket that sends just what it is told. Threads: those of the test.

#include "tests/harness/processor_bench.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <string>

namespace millrace::tests {

/// A port of 127.0.0.1 that nobody listened at a moment ago.
std::uint16_t freePort();

/// Runs a program to its end; throws when it fails.
QByteArray runProgram(const QString& program, const QStringList& arguments,
                      const QString& folder = {});

/// Makes, in a folder: ca.pem, server.{pem,key} and server.p12 for localhost and 127.0.0.1,
/// client.{pem,key} of CN=Tester, all signed by the CA; passwords are "secret".
void makeCertificates(const QString& folder);

/// Runs curl while a processor works; what it wrote, followed by the status where -w asks for it.
struct Ran {
  int exit = -1;
  QByteArray out;
  QByteArray error;
};
Ran curl(ProcessorBench& bench, const QStringList& arguments);

/// The port that ListenHTTP or HandleHttpRequest says it listens at.
std::uint16_t listeningPort(const ProcessorBench& bench);

/// A TCP client without manners.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  void send(std::string_view text);
  /// Reads until the text has come, or the peer closed; all that was read so far.
  const std::string& readUntil(std::string_view text);
  /// True when nothing has come that was not read yet.
  bool isSilent() const;
  void close();

 private:
  int socket_ = -1;
  std::string read_;
};

}  // namespace millrace::tests
