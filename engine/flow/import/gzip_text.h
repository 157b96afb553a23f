// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unpacks a gzip file (RFC 1952) held in memory, several members one after the other included.
// Bounded: a file that would unpack to more than `limit` bytes is refused. Threads: a pure
// function.

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace millrace::flow {

/// True when the bytes begin as a gzip file does.
bool isGzip(std::string_view bytes);
Result<std::string> unpackGzip(std::string_view bytes, std::size_t limit);

}  // namespace millrace::flow
