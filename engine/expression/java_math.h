// SPDX-License-Identifier: Apache-2.0
#pragma once
// math(): the functions of java.lang.Math that take one or two numbers, found by name and by the
// types of the operands as Java finds them.

#include "engine/expression/call.h"

namespace millrace::expression {

Value javaMath(Call& call);

}  // namespace millrace::expression
