// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/scripted_processes.h"

#include <algorithm>
#include <cstring>

namespace millrace::tests {
namespace {

class Scripted final : public ChildProcess {
 public:
  Scripted(std::string output, int code, bool silent)
      : output_(std::move(output)), code_(code), silent_(silent) {}

  Result<std::size_t> writeSome(ByteView bytes) override {
    if (!silent_) output_ += asText(bytes);
    return bytes.size();
  }
  void closeInput() override { inputOpen_ = false; }
  Result<Output> wait(std::span<std::byte> into, bool wantsToWrite, Nanos) override {
    if (wantsToWrite && inputOpen_) return Output{Stream::kOut, 0, false};
    const std::size_t bytes = std::min(into.size(), output_.size() - at_);
    std::memcpy(into.data(), output_.data() + at_, bytes);
    at_ += bytes;
    return Output{Stream::kOut, bytes, bytes == 0};
  }
  Result<int> exitCode() override { return code_; }
  void kill() override { code_ = 128 + 9; }

 private:
  std::string output_;
  std::size_t at_ = 0;
  int code_;
  const bool silent_;
  bool inputOpen_ = true;
};

}  // namespace

Result<std::unique_ptr<ChildProcess>> ScriptedProcesses::start(const ProcessRequest& request) {
  std::string text;
  for (const std::string& argument : request.arguments) text += argument + "\n";
  const auto program = [&](int code, bool silent) -> std::unique_ptr<ChildProcess> {
    return std::make_unique<Scripted>(silent ? std::string() : std::move(text), code, silent);
  };
  if (request.command == "echo") return program(0, false);
  if (request.command == "fail") return program(3, false);
  if (request.command == "silent") return program(0, true);
  return Error::environment("there is no program " + request.command, false);
}

}  // namespace millrace::tests
