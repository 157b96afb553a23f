// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/service_descriptor.h"
#include "processors/text/charset.h"
#include "processors/text/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kFileAliases{"csv-file"};
constexpr std::array<std::string_view, 1> kKeyAliases{"lookup-key-column"};
constexpr std::array<std::string_view, 1> kValueAliases{"lookup-value-column"};
constexpr std::array<std::string_view, 1> kDuplicatesAliases{"ignore-duplicates"};
constexpr std::array kFormats{
    AllowedValue{"default", "Commas, quotes, no empty lines."},
    AllowedValue{"custom", "As the properties below say."},
    AllowedValue{"excel", "Commas and quotes; an empty line is a record."},
    AllowedValue{"rfc4180", "Commas and quotes; an empty line is a record."},
    AllowedValue{"tdf", "Tabs and quotes; blanks around fields mean nothing."},
    AllowedValue{"mysql", "Tabs, a backslash to escape, no quotes; \\N is no value."},
};
constexpr std::array<std::string_view, 1> kCustomOnly{"custom"};

constexpr Property<std::string> kFile{
    {.name = "CSV File",
     .description = "The file; its first record has the names of the columns. It is read again "
                    "when it changes.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .aliases = kFileAliases}};
constexpr Property<std::string> kFormat{{.name = "CSV Format",
                                         .description = "How the file is written.",
                                         .defaultValue = "default",
                                         .required = true,
                                         .allowed = kFormats}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the file.",
                                          .defaultValue = "UTF-8",
                                          .required = true,
                                          .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kKeyColumn{{.name = "Lookup Key Column",
                                            .description = "The column of the keys.",
                                            .required = true,
                                            .scope = ExpressionScope::kEnvironment,
                                            .aliases = kKeyAliases}};
constexpr Property<std::string> kValueColumn{{.name = "Lookup Value Column",
                                              .description = "The column of the values.",
                                              .required = true,
                                              .scope = ExpressionScope::kEnvironment,
                                              .aliases = kValueAliases}};
constexpr Property<bool> kIgnoreDuplicates{
    {.name = "Ignore Duplicates",
     .description = "Whether the last of several records with one key counts; otherwise the file "
                    "is refused.",
     .defaultValue = "true",
     .required = true,
     .aliases = kDuplicatesAliases}};

constexpr PropertyInfo mark(std::string_view name, std::string_view description,
                            std::optional<std::string_view> defaultValue) {
  return {.name = name,
          .description = description,
          .defaultValue = defaultValue,
          .scope = ExpressionScope::kEnvironment,
          .dependsOn = "CSV Format",
          .dependsOnValues = kCustomOnly};
}
constexpr Property<std::string> kSeparator{mark("Value Separator", "Between fields.", ",")};
constexpr Property<std::string> kQuote{mark("Quote Character", "Around fields.", "\"")};
constexpr Property<std::string> kComment{
    mark("Comment Marker", "At the start of lines that are skipped.", std::nullopt)};
constexpr Property<std::string> kEscape{
    mark("Escape Character", "Before a character that is meant as it is.", "\\")};
constexpr Property<bool> kTrim{{.name = "Trim Fields",
                                .description = "Whether blanks around fields mean nothing.",
                                .defaultValue = "true",
                                .required = true,
                                .dependsOn = "CSV Format",
                                .dependsOnValues = kCustomOnly}};
constexpr std::array kProperties{&kFile.info,      &kFormat.info,      &kCharset.info,
                                 &kKeyColumn.info, &kValueColumn.info, &kIgnoreDuplicates.info,
                                 &kSeparator.info, &kQuote.info,       &kComment.info,
                                 &kEscape.info,    &kTrim.info};
constexpr std::array<std::string_view, 4> kTags{"lookup", "csv", "file", "key value"};
constexpr std::array kProvides{LookupService::kType};

constexpr Nanos kRefresh = 30 * kSecond;

using Table = std::unordered_map<std::string, std::string>;

/// The bytes of a file, for a converter that reads content.
class FileContent final : public ContentReader {
 public:
  FileContent(File& file, std::uint64_t size) : file_(file), size_(size), buffer_(64 * 1024) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t got = MR_TRY(file_.readAt(at_, into));
    at_ += got;
    return got;
  }
  Result<ByteView> next(std::size_t most) override {
    const auto part = std::span(buffer_).subspan(0, std::min(most, buffer_.size()));
    const std::size_t got = MR_TRY(read(part));
    return ByteView(buffer_).subspan(0, got);
  }
  std::uint64_t size() const override { return size_; }

 private:
  File& file_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::vector<std::byte> buffer_;
};

class SimpleCsvFileLookupService final : public LookupService {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    context_ = &context;
    path_ = MR_TRY(context.evaluate(kFile));
    const std::string charset = MR_TRY(context.evaluate(kCharset));
    charset_ = MR_TRY(Charset::find(charset));
    keyColumn_ = MR_TRY(context.evaluate(kKeyColumn));
    valueColumn_ = MR_TRY(context.evaluate(kValueColumn));
    ignoreDuplicates_ = context.get(kIgnoreDuplicates);
    format_ = MR_TRY(formatOf(context));
    const FileInfo info = MR_TRY(context.files().info(path_));
    auto table = MR_TRY(load());
    const MutexLock lock(mutex_);
    table_ = std::move(table);
    modified_ = info.modified;
    size_ = info.size;
    nextCheck_ = context.clock().monotonic() + kRefresh;
    return Done{};
  }

  void onDisabled(ServiceContext&) override {
    const MutexLock lock(mutex_);
    table_.reset();
  }

  Result<std::optional<std::string>> lookup(std::string_view key) override {
    refresh();
    std::shared_ptr<const Table> table;
    {
      const MutexLock lock(mutex_);
      table = table_;
    }
    if (table == nullptr) return Error::environment("the CSV lookup service is not enabled");
    const auto found = table->find(std::string(key));
    if (found == table->end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }

 private:
  static Result<std::optional<char>> character(ServiceContext& context,
                                               const Property<std::string>& property) {
    const std::string text = MR_TRY(context.evaluate(property));
    if (text.empty()) return std::optional<char>();
    if (text == "\\t") return std::optional<char>('\t');
    if (text.size() == 1) return std::optional<char>(text.front());
    return Error::user(
        fmt::format("property '{}' is '{}', but must be one character", property.info.name, text));
  }

  static Result<CsvFormat> formatOf(ServiceContext& context) {
    const std::string_view name = context.get(kFormat);
    CsvFormat format;
    if (name == "excel" || name == "rfc4180") format.skipsEmptyLines = false;
    if (name == "tdf") {
      format.separator = '\t';
      format.trims = true;
    }
    if (name == "mysql") {
      format.separator = '\t';
      format.quote.reset();
      format.escape = '\\';
      format.nullText = "\\N";
      format.skipsEmptyLines = false;
    }
    if (name != "custom") return format;
    format.separator = MR_TRY(character(context, kSeparator)).value_or(',');
    format.quote = MR_TRY(character(context, kQuote));
    format.comment = MR_TRY(character(context, kComment));
    format.escape = MR_TRY(character(context, kEscape));
    format.trims = context.get(kTrim);
    return format;
  }

  /// Reads the file again when it has changed; a file that cannot be read leaves the old table.
  void refresh() {
    const Nanos now = context_->clock().monotonic();
    {
      const MutexLock lock(mutex_);
      if (now < nextCheck_) return;
      nextCheck_ = now + kRefresh;
    }
    const auto info = context_->files().info(path_);
    if (info.ok()) {
      const MutexLock lock(mutex_);
      if (info->modified == modified_ && info->size == size_) return;
    }
    auto table = info.ok() ? load() : Result<std::shared_ptr<const Table>>(info.error());
    if (!table.ok()) {
      context_->log(BulletinLevel::kWarn,
                    fmt::format("{} could not be read again, its last state is used: {}", path_,
                                table.error().message));
      return;
    }
    const MutexLock lock(mutex_);
    table_ = std::move(*table);
    modified_ = info->modified;
    size_ = info->size;
  }

  Result<std::string> readText() const {
    const auto file = MR_TRY(context_->files().open(path_, OpenMode::kRead));
    FileContent content(*file, MR_TRY(file->size()));
    std::unique_ptr<ContentReader> decoded;
    if (!charset_.isPlain()) decoded = MR_TRY(DecodedContent::make(content, charset_));
    ContentReader& reader = decoded ? *decoded : static_cast<ContentReader&>(content);
    std::string text;
    while (true) {
      const ByteView part = MR_TRY(reader.next());
      if (part.empty()) break;
      text += asText(part);
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark is no text
    return text;
  }

  Result<std::size_t> columnOf(const std::vector<CsvField>& header, std::string_view name) const {
    const auto found = std::find_if(header.begin(), header.end(),
                                    [&](const CsvField& field) { return field == name; });
    if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
    return Error::user(
        fmt::format("{} has no column '{}'; check the name and CSV Format", path_, name));
  }

  Result<std::shared_ptr<const Table>> load() const {
    const std::string text = MR_TRY(readText());
    CsvReader reader(text, format_);
    const auto header = MR_TRY(reader.next());
    if (!header)
      return Error::user(fmt::format("{} is empty; its first line names columns", path_));
    const std::size_t keyAt = MR_TRY(columnOf(*header, keyColumn_));
    const std::size_t valueAt = MR_TRY(columnOf(*header, valueColumn_));
    auto table = std::make_shared<Table>();
    while (auto record = MR_TRY(reader.next())) {
      if (std::max(keyAt, valueAt) >= record->size()) continue;  // an incomplete record
      CsvField& key = (*record)[keyAt];
      CsvField& value = (*record)[valueAt];
      if (!key || !value) continue;
      if (!ignoreDuplicates_ && table->contains(*key)) {
        return Error::user(
            fmt::format("{} has the key '{}' twice; correct it or set Ignore "
                        "Duplicates",
                        path_, *key));
      }
      table->insert_or_assign(std::move(*key), std::move(*value));
    }
    return std::shared_ptr<const Table>(std::move(table));
  }

  ServiceContext* context_ = nullptr;
  std::string path_;
  Charset charset_;
  std::string keyColumn_;
  std::string valueColumn_;
  bool ignoreDuplicates_ = true;
  CsvFormat format_;
  Mutex mutex_;
  std::shared_ptr<const Table> table_
      MR_GUARDED_BY(mutex_);  // lookups keep it while it is replaced
  Nanos modified_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t size_ MR_GUARDED_BY(mutex_) = 0;
  Nanos nextCheck_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace

MR_SERVICE(simple_csv_file_lookup_service){
    .type = "SimpleCsvFileLookupService",
    .summary = "Looks up texts in two columns of a CSV file, which is kept in memory.",
    .tags = kTags,
    .provides = kProvides,
    .properties = kProperties,
    .make = makeService<SimpleCsvFileLookupService>};

}  // namespace millrace::processors
