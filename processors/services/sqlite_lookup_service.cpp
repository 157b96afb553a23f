// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cstring>
#include <memory>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kFile{
    {.name = "Database File",
     .description = "The SQLite database. It is read into memory, and again when it changes.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kTable{{.name = "Table Name",
                                        .description = "The table or view to look in.",
                                        .required = true,
                                        .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kKeyColumn{{.name = "Lookup Key Column",
                                            .description = "The column of the keys.",
                                            .required = true,
                                            .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kValueColumn{{.name = "Lookup Value Column",
                                              .description = "The column of the values.",
                                              .required = true,
                                              .scope = ExpressionScope::kEnvironment}};
constexpr std::array kProperties{&kFile.info, &kTable.info, &kKeyColumn.info, &kValueColumn.info};
constexpr std::array<std::string_view, 4> kTags{"lookup", "sqlite", "sql", "database"};
constexpr std::array kProvides{LookupService::kType};
constexpr Nanos kRefresh = 30 * kSecond;

/// In backticks, since what stands in double quotes and is no column would be taken for a text.
std::string quoted(std::string_view name) {
  std::string result = "`";
  for (const char c : name) result += c == '`' ? std::string("``") : std::string(1, c);
  return result + "`";
}

/// A database in memory with the one question that is asked of it.
class Table {
 public:
  struct Names {
    std::string table;
    std::string key;
    std::string value;
  };
  static Result<std::unique_ptr<Table>> open(std::string bytes, const Names& names) {
    auto made = std::unique_ptr<Table>(new Table());
    constexpr std::size_t kVersions = 18;  // 2 says that there may be a write-ahead log
    if (bytes.size() > kVersions + 1) bytes[kVersions] = bytes[kVersions + 1] = 1;
    sqlite3* database = nullptr;
    int code = sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE, nullptr);
    made->database_.reset(database);
    if (code != SQLITE_OK) return made->failure();
    auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size() + 1));
    if (copy == nullptr) return Error::environment("there is no memory for the database");
    std::memcpy(copy, bytes.data(), bytes.size());
    const auto size = static_cast<sqlite3_int64>(bytes.size());
    code = sqlite3_deserialize(database, "main", copy, size, size,
                               SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
    if (code != SQLITE_OK) return made->failure();
    const std::string question =
        fmt::format("SELECT {} FROM {} WHERE {} = ?1 LIMIT 1", quoted(names.value),
                    quoted(names.table), quoted(names.key));
    sqlite3_stmt* statement = nullptr;
    code = sqlite3_prepare_v2(database, question.c_str(), -1, &statement, nullptr);
    made->statement_.reset(statement);
    if (code != SQLITE_OK) return made->failure();
    return made;
  }

  Result<std::optional<std::string>> find(std::string_view key) {
    sqlite3_stmt* const statement = statement_.get();
    sqlite3_reset(statement);
    sqlite3_bind_text64(statement, 1, key.data(), key.size(), SQLITE_STATIC, SQLITE_UTF8);
    const int code = sqlite3_step(statement);
    std::optional<std::string> value;
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
      const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, 0));
      const int size = sqlite3_column_bytes(statement, 0);
      value = text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) return failure();
    sqlite3_reset(statement);
    return value;
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Table() = default;
  Error failure() const {
    return Error::user(std::string("SQLite says: ") + sqlite3_errmsg(database_.get()));
  }

  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

class SqliteLookupService final : public LookupService {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    const MutexLock lock(mutex_);
    context_ = &context;
    path_ = MR_TRY(context.evaluate(kFile));
    names_ = {MR_TRY(context.evaluate(kTable)), MR_TRY(context.evaluate(kKeyColumn)),
              MR_TRY(context.evaluate(kValueColumn))};
    MR_TRY(load(MR_TRY(context.files().info(path_))));
    nextLook_ = context.clock().monotonic() + kRefresh;
    return Done{};
  }
  void onDisabled(ServiceContext&) override {
    const MutexLock lock(mutex_);
    table_.reset();
  }

  Result<std::optional<std::string>> lookup(std::string_view key) override {
    const MutexLock lock(mutex_);
    if (table_ == nullptr) return Error::environment("the SQLite lookup service is not enabled");
    refresh();
    return table_->find(key);
  }

 private:
  Result<> load(const FileInfo& info) MR_REQUIRES(mutex_) {
    FileSystem& files = context_->files();
    for (const char* unfinished : {"-wal", "-journal"}) {
      const auto beside = files.info(path_ + unfinished);
      if (beside.ok() && beside->size > 0)
        return Error::environment(
            fmt::format("{0} has changes in {0}{1} that are not in it yet; close the program that "
                        "writes it, or let it end its transaction and run PRAGMA "
                        "wal_checkpoint(TRUNCATE)",
                        path_, unfinished));
    }
    auto table = Table::open(MR_TRY(files.readAll(path_)), names_);
    if (!table.ok()) return Error::user(fmt::format("{}: {}", path_, table.error().message));
    table_ = std::move(*table);
    modified_ = info.modified;
    size_ = info.size;
    return Done{};
  }

  /// Reads the file again when it has changed; one that cannot be read leaves the old table.
  void refresh() MR_REQUIRES(mutex_) {
    const Nanos now = context_->clock().monotonic();
    if (now < nextLook_) return;
    nextLook_ = now + kRefresh;
    const auto info = context_->files().info(path_);
    if (info.ok() && info->modified == modified_ && info->size == size_) return;
    const Result<> loaded = info.ok() ? load(*info) : Result<>(info.error());
    if (!loaded.ok())
      context_->log(BulletinLevel::kWarn, fmt::format("the last state of the database is used: {}",
                                                      loaded.error().message));
  }

  Mutex mutex_;
  ServiceContext* context_ MR_GUARDED_BY(mutex_) = nullptr;
  std::string path_ MR_GUARDED_BY(mutex_);
  Table::Names names_ MR_GUARDED_BY(mutex_);
  std::unique_ptr<Table> table_ MR_GUARDED_BY(mutex_);
  Nanos modified_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t size_ MR_GUARDED_BY(mutex_) = 0;
  Nanos nextLook_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace

MR_SERVICE(sqlite_lookup_service){
    .type = "SqliteLookupService",
    .summary =
        "Looks up texts in two columns of a table of an SQLite database, which is kept in "
        "memory.",
    .tags = kTags,
    .provides = kProvides,
    .properties = kProperties,
    .make = makeService<SqliteLookupService>};

}  // namespace millrace::processors
