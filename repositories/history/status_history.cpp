// SPDX-License-Identifier: Apache-2.0
#include "repositories/history/status_history.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>

namespace millrace::repo {
namespace {

constexpr int kVersion = 1;
constexpr Millis kMinuteMillis = 60'000;

constexpr const char* kSchema =
    "CREATE TABLE sample(step INTEGER NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, v0 INTEGER, v1 INTEGER, v2 INTEGER, v3 INTEGER, v4 INTEGER,"
    " v5 INTEGER, v6 INTEGER, v7 INTEGER, PRIMARY KEY(step, at, id)) WITHOUT ROWID;"
    "CREATE INDEX sample_of_id ON sample(id, step, at);"
    // Up to where the rows of a step are made of finer ones.
    "CREATE TABLE made(step INTEGER PRIMARY KEY, upto INTEGER NOT NULL);";

constexpr const char* kCoarser =
    "INSERT OR REPLACE INTO sample SELECT ?1, (at / ?2) * ?2, id, kind,"
    " CASE kind WHEN 0 THEN sum(v0) ELSE CAST(round(avg(v0)) AS INTEGER) END,"
    " CASE kind WHEN 0 THEN sum(v1) ELSE CAST(round(avg(v1)) AS INTEGER) END,"
    " CASE kind WHEN 0 THEN sum(v2) ELSE max(v2) END,"
    " CASE kind WHEN 0 THEN sum(v3) ELSE max(v3) END,"
    " sum(v4), sum(v5), sum(v6), sum(v7) FROM sample"
    " WHERE step = ?1 - 1 AND at >= ?3 AND at < ?4 GROUP BY id, kind, at / ?2";

}  // namespace

Millis lengthOf(HistoryStep step) {
  switch (step) {
    case HistoryStep::kSecond:
      return 1000;
    case HistoryStep::kMinute:
      return kMinuteMillis;
    default:
      return 5 * kMinuteMillis;
  }
}

Millis keptFor(HistoryStep step) {
  switch (step) {
    case HistoryStep::kSecond:
      return 10 * kMinuteMillis;
    case HistoryStep::kMinute:
      return 24 * 60 * kMinuteMillis;
    default:
      return 30LL * 24 * 60 * kMinuteMillis;
  }
}

class StatusHistory::Database {
 public:
  explicit Database(std::string path) : path_(std::move(path)) {}
  ~Database() {
    for (sqlite3_stmt* statement : {insert_, coarser_, forget_, select_, upTo_, setUpTo_})
      sqlite3_finalize(statement);
    sqlite3_close(handle_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<> open() {
    if (sqlite3_open(path_.c_str(), &handle_) != SQLITE_OK) return failure();
    // WAL with one sync a checkpoint: a crash may lose the last seconds but mixes nothing.
    MR_TRY(execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"));
    sqlite3_stmt* asked = nullptr;
    MR_TRY(prepare("PRAGMA user_version", asked));
    const bool row = sqlite3_step(asked) == SQLITE_ROW;
    const int version = row ? sqlite3_column_int(asked, 0) : -1;
    sqlite3_finalize(asked);
    if (version != 0 && version != kVersion)
      return Error::environment(fmt::format("{}: its version is {}", path_, version), false);
    if (version == 0) {
      MR_TRY(execute("BEGIN"));
      MR_TRY(execute(kSchema));
      MR_TRY(execute(fmt::format("PRAGMA user_version={}; COMMIT", kVersion).c_str()));
    }
    MR_TRY(prepare("INSERT OR REPLACE INTO sample VALUES(0,?,?,?,?,?,?,?,?,?,?,?)", insert_));
    MR_TRY(prepare(kCoarser, coarser_));
    MR_TRY(prepare("DELETE FROM sample WHERE step = ? AND at < ?", forget_));
    MR_TRY(
        prepare("SELECT at, kind, v0, v1, v2, v3, v4, v5, v6, v7 FROM sample WHERE id = ? AND "
                "step = ? AND at >= ? AND at <= ? ORDER BY at DESC LIMIT ?",
                select_));
    MR_TRY(prepare("SELECT upto FROM made WHERE step = ?", upTo_));
    return prepare("INSERT OR REPLACE INTO made VALUES(?,?)", setUpTo_);
  }

  Result<> add(Millis now, std::span<const HistorySample> samples) {
    MR_TRY(execute("BEGIN"));
    auto added = addAll(now, samples);
    if (added.ok()) return execute("COMMIT");
    (void)execute("ROLLBACK");
    return added;
  }

  Result<std::vector<HistoryRow>> rows(std::uint64_t id, HistoryStep step, Millis from, Millis to,
                                       std::size_t most) {
    bind(select_, {static_cast<std::int64_t>(id), static_cast<std::int64_t>(step), from, to,
                   static_cast<std::int64_t>(most)});
    std::vector<HistoryRow> found;
    int code = sqlite3_step(select_);
    for (; code == SQLITE_ROW; code = sqlite3_step(select_)) {
      HistoryRow& row = found.emplace_back();
      row.at = sqlite3_column_int64(select_, 0);
      row.kind = static_cast<HistoryKind>(sqlite3_column_int(select_, 1));
      for (std::size_t i = 0; i < row.values.size(); ++i)
        row.values[i] = sqlite3_column_int64(select_, static_cast<int>(i) + 2);
    }
    if (code != SQLITE_DONE) return failure();
    sqlite3_reset(select_);
    std::reverse(found.begin(), found.end());
    return found;
  }

 private:
  Error failure() const {
    const char* why = handle_ == nullptr ? "no memory" : sqlite3_errmsg(handle_);
    return Error::environment(fmt::format("the history {} cannot be used: {}", path_, why));
  }
  Result<> execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
    return Done{};
  }
  Result<> prepare(const char* sql, sqlite3_stmt*& statement) {
    if (sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr) != SQLITE_OK) return failure();
    return Done{};
  }
  static void bind(sqlite3_stmt* statement, std::initializer_list<std::int64_t> values) {
    sqlite3_reset(statement);
    int number = 0;
    for (const std::int64_t value : values) sqlite3_bind_int64(statement, ++number, value);
  }
  Result<> run(sqlite3_stmt* statement, std::initializer_list<std::int64_t> values) {
    bind(statement, values);
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? Result<>(Done{}) : Result<>(failure());
  }

  Result<> addAll(Millis now, std::span<const HistorySample> samples) {
    const Millis at = now / 1000 * 1000;
    for (const HistorySample& sample : samples) {
      const HistoryValues& v = sample.values;
      MR_TRY(run(insert_,
                 {at, static_cast<std::int64_t>(sample.id), static_cast<std::int64_t>(sample.kind),
                  v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}));
    }
    for (const HistoryStep step : {HistoryStep::kMinute, HistoryStep::kFiveMinutes})
      MR_TRY(makeCoarser(step, now));
    return Done{};
  }

  /// Rows of a step whose time is over.
  Result<> makeCoarser(HistoryStep step, Millis now) {
    const auto number = static_cast<std::int64_t>(step);
    const Millis over = now / lengthOf(step) * lengthOf(step);
    bind(upTo_, {number});
    const bool known = sqlite3_step(upTo_) == SQLITE_ROW;
    const Millis made = known ? sqlite3_column_int64(upTo_, 0) : 0;
    sqlite3_reset(upTo_);
    if (known && over <= made) {
      // A clock that was put back: what comes now is newer than what is there, whatever it says.
      if (made - over > lengthOf(step)) return run(setUpTo_, {number, over});
      return Done{};
    }
    MR_TRY(run(coarser_, {number, lengthOf(step), made, over}));
    MR_TRY(run(setUpTo_, {number, over}));
    const auto finer = static_cast<HistoryStep>(number - 1);
    MR_TRY(run(forget_, {number - 1, now - keptFor(finer)}));
    return run(forget_, {number, now - keptFor(step)});
  }

  const std::string path_;
  sqlite3* handle_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* coarser_ = nullptr;
  sqlite3_stmt* forget_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
  sqlite3_stmt* upTo_ = nullptr;
  sqlite3_stmt* setUpTo_ = nullptr;
};

StatusHistory::StatusHistory(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StatusHistory::~StatusHistory() = default;

Result<std::unique_ptr<StatusHistory>> StatusHistory::open(
    std::string path, const std::function<void(const std::string&)>& onBulletin) {
  auto database = std::make_unique<Database>(path);
  if (auto opened = database->open(); !opened.ok()) {
    if (onBulletin) onBulletin(opened.error().message + "; it is begun anew");
    database.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) (void)std::remove((path + suffix).c_str());
    database = std::make_unique<Database>(std::move(path));
    MR_TRY(database->open());
  }
  return std::unique_ptr<StatusHistory>(new StatusHistory(std::move(database)));
}

Result<> StatusHistory::add(Millis now, std::span<const HistorySample> samples) {
  MutexLock lock(mutex_);
  return database_->add(now, samples);
}

Result<std::vector<HistoryRow>> StatusHistory::rows(std::uint64_t id, HistoryStep step, Millis from,
                                                    Millis to, std::size_t most) {
  MutexLock lock(mutex_);
  return database_->rows(id, step, from, to, most);
}

}  // namespace millrace::repo
