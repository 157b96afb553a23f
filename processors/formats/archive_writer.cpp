// SPDX-License-Identifier: Apache-2.0
#include "processors/formats/archive_writer.h"

#include "processors/formats/utf8_locale.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

namespace millrace::processors {

namespace {

struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::open(Format format, int level,
                                                           ContentWriter& out) {
  const Utf8Locale utf8;
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(out));
  writer->archive_ = archive_write_new();
  if (writer->archive_ == nullptr) return Error::environment("there is no memory for an archive");
  archive* handle = writer->archive_;
  if (format == Format::kTar) {
    MR_TRY(writer->check(archive_write_set_format_gnutar(handle)));
  } else {
    MR_TRY(writer->check(archive_write_set_format_zip(handle)));
    const std::string text = fmt::format("{}", level);
    MR_TRY(writer->check(
        archive_write_set_format_option(handle, "zip", "compression-level", text.c_str())));
  }
  MR_TRY(writer->check(archive_write_set_bytes_in_last_block(handle, 1)));
  MR_TRY(writer->check(archive_write_open(handle, writer.get(), nullptr, &writeOut, nullptr)));
  return writer;
}

ArchiveWriter::~ArchiveWriter() {
  if (archive_ == nullptr) return;
  archive_write_fail(archive_);  // what was not finished is not completed now
  archive_write_free(archive_);
}

long ArchiveWriter::writeOut(archive* handle, void* self, const void* bytes, std::size_t size) {
  auto* writer = static_cast<ArchiveWriter*>(self);
  const auto written = writer->out_.write(ByteView(static_cast<const std::byte*>(bytes), size));
  if (written.ok()) return static_cast<long>(size);
  writer->failure_ = written.error().message;
  archive_set_error(handle, ARCHIVE_FATAL, "%s", writer->failure_.c_str());
  return -1;
}

Result<> ArchiveWriter::check(long code) {
  if (!failure_.empty()) return Error::environment(failure_);
  if (code >= ARCHIVE_WARN) return Done{};
  const char* reason = archive_error_string(archive_);
  return Error::user(
      fmt::format("the archive cannot be written: {}", reason != nullptr ? reason : "no reason"));
}

Result<> ArchiveWriter::begin(const ArchiveEntry& entry) {
  const Utf8Locale utf8;
  const std::unique_ptr<archive_entry, EntryDeleter> described(archive_entry_new());
  archive_entry_set_pathname(described.get(), entry.name.c_str());
  archive_entry_set_filetype(described.get(), AE_IFREG);
  archive_entry_set_perm(described.get(), entry.permissions);
  archive_entry_set_size(described.get(), static_cast<la_int64_t>(entry.size));
  archive_entry_set_mtime(described.get(), entry.modified / 1000, 0);
  return check(archive_write_header(archive_, described.get()));
}

Result<> ArchiveWriter::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = archive_write_data(archive_, bytes.data(), bytes.size());
    MR_TRY(check(static_cast<long>(written)));
    if (written <= 0) return Error::bug("an archive entry became longer than announced");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return Done{};
}

Result<> ArchiveWriter::finish() { return check(archive_write_close(archive_)); }

}  // namespace millrace::processors
