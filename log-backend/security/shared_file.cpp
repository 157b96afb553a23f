// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/shared_file.h"

#include "engine/base/owner_only_file.h"

#include <fmt/format.h>

namespace millrace::log {

SharedFile::Version SharedFile::versionNow() {
  const auto info = files_.info(path_);
  return info.ok() ? Version(info->inode, info->changed) : Version();
}

bool SharedFile::isChanged() { return versionNow() != seen_; }

Result<std::string> SharedFile::read() {
  seen_ = versionNow();
  if (!files_.exists(path_)) return std::string();
  return files_.readAll(path_);
}

Result<> SharedFile::update(const std::function<Result<std::string>(const std::string&)>& edit) {
  const auto held = files_.lock(path_ + ".lock");
  if (!held.ok()) {
    Error error = held.error();
    error.message = fmt::format("{} cannot be changed now: {}", path_, error.message);
    return error;
  }
  const std::string before = MR_TRY(read());
  const std::string after = MR_TRY(edit(before));
  if (after == before) return Done{};
  MR_TRY(replaceOwnerOnly(files_, path_, after));
  seen_ = versionNow();
  return Done{};
}

namespace {

bool needsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '%' || c == 0x7f; }

}  // namespace

std::string escapedField(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (needsEscape(c)) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

int digitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> unescapedField(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digitOf(text[i + 1]);
    const int low = digitOf(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace millrace::log
