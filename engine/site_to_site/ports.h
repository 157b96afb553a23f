// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ports: what a program offers to clients of site-to-site, as the servers of the protocol see it:
// ports, and transactions at them.
//
// Promise: an incoming transaction counts once its commit() returned, and then it is durable; one
// that is destroyed before never was. What an outgoing transaction gave is gone from here once its
// commit() returned, else it is there as before. Ownership: the program's, which outlives the
// servers. Threads: Ports from any; a transaction from one.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/site_to_site/response.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::site_to_site {

/// Who asks.
struct Caller {
  std::string address;
  std::string transitUri;  ///< nifi://HOST:PORT or http://…: how it calls us
  std::string subject;     ///< of its certificate; empty: it showed none
};

using AttributeTexts = std::vector<std::pair<std::string, std::string>>;

/// Where FlowFiles come to, one after the other.
class FlowFileSink {
 public:
  virtual ~FlowFileSink() = default;
  virtual Result<> begin(const AttributeTexts& attributes) = 0;
  virtual Result<> write(ByteView part) = 0;
  virtual Result<> end() = 0;
};

class IncomingTransaction : public FlowFileSink {
 public:
  enum class Room : bool { kLeft, kFull };
  /// Whether the port takes more.
  virtual Result<Room> commit() = 0;
};

class OutgoingTransaction {
 public:
  virtual ~OutgoingTransaction() = default;
  /// False when there is nothing more.
  virtual Result<bool> next() = 0;
  virtual const AttributeTexts& attributes() const = 0;
  virtual std::uint64_t size() const = 0;
  /// The next part of the content, an empty one at its end; good until the next call.
  virtual Result<ByteView> read() = 0;
  virtual Result<> commit() = 0;
};

enum class Direction : std::uint8_t { kIncoming, kOutgoing };

struct PortInfo {
  std::string id;  ///< a uuid
  std::string name;
  std::string comment;
  Direction direction = Direction::kIncoming;
  bool running = false;
};

class Ports {
 public:
  virtual ~Ports() = default;
  virtual std::vector<PortInfo> list() = 0;
  /// FlowFiles that wait in this program: clients prefer the peer with few.
  virtual std::uint32_t load() = 0;
  /// Whether the port of this id or name can be used now: kPropertiesOk, or why not.
  virtual Response state(const std::string& port) = 0;
  /// For a port whose state is kPropertiesOk and whose direction is this one; else an Error.
  virtual Result<std::unique_ptr<IncomingTransaction>> receive(const std::string& port,
                                                               const Caller& caller) = 0;
  virtual Result<std::unique_ptr<OutgoingTransaction>> send(const std::string& port,
                                                            const Caller& caller) = 0;
};

}  // namespace millrace::site_to_site
