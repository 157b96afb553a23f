// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/index/sqlite_block_index.h"

#include "repositories/provenance/index/sqlite_statement.h"
#include "repositories/provenance/index/text_runs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

namespace millrace::repo {
namespace {

constexpr std::uint64_t kLongestRun = 1ULL << 16;  // of ids in a row; block_writer.cpp splits there
constexpr int kVersion = 2;

constexpr const char* kSchema =
    "CREATE TABLE file(number INTEGER PRIMARY KEY, known INTEGER NOT NULL);"
    "CREATE TABLE block(first INTEGER PRIMARY KEY, file INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " length INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,"
    " types INTEGER NOT NULL);"
    "CREATE INDEX block_of_file ON block(file);"
    "CREATE TABLE ids(low INTEGER NOT NULL, block INTEGER NOT NULL, high INTEGER NOT NULL,"
    " PRIMARY KEY(low, block)) WITHOUT ROWID;"
    "CREATE TABLE component(block INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(block, id))"
    " WITHOUT ROWID;";

std::uint64_t raw(std::int64_t number) { return static_cast<std::uint64_t>(number); }
std::int64_t number(std::uint64_t raw) { return static_cast<std::int64_t>(raw); }

}  // namespace

/// The open file and its statements; the statements go first.
class SqliteBlockIndex::Database {
 public:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };

  static Result<std::unique_ptr<Database>> open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open(path.c_str(), &handle);
    auto made = std::make_unique<Database>();
    made->handle.reset(handle);
    if (code != SQLITE_OK) {
      return Error::environment(fmt::format("the index of provenance {} cannot be opened: {}", path,
                                            sqlite3_errstr(code)));
    }
    // WAL with one sync a checkpoint: a power cut may lose rows but does not mix old and new.
    MR_TRY(made->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"));
    const int version = MR_TRY(made->version());
    if (version != 0 && version != kVersion) {
      return Error::environment(
          fmt::format("the index of provenance {} has version {}", path, version), false);
    }
    if (version == 0) {
      MR_TRY(made->execute("BEGIN"));
      MR_TRY(made->execute(kSchema));
      MR_TRY(made->execute(TextRuns::kSchema));
      MR_TRY(made->execute(fmt::format("PRAGMA user_version={}", kVersion).c_str()));
      MR_TRY(made->execute("COMMIT"));
    }
    MR_TRY(made->prepareAll());
    return made;
  }

  Result<> execute(const char* sql) {
    char* message = nullptr;
    if (sqlite3_exec(handle.get(), sql, nullptr, nullptr, &message) == SQLITE_OK) return Done{};
    const std::string text = message == nullptr ? "it cannot be used" : message;
    sqlite3_free(message);
    return Error::environment("the index of provenance: " + text);
  }

  Result<std::uint64_t> oldestBlock() {
    MR_TRY(oldest->bind({}));
    MR_TRY(oldest->step());
    const std::uint64_t block = oldest->column(0);
    MR_TRY(oldest->bind({}));
    return block;
  }

  std::unique_ptr<sqlite3, Close> handle;
  std::unique_ptr<TextRuns> texts;
  std::optional<SqliteStatement> addBlock, addIds, addComponent, setKnown, allKnown, byId,
      hasComponent, row, newest, oldest;

 private:
  Result<int> version() {
    SqliteStatement statement =
        MR_TRY(SqliteStatement::prepare(handle.get(), "PRAGMA user_version"));
    MR_TRY(statement.step());
    return static_cast<int>(statement.column(0));
  }
  Result<> prepareAll() {
    const std::pair<std::optional<SqliteStatement>*, const char*> all[] = {
        {&addBlock, "INSERT OR REPLACE INTO block VALUES(?,?,?,?,?,?,?)"},
        {&addIds, "INSERT OR REPLACE INTO ids(low, block, high) VALUES(?,?,?)"},
        {&addComponent, "INSERT OR IGNORE INTO component VALUES(?,?)"},
        {&setKnown, "INSERT OR REPLACE INTO file VALUES(?,?)"},
        {&allKnown, "SELECT number, known FROM file"},
        {&byId, "SELECT block FROM ids WHERE low<=?1 AND low>?1-65536 AND high>=?1"},
        {&hasComponent, "SELECT 1 FROM component WHERE block=? AND id=?"},
        {&row,
         "SELECT file, offset, length, first_time, last_time, types FROM block WHERE first=?"},
        {&newest,
         "SELECT first, file, offset, length FROM block WHERE first<?1 AND last_time>=?2 AND"
         " first_time<=?3 AND (?4=0 OR (types&?4)<>0) ORDER BY first DESC"},
        {&oldest, "SELECT ifnull(min(first), 0) FROM block"},
    };
    for (const auto& [statement, sql] : all)
      statement->emplace(MR_TRY(SqliteStatement::prepare(handle.get(), sql)));
    texts = MR_TRY(TextRuns::open(handle.get()));
    return Done{};
  }
};

SqliteBlockIndex::SqliteBlockIndex(std::string path) : path_(std::move(path)) {}
SqliteBlockIndex::~SqliteBlockIndex() = default;

Result<std::unique_ptr<SqliteBlockIndex>> SqliteBlockIndex::open(
    std::string path, std::function<void(const std::string&)> onBulletin) {
  std::unique_ptr<SqliteBlockIndex> index(new SqliteBlockIndex(std::move(path)));
  auto opened = [&] {
    MutexLock lock(index->mutex_);
    return index->openDatabase();
  }();
  if (!opened.ok()) {
    if (onBulletin) onBulletin(opened.error().message + "; it is made again from the blocks");
    MR_TRY(index->reset());
  }
  return index;
}

Result<> SqliteBlockIndex::openDatabase() {
  database_ = MR_TRY(Database::open(path_));
  return Done{};
}

void SqliteBlockIndex::removeFiles() {
  // A file that is not there is as good; one that stays makes the next open fail and say why.
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path_ + suffix).c_str());
}

Result<> SqliteBlockIndex::reset() {
  MutexLock lock(mutex_);
  database_.reset();
  if (path_ != ":memory:") removeFiles();
  return openDatabase();
}

Result<> SqliteBlockIndex::begin() {
  if (database_ == nullptr) MR_TRY(openDatabase());
  // What a failed call left open is of no use.
  if (sqlite3_get_autocommit(database_->handle.get()) == 0) MR_TRY(database_->execute("ROLLBACK"));
  return database_->execute("BEGIN");
}

Result<> SqliteBlockIndex::add(const std::vector<Entry>& blocks) {
  MutexLock lock(mutex_);
  MR_TRY(begin());
  Database& db = *database_;
  std::vector<TextPlace> texts;
  for (const Entry& entry : blocks) {
    const BlockSummary& summary = entry.summary;
    const std::uint64_t block = summary.first.raw();
    MR_TRY(db.addBlock->run({block, entry.place.file, entry.place.offset, entry.place.length,
                             raw(summary.firstTime), raw(summary.lastTime), summary.types}));
    for (const auto& ids : summary.ids) {
      MR_ASSERT(ids.last - ids.first < kLongestRun);
      MR_TRY(db.addIds->run({ids.first, block, ids.last}));
    }
    for (const std::uint64_t key : summary.keys) texts.push_back({key, block});
    for (const ComponentId component : summary.components)
      MR_TRY(db.addComponent->run({block, component.raw()}));
    MR_TRY(db.setKnown->run({entry.place.file, entry.place.offset + entry.place.length}));
  }
  MR_TRY(db.texts->add(std::move(texts), MR_TRY(db.oldestBlock())));
  return db.execute("COMMIT");
}

Result<std::map<std::uint64_t, std::uint64_t>> SqliteBlockIndex::known() {
  MutexLock lock(mutex_);
  if (database_ == nullptr) MR_TRY(openDatabase());
  std::map<std::uint64_t, std::uint64_t> result;
  SqliteStatement& all = *database_->allKnown;
  MR_TRY(all.bind({}));
  while (MR_TRY(all.step())) result[all.column(0)] = all.column(1);
  MR_TRY(all.bind({}));
  return result;
}

Result<> SqliteBlockIndex::forget(std::uint64_t file) {
  MutexLock lock(mutex_);
  MR_TRY(begin());
  for (const char* table : {"ids", "component"}) {
    MR_TRY(database_->execute(
        fmt::format("DELETE FROM {} WHERE block IN (SELECT first FROM block WHERE file={})", table,
                    file)
            .c_str()));
  }
  MR_TRY(database_->execute(fmt::format("DELETE FROM block WHERE file={0};"
                                        "DELETE FROM file WHERE number={0}",
                                        file)
                                .c_str()));
  // Files go oldest first; of another one, keys stay that lead to no block.
  MR_TRY(database_->texts->forgetBelow(MR_TRY(database_->oldestBlock())));
  return database_->execute("COMMIT");
}

/// The blocks that the query's FlowFiles and texts name, rising.
Result<std::vector<std::uint64_t>> SqliteBlockIndex::named(const BlockQuery& query) {
  std::set<std::uint64_t> blocks;
  for (const std::uint64_t id : query.ids) {
    MR_TRY(database_->byId->bind({id}));
    while (MR_TRY(database_->byId->step())) blocks.insert(database_->byId->column(0));
  }
  for (const std::uint64_t key : query.uuids) {
    const auto found = MR_TRY(database_->texts->blocks(key));
    blocks.insert(found.begin(), found.end());
  }
  std::vector<std::uint64_t> result(blocks.begin(), blocks.end());
  bool all = query.ids.empty() && query.uuids.empty();  // no FlowFile is named
  for (const std::uint64_t key : query.keys) {
    auto having = MR_TRY(database_->texts->blocks(key));
    if (!all) {
      std::vector<std::uint64_t> both;
      std::set_intersection(result.begin(), result.end(), having.begin(), having.end(),
                            std::back_inserter(both));
      having = std::move(both);
    }
    result = std::move(having);
    all = false;
  }
  return result;
}

Result<bool> SqliteBlockIndex::holdsOne(std::uint64_t block,
                                        const std::vector<ComponentId>& components) {
  for (const ComponentId component : components) {
    MR_TRY(database_->hasComponent->bind({block, component.raw()}));
    if (MR_TRY(database_->hasComponent->step())) return true;
  }
  return components.empty();
}

Result<std::vector<BlockIndex::Candidate>> SqliteBlockIndex::candidates(const BlockQuery& query,
                                                                        std::size_t most) {
  MutexLock lock(mutex_);
  if (database_ == nullptr) MR_TRY(openDatabase());
  const Millis from = query.from.value_or(std::numeric_limits<Millis>::min());
  const Millis to = query.to.value_or(std::numeric_limits<Millis>::max());
  // A statement that is not read to its end would keep the file's log from being cut.
  const auto rewind = [](SqliteStatement& statement) { return statement.bind({}); };
  std::vector<Candidate> result;
  if (!query.ids.empty() || !query.uuids.empty() || !query.keys.empty()) {
    const std::vector<std::uint64_t> blocks = MR_TRY(named(query));
    SqliteStatement& row = *database_->row;
    for (auto block = blocks.rbegin(); block != blocks.rend() && result.size() < most; ++block) {
      if (*block >= query.below.raw()) continue;
      MR_TRY(row.bind({*block}));
      if (!MR_TRY(row.step())) continue;
      if (number(row.column(4)) < from || number(row.column(3)) > to) continue;
      if (query.types != 0 && (row.column(5) & query.types) == 0) continue;
      if (!MR_TRY(holdsOne(*block, query.components))) continue;
      result.push_back({{row.column(0), row.column(1), row.column(2)}, Lsn(*block)});
    }
    MR_TRY(rewind(row));
    return result;
  }
  SqliteStatement& newest = *database_->newest;
  const std::uint64_t below = std::min<std::uint64_t>(query.below.raw(), ~0ULL >> 1U);
  MR_TRY(newest.bind({below, raw(from), raw(to), query.types}));
  while (result.size() < most && MR_TRY(newest.step())) {
    const std::uint64_t block = newest.column(0);
    if (!MR_TRY(holdsOne(block, query.components))) continue;
    result.push_back({{newest.column(1), newest.column(2), newest.column(3)}, Lsn(block)});
  }
  MR_TRY(rewind(newest));
  return result;
}

}  // namespace millrace::repo
