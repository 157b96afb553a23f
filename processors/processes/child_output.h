// SPDX-License-Identifier: Apache-2.0
#pragma once
// What processors that run programs share: command lines, and feeding and draining a child at the
// same time. Threads: any.

#include "engine/base/process_runner.h"
#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

/// Splits at the delimiter, except inside double quotes, which are dropped. Blank text: nothing.
std::vector<std::string> splitArguments(std::string_view text, char delimiter);

struct ChildHandlers {
  std::function<Result<>(ByteView)> output;
  std::function<Result<>(ByteView)> error;
  std::function<Result<>()> tick;  ///< after each piece, and at least five times a second
};

/// Feeds `input` (may be null) and hands on both streams until they end; gives the exit code. An
/// Error of a handler ends it; the child is then killed with its owner. A program that closes its
/// input early is no error.
Result<int> driveChild(ChildProcess& child, ContentReader* input, const ChildHandlers& handlers);

}  // namespace millrace::processors
