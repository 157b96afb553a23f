// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_options.h"

#include "engine/base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace millrace::agent {
namespace {

struct Option {
  std::string_view name;
  std::string_view value;  ///< what stands behind it in the help; empty: nothing
  std::string_view help;
};

constexpr Option kOptions[] = {
    {"--config", "FILE", "the flow: a flow file, or a config.yml or config.json of MiNiFi"},
    {"--minifi-home", "DIR", "a MiNiFi's folder: conf/minifi.properties and the config it names"},
    {"--data", "DIR", "data directory: queues and state (default: millrace-data)"},
    {"--validate", "", "say what is wrong with the flow, and end"},
    {"--once", "", "end when every source is exhausted and nothing is queued"},
    {"--no-watch", "", "do not take over changes of the config while running"},
    {"--param", "NAME=VALUE", "a parameter's value, before the flow's; may be given again"},
    {"--secrets", "FILE", "NAME=VALUE lines: sensitive parameters (else MILLRACE_PARAM_NAME)"},
    {"--durability", "MODE", "what survives: power (default), process, none"},
    {"--provenance", "on|off", "whether it is kept what happens to FlowFiles (default: on)"},
    {"--drain", "TIME", "how long processors may take to stop (default: 10 s)"},
    {"--workers", "N", "threads that run processors (default: one a core)"},
    {"--queue-memory", "SIZE", "memory for queued FlowFiles; more waits on disk (64 MB)"},
    {"--disk-budget", "SIZE", "what may wait in all connections together (default: no limit)"},
    {"--disk-budget-drop", "WHAT", "what gives way when it is full: oldest (default) or newest"},
    {"--s2s", "ADDR:PORT", "serve the flow's public ports by site-to-site there"},
    {"--s2s-cert", "FILE", "certificate (PEM) to show to who comes, with its key"},
    {"--s2s-cert-key", "FILE", "the key, where it is in a file of its own"},
    {"--s2s-trust", "FILE", "certificates (PEM) that those who come must show, or their issuers"},
    {"--c2", "URL", "report to the server at http(s)://HOST:PORT and do what it asks"},
    {"--c2-class", "NAME", "the class that this agent is of"},
    {"--c2-id", "NAME", "its name (default: one that is made up and kept)"},
    {"--c2-token", "FILE", "the token to show (else MILLRACE_C2_TOKEN)"},
    {"--c2-key", "HEX", "take only flows that this key signed (Ed25519)"},
    {"--c2-ca", "FILE", "certificates (PEM) to trust (default: the system's)"},
    {"--c2-cert", "FILE", "certificate (PEM) to show, with its key"},
    {"--c2-cert-key", "FILE", "the key, where it is in a file of its own"},
    {"--c2-period", "TIME", "between two heartbeats (30 sec)"},
    {"--c2-trial", "TIME", "a new flow is given up when the server is silent so long (3 min)"},
    {"--processors", "", "list the types that this program runs, and end"},
    {"--version", "", "say which version this is, and end"},
    {"--help", "", "say this, and end"},
};

const Option* find(std::string_view name) {
  for (const Option& option : kOptions) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

Result<Durability> durabilityOf(std::string_view text) {
  if (text == "power") return Durability::kPower;
  if (text == "process") return Durability::kProcess;
  if (text == "none") return Durability::kNone;
  return Error::user(fmt::format("--durability {}: write power, process or none", text));
}

Result<> setSwitch(AgentOptions& options, std::string_view name) {
  if (name == "--once") options.once = true;
  if (name == "--no-watch") options.watch = false;
  if (name == "--validate") options.verb = Verb::kValidate;
  if (name == "--processors") options.verb = Verb::kListTypes;
  if (name == "--version") options.verb = Verb::kVersion;
  if (name == "--help") options.verb = Verb::kHelp;
  return Done{};
}

Result<> setC2(C2Options& options, std::string_view name, const std::string& value) {
  C2Settings& c2 = options.settings;
  if (name == "--c2") c2.url = value;
  if (name == "--c2-class") c2.agentClass = value;
  if (name == "--c2-id") c2.agent = value;
  if (name == "--c2-token") options.tokenFile = value;
  if (name == "--c2-key") c2.key = value;
  if (name == "--c2-ca") c2.authorities = value;
  if (name == "--c2-cert") c2.certificate = value;
  if (name == "--c2-cert-key") c2.certificateKey = value;
  if (name == "--c2-period" || name == "--c2-trial") {
    const auto time = parseDuration(value);
    if (!time.ok()) return Error::user(fmt::format("{}: {}", name, time.error().message));
    (name == "--c2-period" ? options.period : options.trial) = *time;
  }
  return Done{};
}

Result<> setBudget(AgentOptions& options, std::string_view name, const std::string& value) {
  if (name == "--disk-budget-drop") {
    options.dropsNewest = MR_TRY(dropsNewest(name, value));
    return Done{};
  }
  options.diskBudget = MR_TRY(diskBudget(name, value));
  return Done{};
}

void setSiteToSite(SiteToSiteSettings& settings, std::string_view name, const std::string& value) {
  if (name == "--s2s") settings.at = value;
  if (name == "--s2s-cert") settings.certificate = value;
  if (name == "--s2s-cert-key") settings.certificateKey = value;
  if (name == "--s2s-trust") settings.trust = value;
}

Result<> setValue(AgentOptions& options, std::string_view name, const std::string& value) {
  if (value.empty()) return Error::user(fmt::format("{} needs a value", name));
  if (name.starts_with("--c2")) return setC2(options.c2, name, value);
  if (name.starts_with("--disk-budget")) return setBudget(options, name, value);
  if (name.starts_with("--s2s")) setSiteToSite(options.siteToSite, name, value);
  if (name == "--config") options.config = value;
  if (name == "--minifi-home") options.home = value;
  if (name == "--data") options.data = value;
  if (name == "--secrets") options.secrets = value;
  if (name == "--param") {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error::user(fmt::format("--param {}: write NAME=VALUE", value));
    options.parameters[value.substr(0, equals)] = value.substr(equals + 1);
  }
  if (name == "--durability") options.durability = MR_TRY(durabilityOf(value));
  if (name == "--provenance") {
    if (value != "on" && value != "off")
      return Error::user(fmt::format("--provenance {}: write on or off", value));
    options.provenance = value == "on";
  }
  if (name == "--drain" || name == "--queue-memory") {
    const auto time = name == "--drain" ? parseDuration(value) : Result<Nanos>(Nanos{0});
    const auto size =
        name == "--drain" ? Result<std::uint64_t>(std::uint64_t{0}) : parseDataSize(value);
    if (!time.ok()) return Error::user(fmt::format("{}: {}", name, time.error().message));
    if (!size.ok()) return Error::user(fmt::format("{}: {}", name, size.error().message));
    if (name == "--drain") options.drain = *time;
    if (name == "--queue-memory") options.queueMemory = *size;
  }
  if (name == "--workers") {
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, options.workers);
    if (read.ec != std::errc() || read.ptr != end || options.workers < 1 || options.workers > 1024)
      return Error::user(fmt::format("--workers {}: write a number from 1 to 1024", value));
  }
  return Done{};
}

}  // namespace

Result<std::uint64_t> diskBudget(std::string_view name, const std::string& value) {
  const auto size = parseDataSize(value);
  if (!size.ok()) return Error::user(fmt::format("{}: {}", name, size.error().message));
  constexpr std::uint64_t kLeast = 1ULL << 20;
  if (*size < kLeast)
    return Error::user(fmt::format("{} {}: less than 1 MB is no budget to work with", name, value));
  return *size;
}

Result<bool> dropsNewest(std::string_view name, std::string_view value) {
  if (value != "oldest" && value != "newest")
    return Error::user(fmt::format("{} {}: write oldest or newest", name, value));
  return value == "newest";
}

Result<AgentOptions> readOptions(std::span<const char* const> arguments) {
  AgentOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view name = arguments[i];
    std::optional<std::string> value;
    if (const std::size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string_view::npos) {
      value = std::string(name.substr(equals + 1));
      name = name.substr(0, equals);
    }
    const Option* const option = find(name);
    if (option == nullptr)
      return Error::user(fmt::format("{}: there is no such option; --help lists them", name));
    if (option->value.empty()) {
      if (value) return Error::user(fmt::format("{} takes no value", name));
      MR_TRY(setSwitch(options, name));
      continue;
    }
    if (!value) {
      if (i + 1 == arguments.size())
        return Error::user(fmt::format("{} needs a value: {}", name, option->value));
      value = arguments[++i];
    }
    MR_TRY(setValue(options, name, *value));
  }
  const bool needsFlow = options.verb == Verb::kRun || options.verb == Verb::kValidate;
  const bool reports = options.verb == Verb::kRun && !options.c2.settings.url.empty();
  if (needsFlow && options.config.empty() && options.home.empty() && !reports)
    return Error::user("give --config FILE or --minifi-home DIR; --help says more");
  const SiteToSiteSettings& s2s = options.siteToSite;
  if (s2s.at.empty() && !(s2s.certificate + s2s.certificateKey + s2s.trust).empty())
    return Error::user("--s2s-cert, --s2s-cert-key and --s2s-trust need --s2s ADDR:PORT");
  if (options.once && !s2s.at.empty())
    return Error::user(
        "--once ends when nothing is left to do, and --s2s never does: leave one out");
  if (options.once && reports)
    return Error::user(
        "--once ends when nothing is left to do, and --c2 never does: leave one out");
  return options;
}

std::string usage() {
  std::string text =
      "millrace-agent collects data where it is born and hands it on: one flow, a few "
      "megabytes.\n\n"
      "  millrace-agent --config FLOW|config.yml [--data DIR]\n"
      "  millrace-agent --minifi-home DIR\n"
      "  millrace-agent --c2 http://SERVER:PORT [--config FLOW]\n\n";
  for (const Option& option : kOptions) {
    const std::string left =
        fmt::format("{}{}{}", option.name, option.value.empty() ? "" : " ", option.value);
    text += fmt::format("  {:<22} {}\n", left, option.help);
  }
  text += "\nExit codes: 0 done, 1 failed while running, 2 bad input or usage.\n";
  return text;
}

}  // namespace millrace::agent
