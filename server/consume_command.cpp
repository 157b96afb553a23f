// SPDX-License-Identifier: Apache-2.0
// millrace consume: prints the records of a topic.
#include "log-backend/client/kafka_admin.h"
#include "log-backend/client/kafka_reader.h"
#include "server/console_target.h"
#include "server/console_text.h"
#include "server/provenance_text.h"
#include "server/stop_signals.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <iostream>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct ConsumeArguments {
  ConsoleArguments console;
  std::string topic;
  std::string from;
  std::string group;
  std::string keySeparator;
  std::optional<std::uint64_t> count;
  bool follow = false;
  bool json = false;
};

Result<std::map<std::int32_t, std::int64_t>> placesOf(log::KafkaAdmin& admin,
                                                      const ConsumeArguments& arguments) {
  const std::string& from = arguments.from;
  const auto partitions = MR_TRY(admin.partitions(arguments.topic));
  std::int64_t offset = 0;
  const auto [end, code] = std::from_chars(from.data(), from.data() + from.size(), offset);
  const bool isOffset = !from.empty() && code == std::errc() && end == from.data() + from.size();
  const bool latest = from == "end" || (from.empty() && arguments.follow);
  if (!isOffset && !latest && !from.empty() && from != "beginning") {
    const auto time = parseTime(from);
    if (!time.ok())
      return Error::user(
          fmt::format("--from: '{}' is neither beginning, end, an offset nor a time such as "
                      "2026-11-22T16:05",
                      from));
    return admin.offsetsAt(arguments.topic, *time);
  }
  std::map<std::int32_t, std::int64_t> places;
  for (const log::PartitionAbout& each : partitions) {
    places[each.number] = latest     ? each.end
                          : isOffset ? std::clamp(offset, each.first, each.end)
                                     : each.first;
  }
  return places;
}

std::string_view textOf(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), data == nullptr ? 0 : size};
}

Json headersOf(const rd_kafka_message_t& message) {
  Json headers = Json::array();
  rd_kafka_headers_t* given = nullptr;
  if (rd_kafka_message_headers(&message, &given) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(given, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    Json header{{"name", name}, {"value", nullptr}};
    if (value != nullptr) header["value"] = textOf(value, size);
    headers.push_back(std::move(header));
  }
  return headers;
}

void print(const ConsumeArguments& arguments, const rd_kafka_message_t& message) {
  const std::string_view key = textOf(message.key, message.key_len);
  const std::string_view value = textOf(message.payload, message.len);
  if (!arguments.json) {
    if (!arguments.keySeparator.empty()) std::cout << key << arguments.keySeparator;
    std::cout << value << '\n';
    return;
  }
  Json line{{"topic", arguments.topic},
            {"partition", message.partition},
            {"offset", message.offset},
            {"timestamp", rd_kafka_message_timestamp(&message, nullptr)},
            {"key", nullptr},
            {"value", nullptr},
            {"headers", headersOf(message)}};
  if (message.key != nullptr) line["key"] = key;
  if (message.payload != nullptr) line["value"] = value;
  printJsonLine(line);
}

Result<> readAll(log::KafkaReader& reader, const ConsumeArguments& arguments,
                 StopSignals& signals) {
  constexpr Nanos kLook = 200 * kMillisecond;
  constexpr std::uint64_t kCommitEvery = 10'000;  // records
  std::uint64_t printed = 0;
  // Offsets follow what has reached whoever reads the output.
  const auto settle = [&]() -> Result<> {
    std::cout.flush();
    if (!std::cout)
      return Error::environment("standard output cannot be written: nothing more is consumed");
    return reader.commit();
  };
  while (!signals.wait(0) && (!arguments.count || printed < *arguments.count)) {
    const rd_kafka_message_t* message = MR_TRY(reader.next(kLook));
    if (message == nullptr) {
      MR_TRY(settle());
      if (!arguments.follow && reader.atEnd()) break;
      continue;
    }
    print(arguments, *message);
    if (++printed % kCommitEvery == 0) MR_TRY(settle());
  }
  return settle();
}

Result<> consume(const ConsumeArguments& arguments, StopSignals& signals) {
  const auto target = MR_TRY(ConsoleTarget::open(arguments.console));
  {
    log::ReaderOptions options;
    options.topic = arguments.topic;
    options.group = arguments.group;
    if (arguments.from == "end") options.reset = log::OffsetReset::kLatest;
    if (!arguments.group.empty() && !arguments.from.empty() && arguments.from != "beginning" &&
        arguments.from != "end") {
      return Error::user(
          "with --group, --from may be beginning or end, where the group has not begun yet; "
          "'millrace groups reset' moves it");
    }
    const auto admin = MR_TRY(log::KafkaAdmin::make(target->settings()));
    if (arguments.group.empty())
      options.from = MR_TRY(placesOf(*admin, arguments));
    else
      MR_TRY(admin->partitions(arguments.topic));
    const auto reader = MR_TRY(log::KafkaReader::make(target->settings(), std::move(options)));
    MR_TRY(readAll(*reader, arguments, signals));
  }
  return target->close();
}

}  // namespace

void addConsumeCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("consume", "prints the records of a topic, one a line");
  // shared_ptr: the parser's callback and the action both have it.
  auto arguments = std::make_shared<ConsumeArguments>();
  command->add_option("TOPIC", arguments->topic, "the topic")->required();
  command->add_option("--from", arguments->from,
                      "beginning, end, an offset, or a time (UTC); default: the beginning, with "
                      "--follow the end");
  command->add_option("--group", arguments->group,
                      "reads as a member of this group, from where it came, and commits");
  command->add_option("--count", arguments->count, "ends after so many records");
  command->add_flag("--follow", arguments->follow, "waits for more at the end");
  command->add_option("--key-separator", arguments->keySeparator,
                      "prints the key and this before the value");
  command->add_flag("--json", arguments->json, "an object a line, with key, headers and place");
  addConsoleOptions(*command, arguments->console);
  command->callback([arguments, &action] {
    action = [arguments] {
      StopSignals signals;  // before any thread exists
      return exitCodeOf(consume(*arguments, signals));
    };
  });
}

}  // namespace millrace::server
