// SPDX-License-Identifier: Apache-2.0
#include "engine/control/public_port.h"

#include "engine/control/flow_controller.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {
namespace {

constexpr std::size_t kAhead = 64;  // FlowFiles taken from a queue at once

bool hasRoomBehind(const Wiring& wiring) {
  return std::none_of(wiring.routes.begin(), wiring.routes.end(), [](const Route& route) {
    return std::any_of(route.connections.begin(), route.connections.end(),
                       [](const auto& queue) { return queue->isFull(); });
  });
}

}  // namespace

PortVisit::PortVisit(std::shared_ptr<Component> port, PublicAccess access, Store& store)
    : port_(std::move(port)), store_(store), session_(store) {
  auto wiring = std::make_shared<Wiring>(*port_->context().wiring());
  wiring->held = nullptr;
  if (access == PublicAccess::kTakes) {
    wiring->inputs.clear();
  } else {
    wiring->routes.clear();
  }
  wiring_ = std::move(wiring);
  session_.begin(wiring_, store_.commits.durable(), kAhead);
  session_.startTrigger();
}

PortVisit::~PortVisit() {
  if (open_) session_.abandon(false);
}

bool PortVisit::hasRoom() const { return hasRoomBehind(*wiring_); }

Result<> PortVisit::commit() {
  MR_TRY(session_.endTrigger());
  open_ = false;  // an Error of the commit undoes it, too
  const SliceResult result = MR_TRY(session_.commitSlice());
  port_->count(result);
  if (result.lsn == Lsn(0)) return Done{};
  return store_.commits.waitDurable(result.lsn);
}

std::string planPort(const flow::Port& port, flow::ElementKind kind, bool gated,
                     PlannedComponent& planned) {
  planned.shouldRun = port.state == flow::RunState::kRunning;
  planned.disabled = port.state == flow::RunState::kDisabled;
  planned.schedule.concurrency = port.concurrency;
  if (!port.remoteAccess) return {};
  planned.isOpen = planned.shouldRun;
  planned.access =
      kind == flow::ElementKind::kInputPort ? PublicAccess::kTakes : PublicAccess::kGives;
  if (planned.access == PublicAccess::kGives) planned.shouldRun = false;
  if (!gated) return {};
  return "'remote-access' does not go with the flowfile-concurrency of its group; take one of them "
         "out";
}

std::vector<PublicPort> FlowController::publicPorts() const {
  std::vector<PublicPort> ports;
  MutexLock lock(mutex_);
  for (const auto& [id, node] : nodes_) {
    if (node.access == PublicAccess::kNone) continue;
    PublicPort& port = ports.emplace_back();
    port.id = id;
    port.path = node.component->path();
    port.access = node.access;
    port.running = isServing(node);
    port.full =
        node.access == PublicAccess::kTakes && !hasRoomBehind(*node.component->context().wiring());
  }
  std::sort(ports.begin(), ports.end(),
            [](const PublicPort& a, const PublicPort& b) { return a.path < b.path; });
  return ports;
}

bool FlowController::isServing(const Node& node) const {
  return started_ && node.isOpen && node.invalid.empty();
}

Result<std::unique_ptr<PortVisit>> FlowController::visit(ComponentId id) {
  Node node;
  {
    MutexLock lock(mutex_);
    const auto found = nodes_.find(id);
    if (found != nodes_.end()) node = found->second;
  }
  if (node.component == nullptr || node.access == PublicAccess::kNone)
    return Error::user("there is no such port");
  if (!isServing(node))
    return Error::environment(fmt::format("the port {} does not run", node.component->path()));
  return std::make_unique<PortVisit>(node.component, node.access, store_);
}

}  // namespace millrace::engine
