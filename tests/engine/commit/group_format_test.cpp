// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_format.h"

#include "engine/base/random.h"

#include <QTest>

using namespace millrace;

namespace {

std::vector<std::byte> joined(const GroupWriter& writer) {
  std::vector<std::byte> bytes;
  for (const ByteView part : writer.parts()) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

Commit commitOf(std::string_view record) {
  Commit commit;
  const ByteView bytes = asBytes(record);
  commit.record.assign(bytes.begin(), bytes.end());
  return commit;
}

}  // namespace

class GroupFormatTest : public QObject {
  Q_OBJECT
 private slots:
  // Written by hand from FORMAT.md.
  void bytesAreThoseOfTheGrammar() {
    Commit commit = commitOf("ab");
    Effect effect;
    effect.kind = Effect::Kind::kMoveFile;
    effect.component = 5;
    effect.path = "/x";
    effect.target = "/y";
    effect.inode = 300;
    effect.size = 1;
    effect.modified = -1;
    commit.effects = {effect};
    commit.inlined = {std::make_shared<InlineBuffer>(std::vector<std::byte>{std::byte{'c'}})};
    commit.inlined[0]->retain();
    GroupWriter writer;
    writer.add(commit, Lsn(9));
    writer.addSettled({{Lsn(2), 1}});
    const std::vector<unsigned char> expected{
        1,   19,           // commit, length
        2,   1,   2,   1,  // record, one inline of 1, one effect
        2,   5,   2,   '/', 'x', 2, '/', 'y', 0xac, 0x02, 1, 1,  // the effect
        'a', 'b', 'c',                                           // record, content
        2,   3,   1,   2,   1};                                  // settled: one, LSN 2, place 1
    const auto bytes = joined(writer);
    QCOMPARE(
        QByteArray(reinterpret_cast<const char*>(bytes.data()), int(bytes.size())).toHex(),
        QByteArray(reinterpret_cast<const char*>(expected.data()), int(expected.size())).toHex());
    QCOMPARE(writer.size(), std::uint64_t(expected.size()));
    QVERIFY(bytesOf(commit) >= 21);
  }

  void unknownKindsAreSkippedOrRefusedByTheirMark() {
    const Commit commit = commitOf("a");
    GroupWriter writer;
    writer.add(commit, Lsn(1));
    auto bytes = joined(writer);
    auto withItem = [&bytes](unsigned char kind) {
      auto more = bytes;
      more.insert(more.begin(), {std::byte{kind}, std::byte{1}, std::byte{0}});
      return more;
    };
    const auto skipped = withItem(0x81);
    GroupReader reader(skipped, Lsn(1));
    const auto first = reader.next();
    if (!first.ok()) QFAIL(first.error().message.c_str());
    QCOMPARE(std::string(asText((*first)->commit->record)), std::string("a"));
    QVERIFY(!(*reader.next()).has_value());
    const auto refused = withItem(3);
    QVERIFY(!GroupReader(refused, Lsn(1)).next().ok());
  }

  void cutOrChangedBytesNeverCrashAndCutOnesFail() {
    Commit commit = commitOf("record");
    Effect effect;
    effect.path = "/some/path";
    commit.effects = {effect, effect};
    commit.inlined = {std::make_shared<InlineBuffer>(std::vector<std::byte>(40))};
    commit.inlined[0]->retain();
    GroupWriter writer;
    writer.add(commit, Lsn(1));
    const auto bytes = joined(writer);
    for (std::size_t length = 1; length < bytes.size(); ++length)
      QVERIFY(!GroupReader(ByteView(bytes).first(length), Lsn(1)).next().ok());
    Random random(3);
    for (int i = 0; i < 20'000; ++i) {
      auto changed = bytes;
      for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
        changed[random.below(changed.size())] = static_cast<std::byte>(random.next());
      GroupReader reader(changed, Lsn(1));
      for (int items = 0; items < 100; ++items) {
        const auto item = reader.next();
        if (!item.ok() || !item->has_value()) break;
      }
    }
  }
};

QTEST_GUILESS_MAIN(GroupFormatTest)
#include "group_format_test.moc"
