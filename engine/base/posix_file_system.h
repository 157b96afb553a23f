// SPDX-License-Identifier: Apache-2.0
#pragma once
// PosixFileSystem: FileSystem on this machine's kernel. Errors carry the path and the system's own
// words.

#include "engine/base/file_system.h"

#include <memory>

namespace millrace {

std::unique_ptr<FileSystem> makePosixFileSystem();

}  // namespace millrace
