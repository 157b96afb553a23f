// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include "engine/base/crc32c.h"
#include "engine/net/no_network.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <stdexcept>

namespace millrace::tests {

using engine::Component;
using engine::FlowFileQueue;

namespace {

class NoProcesses final : public ProcessRunner {
 public:
  Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) override {
    return Error::environment("this bench runs no processes: " + request.command, false);
  }
};

class FixedMachine final : public expression::Machine {
 public:
  std::string hostname() const override { return "bench"; }
  std::string fullName() const override { return "bench.example"; }
  std::string address() const override { return "192.0.2.1"; }
};

void require(const Result<>& result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
}
template <typename T>
T require(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

constexpr std::uint64_t kStoreId = 7;

}  // namespace

ProcessorBench::ProcessorBench(const ProcessorDescriptor& descriptor)
    : descriptor_(descriptor), world_(std::make_unique<Services>()), bulletins_(clock_) {
  static NoProcesses noProcesses;
  static net::NoNetwork noNetwork("this bench has no network");
  world_->files = &memoryFiles_;
  world_->network = &noNetwork;
  world_->processes = &noProcesses;
  commits_ = std::make_unique<GroupCommit>(journal_, memoryFiles_, clock_, GroupCommitOptions{});
  ids_ = std::make_unique<engine::FlowFileIds>(
      [next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
        const std::uint64_t first = next;
        next += count;
        return first;
      });
  machine_ = std::make_unique<FixedMachine>();
  environment_ =
      std::make_unique<expression::EvaluationEnvironment>(expression::EvaluationEnvironment{
          clock_, *machine_, variables_, nextInt_, expression::TimeZone()});
}

ProcessorBench::~ProcessorBench() {
  stop();
  component_.reset();
}

ProcessorBench& ProcessorBench::set(std::string name, std::string value) {
  for (auto& [known, text] : properties_) {
    if (known != name) continue;
    text = std::move(value);
    configured_ = false;
    return *this;
  }
  properties_.emplace_back(std::move(name), std::move(value));
  configured_ = false;
  return *this;
}
ProcessorBench& ProcessorBench::parameter(std::string name, std::string value) {
  parameters_[std::move(name)] = std::move(value);
  return *this;
}
ProcessorBench& ProcessorBench::autoTerminate(std::string relationship) {
  autoTerminated_.push_back(std::move(relationship));
  return *this;
}
ProcessorBench& ProcessorBench::retry(std::string relationship, engine::RetryPolicy policy) {
  retried_[std::move(relationship)] = policy;
  return *this;
}
ProcessorBench& ProcessorBench::schedule(engine::Schedule schedule) {
  schedule_ = std::move(schedule);
  return *this;
}
ProcessorBench& ProcessorBench::service(std::string name, ControllerService* service) {
  services_[std::move(name)] = service;
  return *this;
}
ProcessorBench& ProcessorBench::files(FileSystem& files) {
  world_->files = &files;
  commits_ = std::make_unique<GroupCommit>(journal_, files, clock_, GroupCommitOptions{});
  return *this;
}
ProcessorBench& ProcessorBench::processes(ProcessRunner& processes) {
  world_->processes = &processes;
  return *this;
}
ProcessorBench& ProcessorBench::network(net::Network& network) {
  world_->network = &network;
  return *this;
}
ProcessorBench& ProcessorBench::asSource() {
  source_ = true;
  return *this;
}

bool ProcessorBench::configure() {
  if (configured_) return problem_.empty();
  configured_ = true;
  auto configuration = engine::Configuration::make(
      descriptor_, properties_, [this](std::string_view name) -> std::optional<std::string> {
        const auto found = parameters_.find(std::string(name));
        return found == parameters_.end() ? std::nullopt : std::optional(found->second);
      });
  problem_ = configuration.ok() ? "" : configuration.error().message;
  if (!configuration.ok()) return false;
  if (store_ == nullptr) {
    content_ = require(repo::DiskContent::open(storeFiles_, "content", clock_, {},
                                               repo::DiskContent::LastStop::kClean));
    content_->finishReplay();
    store_ = std::make_unique<engine::Store>(engine::Store{
        kStoreId, *commits_, *content_, *ids_, state_, counters_, clock_, *world_->files});
    input_ = std::make_shared<FlowFileQueue>(ConnectionId(1), "input",
                                             engine::QueueSettings{0, 0, {}, 0, {}});
  }
  if (component_ == nullptr) {
    engine::World world{clock_,        *world_->files, *world_->network, *world_->processes,
                        *environment_, chance_};
    component_ =
        std::make_shared<Component>(engine::ComponentServices{*store_, world, bulletins_, changes_},
                                    descriptor_, ComponentId(11), "Bench");
    component_->onWake([this] {
      MutexLock lock(wakeMutex_);
      wake_ = true;
      woken_.notifyAll();
    });
  } else {
    stop();
  }
  component_->configure(*configuration);
  component_->schedule(schedule_);
  component_->context().setBulletinLevel(BulletinLevel::kDebug);
  component_->context().setServices([this](std::string_view name) -> ControllerService* {
    const auto found = services_.find(std::string(name));
    return found == services_.end() ? nullptr : found->second;
  });
  engine::Wiring wiring;
  wiring.component = ComponentId(11);
  wiring.componentName = "Bench";
  if (descriptor_.input != InputRequirement::kForbidden && !source_)
    wiring.inputs.push_back(input_);
  for (const std::string& name : (*configuration)->relationships()) {
    engine::Route route;
    route.relationship = name;
    route.declared = engine::declaredRelationship(descriptor_, name);
    route.autoTerminated =
        std::find(autoTerminated_.begin(), autoTerminated_.end(), name) != autoTerminated_.end();
    if (const auto retried = retried_.find(name); retried != retried_.end()) {
      route.retried = true;
      wiring.retry = retried->second;
    }
    if (!route.autoTerminated) {
      auto& queue = queues_[name];
      if (queue == nullptr) {
        queue = std::make_shared<FlowFileQueue>(ConnectionId(100 + queues_.size()), name,
                                                engine::QueueSettings{0, 0, {}, 0, {}});
      }
      route.connections.push_back(queue);
    }
    wiring.routes.push_back(std::move(route));
  }
  component_->wire(std::move(wiring));
  return true;
}

std::string ProcessorBench::problem() {
  configure();
  return problem_;
}

void ProcessorBench::enqueue(std::string_view content, const AttributeMap& attributes) {
  if (!configure()) throw std::runtime_error(problem_);
  FlowFile file;
  file.id = FlowFileId(require(ids_->take(1)));
  file.entryDate = file.lineageStart = file.queuedAt = clock_.wall();
  file.defaultFilename = true;
  std::vector<Attributes::Pair> pairs;
  for (const auto& [name, value] : attributes) pairs.emplace_back(name, value);
  file.attributes = Attributes(pairs);
  file.ownUuid = attributes.contains("uuid");
  if (content.size() > kInlineLimit) {
    auto appender = require(content_->appender());
    require(appender->write(asBytes(content)));
    file.content.kind = Content::Kind::kStored;
    file.content.claim = require(appender->finish());
    file.content.length = content.size();
    for (const auto& participant : appender->takeParticipants()) require(participant->sync());
  } else if (!content.empty()) {
    file.content.kind = Content::Kind::kInline;
    const ByteView bytes = asBytes(content);
    file.content.buffer =
        std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
    file.content.buffer->retain();
    file.content.length = content.size();
    file.content.crc = crc32c(bytes);
  }
  const std::uint64_t reserved = 64;
  require(commits_->reserve(reserved));
  file.key = {commits_->submit(Commit{}, reserved), 0};
  std::vector<FlowFile> batch;
  batch.push_back(std::move(file));
  input_->push(std::move(batch));
  while (require(commits_->runOnce())) {
  }
}

int ProcessorBench::run(int mostSlices) {
  if (!configure()) throw std::runtime_error(problem_);
  if (component_->state() != engine::ComponentState::kRunning) {
    const auto started = component_->start();
    if (!started.ok()) throw std::runtime_error(started.error().message);
  }
  int slices = 0;
  while (slices < mostSlices && component_->isReady(clock_.monotonic())) {
    component_->runSlice();
    ++slices;
    while (require(commits_->runOnce())) {
    }
  }
  return slices;
}

bool ProcessorBench::runSlice() {
  if (!component_->isReady(clock_.monotonic())) return false;
  component_->runSlice();
  return true;
}

void ProcessorBench::makeDurable() {
  while (require(commits_->runOnce())) {
  }
}

bool ProcessorBench::runUntil(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (true) {
    run();
    if (done()) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    MutexLock lock(wakeMutex_);
    // Woken too when what is waited for is not the processor's doing, such as the end of a client.
    if (!wake_) woken_.waitFor(wakeMutex_, std::chrono::milliseconds(20));
    wake_ = false;
  }
}

void ProcessorBench::stop() {
  if (component_ == nullptr) return;
  component_->beginStop();
  component_->finishStop();
}

void ProcessorBench::restart() {
  stop();
  component_.reset();
  configured_ = false;
  configure();
}

std::vector<std::byte> ProcessorBench::bytesOf(const Content& content) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(content.length));
  if (content.kind == Content::Kind::kInline) {
    const ByteView view = content.inlineBytes();
    bytes.assign(view.begin(), view.end());
  } else if (content.kind == Content::Kind::kStored) {
    const std::size_t got = require(content_->read(content.claim, content.offset, bytes));
    if (got != bytes.size()) throw std::runtime_error("stored content is shorter than it says");
  }
  return bytes;
}

std::vector<ProcessorBench::Output> ProcessorBench::outputs(const std::string& relationship) {
  const auto queue = queues_.find(relationship);
  if (queue == queues_.end()) return {};
  std::vector<FlowFile> files;
  std::vector<FlowFile> expired;
  std::set<std::uint64_t> penalized;
  for (const FlowFile& file : queue->second->peek(SIZE_MAX)) {
    if (file.heldUntil != 0) penalized.insert(file.id.raw());
  }
  // Penalized ones are wanted too: as seen when every penalty is over.
  queue->second->poll({SIZE_MAX, INT64_MAX, clock_.wall(), Lsn{~0ULL}}, files, expired);
  std::vector<Output>& known = outputs_[relationship];
  for (const FlowFile& file : files) {
    engine::SessionEntry entry;
    entry.reset(kStoreId);
    entry.file = file;
    Output output;
    const auto bytes = bytesOf(file.content);
    output.content = std::string(asText(bytes));
    entry.forEachAttribute([&](std::string_view name, std::string_view value) {
      output.attributes[std::string(name)] = std::string(value);
    });
    output.penalized = penalized.contains(file.id.raw());
    known.push_back(std::move(output));
  }
  queue->second->acknowledge(files.size(), 0);
  return known;
}

std::uint64_t ProcessorBench::queued() const {
  return input_ == nullptr ? 0 : input_->status().count;
}

std::map<std::string, std::string> ProcessorBench::state() const {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : state_.read(ComponentId(11))->entries) result[key] = value;
  return result;
}

std::map<std::string, std::int64_t> ProcessorBench::counters() const {
  std::map<std::string, std::int64_t> result;
  for (const auto& [key, sum] : counters_.all()) result[key.second] = sum;
  return result;
}

void ProcessorBench::writeFile(const std::string& path, std::string_view content) {
  require(fileSystem().createDirectories(parentPath(path)));
  auto file = require(fileSystem().open(path, OpenMode::kTruncate));
  require(file->writeAt(0, asBytes(content)));
}

std::string ProcessorBench::readFile(const std::string& path) {
  return require(fileSystem().readAll(path));
}

}  // namespace millrace::tests
