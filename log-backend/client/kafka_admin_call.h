// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the parts of KafkaAdmin share: one request of librdkafka's admin interface and its answer.

#include "log-backend/client/kafka_admin.h"

namespace millrace::log {

template <typename Item, auto destroy>
using Owned = std::unique_ptr<Item, DestroyedBy<destroy>>;

struct KafkaAdmin::Asked {
  Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options;
  KafkaQueue queue;
  Owned<rd_kafka_event_t, rd_kafka_event_destroy> answer = nullptr;
};

/// What a cluster says against a request.
Error refused(const std::string& doing, rd_kafka_resp_err_t code, const char* text);

}  // namespace millrace::log
