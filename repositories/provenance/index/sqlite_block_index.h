// SPDX-License-Identifier: Apache-2.0
#pragma once
// SqliteBlockIndex: the index of provenance blocks as a SQLite file: one row a block, one a run of
// FlowFile ids, one for hundreds of texts (text_runs.h); nothing for a single event.
//
// Promise: as BlockIndex says. What is in it was derived from blocks on the medium; a power cut may
// take its newest rows, and the owner adds them again. Errors: those of SQLite, with the file's
// name; a file that is damaged or of another version is begun anew by open(), a damage met later by
// reset(). Threads: any; one at a time inside.

#include "engine/base/mutex.h"
#include "repositories/provenance/blocks/block_index.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::repo {

class SqliteBlockIndex final : public BlockIndex {
 public:
  /// `path`: a file of the machine, or ":memory:". `onBulletin` hears of a file that is begun anew.
  static Result<std::unique_ptr<SqliteBlockIndex>> open(
      std::string path, std::function<void(const std::string&)> onBulletin = {});
  ~SqliteBlockIndex() override;

  Result<> add(const std::vector<Entry>& blocks) override;
  Result<std::map<std::uint64_t, std::uint64_t>> known() override;
  Result<> forget(std::uint64_t file) override;
  Result<> reset() override;
  Result<std::vector<Candidate>> candidates(const BlockQuery& query, std::size_t most) override;

 private:
  class Database;
  explicit SqliteBlockIndex(std::string path);
  Result<> openDatabase() MR_REQUIRES(mutex_);
  Result<> begin() MR_REQUIRES(mutex_);
  void removeFiles() MR_REQUIRES(mutex_);
  Result<std::vector<std::uint64_t>> named(const BlockQuery& query) MR_REQUIRES(mutex_);
  Result<bool> holdsOne(std::uint64_t block, const std::vector<ComponentId>& components)
      MR_REQUIRES(mutex_);

  const std::string path_;
  Mutex mutex_;
  std::unique_ptr<Database> database_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
