// SPDX-License-Identifier: Apache-2.0
#pragma once
// Topics, records and groups of the log as the interface tells them. Threads: pure functions.

#include "log-backend/browse/log_overview.h"
#include "log-backend/browse/record_pages.h"
#include "server/flow_store/flow_json.h"

namespace millrace::server {

/// {"text": …} where people can read it, {"base64": …} where it is anything else, its size, and
/// whether this is only its beginning.
Json bytesJson(const log::ShownBytes& bytes);

Json topicJson(const log::TopicFigures& topic);
/// With all that is known of its partitions, and every setting.
Json wholeTopicJson(const log::TopicFigures& topic);
Json recordPageJson(const log::RecordPage& page);
Json groupJson(const log::GroupFigures& group);
/// With members and partitions.
Json wholeGroupJson(const log::GroupFigures& group);

}  // namespace millrace::server
