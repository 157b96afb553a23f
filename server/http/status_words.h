// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words that stand behind a status in the first line of an answer (RFC 9110). Threads: any.

#include <string_view>

namespace millrace::server {

std::string_view reasonOf(int status);

}  // namespace millrace::server
