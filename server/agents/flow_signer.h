// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowSigner: signs flows for agents (Ed25519, RFC 8032), so that an agent that knows the public
// key takes flows of this server alone, whoever stands in between. What is signed is in FORMAT.md.
// The key is made at first use, in a file that only its owner reads. Threads: constant once made.

#include "engine/base/file_system.h"
#include "engine/base/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::server {

class FlowSigner {
 public:
  /// Reads the key, or makes one. Errors name the file.
  static Result<FlowSigner> open(FileSystem& files, const std::string& path);

  /// 64 hexadecimal digits: what an agent pins.
  const std::string& publicKey() const { return publicKey_; }
  /// 128 hexadecimal digits.
  std::string sign(std::uint64_t serial, std::string_view kind, std::string_view target,
                   std::string_view flow) const;

 private:
  FlowSigner() = default;
  std::array<unsigned char, 64> secret_{};  // libsodium's: the seed and the public key
  std::string publicKey_;
};

}  // namespace millrace::server
