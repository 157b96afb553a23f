// SPDX-License-Identifier: Apache-2.0
#pragma once
// The formats of before Kafka 0.11, sets of messages of magic 0 and 1: producers' sets become one
// batch, and batches become a set for consumers who know nothing newer. Nothing is stored in them.
// Source: Kafka's protocol guide, "Old Message Format".
//
// Promise: never reads past its input, and unfolds no more than kMostDecompressed bytes; damaged
// input is a Refusal. Threads: functions of their arguments alone.

#include "log-backend/partition/batch_check.h"
#include "log-backend/partition/batch_header.h"

#include <vector>

namespace millrace::log {

/// Whether the bytes begin as a message of magic 0 or 1 does.
bool isMessageSet(ByteView bytes);

struct BatchOfMessages {
  Refusal refusal;
  std::vector<std::byte> batch;  ///< offsets from 0, under the codec of the set's first message
};
/// All messages of a set, also those that are folded into one. Magic 0 has no times: -1.
BatchOfMessages batchOfMessages(ByteView set);

struct MessageSet {
  std::vector<std::byte> bytes;
  Offset next = kNoOffset;  ///< behind the last record that was looked at
};
/// The records from `from` on as messages of `magic`, not compressed: as many as fit into `most`
/// bytes, and one at least. Headers, which these formats do not have, and markers of transactions
/// are left out, and so is a batch at the end that is cut short. An Error: a batch is damaged.
Result<MessageSet> messagesOf(ByteView batches, std::int8_t magic, Offset from, std::uint64_t most);

}  // namespace millrace::log
