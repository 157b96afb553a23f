// SPDX-License-Identifier: Apache-2.0
#pragma once
// A plain model of a commit record: one line of text for everything that it says, an entry a line.
// RandomRecord writes a record and its lines; RecordLines reads lines back out of a record.

#include "engine/base/crc32c.h"
#include "engine/base/random.h"
#include "engine/ports/commit_record.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace millrace::model {

/// A repetition count, scaled by the environment's MILLRACE_ROUNDS (a factor).
inline int rounds(int stated) {
  const char* factor = std::getenv("MILLRACE_ROUNDS");
  const double scaled = factor == nullptr ? stated : stated * std::strtod(factor, nullptr);
  return scaled < 1 ? 1 : static_cast<int>(scaled);
}

inline std::string line(const FlowFile& file) {
  std::map<std::string, std::string> sorted;
  file.attributes.forEach([&](std::string_view k, std::string_view v) { sorted.emplace(k, v); });
  std::string text = fmt::format("#{} {} {} {}{}", file.id.raw(), file.entryDate, file.lineageStart,
                                 file.defaultFilename ? "f" : "", file.ownUuid ? "u" : "");
  for (const auto& [key, value] : sorted) text += fmt::format(" <{}>=<{}>", key, value);
  const Content& content = file.content;
  text += fmt::format(" kind {} length {}", static_cast<int>(content.kind), content.length);
  if (content.kind == Content::Kind::kStored) {
    text += fmt::format(" claim {} {} {} {} at {}", content.claim.segment, content.claim.offset,
                        content.claim.length, content.claim.crc, content.offset);
  } else if (content.kind == Content::Kind::kInline) {
    text += fmt::format(" crc {}", content.crc);
    if (content.buffer->bytes().empty()) return text + " elided";
    text += fmt::format(" bytes {}", crc32c(content.inlineBytes()));
  }
  return text;
}

inline std::string line(const Fact& fact) {
  std::string text =
      fmt::format("fact {} #{} <{}> <{}> <{}>", static_cast<int>(fact.kind), fact.flowFile.raw(),
                  fact.relationship, fact.transitUri, fact.details);
  for (const FlowFileId id : fact.parents) text += fmt::format(" p{}", id.raw());
  for (const FlowFileId id : fact.children) text += fmt::format(" c{}", id.raw());
  return text;
}

/// Reads a record into lines. `inputs` are the FlowFiles that it took, by ordinal.
class RecordLines final : public CommitRecordVisitor {
 public:
  explicit RecordLines(std::vector<FlowFile> taken) : taken_(std::move(taken)) {}
  std::vector<std::string> lines;
  std::vector<FlowFile> made;  ///< changed and created, in order

  void begin(ComponentId component, Millis time, std::uint64_t revision) override {
    lines.push_back(fmt::format("begin {} {} {}", component.raw(), time, revision));
  }
  Result<> input(const InputRun& run) override {
    if (run.count > 1'000'000) return Error::environment("more than a test puts in", false);
    for (std::uint32_t i = 0; i < run.count; ++i) {
      lines.push_back(fmt::format("input {} {} {}", run.connection.raw(), run.first.lsn.raw(),
                                  run.first.index + i));
    }
    return Done{};
  }
  Result<> outputs(ConnectionId connection) override {
    lines.push_back(fmt::format("outputs {}", connection.raw()));
    return Done{};
  }
  Result<> same(std::uint32_t ordinal, std::uint32_t count) override {
    if (count > taken_.size()) return Error::environment("more than was taken", false);
    for (std::uint32_t i = 0; i < count; ++i) lines.push_back(fmt::format("same {}", ordinal + i));
    return Done{};
  }
  FlowFile* inputFlowFile(std::uint32_t ordinal) override {
    return ordinal < taken_.size() ? &taken_[ordinal] : nullptr;
  }
  Result<> changed(std::uint32_t ordinal, FlowFile after) override {
    lines.push_back(fmt::format("changed {} {}", ordinal, line(after)));
    made.push_back(std::move(after));
    return Done{};
  }
  Result<> created(FlowFile file) override {
    lines.push_back("created " + line(file));
    made.push_back(std::move(file));
    return Done{};
  }
  Result<> dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                   std::string_view relationship) override {
    if (count > 1'000'000) return Error::environment("more than was taken", false);
    for (std::uint32_t i = 0; i < count; ++i) {
      lines.push_back(
          fmt::format("dropped {} {} <{}>", ordinal + i, static_cast<int>(reason), relationship));
    }
    return Done{};
  }
  void fact(const Fact& fact) override { lines.push_back(line(fact)); }
  void state(ComponentId component, std::string_view key,
             std::optional<std::string_view> value) override {
    lines.push_back(value.has_value()
                        ? fmt::format("put {} <{}> <{}>", component.raw(), key, *value)
                        : fmt::format("remove {} <{}>", component.raw(), key));
  }

  void appended(const LogPlace& place) override {
    lines.push_back(fmt::format("append {} {} {} {}", place.partition.topicHigh,
                                place.partition.topicLow, place.partition.partition, place.end));
  }

 private:
  std::vector<FlowFile> taken_;
};

/// Makes random FlowFiles and records of them.
class RandomRecord {
 public:
  explicit RandomRecord(std::uint64_t seed) : random(seed) {
    for (int i = 0; i < 3; ++i) buffers_.push_back(freshBuffer());
  }

  Random random;
  std::vector<FlowFile> taken;     ///< by ordinal
  std::vector<std::string> lines;  ///< what the record says
  CommitRecordWriter::Finished encoded;

  FlowFile flowFile() {
    FlowFile file;
    file.id = FlowFileId(random.oneIn(8) ? random.next() : nextId_++);
    file.entryDate = time();
    file.lineageStart = time();
    file.defaultFilename = random.oneIn(2);
    file.ownUuid = random.oneIn(5);
    file.attributes = random.oneIn(3) ? last_ : attributes();
    last_ = file.attributes;
    file.content = content();
    return file;
  }

  /// Writes one record of up to `most` inputs and as many outputs.
  void write(CommitRecordWriter& writer, std::uint64_t most) {
    lines.clear();
    taken.clear();
    if (random.oneIn(2)) buffers_.push_back(freshBuffer());
    const std::uint64_t component = random.below(1000);
    const Millis at = time();
    writer.begin(ComponentId(component), at, 7);
    lines.push_back(fmt::format("begin {} {} 7", component, at));
    inputs(writer, random.below(most + 1));
    std::uint32_t ordinal = outputs(writer, random.below(most + 1));
    for (; ordinal < taken.size(); ++ordinal) {
      if (random.oneIn(4)) continue;  // stays in its queue
      const auto reason = static_cast<DropReason>(random.below(6));
      const std::string relationship = random.oneIn(3) ? "" : "großer Erfolg";
      writer.dropped(ordinal, reason, relationship);
      lines.push_back(
          fmt::format("dropped {} {} <{}>", ordinal, static_cast<int>(reason), relationship));
    }
    facts(writer);
    state(writer, component);
    encoded = writer.finish();
  }

 private:
  Millis time() {
    if (random.oneIn(50)) return static_cast<Millis>(random.next());
    return 1'700'000'000'000 + static_cast<Millis>(random.below(100'000));
  }

  std::string name() {
    constexpr const char* kOdd[] = {"", "größe", "日本", "a.b/c=d", "with space"};
    if (random.oneIn(6)) return kOdd[random.below(5)];
    return "key-" + std::to_string(random.below(120));
  }

  std::string value() {
    if (random.oneIn(400)) return std::string(random.below(200'000), 'v');
    if (random.oneIn(6)) return {};
    if (random.oneIn(6)) return std::string("a\0b\xff\xfe ünï", 13);
    return std::to_string(random.next());
  }

  Attributes attributes() {
    Attributes result;
    for (std::uint64_t left = random.below(12); left > 0; --left)
      result = result.with(name(), value());
    return result;
  }

  Attributes changedAttributes(const Attributes& before) {
    if (random.oneIn(4)) return attributes();
    Attributes result = before;
    if (random.oneIn(3)) return result.with("constant", "same for all");
    for (std::uint64_t left = random.below(4); left > 0; --left) {
      result = random.oneIn(3) ? result.without(name()) : result.with(name(), value());
    }
    return result;
  }

  std::shared_ptr<InlineBuffer> freshBuffer() {
    std::vector<std::byte> bytes(random.oneIn(5) ? 0 : 1 + random.below(5000));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
    return std::make_shared<InlineBuffer>(std::move(bytes));
  }

  Content content() {
    Content result;
    result.kind = static_cast<Content::Kind>(random.below(3));
    if (result.kind == Content::Kind::kInline) {
      if (random.oneIn(6)) buffers_.push_back(freshBuffer());
      result.buffer = buffers_[random.below(buffers_.size())];
      const std::uint64_t size = result.buffer->bytes().size();
      result.offset = random.below(size);
      result.length = size == 0 ? 77 : 1 + random.below(size - result.offset);
      result.crc = size == 0 ? 77 : crc32c(result.inlineBytes());
    } else if (result.kind == Content::Kind::kStored) {
      result.claim = {random.below(1000), random.next(), random.next() >> random.below(64),
                      static_cast<std::uint32_t>(random.next())};
      result.offset = random.below(result.claim.length);
      result.length = random.below(result.claim.length - result.offset + 1);
    }
    return result;
  }

  void inputs(CommitRecordWriter& writer, std::uint64_t count) {
    std::uint64_t connection = 1;
    QueueKey key{Lsn(1), 0};
    for (std::uint64_t i = 0; i < count; ++i) {
      if (random.oneIn(10)) connection = random.next();
      if (random.oneIn(5))
        key = {Lsn(random.next()), static_cast<std::uint32_t>(random.below(1000))};
      FlowFile file = flowFile();
      file.key = key;
      writer.input(ConnectionId(connection), key);
      lines.push_back(fmt::format("input {} {} {}", connection, key.lsn.raw(), key.index));
      taken.push_back(std::move(file));
      ++key.index;
    }
  }

  std::uint32_t outputs(CommitRecordWriter& writer, std::uint64_t count) {
    std::uint32_t ordinal = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i == 0 || random.oneIn(8)) {
        const std::uint64_t connection = random.below(20);
        writer.outputs(ConnectionId(connection));
        lines.push_back(fmt::format("outputs {}", connection));
      }
      if (ordinal == taken.size() || random.oneIn(3)) {
        const FlowFile file = flowFile();
        writer.created(file);
        lines.push_back("created " + line(file));
      } else if (random.oneIn(2)) {
        writer.same(ordinal);
        lines.push_back(fmt::format("same {}", ordinal++));
      } else {
        FlowFile after = taken[ordinal];
        after.attributes = changedAttributes(after.attributes);
        if (random.oneIn(3)) after.content = content();
        writer.changed(ordinal, taken[ordinal], after);
        lines.push_back(fmt::format("changed {} {}", ordinal++, line(after)));
      }
    }
    return ordinal;
  }

  void facts(CommitRecordWriter& writer) {
    for (std::uint64_t left = random.below(4); left > 0; --left) {
      Fact fact;
      fact.kind = static_cast<FactKind>(1 + random.below(17));
      fact.flowFile = FlowFileId(random.next());
      const std::string details = value();
      fact.details = details;
      fact.transitUri = "file:///tmp/ä";
      for (std::uint64_t i = random.below(4); i > 0; --i) fact.parents.emplace_back(random.next());
      for (std::uint64_t i = random.below(4); i > 0; --i) fact.children.emplace_back(i);
      writer.fact(fact);
      lines.push_back(line(fact));
    }
  }

  void state(CommitRecordWriter& writer, std::uint64_t component) {
    for (std::uint64_t left = random.below(3); left > 0; --left) {
      const std::string key = name();
      if (random.oneIn(3)) {
        writer.state(key, std::nullopt);
        lines.push_back(fmt::format("remove {} <{}>", component, key));
      } else {
        const std::string text = value();
        writer.state(key, text);
        lines.push_back(fmt::format("put {} <{}> <{}>", component, key, text));
      }
    }
  }

  std::uint64_t nextId_ = 1;
  Attributes last_;
  std::vector<std::shared_ptr<InlineBuffer>> buffers_;
};

}  // namespace millrace::model
