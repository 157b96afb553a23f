// SPDX-License-Identifier: Apache-2.0
// Where the FlowFiles of a slice go: outputs by connection, and what is dropped where a connection
// is full and does not hold up who writes to it.
#include "engine/base/random.h"
#include "engine/session/engine_session.h"

#include <algorithm>
#include <stdexcept>

namespace millrace::engine {

using State = SessionEntry::State;

EngineSession::Outputs& EngineSession::outputsOf(const std::shared_ptr<FlowFileQueue>& queue) {
  for (Outputs& outputs : outputs_) {
    if (outputs.queue == queue) return outputs;
  }
  outputs_.push_back({queue, {}});
  return outputs_.back();
}

void EngineSession::gatherOutputs() {
  for (Outputs& outputs : outputs_) outputs.items.clear();
  crowds_.clear();
  giving_.clear();
  const bool drops =
      std::any_of(wiring_->routes.begin(), wiring_->routes.end(), [](const auto& route) {
        return std::any_of(route.connections.begin(), route.connections.end(),
                           [](const auto& queue) { return queue->whenFull() != WhenFull::kWait; });
      });
  // What is dropped is added at the end, and goes nowhere.
  const std::size_t used = used_;
  if (drops) makeRoom();
  for (std::size_t i = 0; i < used; ++i) {
    SessionEntry& entry = pool_[i];
    if (entry.state == State::kToSelf) {
      const auto own = std::find_if(wiring_->inputs.begin(), wiring_->inputs.end(),
                                    [&](const auto& queue) { return queue.get() == entry.queue; });
      MR_ASSERT(own != wiring_->inputs.end());
      outputsOf(*own).items.push_back({&entry, false, {}});
      continue;
    }
    if (entry.state != State::kTransferred) continue;
    const auto& all = wiring_->routes[entry.route].connections;
    if (all.empty()) continue;
    if (drops) {
      accepting_.clear();
      for (const auto& queue : all) {
        if (isAccepted(i, queue)) accepting_.push_back(queue);
      }
    }
    const auto& connections = drops ? accepting_ : all;
    if (connections.empty()) {
      entry.state = State::kCrowded;
      continue;
    }
    if (store_.plantedForTests == PlantedFault::kFlowFileForgotten &&
        mix64(entry.file.id.raw()) % 10'000 == 0) {
      continue;
    }
    // The original goes to the last connection, a clone to each of the others.
    for (std::size_t c = 0; c + 1 < connections.size(); ++c) {
      if (nextId_ == idEnd_) {
        const auto first = store_.ids.take(1024);
        if (!first.ok()) throw std::runtime_error(first.error().message);
        nextId_ = *first;
        idEnd_ = nextId_ + 1024;
      }
      const FlowFileId cloneId(nextId_++);
      outputsOf(connections[c]).items.push_back({&entry, true, cloneId});
      facts_.push_back({FactKind::kClone, entry.file.id, {}, {}, {entry.file.id}, {cloneId}});
    }
    outputsOf(connections.back()).items.push_back({&entry, false, {}});
  }
  // In a queue they stand as they were transferred, whatever the order in which they were taken.
  const auto earlier = [](const Outputs::Item& a, const Outputs::Item& b) {
    return a.entry->turn < b.entry->turn;
  };
  for (Outputs& outputs : outputs_) {
    if (!std::is_sorted(outputs.items.begin(), outputs.items.end(), earlier))
      std::stable_sort(outputs.items.begin(), outputs.items.end(), earlier);
  }
  keepBudget();
}

void EngineSession::giveBack(SessionFlowFile& file) {
  SessionEntry& entry = mine(file);
  if (entry.state != State::kInHand || !entry.isInput())
    throw std::logic_error("only a FlowFile in hand that was taken can be given back");
  if (entry.original) {
    const Content& before = entry.original->content;
    const Content& now = entry.file.content;
    if (now.buffer != before.buffer || !(now.claim == before.claim)) releaseContent(now, Lsn(0));
  }
  std::erase_if(facts_, [&](const StoredFact& fact) { return fact.flowFile == entry.file.id; });
  FlowFile taken = entry.before();
  taken.heldUntil = 0;
  entry.state = State::kReturned;
  std::vector<FlowFile> back;
  back.push_back(std::move(taken));
  entry.queue->putBack(std::move(back));
}

EngineSession::Crowd& EngineSession::crowdOf(const std::shared_ptr<FlowFileQueue>& queue) {
  for (Crowd& crowd : crowds_) {
    if (crowd.queue == queue) return crowd;
  }
  crowds_.push_back({queue, queue->room(), 0, 0, 0});
  return crowds_.back();
}

/// Drops what would leave the queue next; false when there is nothing that can be dropped.
bool EngineSession::dropFirst(Crowd& crowd) {
  std::vector<FlowFile> taken;
  const FlowFileQueue::Poll how{1, store_.clock.monotonic(), store_.clock.wall(), Lsn{~0ULL}};
  crowd.queue->poll(how, taken, expired_);
  if (taken.empty() && expired_.empty()) return false;
  const auto makeRoom = [&](const FlowFile& file) {
    if (crowd.room.count != UINT64_MAX) ++crowd.room.count;
    if (crowd.room.bytes != UINT64_MAX) crowd.room.bytes += file.size();
  };
  for (const FlowFile& file : expired_) makeRoom(file);
  addExpired(*crowd.queue);
  for (FlowFile& file : taken) {
    makeRoom(file);
    crowd.count(file.size());
    addInput(std::move(file), *crowd.queue).state = State::kCrowded;
  }
  return true;
}

/// Where the oldest gives way, what the session brings is newer than all that waits: from its
/// newest on, each finds room or makes it, until nothing is left to drop.
void EngineSession::makeRoom() {
  for (std::size_t i = used_; i-- > 0;) {
    const SessionEntry& entry = pool_[i];
    if (entry.state != State::kTransferred) continue;
    const std::uint64_t size = entry.file.size();
    for (const auto& queue : wiring_->routes[entry.route].connections) {
      if (queue->whenFull() != WhenFull::kDropOldest) continue;
      Crowd& crowd = crowdOf(queue);
      // In vain for what can never fit.
      bool fits = i >= crowd.firstAccepted && size <= crowd.room.mostBytes;
      while (fits && !crowd.take(size)) {
        if (dropFirst(crowd)) continue;
        crowd.firstAccepted = i + 1;
        fits = false;
      }
      if (!fits) crowd.count(size);
    }
  }
}

/// True when the FlowFile may go there.
bool EngineSession::isAccepted(std::size_t index, const std::shared_ptr<FlowFileQueue>& queue) {
  const WhenFull rule = queue->whenFull();
  if (rule == WhenFull::kWait) return true;
  Crowd& crowd = crowdOf(queue);
  const std::uint64_t size = pool_[index].file.size();
  if (rule == WhenFull::kDropOldest)
    return index >= crowd.firstAccepted && size <= crowd.room.mostBytes;
  if (crowd.take(size)) return true;
  crowd.count(size);
  return false;
}

bool EngineSession::Crowd::take(std::uint64_t size) {
  if (room.count == 0 || room.bytes < size) return false;
  if (room.count != UINT64_MAX) --room.count;
  if (room.bytes != UINT64_MAX) room.bytes -= size;
  return true;
}

void EngineSession::Crowd::count(std::uint64_t size) {
  ++dropped;
  droppedBytes += size;
}

void EngineSession::tellCrowded(Nanos now, SliceResult& result) {
  tellOverBudget(now, result);
  for (const Crowd& crowd : crowds_) {
    if (crowd.dropped == 0) continue;
    const auto count = [&](const char* name, std::uint64_t number) {
      store_.counters.adjust(wiring_->componentName, name, static_cast<std::int64_t>(number));
    };
    count("FlowFiles dropped where a connection is full", crowd.dropped);
    count("Bytes dropped where a connection is full", crowd.droppedBytes);
    if (auto note = crowd.queue->noteDropped(crowd.dropped, crowd.droppedBytes, now))
      result.notes.push_back(*std::move(note));
  }
  // It was no input of the component.
  for (std::size_t i = 0; i < used_; ++i) {
    const bool dropped = pool_[i].state == State::kCrowded || pool_[i].state == State::kOverBudget;
    if (!dropped || pool_[i].turn != 0) continue;
    --result.in;
    result.inBytes -= pool_[i].before().size();
  }
}

}  // namespace millrace::engine
