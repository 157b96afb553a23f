// SPDX-License-Identifier: Apache-2.0
// The sample files, damaged at random: the importer never crashes, every refusal has a place, and
// what is still accepted is written and read back as the same flow.
// MILLRACE_ROUNDS scales the number of damaged files: 1 is 20,000; a tenth is the default.
// MILLRACE_SEED sets the first seed.
#include "engine/base/random.h"
#include "engine/flow/import/flow_import.h"
#include "engine/flow/import/gzip_text.h"
#include "engine/flow/yaml_reader.h"
#include "tests/engine/flow/import/import_samples.h"

#include <QTest>
#include <algorithm>
#include <array>

using namespace millrace;
using namespace millrace::flow;

namespace {

constexpr double kDamagedFiles = 20000;

std::string damaged(std::string text, Random& random) {
  static constexpr std::array<const char*, 34> kPieces{
      ":",  ": ",    "- ",    "{",    "}",      "[",
      "]",  "\"",    "'",     ",",    "\n",     "  ",
      "\t", "#{",    "${",    "null", "true",   "-1",
      "0",  "1e999", "\"\"",  "{}",   "[]",     "\\u00",
      "/",  "\\",    "\xff",  "\x01", "enc{x}", "99999999999999999999",
      "é",  "name:", "\"a\"", "\\n"};
  const std::uint64_t changes = 1 + random.below(4);
  for (std::uint64_t change = 0; change < changes; ++change) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t length = std::min<std::size_t>(random.below(60), text.size() - at);
    switch (random.below(5)) {
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
        text.insert(random.below(text.size() + 1), text.substr(at, length));
        break;
      default: {  // one value in place of another, so that what refers to ids goes wrong
        const std::size_t quote = text.find('"', at);
        const std::size_t other = text.find('"', random.below(text.size() + 1));
        if (quote == std::string::npos || other == std::string::npos) break;
        const std::size_t end = text.find('"', other + 1);
        if (end == std::string::npos || end - other > 80) break;
        text.insert(quote, text.substr(other, end + 1 - other) + ",");
        break;
      }
    }
  }
  return text;
}

}  // namespace

class ImportMutationTest : public QObject {
  Q_OBJECT

 private slots:
  void noDamagedFileDoesHarm() {
    bool good = false;
    const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&good);
    const auto rounds =
        static_cast<std::uint64_t>(std::max(1.0, kDamagedFiles * (good ? factor : 0.1)));
    const std::uint64_t first = qEnvironmentVariable("MILLRACE_SEED", "1").toULongLong();
    const Catalog catalog = sampleCatalog();
    const QStringList names = sampleFiles();
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
      Random random(seed);
      const QString& name =
          names[static_cast<qsizetype>(random.below(std::uint64_t(names.size())))];
      std::string text = sample(name);
      if (isGzip(text) && random.below(2) == 0) text = unpackGzip(text, 1 << 20).value();
      text = damaged(std::move(text), random);
      const ImportedFlow imported = importFlow(text, catalog);
      const QByteArray where = name.toUtf8() + ", seed " + QByteArray::number(qulonglong(seed));
      for (const Finding& finding : imported.findings) {
        QVERIFY2(!finding.message.empty(), where.constData());
        QVERIFY2(finding.at.known(), (where + ": " + finding.message.c_str()).constData());
        QVERIFY2(finding.message.find("would not be readable") == std::string::npos,
                 (where + ": " + finding.message.c_str()).constData());
      }
      if (!imported.ok()) {
        ++refused;
        continue;
      }
      ++accepted;
      const ReadFlow read = readFlow(imported.text);
      QVERIFY2(read.ok() && read.flow == imported.flow, where.constData());
    }
    QVERIFY(accepted > 0);
    QVERIFY(refused > 0);
  }
};

QTEST_GUILESS_MAIN(ImportMutationTest)
#include "import_mutation_test.moc"
