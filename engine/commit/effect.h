// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs one effect on the outside world, so that running it twice does no more than once.
//
// A file is touched only when it is the one meant: same inode, size and time of change as when the
// commit was made (zero: any). A file that is gone or another one counts as done. What changed is
// on the medium only when the folders named in the answer are synced.

#include "engine/base/file_system.h"
#include "engine/commit/commit.h"

#include <string>
#include <vector>

namespace millrace {

/// The folders to sync before the effect may count as settled.
Result<std::vector<std::string>> runEffect(FileSystem& files, const Effect& effect);

}  // namespace millrace
