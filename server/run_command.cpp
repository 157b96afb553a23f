// SPDX-License-Identifier: Apache-2.0
// millrace run FLOW: runs a flow without a server, until it is idle, for a time, or until it is
// interrupted.
#include "engine/base/posix_file_system.h"
#include "engine/base/units.h"
#include "host/flow_check.h"
#include "server/adoption.h"
#include "server/command.h"
#include "server/data_at_rest.h"
#include "server/flow_host.h"
#include "server/flow_secrets.h"
#include "server/forced_end.h"
#include "server/log_use.h"
#include "server/logging/hide_values.h"
#include "server/run_log.h"
#include "server/run_report.h"
#include "server/stop_signals.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

struct RunArguments {
  std::string flow;
  std::string data;
  bool untilIdle = false;
  std::string time;
  std::vector<std::string> parameters;
  std::string secrets;
  std::string durability = "power";
  std::string provenance = "on";
  std::string archive = "0 s";
  std::vector<std::string> sampling;
  std::vector<std::string> adoptions;
  std::string queueMemory = "256 MB";
  std::string journalSegment;
  std::string snapshotEvery;
  std::string contentSegment;
  std::string drain = "10 s";
  bool json = false;
  RunLogArguments log;
};

/// A folder that goes away with the object; empty path: none.
class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  ~TemporaryFolder() { remove(); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  Result<std::string> make() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      return Error::environment("cannot make a folder in " + pattern);
    path_ = pattern;
    return path_;
  }
  void remove() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    path_.clear();
  }

 private:
  std::string path_;
};

constexpr std::uint64_t kSmallestFile = 64ULL << 10U;
constexpr std::uint64_t kLargestFile = 1ULL << 30U;
constexpr std::uint64_t kFileBlock = 4096;

/// The size that an option gives, rounded up to a whole number of file blocks; nothing when it is
/// not given.
Result<std::optional<std::uint64_t>> fileSize(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  const auto size = parseDataSize(text);
  if (!size.ok()) return Error::user(fmt::format("{}: {}", option, size.error().message));
  if (*size < kSmallestFile || *size > kLargestFile) {
    return Error::user(fmt::format("{} {}: choose a size from 64 KB to 1 GB", option, text));
  }
  return std::optional((*size + kFileBlock - 1) / kFileBlock * kFileBlock);
}

/// Without files there is nothing whose size could be set, and nothing to keep.
Result<> refuseWithoutFiles(const HostOptions& options) {
  const std::array<std::pair<bool, const char*>, 5> given{{
      {options.archiveAge > 0, "--archive"},
      {!options.sampling.empty(), "--provenance-sample"},
      {options.journalSegment.has_value(), "--journal-segment"},
      {options.snapshotEvery.has_value(), "--snapshot-every"},
      {options.contentSegment.has_value(), "--content-segment"},
  }};
  for (const auto& [isGiven, name] : given) {
    if (isGiven)
      return Error::user(fmt::format(
          "{} has no meaning with --durability none, which keeps no files; leave it out", name));
  }
  return Done{};
}

Result<HostOptions> hostOptions(const RunArguments& arguments) {
  HostOptions options;
  for (const std::string& text : arguments.parameters) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error::user(fmt::format("--param {}: write NAME=VALUE", text));
    }
    options.parameters.plain[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (arguments.durability == "process") options.durability = Durability::kProcess;
  if (arguments.durability == "none") options.durability = Durability::kNone;
  options.provenance = arguments.provenance == "on";
  const auto age = parseDuration(arguments.archive);
  if (!age.ok()) return Error::user("--archive: " + age.error().message);
  options.archiveAge = *age / kMillisecond;
  for (const std::string& text : arguments.sampling) {
    const std::size_t equals = text.rfind('=');
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const bool good = equals != std::string::npos && equals > 0 &&
                      std::from_chars(text.data() + equals + 1, end, number).ptr == end &&
                      equals + 1 < text.size();
    if (!good) {
      return Error::user(
          fmt::format("--provenance-sample {}: write GROUP=N, one commit in N is kept", text));
    }
    options.sampling[text.substr(0, equals)] = number;
  }
  const auto drain = parseDuration(arguments.drain);
  if (!drain.ok()) return Error::user("--drain: " + drain.error().message);
  options.stopPatience = *drain;
  auto queueMemory = parseDataSize(arguments.queueMemory);
  if (!queueMemory.ok()) {
    return Error::user("--queue-memory: " + queueMemory.error().message);
  }
  options.queueMemory = *queueMemory;
  options.journalSegment = MR_TRY(fileSize("--journal-segment", arguments.journalSegment));
  options.snapshotEvery = MR_TRY(fileSize("--snapshot-every", arguments.snapshotEvery));
  options.contentSegment = MR_TRY(fileSize("--content-segment", arguments.contentSegment));
  if (options.durability == Durability::kNone) MR_TRY(refuseWithoutFiles(options));
  const bool json = arguments.json;
  options.onBulletin = [json](const engine::Bulletin& bulletin) {
    const std::string line = describeBulletin(bulletin, json);
    std::cerr << line << '\n';
  };
  return options;
}

/// Edits the flow file before it is read.
Result<> takeOver(FileSystem& files, const RunArguments& arguments) {
  if (arguments.adoptions.empty()) return Done{};
  if (arguments.data.empty())
    return Error::user("--adopt has no meaning without --data, which says where the queues are");
  const host::FlowNames names = MR_TRY(host::FlowNames::read(files, arguments.data));
  auto adopted = adopt(MR_TRY(files.readAll(arguments.flow)), names, arguments.adoptions);
  if (!adopted.ok()) {
    return Error::user(adopted.error().message.starts_with("--adopt")
                           ? adopted.error().message
                           : fmt::format("{}: {}", arguments.flow, adopted.error().message));
  }
  // First the queues: killed between the two, the same call does the rest.
  auto data = MR_TRY(DataAtRest::open(arguments.data));
  for (const JoinedQueue& queue : adopted->queues) MR_TRY(data->join(queue.from, queue.into));
  MR_TRY(data->close());
  MR_TRY(files.replaceAll(arguments.flow, adopted->text));
  for (const std::string& sentence : adopted->told) complain(sentence);
  return Done{};
}

ExitCode run(const RunArguments& arguments) {
  StopSignals signals;  // before any thread exists
  const auto files = makePosixFileSystem();
  std::optional<Nanos> time;
  if (!arguments.time.empty()) {
    const auto parsed = parseDuration(arguments.time);
    if (!parsed.ok()) {
      complain("--for: " + parsed.error().message);
      return ExitCode::kBadInput;
    }
    time = *parsed;
  }
  auto options = hostOptions(arguments);
  if (!options.ok()) {
    complain(options.error().message);
    return ExitCode::kBadInput;
  }
  if (const auto done = takeOver(*files, arguments); !done.ok()) {
    complain(done.error().message);
    return done.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  const auto said = openRunLog(*files, arguments.log);
  if (!said.ok()) {
    complain(said.error().message);
    return ExitCode::kBadInput;
  }
  const auto checked = host::checkFlowFile(*files, arguments.flow, options->parameters);
  if (!checked.ok()) {
    complain(checked.error().message);
    return ExitCode::kBadInput;
  }
  for (const flow::Finding& finding : checked->findings)
    std::cerr << flow::describe(finding, arguments.flow) << '\n';
  if (!checked->ok()) return ExitCode::kBadInput;
  const auto secrets = FlowSecrets::gather(
      *files, checked->flow, {arguments.secrets, arguments.data}, options->parameters.plain);
  if (!secrets.ok()) {
    complain(secrets.error().message);
    return secrets.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  for (const std::string& note : secrets->notes()) complain(note);
  options->parameters.secrets = secrets->values();
  if (ServerLog* const log = said->get()) {
    hideValues(log->book(), secrets->values());
    log->start();
    options->onRemark = [log](const engine::Remark& remark) { log->remark(remark); };
    // They are in it.
    if (log->book().options().toStandardError) options->onBulletin = nullptr;
  }
  TemporaryFolder temporary;
  if (arguments.data.empty() && options->durability != Durability::kNone) {
    auto made = temporary.make();
    if (!made.ok()) {
      complain(made.error().message);
      return ExitCode::kFailed;
    }
    options->data = *made;
  } else {
    options->data = arguments.data;
  }
  if (usesEmbeddedLog(checked->flow)) {
    options->log.emplace();
    options->log->onNotice = [](const std::string& text) { complain("log: " + text); };
  }
  auto opened = FlowHost::open(checked->flow, std::move(*options));
  if (!opened.ok()) {
    std::istringstream lines(opened.error().message);
    for (std::string line; std::getline(lines, line);)
      complain(fmt::format("{}: {}", arguments.flow, line));
    return opened.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  FlowHost& host = **opened;
  if (const auto kept = secrets->keep(*files); !kept.ok()) {
    complain(kept.error().message);
    return ExitCode::kFailed;
  }
  for (const std::string& parked : host.parked()) {
    complain(
        fmt::format("{} wait in a connection that the flow does not have; they are kept in {}, and "
                    "--adopt OLD=NEW gives them to what was renamed",
                    parked, arguments.data));
  }
  if (arguments.untilIdle && !time) {
    const auto endless = host.controller().endlessSources();
    if (!endless.empty()) {
      complain(
          fmt::format("{}: '{}' never runs dry, so --until-idle would wait for ever; give it "
                      "schedule: {{runs: N}} "
                      "or add --for",
                      arguments.flow, endless.front()));
      return ExitCode::kBadInput;
    }
  }
  RunReport report(host, checked->flow.name, arguments.json);
  const SystemClock clock;
  const Nanos start = clock.monotonic();
  if (auto started = host.start(); !started.ok()) {
    complain(started.error().message);
    if (auto stopped = host.stop(); !stopped.ok()) complain(stopped.error().message);
    if (!host.controller().hanging().empty()) {
      temporary.remove();
      endAtOnce(ExitCode::kBadInput);
    }
    return ExitCode::kBadInput;
  }
  constexpr Nanos kLook =
      5 * kMillisecond;  // how often idleness is looked at; only this thread wakes
  constexpr Nanos kSlowLook = 200 * kMillisecond;
  while (!host.failed()) {
    const Nanos passed = clock.monotonic() - start;
    if (time && passed >= *time) break;
    if (arguments.untilIdle && host.controller().isIdle()) break;
    Nanos pause = arguments.untilIdle ? kLook : kSlowLook;
    if (time) pause = std::min(pause, *time - passed);
    if (signals.wait(std::max<Nanos>(pause, 1))) break;
    report.live(clock.monotonic() - start);
  }
  const Nanos took = clock.monotonic() - start;
  const auto stopped = host.stop();
  report.end(took);
  if (!stopped.ok()) complain(stopped.error().message);
  const bool terminated = complainOfTerminated(host, complain);
  if (*said) (*said)->stop();
  if (!host.controller().hanging().empty()) {
    temporary.remove();
    endAtOnce(ExitCode::kFailed);
  }
  const bool good = stopped.ok() && !host.failed() && !terminated;
  return good ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void addRunCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("run", "run a flow file");
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("FLOW", arguments->flow, "the flow file (YAML)")->required();
  command->add_option(
      "--data", arguments->data,
      "data directory: queues and state are kept there, and the next run resumes; without it a "
      "temporary one is used and removed");
  command->add_flag("--until-idle", arguments->untilIdle,
                    "end when every source is exhausted and nothing is queued");
  command->add_option("--for", arguments->time, "end after this time, such as '10s'");
  command
      ->add_option("--param", arguments->parameters,
                   "NAME=VALUE: a parameter's value, before the flow file's")
      ->expected(1)
      ->take_all();
  command->add_option("--secrets", arguments->secrets,
                      "file of NAME=VALUE lines: values of sensitive parameters; else they come "
                      "from MILLRACE_PARAM_NAME, the data directory, or are asked for");
  command
      ->add_option("--durability", arguments->durability,
                   "what survives: power (a power cut), process (the end of the process), none "
                   "(queues and contents are kept in memory, and no provenance)")
      ->check(CLI::IsMember({"power", "process", "none"}))
      ->capture_default_str();
  command
      ->add_option("--provenance", arguments->provenance,
                   "whether it is kept what happens to every FlowFile (`millrace provenance`)")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command
      ->add_option("--archive", arguments->archive,
                   "how long contents are kept after their last use, such as '12 h', so that "
                   "events can be replayed")
      ->capture_default_str();
  command
      ->add_option("--provenance-sample", arguments->sampling,
                   "GROUP=N: of the commits in that group one in N leaves events; 0: none")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--adopt", arguments->adoptions,
                   "OLD=NEW: what was renamed by hand takes over queues and state; its id is "
                   "written into FLOW")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--queue-memory", arguments->queueMemory,
                   "memory for queued FlowFiles; what is more waits in pages on disk")
      ->capture_default_str();
  command->add_option("--journal-segment", arguments->journalSegment,
                      "size of a file of the journal, such as '1 MB' for a small disk (16 MB)");
  command->add_option("--snapshot-every", arguments->snapshotEvery,
                      "how much journal is written before it is merged into the snapshot (64 MB)");
  command->add_option("--content-segment", arguments->contentSegment,
                      "size at which a file of contents is closed (64 MB)");
  command
      ->add_option("--drain", arguments->drain,
                   "how long processors may take to stop at the end before they are terminated")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "report as JSON, one object a line");
  addRunLogOptions(*command, arguments->log);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace millrace::server
