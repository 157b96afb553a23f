// SPDX-License-Identifier: Apache-2.0
#include "server/run_log.h"

#include "server/server_plan.h"

#include <CLI/CLI.hpp>

namespace millrace::server {

void addRunLogOptions(CLI::App& command, RunLogArguments& arguments) {
  command.add_option(
      "--log-file", arguments.file,
      "file that all that is said is written to, not bulletins alone; it is rotated");
  command
      .add_option("--log-stderr", arguments.standardError,
                  "on or off: whether that log goes to standard error, in the place of bulletins")
      ->capture_default_str();
  const auto shapes = [&](const char* name, auto& value, const char* about) {
    return command.add_option(name, value, about)
        ->capture_default_str()
        ->each([&arguments](const std::string&) { arguments.isShaped = true; });
  };
  shapes("--log-format", arguments.format,
         "how the log is written: text, or json, an object a line");
  shapes("--log-file-size", arguments.fileSize, "how large the file grows before it is rotated");
  shapes("--log-files", arguments.files, "how many rotated files are kept, 1 to 1000");
  shapes("--log-level", arguments.levels,
         "LEVEL, or SCOPE=LEVEL: from which level on the log is written (debug, info, warn, error, "
         "off), everywhere or by area, type:TYPE, group:PATH or id:ID; may be given several times")
      ->allow_extra_args(false);
}

Result<std::unique_ptr<ServerLog>> openRunLog(FileSystem& files, const RunLogArguments& arguments) {
  ServerArguments given;
  given.logFormat = arguments.format;
  given.logStandardError = arguments.standardError;
  given.logFile = arguments.file;
  given.logFileSize = arguments.fileSize;
  given.logFiles = arguments.files;
  for (const std::string& each : arguments.levels) {
    if (const auto set = given.logLevels.setText(each); !set.ok())
      return Error::user("--log-level: " + set.error().message);
  }
  LogOptions options = MR_TRY(logOptions(given));
  if (!options.file.empty() || options.toStandardError)
    return std::make_unique<ServerLog>(files, std::move(options));
  if (arguments.isShaped) {
    return Error::user(
        "--log-format, --log-level, --log-file-size and --log-files have no meaning without "
        "--log-file FILE or --log-stderr on");
  }
  return std::unique_ptr<ServerLog>();
}

}  // namespace millrace::server
