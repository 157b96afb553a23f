// SPDX-License-Identifier: Apache-2.0
#include "processors/processes/child_output.h"

#include "engine/base/clock.h"

namespace millrace::processors {

std::vector<std::string> splitArguments(std::string_view text, char delimiter) {
  const auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  std::vector<std::string> arguments;
  if (text.empty()) return arguments;
  std::string argument;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == delimiter && !quoted) {
      arguments.push_back(std::move(argument));
      argument.clear();
    } else {
      argument += c;
    }
  }
  arguments.push_back(std::move(argument));
  return arguments;
}

Result<int> driveChild(ChildProcess& child, ContentReader* input, const ChildHandlers& handlers) {
  constexpr Nanos kTick = 200 * kMillisecond;
  std::vector<std::byte> buffer(64 * 1024);
  ByteView waiting;  // input that the pipe had no room for
  bool feeding = input != nullptr;
  if (!feeding) child.closeInput();
  while (true) {
    if (feeding && waiting.empty()) {
      waiting = MR_TRY(input->next());
      if (waiting.empty()) {
        child.closeInput();
        feeding = false;
      }
    }
    if (feeding) {
      const auto written = child.writeSome(waiting);
      feeding = written.ok();  // else it has closed its input: it wants no more
      if (feeding) waiting = waiting.subspan(*written);
    }
    const auto got = MR_TRY(child.wait(buffer, feeding, kTick));
    if (got.bytes > 0) {
      const ByteView bytes = std::span(buffer).first(got.bytes);
      MR_TRY(got.stream == ChildProcess::Stream::kOut ? handlers.output(bytes)
                                                      : handlers.error(bytes));
    }
    if (handlers.tick) MR_TRY(handlers.tick());
    if (got.ended) return child.exitCode();
  }
}

}  // namespace millrace::processors
