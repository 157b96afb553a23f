// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentOptions: what the command line of millrace-agent asks for. Threads: plain values.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"
#include "engine/control/parameter_lookup.h"
#include "minifi-agent/c2/c2_settings.h"
#include "minifi-agent/site_to_site_settings.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace millrace::agent {

enum class Verb : std::uint8_t { kRun, kValidate, kListTypes, kHelp, kVersion };

/// What is said of the server to report to; empty: nothing.
struct C2Options {
  C2Settings settings;    ///< empty texts were not given
  std::string tokenFile;  ///< holds the token
  std::optional<Nanos> period;
  std::optional<Nanos> trial;
};

struct AgentOptions {
  Verb verb = Verb::kRun;
  std::string config;  ///< the flow; empty: what the home folder names
  std::string home;    ///< of a MiNiFi; empty: none
  std::string data;    ///< empty: millrace-data in the home folder, else in the working directory
  bool once = false;   ///< end when nothing is left to do
  bool watch = true;   ///< for changes of the config
  engine::ParameterValues parameters;
  std::string secrets;  ///< file of sensitive values; empty: none
  std::optional<Durability> durability;
  std::optional<bool> provenance;
  std::optional<Nanos> drain;
  std::uint32_t workers = 0;                ///< 0: as many as the machine has cores
  std::uint64_t queueMemory = 64ULL << 20;  ///< bytes of queued FlowFiles in memory
  std::optional<std::uint64_t> diskBudget;  ///< bytes that may wait in all connections together
  std::optional<bool> dropsNewest;          ///< when the budget is full; else the oldest
  SiteToSiteSettings siteToSite;
  C2Options c2;
};

/// The Error names the argument and says what to write.
Result<AgentOptions> readOptions(std::span<const char* const> arguments);
/// Of the disk budget and of what gives way; `name` is what the Error calls it.
Result<std::uint64_t> diskBudget(std::string_view name, const std::string& value);
Result<bool> dropsNewest(std::string_view name, std::string_view value);
/// What --help prints.
std::string usage();

}  // namespace millrace::agent
