// SPDX-License-Identifier: Apache-2.0
#include "server/tls_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::server {

Result<TlsFiles::Read> TlsFiles::read(const std::string& trust) {
  Read result;
  result.own.name = key_.empty() ? certificate_ : certificate_ + " with " + key_;
  result.own.bytes = MR_TRY(files_.readAll(certificate_));
  if (!key_.empty()) result.own.bytes += "\n" + MR_TRY(files_.readAll(key_));
  if (trust.empty()) return result;
  result.trust.emplace();
  result.trust->name = trust;
  result.trust->bytes = MR_TRY(files_.readAll(trust));
  return result;
}

TlsFiles::Stamps TlsFiles::stamps(const std::string& trust) {
  Stamps all;
  for (const std::string* path : {&certificate_, &key_, &trust}) {
    if (path->empty()) continue;
    const auto info = files_.info(*path);
    all.push_back(info.ok() ? Stamp{true, info->device, info->inode, info->size, info->modified,
                                    info->changed}
                            : Stamp());
  }
  return all;
}

std::string TlsFiles::names(const std::string& trust) const {
  std::string text = certificate_;
  if (!key_.empty()) text += ", " + key_;
  if (!trust.empty()) text += ", " + trust;
  return text;
}

Result<std::shared_ptr<const net::TlsContext>> TlsFiles::open(const std::string& trust) {
  // Before they are read: what changes meanwhile is seen at the next look.
  Stamps now = stamps(trust);
  const Read given = MR_TRY(read(trust));
  auto tls = MR_TRY(net::RenewableTls::make(given.material()));
  uses_.push_back({trust, std::move(tls), now, now});
  return uses_.back().tls.context();
}

std::vector<TlsFiles::News> TlsFiles::look() {
  std::vector<News> all;
  const auto tell = [&all](bool usable, std::string text) {
    // Several listeners may have the same files.
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const News& each) { return each.text == text; });
    if (!known) all.push_back({usable, std::move(text)});
  };
  for (Use& use : uses_) {
    Stamps now = stamps(use.trust);
    const bool stands = now == use.looked;
    use.looked = std::move(now);
    if (!stands || use.looked == use.taken) continue;
    use.taken = use.looked;
    const auto given = read(use.trust);
    const Result<> renewed = given.ok() ? use.tls.renew(given->material()) : given.error();
    if (renewed.ok()) {
      tell(true, fmt::format("connections have TLS from {} as they are now", names(use.trust)));
    } else {
      tell(false,
           fmt::format("TLS goes on with the files that it had, since these cannot be used: {}",
                       renewed.error().message));
    }
  }
  return all;
}

}  // namespace millrace::server
