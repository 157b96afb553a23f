// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/store_image.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

Error damage(Lsn lsn, std::string_view what) {
  return Error::environment(
      fmt::format(
          "the commit of LSN {} {}: the journal or its snapshot is damaged, look at it with "
          "`millrace repo verify`",
          lsn.raw(), what),
      false);
}

std::string text(QueueKey key) { return fmt::format("({}, {})", key.lsn.raw(), key.index); }

}  // namespace

/// Applies one record. Inputs stay where they are until they are output or dropped, since one that
/// is neither keeps its place.
class StoreImage::Applier final : public CommitRecordVisitor {
 public:
  Applier(StoreImage& image, Lsn lsn, CommitObserver* observer)
      : image_(image), lsn_(lsn), observer_(observer) {}

  void begin(ComponentId component, Millis time, std::uint64_t flowRevision) override {
    time_ = time;
    if (observer_ != nullptr) observer_->head(component, time, flowRevision);
  }

  Result<> input(const InputRun& run) override {
    const auto found = image_.queues_.find(run.connection);
    StoreImageQueue* queue = found == image_.queues_.end() ? nullptr : &found->second;
    std::optional<StoreImageQueue::Position> at;
    if (queue != nullptr) at = MR_TRY(queue->find(run.first));
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const QueueKey key{run.first.lsn, run.first.index + i};
      if (!at.has_value() || queue->at(*at).key != key || !queue->has(*at)) {
        return damage(lsn_, fmt::format("takes FlowFile {} of connection {}, which is not there",
                                        text(key), run.connection.raw()));
      }
      if (observer_ != nullptr) observer_->input(run.connection, queue->at(*at));
      if (i == 0 || at->entry == 0) taken_.push_back({queue, run.connection, *at, inputs_, 0});
      ++taken_.back().count;
      ++inputs_;
      if (i + 1 < run.count) at = MR_TRY(queue->next(*at));
    }
    return Done{};
  }

  Result<> outputs(ConnectionId connection) override {
    output_ = &image_.queues_[connection];
    outputs_.push_back(output_);
    connection_ = connection;
    if (observer_ != nullptr) observer_->outputs(connection);
    return Done{};
  }

  Result<> same(std::uint32_t ordinal, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      FlowFile file = MR_TRY(take(ordinal + i));
      MR_TRY(queue(std::move(file)));
    }
    if (observer_ != nullptr) observer_->same(ordinal, count);
    return Done{};
  }

  FlowFile* inputFlowFile(std::uint32_t ordinal) override {
    const Taken* run = runOf(ordinal);
    if (run == nullptr || !run->queue->has(run->position(ordinal))) return nullptr;
    return &run->queue->at(run->position(ordinal));
  }

  Result<> changed(std::uint32_t ordinal, FlowFile after) override {
    const FlowFile before = MR_TRY(take(ordinal));
    if (observer_ != nullptr) observer_->changed(ordinal, before, after);
    if (before.content.buffer != after.content.buffer) {
      if (before.content.buffer != nullptr) before.content.buffer->releaseAt(lsn_);
      if (after.content.buffer != nullptr) after.content.buffer->retain();
    }
    return queue(std::move(after));
  }

  Result<> created(FlowFile file) override {
    if (observer_ != nullptr) observer_->created(file);
    if (file.content.buffer != nullptr) file.content.buffer->retain();
    return queue(std::move(file));
  }

  Result<> dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                   std::string_view relationship) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      const FlowFile file = MR_TRY(take(ordinal + i));
      if (file.content.buffer != nullptr) file.content.buffer->releaseAt(lsn_);
    }
    if (observer_ != nullptr) observer_->dropped(ordinal, count, reason, relationship);
    return Done{};
  }

  void fact(const Fact& fact) override {
    if (observer_ != nullptr) observer_->fact(fact);
  }

  void state(ComponentId component, std::string_view key,
             std::optional<std::string_view> value) override {
    ComponentState& state = image_.state_[component];
    state.version = lsn_;
    if (value.has_value()) {
      state.values.insert_or_assign(std::string(key), StateValue{std::string(*value), lsn_});
    } else if (const auto found = state.values.find(key); found != state.values.end()) {
      state.values.erase(found);
    }
  }

  void appended(const LogPlace& place) override { image_.placeLogEnd(place); }

  /// After the last entry of the record, when no position is needed any more.
  Result<> settle() {
    image_.touched_ += inputs_ + next_;
    for (const Taken& run : taken_) run.queue->trim();
    if (image_.pages_ == nullptr) return Done{};
    for (StoreImageQueue* queue : outputs_) MR_TRY(queue->fold(*image_.pages_));
    return Done{};
  }

 private:
  /// Inputs that lie side by side in one batch.
  struct Taken {
    StoreImageQueue* queue;
    ConnectionId connection;
    StoreImageQueue::Position first;
    std::uint64_t ordinal;  ///< of the first
    std::uint32_t count;
    StoreImageQueue::Position position(std::uint64_t of) const {
      return {first.batch, first.entry + static_cast<std::size_t>(of - ordinal)};
    }
  };

  const Taken* runOf(std::uint64_t ordinal) {
    if (ordinal >= inputs_) return nullptr;
    // Ordinals mostly come in order.
    if (ordinal < taken_[hint_].ordinal || ordinal - taken_[hint_].ordinal >= taken_[hint_].count) {
      const auto after = std::upper_bound(
          taken_.begin(), taken_.end(), ordinal,
          [](std::uint64_t wanted, const Taken& run) { return wanted < run.ordinal; });
      hint_ = static_cast<std::size_t>(after - taken_.begin()) - 1;
    }
    return &taken_[hint_];
  }

  Result<FlowFile> take(std::uint32_t ordinal) {
    const Taken* run = runOf(ordinal);
    if (run == nullptr) {
      return damage(lsn_,
                    fmt::format("uses input {}, though it took {} FlowFiles", ordinal, inputs_));
    }
    const auto at = run->position(ordinal);
    if (!run->queue->has(at)) {
      return damage(lsn_, fmt::format("uses FlowFile {} of connection {} twice",
                                      text(run->queue->at(at).key), run->connection.raw()));
    }
    return run->queue->take(at);
  }

  Result<> queue(FlowFile file) {
    file.key = {lsn_, next_++};
    file.queuedAt = time_;
    file.heldUntil = 0;
    if (output_ == nullptr || !output_->place(std::move(file))) {
      return damage(lsn_,
                    fmt::format("queues at connection {} behind a greater key", connection_.raw()));
    }
    return Done{};
  }

  StoreImage& image_;
  Lsn lsn_;
  CommitObserver* observer_;
  Millis time_ = 0;
  std::vector<Taken> taken_;
  std::size_t hint_ = 0;
  std::uint64_t inputs_ = 0;
  StoreImageQueue* output_ = nullptr;
  std::vector<StoreImageQueue*> outputs_;
  ConnectionId connection_;
  std::uint32_t next_ = 0;
};

Result<> StoreImage::apply(Lsn lsn, ByteView record, InlineBuffers buffers,
                           CommitObserver* observer) {
  if (lsn <= applied_)
    return damage(lsn, fmt::format("comes after that of LSN {}", applied_.raw()));
  Applier applier(*this, lsn, observer);
  if (observer != nullptr) observer->begin(lsn, record, buffers);
  Result<> result = decodeCommitRecord(record, buffers, applier);
  if (!result.ok()) {
    const std::string& message = result.error().message;
    if (message.starts_with("the commit of LSN")) return result;
    return Error::environment(fmt::format("LSN {}: {}", lsn.raw(), message), false);
  }
  MR_TRY(applier.settle());
  applied_ = lsn;
  return observer == nullptr ? Result<>(Done{}) : observer->end();
}

Result<> StoreImage::place(ConnectionId connection, FlowFile file) {
  const QueueKey key = file.key;
  if (queues_[connection].place(std::move(file))) return Done{};
  return Error::environment(
      fmt::format("FlowFile {} of connection {} is out of order", text(key), connection.raw()),
      false);
}

Result<> StoreImage::place(ConnectionId connection, std::unique_ptr<FlowFilePage> page,
                           bool noClaims) {
  const QueueKey key = page->facts().first;
  if (queues_[connection].place(std::move(page), noClaims)) return Done{};
  return Error::environment(fmt::format("the page that begins with {} of connection {} is out of "
                                        "order",
                                        text(key), connection.raw()),
                            false);
}

std::uint64_t StoreImage::count() const {
  std::uint64_t total = 0;
  for (const auto& [connection, queue] : queues_) total += queue.count();
  return total;
}

std::vector<RestoredBatch> StoreImage::takeQueue(ConnectionId connection) {
  const auto found = queues_.find(connection);
  if (found == queues_.end()) return {};
  auto content = found->second.takeAll();
  queues_.erase(found);
  return content;
}

}  // namespace millrace::repo
