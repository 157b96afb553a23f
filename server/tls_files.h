// SPDX-License-Identifier: Apache-2.0
#pragma once
// TlsFiles: the files (PEM) with the certificate and key of a server and with whom its listeners
// trust, and what follows when they are replaced while it runs: a renewed certificate, another
// authority, a new list of revoked certificates.
//
// Promise: files are read when they stood still from one look to the next, so that a copy that is
// under way is not taken for a broken one; what cannot be used is told once, and what was in use
// stays in use. Ownership: the file system outlives it; listeners share what open() gave. Threads:
// one at a time.

#include "engine/base/file_system.h"
#include "engine/net/renewable_tls.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::server {

class TlsFiles {
 public:
  /// `key` empty: it is in the file of the certificate.
  TlsFiles(FileSystem& files, std::string certificate, std::string key)
      : files_(files), certificate_(std::move(certificate)), key_(std::move(key)) {}

  /// For one listener. `trust` empty: no certificate of a client is asked for.
  Result<std::shared_ptr<const net::TlsContext>> open(const std::string& trust = {});

  struct News {
    bool usable = false;
    std::string text;  ///< a sentence that names the files
  };
  /// Costs a look at each file's name while nothing changes.
  std::vector<News> look();

 private:
  /// What tells a file from the one of before.
  struct Stamp {
    bool there = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    Nanos modified = 0;
    Nanos changed = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::vector<Stamp>;
  struct Read {
    net::TlsStore own;
    std::optional<net::TlsStore> trust;
    net::TlsMaterial material() const { return {&own, trust ? &*trust : nullptr}; }
  };
  struct Use {
    std::string trust;
    net::RenewableTls tls;
    Stamps taken;   // of the files as they were read
    Stamps looked;  // as they were at the last look
  };

  Result<Read> read(const std::string& trust);
  Stamps stamps(const std::string& trust);
  std::string names(const std::string& trust) const;

  FileSystem& files_;
  const std::string certificate_;
  const std::string key_;
  std::vector<Use> uses_;
};

}  // namespace millrace::server
