// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions of the language: one entry a function is all that the compiler, the documentation
// and the tests know of it. To add one, add its entry to the table of its family
// (functions_FAMILY.cpp). Threads: constant.

#include "engine/base/result.h"
#include "engine/expression/call.h"
#include "engine/expression/value.h"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

enum class Family : unsigned char {
  kBoolean,
  kString,
  kEncode,
  kSearch,
  kJson,
  kMath,
  kDate,
  kCoercion,
  kSubjectless,
  kMany,
};
constexpr std::size_t kFamilies = 10;

enum class Form : unsigned char {
  kMethod,    ///< follows a subject: ${name:length()}
  kSubject,   ///< stands first: ${now()}
  kBoth,      ///< either
  kDelegate,  ///< stands first and runs the rest of the chain once a value: ${allAttributes('a')…}
  kReducer,   ///< folds the values of a delegate: …:count()
};

constexpr std::size_t kManyArguments = 255;

/// What an argument list may look like. The last kind stands for all further arguments.
struct Arguments {
  unsigned char least = 0;
  unsigned char most = 0;
  std::array<Kind, 5> kinds{};

  Kind kind(std::size_t index) const { return kinds[index < 5 ? index : 4]; }
};

/// The literal arguments of a call, null where an argument is not a literal.
using LiteralArguments = std::span<const Value* const>;

struct FunctionEntry {
  std::string_view name;
  Form form = Form::kMethod;
  Kind subject = Kind::kText;
  Arguments arguments;
  Kind result = Kind::kText;
  Value (*evaluate)(Call&) = nullptr;
  /// Makes ready what depends on literal arguments only; gives null when nothing can be.
  Result<std::unique_ptr<const Prepared>> (*prepare)(LiteralArguments) = nullptr;
  std::string_view summary;
  /// A property text, evaluated with the attributes of exampleAttributes(), and what it gives;
  /// no result where chance, clock or machine decide.
  std::string_view example;
  std::string_view exampleResult;
};

/// The attributes that the examples of the table refer to.
struct ExampleAttribute {
  std::string_view name;
  std::string_view value;
};
std::span<const ExampleAttribute> exampleAttributes();

std::string_view familyTitle(Family family);
std::span<const FunctionEntry> functionsOf(Family family);
/// A function that follows a subject, or one that stands first; null when there is none.
const FunctionEntry* findFunction(std::string_view name, bool first);
/// Whether the name is a word of the language, which an attribute's name must be quoted for.
bool isKeyword(std::string_view name);
/// The function whose name is nearest to a misspelt one; empty when none is near.
std::string_view nearestFunction(std::string_view name);
/// The reference of all functions in Markdown, docs/expression-language.md.
std::string functionReference();

std::span<const FunctionEntry> booleanFunctions();
std::span<const FunctionEntry> stringFunctions();
std::span<const FunctionEntry> encodeFunctions();
std::span<const FunctionEntry> searchFunctions();
std::span<const FunctionEntry> jsonFunctions();
std::span<const FunctionEntry> mathFunctions();
std::span<const FunctionEntry> dateFunctions();
std::span<const FunctionEntry> coercionFunctions();
std::span<const FunctionEntry> subjectlessFunctions();
std::span<const FunctionEntry> manyFunctions();

}  // namespace millrace::expression
