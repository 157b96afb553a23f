// SPDX-License-Identifier: Apache-2.0
#pragma once
// A few commits with events known beforehand, told to a provenance repository as a snapshot's merge
// would tell them.

#include "engine/base/crc32c.h"
#include "engine/ports/provenance_repository.h"
#include "repositories/journal/store_image.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace millrace::tests {

constexpr repo::StoreId kStore{0x1122334455667788ULL, 0x99aabbccddeeff00ULL};

inline std::string uuid(std::uint64_t id) {
  return Uuid::ofFlowFile(kStore.high ^ kStore.low, id).text();
}

/// Tells commits to a sink and keeps the queues that they belong to.
class ToldStore {
 public:
  void tell(CommitRecordWriter& writer, CommitObserver& sink) {
    auto done = writer.finish();
    lsn_ = Lsn(lsn_.raw() + 1);
    const auto applied = image_.apply(lsn_, done.record, done.inlined, &sink);
    if (!applied.ok()) failed = applied.error().message;
  }
  QueueKey key(std::uint64_t lsn, std::uint32_t index) const { return {Lsn(lsn), index}; }
  std::string failed;

 private:
  repo::StoreImage image_;
  Lsn lsn_;
};

inline FlowFile flowFile(std::uint64_t id, std::vector<Attributes::Pair> attributes,
                         std::string_view content) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.entryDate = file.lineageStart = 1700000000000;
  file.attributes = Attributes(attributes);
  if (!content.empty()) {
    const ByteView bytes = asBytes(content);
    file.content.kind = Content::Kind::kInline;
    file.content.length = bytes.size();
    file.content.crc = crc32c(bytes);
    file.content.buffer =
        std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
  return file;
}

/// Five commits of components 1 to 5, a second apart. `from`: tells only those after that one.
inline std::string tellFiveCommits(CommitObserver& sink) {
  ToldStore store;
  CommitRecordWriter writer;
  const Millis start = 1700000001000;
  const FlowFile one = flowFile(1, {{"filename", "a.txt"}, {"kind", "x"}}, "hello");
  FlowFile two = flowFile(2, {{"path", "./"}}, "");
  two.defaultFilename = true;

  writer.begin(ComponentId(1), start, 1);
  writer.outputs(ConnectionId(9));
  writer.created(one);
  writer.created(two);
  writer.fact({FactKind::kReceive, FlowFileId(1), {}, "file:/in/a.txt", "first", {}, {}});
  store.tell(writer, sink);

  FlowFile oneB = one;
  oneB.attributes = one.attributes.with("kind", "y");
  FlowFile twoB = flowFile(2, {{"path", "./"}}, "content of two");
  twoB.defaultFilename = true;
  writer.begin(ComponentId(2), start + 1000, 1);
  writer.input(ConnectionId(9), {Lsn(1), 0});
  writer.input(ConnectionId(9), {Lsn(1), 1});
  writer.outputs(ConnectionId(10));
  writer.changed(0, one, oneB);
  writer.changed(1, two, twoB);
  store.tell(writer, sink);

  const FlowFile three = flowFile(3, {{"filename", "a.txt"}, {"part", "1"}}, "he");
  const FlowFile four = flowFile(4, {{"filename", "a.txt"}, {"part", "2"}}, "llo");
  writer.begin(ComponentId(3), start + 2000, 1);
  writer.input(ConnectionId(10), {Lsn(2), 0});
  writer.outputs(ConnectionId(11));
  writer.created(three);
  writer.created(four);
  writer.dropped(0, DropReason::kAutoTerminated, "original");
  writer.fact({FactKind::kFork,
               FlowFileId(1),
               {},
               {},
               {},
               {FlowFileId(1)},
               {FlowFileId(3), FlowFileId(4)}});
  store.tell(writer, sink);

  writer.begin(ComponentId(4), start + 3000, 2);
  writer.input(ConnectionId(11), {Lsn(3), 0});
  writer.input(ConnectionId(11), {Lsn(3), 1});
  writer.input(ConnectionId(10), {Lsn(2), 1});
  writer.outputs(ConnectionId(12));
  writer.same(0);
  writer.outputs(ConnectionId(10));
  writer.same(2);
  writer.dropped(1, DropReason::kExpired);
  writer.fact({FactKind::kRoute, FlowFileId(3), "matched", {}, {}, {}, {}});
  writer.fact({FactKind::kRoute, FlowFileId(2), "again", {}, {}, {}, {}});
  store.tell(writer, sink);

  const FlowFile five = flowFile(5, {{"filename", "joined"}}, "he content of two");
  writer.begin(ComponentId(5), start + 4000, 2);
  writer.input(ConnectionId(12), {Lsn(4), 0});
  writer.input(ConnectionId(10), {Lsn(4), 1});
  writer.outputs(ConnectionId(13));
  writer.created(five);
  writer.dropped(0, DropReason::kRemoved);
  writer.dropped(1, DropReason::kRemoved);
  writer.fact({FactKind::kJoin,
               FlowFileId(5),
               {},
               {},
               {},
               {FlowFileId(3), FlowFileId(2)},
               {FlowFileId(5)}});
  store.tell(writer, sink);
  return store.failed;
}

/// What those commits must leave, newest first, written by hand: id, type, FlowFile.
inline std::vector<std::string> eventsOfFiveCommits() {
  return {
      "5.2 DROP 2",
      "5.1 DROP 3",
      "5.0 JOIN 5",
      "4.1 EXPIRE 4",
      "4.0 ROUTE 3",
      "3.1 DROP 1",
      "3.0 FORK 1",
      "2.1 CONTENT_MODIFIED 2",
      "2.0 ATTRIBUTES_MODIFIED 1",
      "1.1 CREATE 2",
      "1.0 RECEIVE 1",
  };
}

inline std::string shortOf(const ProvenanceEvent& event) {
  return fmt::format("{} {} {}", event.id.text(), nameOf(event.type), event.flowFile.raw());
}

inline std::vector<std::string> shortOf(const std::vector<ProvenanceEvent>& events) {
  std::vector<std::string> lines;
  for (const ProvenanceEvent& event : events) lines.push_back(shortOf(event));
  return lines;
}

}  // namespace millrace::tests
