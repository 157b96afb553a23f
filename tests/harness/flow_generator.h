// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowGenerator: flows drawn by chance from every type of processor there is, with nested groups,
// ports, funnels, loops, retry, expiration, penalties and tiny queues; and live edits of them.
//
// Promise: what comes out can be applied, and does not grow without end while somebody looks at the
// queues now and then. The same seed and number give the same flow. Threads: one.

#include "engine/base/random.h"
#include "engine/base/result.h"
#include "engine/flow/flow.h"
#include "engine/processor/descriptor.h"

#include <string>
#include <vector>

namespace millrace::tests {

class FlowGenerator {
 public:
  /// The flow has a processor of the type whose position in the registry is `number` modulo the
  /// number of types.
  FlowGenerator(std::uint64_t seed, std::size_t number);

  Result<> make();
  /// Another form of the flow, as a person might edit it.
  Result<> change();
  const flow::Flow& flow() const { return flow_; }
  std::string yaml() const;

 private:
  struct End {
    std::string path;
    const ProcessorDescriptor* type = nullptr;  // null: a port or funnel
    const flow::Processor* processor = nullptr;
  };

  Result<flow::Processor> processor(const ProcessorDescriptor& type);
  Result<> fill(flow::Group& group, int depth);
  void settings(flow::Processor& processor, const ProcessorDescriptor& type);
  flow::Connection connection(const End& from, const std::vector<std::string>& relationships,
                              const End& to);
  void connect(flow::Group& group);
  std::vector<End> sourcesOf(const flow::Group& group) const;
  std::vector<End> targetsOf(const flow::Group& group) const;
  Result<> changeGroup(flow::Group& group);
  /// Takes out what names a relationship or element that is no more, and auto-terminates the rest.
  void mend(flow::Group& group);
  std::string name(const std::string& stem) { return stem + " " + std::to_string(++names_); }
  std::vector<flow::Group*> groups();

  Random random_;
  std::size_t number_;
  std::size_t names_ = 0;
  flow::Flow flow_;
};

}  // namespace millrace::tests
