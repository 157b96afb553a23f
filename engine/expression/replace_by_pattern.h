// SPDX-License-Identifier: Apache-2.0
#pragma once
// replaceByPattern(): a list `pattern:value,pattern:value`; the first pattern that matches the
// whole subject gives the result. A comma or colon within one is written `\,` or `\:`.

#include "engine/expression/call.h"
#include "engine/expression/function_table.h"

namespace millrace::expression {

Value replaceByPattern(Call& call);
Result<std::unique_ptr<const Prepared>> prepareReplaceByPattern(LiteralArguments literals);

}  // namespace millrace::expression
