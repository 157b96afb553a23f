// SPDX-License-Identifier: Apache-2.0
// millrace produce: publishes each line of standard input as a record of a topic.
#include "log-backend/client/kafka_log.h"
#include "server/console_target.h"
#include "server/console_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::server {
namespace {

struct ProduceArguments {
  ConsoleArguments console;
  std::string topic;
  std::string keySeparator;
  std::vector<std::string> headers;
  std::optional<std::int32_t> partition;
  std::string compression = "none";
};

/// Lines as they come: what was typed is published at once, a file in large parts.
class Lines {
 public:
  /// The whole lines of the next bytes, without their ends; the last one may have none. Empty at
  /// the end of the input. The views are good until the next call.
  Result<std::vector<std::string_view>> next() {
    buffer_.erase(0, used_);
    used_ = 0;
    std::vector<std::string_view> lines;
    while (lines.empty() && !ended_) {
      const std::size_t had = buffer_.size();
      if (had > kLongest)
        return Error::user(fmt::format("a line is longer than {} bytes", kLongest));
      buffer_.resize(had + kPart);
      const ssize_t got = ::read(STDIN_FILENO, buffer_.data() + had, kPart);
      buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return Error::environment(
            fmt::format("standard input cannot be read: {}", std::strerror(errno)));
      ended_ = got == 0;
      // The old part has no end of a line.
      for (std::size_t end = buffer_.find('\n', had); end != std::string::npos;
           end = buffer_.find('\n', used_)) {
        lines.emplace_back(buffer_.data() + used_, end - used_);
        used_ = end + 1;
      }
    }
    if (ended_ && used_ < buffer_.size()) {
      lines.emplace_back(buffer_.data() + used_, buffer_.size() - used_);
      used_ = buffer_.size();
    }
    return lines;
  }

 private:
  static constexpr std::size_t kPart = 1 << 18;
  static constexpr std::size_t kLongest = 1 << 30;
  std::string buffer_;
  std::size_t used_ = 0;
  bool ended_ = false;
};

Result<> produceAll(log::LogProducer& producer, const ProduceArguments& arguments) {
  std::vector<log::LogHeader> headers;
  for (const std::string& each : arguments.headers) {
    auto [name, value] = MR_TRY(nameAndValue(each, "--header"));
    headers.push_back({std::move(name), std::move(value)});
  }
  Lines input;
  std::size_t number = 0;
  while (true) {
    const auto lines = MR_TRY(input.next());
    if (lines.empty()) return Done{};
    std::vector<log::OutRecord> records;
    std::optional<Error> wrong;
    for (const std::string_view line : lines) {
      log::OutRecord record{arguments.topic, arguments.partition, std::nullopt, asBytes(line),
                            headers};
      if (!arguments.keySeparator.empty()) {
        const std::size_t at = line.find(arguments.keySeparator);
        if (at == std::string_view::npos) {
          wrong =
              Error::user(fmt::format("line {} of the input has no '{}'; the lines before it "
                                      "are published",
                                      number + records.size() + 1, arguments.keySeparator));
          break;
        }
        record.key = asBytes(line.substr(0, at));
        record.value = asBytes(line.substr(at + arguments.keySeparator.size()));
      }
      records.push_back(record);
    }
    const auto sent = producer.send(records);
    if (!sent.ok()) {
      Error error = sent.error();
      error.message += fmt::format("; the lines up to {} are published, some of the next {} may be",
                                   number, records.size());
      return error;
    }
    number += records.size();
    if (wrong) return *std::move(wrong);
  }
}

Result<> produce(const ProduceArguments& arguments) {
  const auto target = MR_TRY(ConsoleTarget::open(arguments.console));
  {
    const auto log = MR_TRY(log::KafkaLog::make(target->settings()));
    log::ProducerOptions options;
    options.compression = arguments.compression;
    options.maxRecordBytes = 1U << 30U;  // what is too much is the topic's to say
    options.transactions = false;
    const auto producer = MR_TRY(log->producer(std::move(options)));
    MR_TRY(produceAll(*producer, arguments));
  }
  return target->close();
}

}  // namespace

void addProduceCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "produce", "publishes each line of standard input as a record, acknowledged by all replicas");
  // shared_ptr: the parser's callback and the action both have it.
  auto arguments = std::make_shared<ProduceArguments>();
  command->add_option("TOPIC", arguments->topic, "the topic")->required();
  command->add_option("--key-separator", arguments->keySeparator,
                      "what stands between key and value in a line; default: there are no keys");
  command
      ->add_option("--header", arguments->headers,
                   "NAME=VALUE, of every record; may be given several times")
      ->allow_extra_args(false);
  command
      ->add_option("--partition", arguments->partition,
                   "the number of the partition; default: as the key says, or in turn")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--compression", arguments->compression, "of batches of records")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->capture_default_str();
  addConsoleOptions(*command, arguments->console);
  command->callback(
      [arguments, &action] { action = [arguments] { return exitCodeOf(produce(*arguments)); }; });
}

}  // namespace millrace::server
