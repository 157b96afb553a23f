// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFile packages as NiFi writes them (application/flowfile-v3 and -v2): attributes and content
// of one FlowFile after the other in one stream.
//
//   package = [ "NiFiFF3" ] count { key value } size content     the magic in version 3 only
//   count, and the length of key and value = u16, or FF FF and u32 from 65535 on
//   size = u64; content = size bytes; all numbers big-endian; keys and values UTF-8
//
// Threads: one at a time.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::processors {

enum class PackageVersion : std::uint8_t { kV2, kV3 };

/// Appends all of a package but the content: its attributes with `uuid`, and the content's size.
void appendPackageHeader(PackageVersion version, const expression::AttributeSource& attributes,
                         std::uint64_t contentSize, std::string& out);

struct PackageHeader {
  std::vector<std::pair<std::string, std::string>> attributes;
  std::uint64_t contentSize = 0;
};

/// Reads the packages of a stream in order, in constant memory but for the attributes.
class PackageReader {
 public:
  PackageReader(ContentReader& source, PackageVersion version)
      : source_(source), version_(version) {}

  /// The next package; nothing at the end. Content of the last one that was not read is skipped.
  /// An Error of a user's fault: the stream is no package, or one with attributes of over 16 MiB,
  /// which would be held in memory.
  Result<std::optional<PackageHeader>> next();
  /// The next bytes of the present package's content; empty at its end.
  Result<ByteView> content();

 private:
  Result<bool> atEnd();
  Result<> take(std::size_t count, char* into);
  Result<std::uint32_t> fieldLength();
  Result<std::string> text();

  ContentReader& source_;
  PackageVersion version_;
  ByteView ahead_;              // read from the source, not yet used
  std::uint64_t used_ = 0;      // bytes of the stream used so far
  std::uint64_t left_ = 0;      // of the present content
  std::uint64_t headLeft_ = 0;  // bytes of attributes that the present package may still have
};

}  // namespace millrace::processors
