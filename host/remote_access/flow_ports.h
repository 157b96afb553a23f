// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowPorts: the public ports of a running flow, for servers of site-to-site. A port's id is its
// component's number as a uuid, 00000000-0000-0000-XXXX-XXXXXXXXXXXX; its number in hexadecimal
// digits, its path or its name find it as well.
//
// What is brought gets the attributes s2s.host and s2s.address, and RECEIVE in its provenance; what
// is fetched SEND. Ownership: the controller outlives it; every transaction ends before the
// controller stops. Threads: any; a transaction belongs to one.

#include "engine/control/flow_controller.h"
#include "engine/site_to_site/ports.h"

#include <string>

namespace millrace::host {

class FlowPorts final : public site_to_site::Ports {
 public:
  explicit FlowPorts(engine::FlowController& controller) : controller_(controller) {}

  std::vector<site_to_site::PortInfo> list() override;
  std::uint32_t load() override;
  site_to_site::Response state(const std::string& port) override;
  Result<std::unique_ptr<site_to_site::IncomingTransaction>> receive(
      const std::string& port, const site_to_site::Caller& caller) override;
  Result<std::unique_ptr<site_to_site::OutgoingTransaction>> send(
      const std::string& port, const site_to_site::Caller& caller) override;

  static std::string idOf(ComponentId port);

 private:
  Result<engine::PublicPort> find(const std::string& port) const;
  Result<std::unique_ptr<engine::PortVisit>> visit(const std::string& port,
                                                   engine::PublicAccess access);

  engine::FlowController& controller_;
};

}  // namespace millrace::host
