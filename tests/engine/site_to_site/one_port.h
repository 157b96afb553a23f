// SPDX-License-Identifier: Apache-2.0
#pragma once
// OnePort: a program with one port, `port-9`, whose FlowFiles are in memory: what servers of
// site-to-site are tested with. Threads: one at a time.

#include "engine/site_to_site/ports.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace one_port {

using millrace::asBytes;
using millrace::asText;
using millrace::ByteView;
using millrace::Done;
using millrace::Error;
using millrace::Result;
using namespace millrace::site_to_site;

struct Parcel {
  AttributeTexts attributes;
  std::string content;
  bool operator==(const Parcel&) const = default;
};
inline const Parcel kA{{{"filename", "a"}}, "hello"};
inline const Parcel kB{{{"filename", "b"}, {"note", "\xc3\xbc"}}, ""};

/// A program with one port, whose FlowFiles are in memory.
class OnePort final : public Ports {
 public:
  std::vector<Parcel> committed;  // what was brought
  std::vector<Parcel> waiting;    // what can be fetched
  Response answer{ResponseCode::kPropertiesOk, {}};
  bool full = false;
  bool diskFull = false;
  int begun = 0;
  std::vector<Caller> callers;

  std::vector<PortInfo> list() override {
    return {{"id-9", "port-9", "a \"door\"", Direction::kIncoming, true},
            {"id-8", "port-8", "", Direction::kOutgoing, false}};
  }
  std::uint32_t load() override { return 42; }
  Response state(const std::string& port) override {
    return port == "port-9" ? answer : Response{ResponseCode::kUnknownPort, {}};
  }
  Result<std::unique_ptr<IncomingTransaction>> receive(const std::string& port,
                                                       const Caller& caller) override {
    if (port != "port-9") return Error::user("no such port");
    callers.push_back(caller);
    ++begun;
    return std::unique_ptr<IncomingTransaction>(new Incoming(*this));
  }
  Result<std::unique_ptr<OutgoingTransaction>> send(const std::string& port,
                                                    const Caller& caller) override {
    if (port != "port-9") return Error::user("no such port");
    callers.push_back(caller);
    return std::unique_ptr<OutgoingTransaction>(new Outgoing(*this));
  }

 private:
  class Incoming final : public IncomingTransaction {
   public:
    explicit Incoming(OnePort& port) : port_(port) {}
    Result<> begin(const AttributeTexts& attributes) override {
      parcels_.push_back({attributes, {}});
      return Done{};
    }
    Result<> write(ByteView part) override {
      parcels_.back().content += asText(part);
      return Done{};
    }
    Result<> end() override { return Done{}; }
    Result<Room> commit() override {
      if (port_.diskFull) return Error::environment("disk full");
      port_.committed.insert(port_.committed.end(), parcels_.begin(), parcels_.end());
      return port_.full ? Room::kFull : Room::kLeft;
    }

   private:
    OnePort& port_;
    std::vector<Parcel> parcels_;
  };

  class Outgoing final : public OutgoingTransaction {
   public:
    explicit Outgoing(OnePort& port) : port_(port) {}
    Result<bool> next() override {
      if (taken_ == port_.waiting.size()) return false;
      parcel_ = &port_.waiting[taken_++];
      isRead_ = false;
      return true;
    }
    const AttributeTexts& attributes() const override { return parcel_->attributes; }
    std::uint64_t size() const override { return parcel_->content.size(); }
    Result<ByteView> read() override {
      if (std::exchange(isRead_, true)) return ByteView();
      return asBytes(parcel_->content);
    }
    Result<> commit() override {
      port_.waiting.erase(port_.waiting.begin(),
                          port_.waiting.begin() + static_cast<std::ptrdiff_t>(taken_));
      return Done{};
    }

   private:
    OnePort& port_;
    std::size_t taken_ = 0;
    Parcel* parcel_ = nullptr;
    bool isRead_ = false;
  };
};

}  // namespace one_port
