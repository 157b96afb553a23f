// SPDX-License-Identifier: Apache-2.0
#include "host/remote_access/flow_ports.h"

#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::host {
namespace {

using engine::PublicAccess;
using engine::PublicPort;
using site_to_site::AttributeTexts;
using site_to_site::Caller;
using site_to_site::Response;
using site_to_site::ResponseCode;

std::string nameOf(const PublicPort& port) { return flow::splitPath(port.path).back(); }

std::string detailsOf(const Caller& caller) {
  return fmt::format("Remote Host={}, Remote DN={}", caller.address,
                     caller.subject.empty() ? "none" : caller.subject);
}

class Receipt final : public site_to_site::IncomingTransaction {
 public:
  Receipt(std::unique_ptr<engine::PortVisit> visit, Caller caller)
      : visit_(std::move(visit)), caller_(std::move(caller)) {}

  Result<> begin(const AttributeTexts& attributes) override {
    ProcessSession& session = visit_->session();
    file_ = &session.create();
    std::string theirs;
    for (const auto& [key, value] : attributes) {
      if (key == "uuid") theirs = value;
      session.putAttribute(*file_, key, value);
    }
    session.putAttribute(*file_, "s2s.host", caller_.address);
    session.putAttribute(*file_, "s2s.address", caller_.address);
    details_ = detailsOf(caller_);
    if (!theirs.empty()) details_ += ", Source=urn:nifi:" + theirs;
    writer_ = MR_TRY(session.write(*file_));
    return Done{};
  }
  Result<> write(ByteView part) override { return writer_->write(part); }
  Result<> end() override {
    MR_TRY(writer_->finish());
    writer_.reset();
    ProcessSession& session = visit_->session();
    session.report(ProvenanceType::kReceive, *file_, caller_.transitUri, details_);
    session.transfer(*file_, engine::PortVisit::kOnwards);
    return Done{};
  }
  Result<Room> commit() override {
    MR_TRY(visit_->commit());
    return visit_->hasRoom() ? Room::kLeft : Room::kFull;
  }

 private:
  const std::unique_ptr<engine::PortVisit> visit_;
  const Caller caller_;
  SessionFlowFile* file_ = nullptr;  // the session's
  std::string details_;
  std::unique_ptr<ContentWriter> writer_;
};

class Delivery final : public site_to_site::OutgoingTransaction {
 public:
  Delivery(std::unique_ptr<engine::PortVisit> visit, Caller caller)
      : visit_(std::move(visit)), caller_(std::move(caller)) {}

  Result<bool> next() override {
    reader_.reset();
    SessionFlowFile* const file = visit_->session().get();
    if (file == nullptr) return false;
    taken_.push_back(file);
    attributes_.clear();
    const auto add = [this](std::string_view name, std::string_view value) {
      attributes_.emplace_back(name, value);
    };
    file->forEachAttribute(add);
    reader_ = MR_TRY(visit_->session().read(*file));
    return true;
  }
  const AttributeTexts& attributes() const override { return attributes_; }
  std::uint64_t size() const override { return reader_->size(); }
  Result<ByteView> read() override { return reader_->next(); }
  Result<> commit() override {
    reader_.reset();
    ProcessSession& session = visit_->session();
    for (SessionFlowFile* const file : taken_) {
      session.report(ProvenanceType::kSend, *file, caller_.transitUri, detailsOf(caller_));
      session.remove(*file);
    }
    return visit_->commit();
  }

 private:
  const std::unique_ptr<engine::PortVisit> visit_;
  const Caller caller_;
  std::vector<SessionFlowFile*> taken_;  // the session's
  AttributeTexts attributes_;
  std::unique_ptr<ContentReader> reader_;
};

}  // namespace

std::string FlowPorts::idOf(ComponentId port) {
  return fmt::format("00000000-0000-0000-{:04x}-{:012x}", port.raw() >> 48U,
                     port.raw() & 0xFFFFFFFFFFFFU);
}

std::vector<site_to_site::PortInfo> FlowPorts::list() {
  std::vector<site_to_site::PortInfo> ports;
  for (const PublicPort& port : controller_.publicPorts()) {
    ports.push_back({idOf(port.id), nameOf(port), port.path,
                     port.access == PublicAccess::kTakes ? site_to_site::Direction::kIncoming
                                                         : site_to_site::Direction::kOutgoing,
                     port.running});
  }
  return ports;
}

std::uint32_t FlowPorts::load() {
  std::uint64_t count = 0;
  for (const auto& connection : controller_.connections()) count += connection.queue.count;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(std::min(count, kMost));
}

Result<PublicPort> FlowPorts::find(const std::string& port) const {
  const std::vector<PublicPort> ports = controller_.publicPorts();
  const auto with = [&](const auto& matches) {
    return std::find_if(ports.begin(), ports.end(), matches);
  };
  auto found = with([&](const PublicPort& one) {
    return idOf(one.id) == port || fmt::format("{:x}", one.id.raw()) == port || one.path == port;
  });
  if (found == ports.end())
    found = with([&](const PublicPort& one) { return nameOf(one) == port; });
  if (found == ports.end()) return Error::user(fmt::format("there is no port '{}'", port));
  return *found;
}

Response FlowPorts::state(const std::string& port) {
  const auto found = find(port);
  if (!found.ok()) return {ResponseCode::kUnknownPort, {}};
  if (!found->running) return {ResponseCode::kPortNotInValidState, nameOf(*found) + " is stopped"};
  if (found->full) return {ResponseCode::kPortFull, {}};
  return {ResponseCode::kPropertiesOk, {}};
}

Result<std::unique_ptr<engine::PortVisit>> FlowPorts::visit(const std::string& port,
                                                            PublicAccess access) {
  const PublicPort found = MR_TRY(find(port));
  if (found.access != access) {
    return Error::user(fmt::format(
        "the port {} {}", found.path,
        access == PublicAccess::kTakes ? "takes nothing, it gives" : "gives nothing, it takes"));
  }
  if (found.full) return Error::environment(fmt::format("the port {} is full", found.path));
  return controller_.visit(found.id);
}

Result<std::unique_ptr<site_to_site::IncomingTransaction>> FlowPorts::receive(
    const std::string& port, const Caller& caller) {
  return std::unique_ptr<site_to_site::IncomingTransaction>(
      std::make_unique<Receipt>(MR_TRY(visit(port, PublicAccess::kTakes)), caller));
}

Result<std::unique_ptr<site_to_site::OutgoingTransaction>> FlowPorts::send(const std::string& port,
                                                                           const Caller& caller) {
  return std::unique_ptr<site_to_site::OutgoingTransaction>(
      std::make_unique<Delivery>(MR_TRY(visit(port, PublicAccess::kGives)), caller));
}

}  // namespace millrace::host
