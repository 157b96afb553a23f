// SPDX-License-Identifier: Apache-2.0
// A worker writes a million FlowFiles a second, so that the writer may allocate for a record, but
// not for a FlowFile: counted here by standing in for the global allocation functions.
#include "engine/ports/commit_record.h"

#include <QTest>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* room = std::malloc(bytes)) return room;
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }

using namespace millrace;

class CommitRecordAllocationTest : public QObject {
  Q_OBJECT

  static constexpr std::uint32_t kFiles = 1000;
  std::vector<FlowFile> before_, after_;

  void write(CommitRecordWriter& writer) {
    writer.begin(ComponentId(1), 1'700'000'000'000, 1);
    for (std::uint32_t i = 0; i < kFiles; ++i) writer.input(ConnectionId(1), {Lsn(5), 2 * i});
    writer.outputs(ConnectionId(2));
    for (std::uint32_t i = 0; i < kFiles / 4; ++i) writer.same(i);
    for (std::uint32_t i = kFiles / 4; i < kFiles / 2; ++i)
      writer.changed(i, before_[i], after_[i]);
    writer.outputs(ConnectionId(3));
    for (std::uint32_t i = 0; i < kFiles; ++i) writer.created(after_[i]);
    for (std::uint32_t i = kFiles / 2; i < kFiles; ++i) {
      writer.dropped(i, i % 2 == 0 ? DropReason::kAutoTerminated : DropReason::kExpired,
                     i % 2 == 0 ? "a relationship with a long name" : "");
    }
  }

 private slots:
  void initTestCase() {
    auto buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(kFiles * 100));
    for (std::uint32_t i = 0; i < kFiles; ++i) {
      FlowFile file;
      file.id = FlowFileId(i);
      file.attributes =
          Attributes().with("an attribute with a long name", "x").with("number", std::to_string(i));
      file.content.kind = Content::Kind::kInline;
      file.content.buffer = buffer;
      file.content.offset = i * 100;
      file.content.length = 100;
      before_.push_back(file);
      // Every third has attributes of its own, the others a change over those before.
      file.attributes = i % 3 == 0
                            ? Attributes().with("fresh", std::to_string(i))
                            : file.attributes.with("priority", std::to_string(i)).without("number");
      after_.push_back(file);
    }
  }

  void aWarmWriterAllocatesNothingForAFlowFile() {
    CommitRecordWriter writer;
    for (int i = 0; i < 3; ++i) {
      write(writer);
      QVERIFY(!writer.finish().record.empty());
    }
    const std::uint64_t start = allocations.load();
    write(writer);
    const std::uint64_t written = allocations.load();
    const auto finished = writer.finish();
    const std::uint64_t end = allocations.load();
    // The list of buffers was given away with the record before; its first entry is one allocation.
    QVERIFY2(written - start <= 1, std::to_string(written - start).c_str());
    // The record itself.
    QVERIFY2(end - written <= 1, std::to_string(end - written).c_str());
    QVERIFY(finished.record.size() > kFiles);
  }

  void theCountIsReal() {
    const std::uint64_t start = allocations.load();
    const auto one = std::make_unique<std::uint64_t>(start);
    QCOMPARE(allocations.load(), *one + 1);
  }
};

QTEST_GUILESS_MAIN(CommitRecordAllocationTest)
#include "commit_record_allocation_test.moc"
