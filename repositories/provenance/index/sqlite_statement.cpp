// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/index/sqlite_statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace millrace::repo {
namespace {

Error failureOf(sqlite3* database) {
  const char* file = sqlite3_db_filename(database, "main");
  return Error::environment(fmt::format("the index of provenance {}: {}",
                                        file == nullptr || *file == '\0' ? "in memory" : file,
                                        sqlite3_errmsg(database)));
}

}  // namespace

Result<SqliteStatement> SqliteStatement::prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &made, nullptr) !=
      SQLITE_OK)
    return failureOf(database);
  return SqliteStatement(made);
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

Error SqliteStatement::failure() const { return failureOf(sqlite3_db_handle(statement_)); }

Result<> SqliteStatement::bind(const std::vector<std::uint64_t>& values) {
  sqlite3_reset(statement_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (sqlite3_bind_int64(statement_, static_cast<int>(i) + 1,
                           static_cast<sqlite3_int64>(values[i])) != SQLITE_OK)
      return failure();
  }
  return Done{};
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure();
}

std::uint64_t SqliteStatement::column(int number) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, number));
}

ByteView SqliteStatement::bytes(int number) const {
  const auto* begin = static_cast<const std::byte*>(sqlite3_column_blob(statement_, number));
  return {begin, static_cast<std::size_t>(sqlite3_column_bytes(statement_, number))};
}

Result<> SqliteStatement::runBytes(ByteView value) {
  sqlite3_reset(statement_);
  if (sqlite3_bind_blob64(statement_, 1, value.data(), value.size(), SQLITE_STATIC) != SQLITE_OK)
    return failure();
  while (MR_TRY(step())) {
  }
  return Done{};
}

Result<> SqliteStatement::run(const std::vector<std::uint64_t>& values) {
  MR_TRY(bind(values));
  while (MR_TRY(step())) {
  }
  return Done{};
}

}  // namespace millrace::repo
