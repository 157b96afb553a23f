// SPDX-License-Identifier: Apache-2.0
#include "processors/formats/archive_reader.h"

#include "processors/formats/utf8_locale.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

namespace millrace::processors {

namespace {

std::string orEmpty(const char* text) { return text == nullptr ? std::string() : text; }

}  // namespace

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(Format format,
                                                           const std::string& charset,
                                                           const std::string& password,
                                                           ContentReader& source) {
  const Utf8Locale utf8;
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(source));
  reader->archive_ = archive_read_new();
  archive* handle = reader->archive_;
  if (handle == nullptr) return Error::environment("there is no memory for an archive");
  int code = 0;
  if (format == Format::kTar) {
    code = archive_read_support_format_tar(handle);
  } else {
    code = archive_read_support_format_zip_streamable(handle);
    if (code >= ARCHIVE_WARN && !charset.empty()) {
      code = archive_read_set_format_option(handle, "zip", "hdrcharset", charset.c_str());
    }
    if (code >= ARCHIVE_WARN && !password.empty()) {
      code = archive_read_add_passphrase(handle, password.c_str());
    }
  }
  if (code < ARCHIVE_WARN) return reader->failure(code);
  code = archive_read_open(handle, reader.get(), nullptr, &readIn, nullptr);
  if (code < ARCHIVE_WARN) return reader->failure(code);
  return reader;
}

ArchiveReader::~ArchiveReader() {
  if (archive_ != nullptr) archive_read_free(archive_);
}

long ArchiveReader::readIn(archive* handle, void* self, const void** bytes) {
  auto* reader = static_cast<ArchiveReader*>(self);
  auto part = reader->source_.next();
  if (!part.ok()) {
    reader->sourceError_ = part.error();
    archive_set_error(handle, ARCHIVE_FATAL, "%s", part.error().message.c_str());
    return -1;
  }
  *bytes = part->data();
  return static_cast<long>(part->size());
}

Error ArchiveReader::failure(long code) const {
  if (sourceError_) return *sourceError_;
  const char* reason = archive_error_string(archive_);
  return Error::user(fmt::format("the content is no undamaged archive: {}",
                                 reason != nullptr ? reason : fmt::format("code {}", code)));
}

Result<std::optional<ArchiveMember>> ArchiveReader::next() {
  const Utf8Locale utf8;
  archive_entry* entry = nullptr;
  const int code = archive_read_next_header(archive_, &entry);
  if (code == ARCHIVE_EOF) return std::optional<ArchiveMember>();
  if (code < ARCHIVE_WARN) return failure(code);
  ArchiveMember member;
  member.name = orEmpty(archive_entry_pathname(entry));
  member.isDirectory = archive_entry_filetype(entry) == AE_IFDIR || member.name.ends_with('/');
  member.permissions = archive_entry_perm(entry);
  member.owner = orEmpty(archive_entry_uname(entry));
  member.group = orEmpty(archive_entry_gname(entry));
  member.modified = archive_entry_mtime(entry) * 1000;
  member.isEncrypted = archive_entry_is_data_encrypted(entry) != 0;
  return std::optional(std::move(member));
}

Result<ByteView> ArchiveReader::content() {
  const auto count = archive_read_data(archive_, buffer_.data(), buffer_.size());
  if (count < 0) return failure(count);
  return ByteView(buffer_).first(static_cast<std::size_t>(count));
}

}  // namespace millrace::processors
