// SPDX-License-Identifier: Apache-2.0
#pragma once
// RawServer: the server's side of one conversation over a socket (FORMAT.md): clients bring
// FlowFiles to ports, fetch them from ports, or ask which peers there are.
//
//   RawServer server(stream, ports, clock, options);
//   const auto ended = server.serve();   // until the client goes
//
// Promise: the answer that ends a transaction is sent after its commit, never before; a client that
// goes, or is silent, in the midst of one leaves nothing behind. What it sends is bounded before it
// is read. Owner: the caller keeps stream, ports and clock for as long. Threads: one, which waits.

#include "engine/site_to_site/packet_stream.h"
#include "engine/site_to_site/ports.h"

#include <cstdint>
#include <string>

namespace millrace::site_to_site {

struct RawServerOptions {
  Nanos patience = 30 * kSecond;  ///< with a client in the midst of something
  Nanos idleTime = 60 * kSecond;  ///< with one that asks for nothing
};

class RawServer {
 public:
  RawServer(net::Stream& stream, Ports& ports, const Clock& clock, RawServerOptions options)
      : stream_(stream),
        peer_(stream, options.patience),
        ports_(ports),
        clock_(clock),
        options_(options) {}

  /// Until the client ends the conversation in order. The Error says what went wrong.
  Result<> serve();

 private:
  Result<std::uint32_t> negotiate(std::string_view resource, std::uint32_t newest);
  Result<> shakeHands();
  Result<> readProperties();
  Result<> useProperty(const std::string& key, const std::string& value);
  Result<std::uint64_t> number(const std::string& key, const std::string& value);
  Error refuse(ResponseCode code, std::string_view text = {});
  Result<bool> serveRequest();
  Result<> sendPeers();
  Result<> takeFlowFiles();
  Result<> giveFlowFiles();
  Result<> givePackets(OutgoingTransaction& transaction, std::uint32_t& checksum);
  Result<> endGiving(OutgoingTransaction& transaction, std::uint32_t checksum);
  Caller caller() const;

  net::Stream& stream_;
  PeerStream peer_;
  Ports& ports_;
  const Clock& clock_;
  const RawServerOptions options_;
  std::uint32_t version_ = 0;
  std::string url_;  // by which the client calls us
  std::string port_;
  bool saidCompression_ = false;
  Compression compression_ = Compression::kNone;
  std::uint64_t batchCount_ = 1000;
  std::uint64_t batchSize_ = 16ULL << 20U;
  Nanos batchDuration_ = 500 * kMillisecond;
};

}  // namespace millrace::site_to_site
