// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessorBench: one processor with real queues, sessions, commits and repositories, on files in
// memory and a clock that moves when told. Tests enqueue FlowFiles, run, and look at what came out.
//
//   ProcessorBench bench(descriptor);
//   bench.set("Attribute", "value");
//   bench.enqueue("content", {{"filename", "a.txt"}});
//   bench.run();
//   QCOMPARE(bench.outputs("success").at(0).content, std::string("…"));

#include "engine/base/clock.h"
#include "engine/base/fault_file_system.h"
#include "engine/control/component.h"
#include "engine/processor/descriptor.h"
#include "repositories/content/disk_content.h"
#include "repositories/memory/memory_journal.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::tests {

class ProcessorBench {
 public:
  using AttributeMap = std::map<std::string, std::string>;
  struct Output {
    std::string content;
    AttributeMap attributes;  ///< uuid and filename included
    bool penalized = false;
  };

  explicit ProcessorBench(const ProcessorDescriptor& descriptor);
  ~ProcessorBench();

  ProcessorBench& set(std::string name, std::string value);
  /// Replaces a parameter reference `#{name}` in properties.
  ProcessorBench& parameter(std::string name, std::string value);
  /// Relationships that are not kept but auto-terminated.
  ProcessorBench& autoTerminate(std::string relationship);
  ProcessorBench& retry(std::string relationship, engine::RetryPolicy policy);
  ProcessorBench& schedule(engine::Schedule schedule);
  ProcessorBench& service(std::string name, ControllerService* service);
  /// Uses these files instead of an empty file system in memory; before the first enqueue().
  ProcessorBench& files(FileSystem& files);
  ProcessorBench& processes(ProcessRunner& processes);
  ProcessorBench& network(net::Network& network);
  /// A processor that may have input but gets none has no input queue: it is a source.
  ProcessorBench& asSource();

  /// What is wrong with the configuration; empty when it could run.
  std::string problem();
  void enqueue(std::string_view content, const AttributeMap& attributes = {});
  /// Starts the processor if it is not running, then runs slices until none is ready. What was
  /// committed is durable and its effects have run on return. The clock does not move. Returns the
  /// number of slices.
  int run(int mostSlices = 100);
  /// One slice if the processor is ready; its commit is not durable before makeDurable() or run().
  bool runSlice();
  void makeDurable();
  /// As run(), in real time: until `done` says so, waiting for the processor to ask to be
  /// triggered. False when that takes longer than a minute.
  bool runUntil(const std::function<bool()>& done);
  /// Stops the processor as a user would; run() starts it again.
  void stop();
  /// Another instance of the processor with the same queues, state and files, as after a restart.
  void restart();

  /// All that came out of a relationship so far, in order.
  std::vector<Output> outputs(const std::string& relationship);
  std::size_t count(const std::string& relationship) { return outputs(relationship).size(); }
  /// FlowFiles that wait at the input, held ones included.
  std::uint64_t queued() const;
  std::map<std::string, std::string> state() const;
  std::map<std::string, std::int64_t> counters() const;
  std::vector<engine::Bulletin> bulletins() const { return bulletins_.since(); }
  VirtualClock& clock() { return clock_; }
  FileSystem& fileSystem() { return *world_->files; }
  /// The default file system, for planting faults.
  MemoryFileSystem& memoryFiles() { return memoryFiles_; }
  void writeFile(const std::string& path, std::string_view content);
  std::string readFile(const std::string& path);
  engine::Component& component() { return *component_; }
  const engine::ComponentStatistics& statistics() const { return component_->statistics(); }

 private:
  struct Services {
    FileSystem* files = nullptr;
    net::Network* network = nullptr;
    ProcessRunner* processes = nullptr;
  };
  bool configure();
  std::vector<std::byte> bytesOf(const Content& content);

  const ProcessorDescriptor& descriptor_;
  VirtualClock clock_;
  MemoryFileSystem memoryFiles_;
  MemoryFileSystem storeFiles_;
  std::unique_ptr<Services> world_;
  std::vector<PropertyText> properties_;
  std::map<std::string, std::string> parameters_;
  std::vector<std::string> autoTerminated_;
  std::map<std::string, engine::RetryPolicy> retried_;
  std::map<std::string, ControllerService*> services_;
  engine::Schedule schedule_;
  bool source_ = false;
  std::string problem_;

  repo::MemoryJournal journal_;
  std::unique_ptr<GroupCommit> commits_;
  std::unique_ptr<repo::DiskContent> content_;
  std::unique_ptr<engine::FlowFileIds> ids_;
  engine::StateTable state_;
  engine::Counters counters_;
  std::unique_ptr<engine::Store> store_;
  engine::Bulletins bulletins_;
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<std::uint64_t> chance_{42};
  std::atomic<std::int64_t> nextInt_{0};
  Mutex wakeMutex_;
  Condition woken_;
  bool wake_ MR_GUARDED_BY(wakeMutex_) = false;
  expression::AttributeMap variables_;
  std::unique_ptr<expression::Machine> machine_;
  std::unique_ptr<expression::EvaluationEnvironment> environment_;
  std::shared_ptr<engine::FlowFileQueue> input_;
  std::map<std::string, std::shared_ptr<engine::FlowFileQueue>> queues_;
  std::map<std::string, std::vector<Output>> outputs_;
  std::shared_ptr<engine::Component> component_;
  bool configured_ = false;
};

}  // namespace millrace::tests
