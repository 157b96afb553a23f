// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that its owner alone may read: users, keys, rules.

#include "engine/base/file_system.h"

#include <string>
#include <string_view>

namespace millrace {

/// Replaces `path` so that after a crash it has either the old content or the new, with mode 0600
/// before there is anything to read. The temporary name is PATH.new; one that a crash left is
/// overwritten. Threads: one writer of a path at a time.
Result<> replaceOwnerOnly(FileSystem& files, const std::string& path, std::string_view content);

}  // namespace millrace
