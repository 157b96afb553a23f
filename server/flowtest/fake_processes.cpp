// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/fake_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace millrace::flowtest {
namespace {

class FakeChild final : public ChildProcess {
 public:
  FakeChild(const ProgramAnswer& answer, bool merged)
      : output_(answer.output),
        errors_(answer.errorOutput),
        echoes_(answer.echoesInput),
        merged_(merged),
        code_(answer.exitCode) {}

  Result<std::size_t> writeSome(ByteView bytes) override {
    if (echoes_) output_ += asText(bytes);
    return bytes.size();
  }
  void closeInput() override { inputOpen_ = false; }
  Result<Output> wait(std::span<std::byte> into, bool wantsToWrite, Nanos) override {
    if (wantsToWrite && inputOpen_) return Output{};
    if (written_ < output_.size())
      return Output{Stream::kOut, take(output_, written_, into), false};
    if (complained_ < errors_.size()) {
      const Stream stream = merged_ ? Stream::kOut : Stream::kError;
      return Output{stream, take(errors_, complained_, into), false};
    }
    return Output{Stream::kOut, 0, true};
  }
  Result<int> exitCode() override { return code_; }
  void kill() override { code_ = 128 + 9; }

 private:
  static std::size_t take(const std::string& text, std::size_t& at, std::span<std::byte> into) {
    const std::size_t bytes = std::min(into.size(), text.size() - at);
    std::memcpy(into.data(), text.data() + at, bytes);
    at += bytes;
    return bytes;
  }

  std::string output_;
  const std::string errors_;
  const bool echoes_;
  const bool merged_;
  std::size_t written_ = 0;
  std::size_t complained_ = 0;
  int code_;
  bool inputOpen_ = true;
};

}  // namespace

Result<std::unique_ptr<ChildProcess>> FakeProcesses::start(const ProcessRequest& request) {
  for (const ProgramAnswer& answer : answers_) {
    if (answer.command != request.command) continue;
    if (answer.arguments && *answer.arguments != request.arguments) continue;
    return std::unique_ptr<ChildProcess>(
        std::make_unique<FakeChild>(answer, request.mergeErrorStream));
  }
  std::string arguments;
  for (const std::string& argument : request.arguments)
    arguments += (arguments.empty() ? "'" : ", '") + argument + "'";
  return Error::environment(
      fmt::format("a test runs no programs, and it states no answer of '{}' with the arguments "
                  "[{}]; add one under 'processes'",
                  request.command, arguments),
      false);
}

}  // namespace millrace::flowtest
