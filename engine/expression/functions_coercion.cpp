// SPDX-License-Identifier: Apache-2.0
// Coercion: what the language does by itself where it must, at will.
#include "engine/expression/function_table.h"

namespace millrace::expression {

namespace {

Value subjectAsItIs(Call& call) { return call.subject(); }

constexpr FunctionEntry kEntries[] = {
    {"toString",
     Form::kMethod,
     Kind::kText,
     {},
     Kind::kText,
     subjectAsItIs,
     nullptr,
     "The subject as a text.",
     "${fileSize:toNumber():toString()}",
     "42"},
    {"toNumber",
     Form::kMethod,
     Kind::kWhole,
     {},
     Kind::kWhole,
     subjectAsItIs,
     nullptr,
     "The subject as a whole number, its fraction cut off; of a date, milliseconds since 1970. "
     "Null when it is no number.",
     "${literal('4.9'):toNumber()}",
     "4"},
    {"toDecimal",
     Form::kMethod,
     Kind::kDecimal,
     {},
     Kind::kDecimal,
     subjectAsItIs,
     nullptr,
     "The subject as a decimal number. Null when it is no number.",
     "${fileSize:toDecimal()}",
     "42.0"},
};

}  // namespace

std::span<const FunctionEntry> coercionFunctions() { return kEntries; }

}  // namespace millrace::expression
