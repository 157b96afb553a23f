// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a topic may be called: Kafka's rule (org.apache.kafka.common.internals.Topic), which holds
// for a flow's file as well as for the log.

#include <string>
#include <string_view>

namespace millrace {

/// Empty, or why a topic must not be called so.
std::string wrongTopicName(std::string_view name);

}  // namespace millrace
