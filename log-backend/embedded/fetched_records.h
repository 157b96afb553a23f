// SPDX-License-Identifier: Apache-2.0
#pragma once
// FetchedRecords: the bytes of a fetch as records, without those of aborted transactions.
// Ownership: what records show belongs to it, or to batches that it unfolded. Threads: one, then
// any number of readers.

#include "log-backend/client/log.h"
#include "log-backend/partition/aborted_index.h"
#include "log-backend/partition/batch_records.h"

#include <list>

namespace millrace::log {

class FetchedRecords {
 public:
  /// Adds the records from `from` on to `into`, until there are `most` of them. `skip`: aborted
  /// transactions, which are left out. Gives the offset to go on from; an Error names the offset
  /// of a batch that cannot be read.
  Result<Offset> add(std::vector<std::byte> bytes, Offset from, std::size_t most,
                     std::span<const AbortedTransaction> skip, std::vector<InRecord>& into);

 private:
  std::list<std::vector<std::byte>> fetched_;
  std::list<BatchRecords> opened_;
};

}  // namespace millrace::log
