// SPDX-License-Identifier: Apache-2.0
#include "engine/base/random.h"
#include "engine/expression/function_table.h"
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>
#include <cstdlib>

using namespace millrace::expression;
using millrace::Random;
using millrace::expression::testing::ExpressionFixture;

namespace {

constexpr std::string_view kPieces[] = {
    "${",
    "}",
    "#{",
    "$",
    "$$",
    "'",
    "\"",
    "\\",
    ":",
    "(",
    ")",
    ",",
    "[",
    "]",
    "#",
    "\n",
    "null",
    "true",
    "-1",
    "9223372036854775807",
    "1e308",
    "'[a-'",
    "'(a*)*b'",
    "''",
    "\xC3",
    "\xF0\x9F\x98\x80",
    ":toNumber()",
    ":toDate()",
    ":substring(1)",
    ":evaluateELString()",
    "${filename}",
    "#{p}",
    ":format('yyyyGGGG')",
    ":padLeft(99999999)",
    ":math('pow', 9)",
    std::string_view("\0", 1),
};

/// The examples of the table: every function is met.
std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (std::size_t family = 0; family < kFamilies; ++family) {
    for (const FunctionEntry& entry : functionsOf(static_cast<Family>(family))) {
      texts.emplace_back(entry.example);
    }
  }
  return texts;
}

std::string damaged(Random& random, const std::vector<std::string>& texts) {
  std::string text = texts[random.below(texts.size())];
  for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
    const auto at = static_cast<std::size_t>(random.below(text.size() + 1));
    const auto length = static_cast<std::size_t>(random.below(6));
    switch (random.below(4)) {
      case 0:
        text.insert(at, kPieces[random.below(std::size(kPieces))]);
        break;
      case 1:
        text.erase(std::min(at, text.size()), length);
        break;
      case 2: {
        const std::string& other = texts[random.below(texts.size())];
        text.insert(at, other.substr(static_cast<std::size_t>(random.below(other.size()))));
        break;
      }
      default:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
    }
  }
  return text;
}

}  // namespace

class DamagedExpressionsTest : public QObject {
  Q_OBJECT
 private slots:
  void damagedExpressionsAreRefusedOrEvaluated() {
    ExpressionFixture world;
    for (const auto& [name, value] : exampleAttributes()) {
      world.attributes().set(std::string(name), std::string(value));
    }
    world.options().parameter = [](std::string_view) { return std::optional<std::string>("${x"); };
    const std::vector<std::string> texts = seeds();
    const char* wanted = std::getenv("MILLRACE_ROUNDS");
    const long rounds = wanted != nullptr ? std::atol(wanted) : 10'000;
    Random random(20'240'229);
    long evaluated = 0;
    long refused = 0;
    for (long round = 0; round < rounds; ++round) {
      const std::string text = damaged(random, texts);
      auto compiled = CompiledExpression::compile(text, world.options());
      if (!compiled.ok()) {
        QVERIFY(!compiled.error().message.empty());
        ++refused;
        continue;
      }
      // Twice: a compiled expression does not change by being evaluated.
      const bool first = compiled->evaluate(world.input()).ok();
      const bool second = compiled->evaluate(world.input()).ok();
      QVERIFY2(first == second, text.c_str());
      ++evaluated;
    }
    QVERIFY(evaluated > rounds / 20);
    QVERIFY(refused > rounds / 20);
  }
  void arbitraryBytesAreTextOrAnError() {
    ExpressionFixture world;
    Random random(7);
    for (int round = 0; round < 2'000; ++round) {
      std::string text = "${";
      for (std::uint64_t i = random.below(64); i > 0; --i) {
        text += static_cast<char>(random.below(256));
      }
      text += "}";
      const std::string value = world.value(text);
      QVERIFY(value.size() < 4096);
    }
  }
};

QTEST_GUILESS_MAIN(DamagedExpressionsTest)
#include "damaged_expressions_test.moc"
