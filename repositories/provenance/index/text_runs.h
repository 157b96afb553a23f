// SPDX-License-Identifier: Apache-2.0
#pragma once
// TextRuns: which blocks hold a text, by its key, in two tables of an SQLite database. A row for
// each key would cost more than all else that provenance does: a flow that reads lines names each
// of them. So keys are kept in sorted runs of packed pages, as a log-structured merge tree does:
// what is added is a run, and eight runs of a level are merged into one of the next.
//
// Promise: blocks(key) has every block that was added with the key and is not below the oldest; it
// may have others. Ownership: the database outlives it. Threads: one at a time; writing calls stand
// in a transaction of the caller.

#include "repositories/provenance/index/sqlite_statement.h"

#include <memory>

namespace millrace::repo {

struct TextPlace {
  std::uint64_t key;
  std::uint64_t block;  ///< its first LSN
  auto operator<=>(const TextPlace&) const = default;
};

class TextRuns {
 public:
  static constexpr const char* kSchema =
      "CREATE TABLE run(id INTEGER PRIMARY KEY, level INTEGER NOT NULL, first INTEGER NOT NULL,"
      " pages INTEGER NOT NULL, newest INTEGER NOT NULL);"
      "CREATE TABLE page(id INTEGER PRIMARY KEY, places BLOB NOT NULL);";

  static Result<std::unique_ptr<TextRuns>> open(sqlite3* database);

  /// Places in any order; none is kept of blocks below the oldest where runs are merged.
  Result<> add(std::vector<TextPlace> places, std::uint64_t oldest);
  /// Gives back the runs that are about blocks below the oldest alone.
  Result<> forgetBelow(std::uint64_t oldest);
  /// Rising, each once.
  Result<std::vector<std::uint64_t>> blocks(std::uint64_t key);

 private:
  struct Run {
    std::uint64_t id, level, first, pages, newest;
  };
  class Cursor;
  class Writer;

  TextRuns(sqlite3* database, std::vector<SqliteStatement> statements)
      : database_(database), statements_(std::move(statements)) {}
  SqliteStatement& statement(std::size_t number) { return statements_[number]; }
  Result<std::vector<Run>> runs();
  Result<std::vector<TextPlace>> page(std::uint64_t id);
  Result<> remove(const Run& run);
  Result<> merge(const std::vector<Run>& runs, std::uint64_t oldest);
  Result<> look(const Run& run, std::uint64_t key, std::vector<std::uint64_t>& into);

  sqlite3* database_;
  std::vector<SqliteStatement> statements_;
};

}  // namespace millrace::repo
