// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys of records as texts in attributes: UTF-8, or hexadecimal digits.
// Threads: functions of their arguments.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

inline constexpr std::string_view kKeyAsText = "utf-8";
inline constexpr std::string_view kKeyAsHex = "hex";
inline constexpr std::string_view kNoKey = "do-not-add";

std::string toHex(ByteView bytes);
/// Upper and lower case digits; an Error of fault kUser for anything else.
Result<std::vector<std::byte>> fromHex(std::string_view text);

}  // namespace millrace::processors
