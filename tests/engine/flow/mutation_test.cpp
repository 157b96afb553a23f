// SPDX-License-Identifier: Apache-2.0
// Valid files, damaged at random: reader, validator and writer never crash, every refusal has a
// place, and what is still accepted is written and read back as the same flow.
// MILLRACE_ROUNDS scales the number of damaged files: 1 is 10,000; a tenth is the default.
// MILLRACE_SEED sets the first seed.
#include "engine/base/random.h"
#include "engine/flow/elements.h"
#include "engine/flow/validator.h"
#include "engine/flow/yaml_editor.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <QFile>
#include <QTest>
#include <algorithm>
#include <array>

using namespace millrace;
using namespace millrace::flow;

namespace {

constexpr double kDamagedFiles = 10000;

std::uint64_t damagedFiles() {
  bool good = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&good);
  return static_cast<std::uint64_t>(std::max(1.0, kDamagedFiles * (good ? factor : 0.1)));
}

std::uint64_t firstSeed() {
  bool good = false;
  const std::uint64_t value = qEnvironmentVariable("MILLRACE_SEED").toULongLong(&good);
  return good ? value : 1;
}

std::string reference() {
  QFile file(QStringLiteral(MR_SOURCE_DIR "/flows/reference.yaml"));
  if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read flows/reference.yaml");
  return file.readAll().toStdString();
}

std::string windows(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

std::string damaged(std::string text, Random& random) {
  static constexpr std::array<const char*, 40> kPieces{
      ":",  ": ",   "-",  "- ",   "{",    "}",  "[",     "]",    "'",    "\"",
      "#",  " #",   "\n", "\r\n", "\n\n", "  ", "\t",    "|",    ">",    "|-",
      "&a", "*a",   "!x", "<<",   "? ",   "?",  "---\n", "...",  "%",    ",",
      "~",  "null", "\\", "\\/",  "${",   "#{", "é",     "\xff", "\x01", "99999999999999999999"};
  const std::uint64_t changes = 1 + random.below(4);
  for (std::uint64_t change = 0; change < changes; ++change) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t length = std::min(random.below(40), text.size() - at);
    const std::size_t from = random.below(text.size() + 1);
    switch (random.below(7)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, kPieces[random.below(kPieces.size())]);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
        break;
      case 3:
        text.insert(from, text.substr(at, length));
        break;
      case 4: {  // a line twice
        const std::size_t start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        const std::size_t end = std::min(text.find('\n', start), text.size());
        text.insert(start, text.substr(start, end - start) + "\n");
        break;
      }
      case 5: {  // a line gone
        const std::size_t start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        const std::size_t end = std::min(text.find('\n', start), text.size());
        text.erase(start, end - start + (end < text.size() ? 1 : 0));
        break;
      }
      default:
        if (random.oneIn(8)) text.resize(at);
        break;
    }
  }
  return text;
}

Catalog catalog() {
  Catalog result;
  for (const char* type : {"TailFile", "GenerateFlowFile", "RouteOnAttribute"}) {
    ComponentInfo info;
    info.type = type;
    info.dynamicProperties = DynamicProperties::kRelationships;
    info.dynamicScope = ExpressionScope::kFlowFile;
    RelationshipInfo success;
    success.name = "success";
    info.relationships = {success};
    result.add(info);
  }
  return result;
}

ExpressionReport anyExpression(std::string_view text, ExpressionScope) {
  return {std::nullopt, {std::string(text)}};
}

}  // namespace

class MutationTest : public QObject {
  Q_OBJECT

  // An edit of an odd file does what it says, or fails and changes nothing.
  static void editAtRandom(const std::string& text, Random& random) {
    Result<YamlEditor> opened = YamlEditor::open(text);
    QVERIFY2(opened.ok(), text.c_str());
    YamlEditor editor = std::move(opened).value();
    std::vector<std::string> paths;
    forEachElement(editor.flow(), [&](ElementKind, const std::string& path, const Element&,
                                      const Group&) { paths.push_back(path); });
    if (paths.empty()) return;
    const std::string before = editor.text();
    const std::string path = paths[random.below(paths.size())];
    Result<> result = Done{};
    switch (random.below(5)) {
      case 0:
        result = editor.setProperty(path, "File to Tail", "a\nb: c");
        break;
      case 1:
        result = editor.setKey(path, "comment", "# it's new");
        break;
      case 2:
        result = editor.remove(path);
        break;
      case 3:
        result = editor.rename(path, "new/name");
        break;
      default:
        result = editor.setLayout(path, {Point{1, 2}, {}, "ff8800", {}, {}, {}, {}});
        break;
    }
    if (!result.ok()) QVERIFY2(editor.text() == before, path.c_str());
    const ReadFlow read = readFlow(editor.text());
    QVERIFY2(read.ok() && read.flow == editor.flow(), (path + "\n" + editor.text()).c_str());
  }

 private slots:
  void damagedFilesAreRefusedWithAPlaceOrReadWhole() {
    const std::uint64_t count = damagedFiles();
    const std::uint64_t first = firstSeed();
    const Catalog known = catalog();
    const std::string original = reference();
    const std::array<std::string, 3> files{original, windows(original),
                                           writeFlow(readFlow(original).flow)};
    std::uint64_t refused = 0;
    std::uint64_t accepted = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      Random random(seed);
      const std::string text = damaged(files[seed % files.size()], random);
      const ReadFlow read = readFlow(text);
      const std::string told = "seed " + std::to_string(seed) + "\n" + text;
      for (const Finding& finding : read.findings) {
        QVERIFY2(finding.at.line > 0 && finding.at.column > 0,
                 (finding.message + "\n" + told).c_str());
        QVERIFY2(!finding.message.empty(), told.c_str());
      }
      if (!read.ok()) {
        ++refused;
        continue;
      }
      ++accepted;
      for (const Finding& finding : validateFlow(read.flow, known, {anyExpression, {}}))
        QVERIFY2(finding.at.line > 0 && finding.at.column > 0,
                 (finding.message + "\n" + told).c_str());
      const std::string written = writeFlow(read.flow);
      const ReadFlow again = readFlow(written);
      QVERIFY2(again.ok() && again.flow == read.flow, (told + "\n=====\n" + written).c_str());
      if (accepted % 4 == 0) editAtRandom(text, random);
    }
    // Otherwise the damage is too small or too great to show anything.
    QVERIFY(count < 100 || (refused > count / 4 && accepted > count / 20));
  }
};

QTEST_GUILESS_MAIN(MutationTest)
#include "mutation_test.moc"
