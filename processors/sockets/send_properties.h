// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties that the processors that send to a host and port have in common.
// Threads: constants.

#include "engine/processor/processor.h"

#include <string>

namespace millrace::processors {

inline constexpr Property<std::string> kSendHost{{.name = "Hostname",
                                                  .description = "The name or address to send to.",
                                                  .defaultValue = "localhost",
                                                  .required = true,
                                                  .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::int64_t> kSendPort{{.name = "Port",
                                                   .description = "The port to send to.",
                                                   .required = true,
                                                   .scope = ExpressionScope::kEnvironment,
                                                   .atLeast = 1,
                                                   .atMost = 65535}};

}  // namespace millrace::processors
