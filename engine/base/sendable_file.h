// SPDX-License-Identifier: Apache-2.0
#pragma once
// SendableFile: a File whose bytes the system hands to a socket by itself, from the page cache
// without a copy in this program. Ownership: it is the File. Threads: any, as File.

#include "engine/base/file_system.h"

namespace millrace {

class SendableFile {
 public:
  virtual ~SendableFile() = default;
  /// Sends up to `most` bytes from `offset` on into a connected socket that does not block: how
  /// many it took, 0 when it takes none now. An Error where the file ends at `offset`, too.
  virtual Result<std::size_t> sendTo(int socket, std::uint64_t offset, std::size_t most) = 0;
};

inline SendableFile* sendable(File& file) { return dynamic_cast<SendableFile*>(&file); }
inline bool isSendable(File& file) { return sendable(file) != nullptr; }

}  // namespace millrace
