// SPDX-License-Identifier: Apache-2.0
#pragma once
// SqliteStatement: one prepared statement of one database: numbers or bytes in and out. SQLite's
// integers have a sign, so that unsigned ones go through them bit by bit.
// Ownership: the database outlives it. Threads: one at a time.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace millrace::repo {

class SqliteStatement {
 public:
  static Result<SqliteStatement> prepare(sqlite3* database, std::string_view sql);
  ~SqliteStatement();
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) = delete;
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  /// Begins anew with these values.
  Result<> bind(const std::vector<std::uint64_t>& values);
  /// The next row; false at the end.
  Result<bool> step();
  std::uint64_t column(int number) const;
  /// Of a column of bytes; until the next step() or bind().
  ByteView bytes(int number) const;
  /// bind() and step() to the end, for statements without rows.
  Result<> run(const std::vector<std::uint64_t>& values);
  /// The same with bytes as the only value.
  Result<> runBytes(ByteView value);

 private:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  Error failure() const;
  sqlite3_stmt* statement_;
};

}  // namespace millrace::repo
