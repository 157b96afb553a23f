// SPDX-License-Identifier: Apache-2.0
#include "engine/control/passthrough.h"

#include "engine/processor/processor.h"

#include <array>

namespace millrace::engine {
namespace {

constexpr Relationship kOut{kPassthroughRelationship, "Everything that came in."};
constexpr std::array kRelationships{&kOut};

class Passthrough final : public Processor {
  Result<> onTrigger(ProcessContext&, ProcessSession& session) override {
    for (unsigned moved = 0; moved < kAtOnce; ++moved) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      session.transfer(*file, kOut);
    }
    return Done{};
  }
  static constexpr unsigned kAtOnce = 1000;
};

constinit const ProcessorDescriptor kPort{.type = "Port",
                                          .summary = "Hands on what crosses the border of a group.",
                                          .relationships = kRelationships,
                                          .batching = true,
                                          .wakesItself = true,
                                          .make = make<Passthrough>};
constinit const ProcessorDescriptor kFunnel{.type = "Funnel",
                                            .summary = "Joins several connections into others.",
                                            .relationships = kRelationships,
                                            .batching = true,
                                            .serial = true,
                                            .make = make<Passthrough>};

constinit const ProcessorDescriptor kMissing{
    .type = "Missing",
    .summary = "Stands where a processor is that this program does not have. Never runs.",
    .make = make<Passthrough>};

}  // namespace

const ProcessorDescriptor& missingDescriptor() { return kMissing; }
const ProcessorDescriptor& portDescriptor() { return kPort; }
const ProcessorDescriptor& funnelDescriptor() { return kFunnel; }
bool isPassthrough(const ProcessorDescriptor* type) { return type == &kPort || type == &kFunnel; }

}  // namespace millrace::engine
