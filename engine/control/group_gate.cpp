// SPDX-License-Identifier: Apache-2.0
#include "engine/control/group_gate.h"

#include <algorithm>

namespace millrace::engine {
namespace {

constexpr unsigned kAtOnce = 1000;  // FlowFiles that a port moves in one trigger

bool isEmpty(const GroupGate::Queues& queues) {
  return std::all_of(queues.begin(), queues.end(),
                     [](const auto& queue) { return queue->isEmpty(); });
}

bool isEmpty(const std::map<std::string, GroupGate::Queues>& queues) {
  return std::all_of(queues.begin(), queues.end(),
                     [](const auto& port) { return isEmpty(port.second); });
}

}  // namespace

class GroupGate::Input final : public PortGate {
 public:
  explicit Input(std::shared_ptr<GroupGate> group) : group_(std::move(group)) {}
  bool isOpen() const override { return group_->canEnter(); }
  bool enter() override { return group_->enter(); }
  void leave() override { group_->entered(); }
  bool movesOnce() const override {
    return group_->concurrency_ == flow::FlowFileConcurrency::kSingleFlowFile;
  }
  Result<> move(ProcessSession& session) override {
    for (unsigned moved = 0; moved < (movesOnce() ? 1 : kAtOnce); ++moved) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      session.transfer(*file, RelationshipIndex{0});
    }
    return Done{};
  }

 private:
  const std::shared_ptr<GroupGate> group_;
};

class GroupGate::Output final : public PortGate {
 public:
  explicit Output(std::shared_ptr<GroupGate> group) : group_(std::move(group)) {}
  bool isOpen() const override { return group_->canLeave(); }
  bool enter() override { return group_->canLeave(); }
  void leave() override { group_->left(); }
  bool movesOnce() const override { return false; }
  Result<> move(ProcessSession& session) override {
    const auto counts = group_->counts();
    const std::vector<Attributes::Pair> pairs(counts.begin(), counts.end());
    for (unsigned moved = 0; moved < kAtOnce; ++moved) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      if (!pairs.empty()) session.putAttributes(*file, pairs);
      session.transfer(*file, RelationshipIndex{0});
    }
    return Done{};
  }

 private:
  const std::shared_ptr<GroupGate> group_;
};

std::shared_ptr<PortGate> GroupGate::inputPort() {
  if (concurrency_ == flow::FlowFileConcurrency::kUnbounded) return nullptr;
  return std::make_shared<Input>(shared_from_this());
}

std::shared_ptr<PortGate> GroupGate::outputPort() {
  if (concurrency_ == flow::FlowFileConcurrency::kUnbounded || !batchOut_) return nullptr;
  return std::make_shared<Output>(shared_from_this());
}

bool GroupGate::canEnter() const {
  if (concurrency_ == flow::FlowFileConcurrency::kSingleFlowFile)
    return inside_ == 0 && isEmpty(parts_.working) && isEmpty(parts_.leaving);
  if (std::any_of(parts_.upstream.begin(), parts_.upstream.end(), [](const auto& group) {
        const auto alive = group.lock();
        return alive != nullptr && alive->isReleasing();
      }))
    return false;
  return taking_ || inside_ > 0 || (isEmpty(parts_.working) && isEmpty(parts_.leaving));
}

bool GroupGate::enter() {
  if (concurrency_ == flow::FlowFileConcurrency::kSingleBatch) {
    if (!canEnter()) return false;
    ++inside_;
    taking_ = true;
    return true;
  }
  std::uint32_t nobody = 0;
  if (!inside_.compare_exchange_strong(nobody, 1)) return false;
  if (isEmpty(parts_.working) && isEmpty(parts_.leaving)) return true;
  inside_ = 0;
  return false;
}

void GroupGate::entered() {
  if (isEmpty(parts_.before)) taking_ = false;
  --inside_;
  if (parts_.wake) parts_.wake();
}

bool GroupGate::canLeave() const {
  return inside_ == 0 && !taking_ && isEmpty(parts_.working) && !isEmpty(parts_.leaving);
}

bool GroupGate::isReleasing() const { return batchOut_ && canLeave(); }

/// Of the batch that leaves: counted when its first FlowFile goes, kept until its last is gone.
std::vector<std::pair<std::string, std::string>> GroupGate::counts() {
  if (concurrency_ != flow::FlowFileConcurrency::kSingleFlowFile) return {};
  MutexLock lock(mutex_);
  if (!counts_.empty()) return counts_;
  for (const auto& [port, queues] : parts_.leaving) {
    std::uint64_t count = 0;
    for (const auto& queue : queues) count += queue->status().count;
    counts_.emplace_back("batch.output." + port, std::to_string(count));
  }
  return counts_;
}

void GroupGate::left() {
  {
    MutexLock lock(mutex_);
    if (isEmpty(parts_.leaving)) counts_.clear();
  }
  if (parts_.wake) parts_.wake();
}

}  // namespace millrace::engine
