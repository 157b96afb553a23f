// SPDX-License-Identifier: Apache-2.0
#include "processors/kafka/demarcated.h"
#include "processors/kafka/key_text.h"

#include <QTest>

#include <vector>

using namespace millrace;
using namespace millrace::processors;

namespace {

/// Gives its text in pieces of so many bytes.
class Pieces final : public ContentReader {
 public:
  Pieces(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<std::byte>) override { return std::size_t{0}; }
  Result<ByteView> next(std::size_t) override {
    const std::string_view part = std::string_view(text_).substr(at_, piece_);
    at_ += part.size();
    return asBytes(part);
  }
  std::uint64_t size() const override { return text_.size(); }

 private:
  const std::string text_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

std::vector<std::string> partsOf(const std::string& text, const std::string& demarcator,
                                 std::size_t piece) {
  Pieces content(text, piece);
  DemarcatedContent cut(content, demarcator, 100);
  std::vector<std::string> parts;
  while (true) {
    const auto part = cut.next();
    if (!part.ok()) return {part.error().message};
    if (!part->has_value()) return parts;
    parts.emplace_back(**part);
  }
}

}  // namespace

class DemarcatedTest : public QObject {
  Q_OBJECT
  using Texts = std::vector<std::string>;

 private slots:
  void partsAreWhatStandsBetweenDemarcatorsWhateverThePieces() {
    for (std::size_t piece = 1; piece <= 12; ++piece) {
      QCOMPARE(partsOf("a\nbc\nd", "\n", piece), Texts({"a", "bc", "d"}));
      QCOMPARE(partsOf("\n\na\n\nb\n", "\n", piece), Texts({"a", "b"}));
      QCOMPARE(partsOf("a--b-c--", "--", piece), Texts({"a", "b-c"}));
      QCOMPARE(partsOf("a-->b", "-->", piece), Texts({"a", "b"}));
      QCOMPARE(partsOf("a--b", "-->", piece), Texts({"a--b"}));
      QCOMPARE(partsOf("", "\n", piece), Texts());
    }
  }

  void aPartThatIsTooLongIsRefused() {
    QCOMPARE(partsOf(std::string(100, 'x') + "\n", "\n", 7), Texts({std::string(100, 'x')}));
    QCOMPARE(partsOf("ok\n" + std::string(101, 'x'), "\n", 7).size(), std::size_t{1});
    QVERIFY(partsOf(std::string(101, 'x'), "\n", 7).front().find("Max Request Size") !=
            std::string::npos);
  }

  void keysAreTextOrDigits() {
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{0xff}, std::byte{0x1a}};
    QCOMPARE(toHex(bytes), std::string("00ff1a"));
    QVERIFY(*fromHex("00fF1A") == bytes);
    QVERIFY(fromHex("")->empty());
    QVERIFY(!fromHex("0").ok());
    QVERIFY(!fromHex("0g").ok());
  }
};

QTEST_GUILESS_MAIN(DemarcatedTest)
#include "demarcated_test.moc"
