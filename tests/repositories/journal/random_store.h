// SPDX-License-Identifier: Apache-2.0
#pragma once
// A plain model of a store: a map of lines for each queue, changed by random commits that it also
// writes as records. What it says is compared with images and snapshots as lines of text.

#include "repositories/journal/store_image.h"
#include "tests/engine/ports/record_model.h"

#include <map>
#include <string>
#include <vector>

namespace millrace::model {

struct Step {
  Lsn lsn;
  CommitRecordWriter::Finished commit;
};

inline std::string queued(ConnectionId connection, const FlowFile& file) {
  return fmt::format("queue {} ({}, {}) at {}: {}", connection.raw(), file.key.lsn.raw(),
                     file.key.index, file.queuedAt, line(file));
}

inline std::string logEnd(const LogPartitionId& id, std::int64_t end) {
  return fmt::format("log {}/{}/{} to {}", id.topicHigh, id.topicLow, id.partition, end);
}

inline std::vector<std::string> linesOf(const repo::StoreImage& image) {
  std::vector<std::string> lines;
  image.forEachQueue([&](ConnectionId connection, std::uint64_t count, std::uint64_t bytes) {
    lines.push_back(fmt::format("connection {} has {}, {} bytes", connection.raw(), count, bytes));
    const Result<> read = image.forEachFlowFile(
        connection, [&](const FlowFile& file) { lines.push_back(queued(connection, file)); });
    if (!read.ok()) lines.push_back(read.error().message);
  });
  for (const auto& [component, state] : image.state()) {
    lines.push_back(fmt::format("component {} version {}", component.raw(), state.version.raw()));
    for (const auto& [key, value] : state.values)
      lines.push_back(fmt::format("<{}>=<{}> {}", key, value.value, value.version.raw()));
  }
  for (const auto& [id, end] : image.logEnds()) lines.push_back(logEnd(id, end));
  return lines;
}

class RandomStore {
 public:
  explicit RandomStore(std::uint64_t seed) : random_(seed), files_(seed + 1'000'000) {}

  /// One more commit: takes some FlowFiles, passes on, changes, drops or leaves them, makes others.
  Step commit(std::uint64_t mostMade = 12) {
    last_ = Lsn(last_.raw() + 1 + (random_.oneIn(9) ? random_.below(5) : 0));
    time_ += static_cast<Millis>(random_.below(50));
    const ComponentId component(random_.below(6));
    writer_.begin(component, time_, 1);
    std::vector<Entry> taken = take();
    std::map<Key, FlowFile> fresh;
    next_ = 0;
    std::vector<std::pair<std::uint32_t, DropReason>> drops;
    ConnectionId to = choose();
    writer_.outputs(to);
    for (std::uint32_t i = 0; i < taken.size(); ++i) {
      if (random_.oneIn(10)) writer_.outputs(to = choose());
      pass(i, taken[i], to, fresh, drops);
    }
    for (std::uint64_t left = random_.below(mostMade + 1); left > 0; --left) {
      if (random_.oneIn(10)) writer_.outputs(to = choose());
      FlowFile file = presentFile();
      writer_.created(file);
      queue(to, std::move(file), fresh);
    }
    for (const auto& [ordinal, reason] : drops) writer_.dropped(ordinal, reason);
    queues_.merge(fresh);
    state(component);
    auto finished = writer_.finish();
    appendToLog(finished.record);
    return {last_, std::move(finished)};
  }

  Lsn last() const { return last_; }

  std::vector<std::string> lines() const {
    std::map<ConnectionId, std::vector<std::string>> queues;
    std::map<ConnectionId, std::uint64_t> bytes;
    for (const auto& [key, file] : queues_) {
      queues[key.first].push_back(queued(key.first, file));
      bytes[key.first] += file.content.length;
    }
    std::vector<std::string> all;
    for (const auto& [connection, entries] : queues) {
      all.push_back(fmt::format("connection {} has {}, {} bytes", connection.raw(), entries.size(),
                                bytes[connection]));
      all.insert(all.end(), entries.begin(), entries.end());
    }
    for (const auto& [component, state] : state_) {
      all.push_back(fmt::format("component {} version {}", component.raw(), state.first.raw()));
      for (const auto& [key, value] : state.second)
        all.push_back(fmt::format("<{}>=<{}> {}", key, value.first, value.second.raw()));
    }
    for (const auto& [id, end] : logEnds_) all.push_back(logEnd(id, end));
    return all;
  }

 private:
  using Key = std::pair<ConnectionId, QueueKey>;
  using Entry = std::pair<Key, FlowFile>;

  ConnectionId choose() { return ConnectionId(1 + random_.below(5)); }

  /// Not elided: its bytes are needed in a snapshot.
  FlowFile presentFile() {
    FlowFile file = files_.flowFile();
    while (file.content.kind == Content::Kind::kInline && file.content.buffer->bytes().empty())
      file = files_.flowFile();
    if (file.content.length > (1ULL << 40)) file.content.length = 1;  // so that sums stay sums
    return file;
  }

  std::vector<Entry> take() {
    std::vector<Entry> taken;
    const std::uint64_t wanted = random_.below(20);
    const bool inOrder = !random_.oneIn(3);
    auto at = queues_.lower_bound({choose(), QueueKey{}});
    while (taken.size() < wanted && at != queues_.end()) {
      if (inOrder || random_.oneIn(3)) {
        writer_.input(at->first.first, at->first.second);
        taken.emplace_back(*at);
      }
      ++at;
    }
    return taken;
  }

  void pass(std::uint32_t ordinal, const Entry& entry, ConnectionId to,
            std::map<Key, FlowFile>& fresh,
            std::vector<std::pair<std::uint32_t, DropReason>>& drops) {
    const std::uint64_t way = random_.below(8);
    if (way == 0) return;  // stays
    queues_.erase(entry.first);
    if (way <= 2) {
      drops.emplace_back(ordinal, DropReason::kAutoTerminated);
    } else if (way <= 5) {
      writer_.same(ordinal);
      queue(to, entry.second, fresh);
    } else {
      FlowFile after = entry.second;
      after.attributes = random_.oneIn(2) ? after.attributes.with("step", "same")
                                          : after.attributes.with("step", std::to_string(ordinal));
      if (random_.oneIn(3)) after.content = presentFile().content;
      writer_.changed(ordinal, entry.second, after);
      queue(to, std::move(after), fresh);
    }
  }

  void queue(ConnectionId to, FlowFile file, std::map<Key, FlowFile>& fresh) {
    file.key = {last_, next_++};
    file.queuedAt = time_;
    fresh.emplace(Key{to, file.key}, std::move(file));
  }

  void state(ComponentId component) {
    for (std::uint64_t left = random_.below(3); left > 0; --left) {
      const std::string key = "k" + std::to_string(random_.below(4));
      auto& [version, values] = state_[component];
      version = last_;
      if (random_.oneIn(3)) {
        writer_.state(key, std::nullopt);
        values.erase(key);
      } else {
        const std::string value = std::to_string(random_.next());
        writer_.state(key, value);
        values[key] = {value, last_};
      }
    }
  }

  /// One commit in three appends to some partitions.
  void appendToLog(std::vector<std::byte>& record) {
    if (!random_.oneIn(3)) return;
    std::vector<LogPlace> places;
    for (std::uint32_t partition = 0; partition < 3; ++partition) {
      if (partition > 0 && random_.oneIn(2)) continue;
      const LogPartitionId id{random_.below(2), 7, partition};
      std::int64_t& end = logEnds_[id];
      end += 1 + static_cast<std::int64_t>(random_.below(1000));
      places.push_back({id, end});
    }
    addLogPlaces(record, places);
  }

  Random random_;
  RandomRecord files_;
  CommitRecordWriter writer_;
  Lsn last_;
  Millis time_ = 1'700'000'000'000;
  std::uint32_t next_ = 0;
  std::map<Key, FlowFile> queues_;
  std::map<ComponentId, std::pair<Lsn, std::map<std::string, std::pair<std::string, Lsn>>>> state_;
  std::map<LogPartitionId, std::int64_t> logEnds_;
};

}  // namespace millrace::model
