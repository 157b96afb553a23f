// SPDX-License-Identifier: Apache-2.0
// The configuration file of a server, and the variables of the environment that stand above it.
#include "engine/flow/finding.h"
#include "engine/flow/yaml_tree.h"
#include "server/server_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace millrace::server {
namespace {

constexpr std::array kOptions{
    ServerOption{"flow", &ServerArguments::flow,
                 "the flow file (YAML); default: flow.yaml in the data directory, made empty"},
    ServerOption{"data", &ServerArguments::data, "data directory: queues, state and the log"},
    ServerOption{"listen", &ServerArguments::listen,
                 "ADDR:PORT where the interface (HTTP) is served, port 0: a free one; or off"},
    ServerOption{"tls-cert", &ServerArguments::tlsCertificate,
                 "file (PEM) with the certificate to serve HTTPS with, its chain behind it"},
    ServerOption{"tls-key", &ServerArguments::tlsKey,
                 "file (PEM) with its key; default: it is in the same file"},
    ServerOption{"http-trust", &ServerArguments::httpTrust,
                 "file (PEM) with the authorities whose certificates may let users in (millrace "
                 "add-user --certificate), and their lists of revoked ones, with --tls-cert"},
    ServerOption{"kafka", &ServerArguments::kafka,
                 "ADDR:PORT where Kafka's clients are served, port 0: a free one; or off"},
    ServerOption{"kafka-advertise", &ServerArguments::advertise,
                 "HOST:PORT that clients are told to connect to; default: that of --kafka"},
    ServerOption{"kafka-security-protocol", &ServerArguments::kafkaSecurity,
                 "PLAINTEXT, SSL (with --tls-cert), SASL_PLAINTEXT or SASL_SSL: clients of Kafka "
                 "prove who they are (millrace add-user --kafka)"},
    ServerOption{"kafka-trust", &ServerArguments::kafkaTrust,
                 "file (PEM) with the authorities whose certificates clients of Kafka must show, "
                 "with SSL or SASL_SSL"},
    ServerOption{"s2s", &ServerArguments::siteToSite,
                 "ADDR:PORT where NiFi, MiNiFi and other servers reach ports with remote-access "
                 "(site-to-site), port 0: a free one; or off"},
    ServerOption{"s2s-trust", &ServerArguments::siteToSiteTrust,
                 "file (PEM) with the authorities whose certificates those clients must show; with "
                 "--tls-cert they are served with TLS alone"},
    ServerOption{"c2", &ServerArguments::c2,
                 "ADDR:PORT where agents report and are told what to run (C2), port 0: a free one; "
                 "or off"},
    ServerOption{"c2-trust", &ServerArguments::c2Trust,
                 "file (PEM) with the authorities whose certificates agents may show instead of a "
                 "token"},
    ServerOption{"secrets", &ServerArguments::secrets,
                 "file of NAME=VALUE lines: values of sensitive parameters; else they come from "
                 "MILLRACE_PARAM_NAME, the data directory, or are asked for"},
    ServerOption{"drain", &ServerArguments::drain,
                 "how long what is under way may take when the server is stopped"},
    ServerOption{"parked-age", &ServerArguments::parkedAge,
                 "drop FlowFiles of deleted connections after so long, such as 30d; default: they "
                 "are kept until somebody drops them"},
    ServerOption{"parked-size", &ServerArguments::parkedSize,
                 "drop the oldest of them when there are more bytes than, such as, 10 GB"},
    ServerOption{"archive", &ServerArguments::archive,
                 "how long contents are kept for replay after their last use, such as 12h"},
    ServerOption{"log-format", &ServerArguments::logFormat,
                 "how the log is written: text, or json, an object a line"},
    ServerOption{"log-stderr", &ServerArguments::logStandardError,
                 "on or off: whether the log goes to standard error"},
    ServerOption{"log-file", &ServerArguments::logFile,
                 "file that the log is written to, too; it is rotated"},
    ServerOption{"log-file-size", &ServerArguments::logFileSize,
                 "how large it grows before it is rotated"},
    ServerOption{"log-files", &ServerArguments::logFiles,
                 "how many rotated files are kept, 1 to 1000"},
};

std::string variableOf(std::string_view prefix, std::string_view name) {
  std::string variable(prefix);
  for (const char c : name)
    variable += c == '-' || c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return variable;
}

class ServerFile {
 public:
  explicit ServerFile(ServerArguments& arguments) : arguments_(arguments) {}

  void read(const flow::YamlNode& root) {
    if (root.isNull()) return;
    if (!root.isMap()) {
      refuse(root, "the file must be NAME: VALUE lines", "");
      return;
    }
    for (const flow::YamlEntry& entry : root.entries) {
      const std::string& name = entry.key.text;
      if (name == "host")
        readNames(entry.value);
      else if (name == "kafka-settings")
        readKafka(entry.value);
      else if (name == "log-levels")
        readLevels(entry.value);
      else
        readOption(entry);
    }
  }
  flow::Findings findings() && { return std::move(findings_); }

 private:
  void refuse(const flow::YamlNode& node, std::string message, std::string advice) {
    findings_.push_back(
        {flow::Severity::kError, node.at, "", "", std::move(message), std::move(advice)});
  }
  void readOption(const flow::YamlEntry& entry) {
    for (const ServerOption& option : kOptions) {
      if (option.name != entry.key.text) continue;
      if (!entry.value.isScalar())
        refuse(entry.value, fmt::format("'{}' must be a text", option.name), "");
      else
        arguments_.*option.text = entry.value.text;
      return;
    }
    std::vector<std::string> known{"host", "kafka-settings", "log-levels"};
    for (const ServerOption& option : kOptions) known.emplace_back(option.name);
    std::string advice = flow::didYouMean(entry.key.text, known);
    if (advice.empty()) advice = "'millrace server --help' lists what there is";
    refuse(entry.key, fmt::format("there is no '{}'", entry.key.text), std::move(advice));
  }
  void readNames(const flow::YamlNode& value) {
    arguments_.names.clear();
    if (value.isScalar()) arguments_.names.push_back(value.text);
    for (const flow::YamlNode& item : value.items) {
      if (item.isScalar())
        arguments_.names.push_back(item.text);
      else
        refuse(item, "a name in 'host' must be a text", "");
    }
    if (!value.isScalar() && !value.isSequence())
      refuse(value, "'host' must be a name or a list of names", "");
  }
  void readKafka(const flow::YamlNode& value) {
    if (!value.isMap()) {
      refuse(value, "'kafka-settings' must be NAME: VALUE lines", "");
      return;
    }
    for (const flow::YamlEntry& entry : value.entries) {
      const auto set = arguments_.kafkaSettings.set(entry.key.text, entry.value.text);
      if (!set.ok()) refuse(entry.key, set.error().message, "");
    }
  }
  void readLevels(const flow::YamlNode& value) {
    if (!value.isMap()) {
      refuse(value, "'log-levels' must be SCOPE: LEVEL lines", "");
      return;
    }
    for (const flow::YamlEntry& entry : value.entries) {
      const auto set = arguments_.logLevels.set(entry.key.text, entry.value.text);
      if (!set.ok()) refuse(entry.key, set.error().message, "");
    }
  }

  ServerArguments& arguments_;
  flow::Findings findings_;
};

/// SCOPE=LEVEL,…; scopes with a comma in them stand in the file.
Result<> readLevelList(std::string_view list, LogLevels& levels) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    if (const auto set = levels.setText(one); !set.ok())
      return Error::user("MILLRACE_LOG_LEVELS: " + set.error().message);
  }
  return Done{};
}

}  // namespace

std::span<const ServerOption> serverOptions() { return kOptions; }

Environment processEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Result<> readServerFile(const std::string& path, const std::string& text,
                        ServerArguments& arguments) {
  flow::YamlTree tree = flow::parseYaml(text);
  flow::Findings findings = std::move(tree.findings);
  if (tree.root) {
    ServerFile file(arguments);
    file.read(*tree.root);
    for (flow::Finding& finding : std::move(file).findings())
      findings.push_back(std::move(finding));
  }
  if (findings.empty()) return Done{};
  flow::sortByPosition(findings);
  std::string lines;
  for (const flow::Finding& finding : findings)
    lines += (lines.empty() ? "" : "\n") + flow::describe(finding, path);
  return Error::user(std::move(lines));
}

Result<> readEnvironment(const Environment& environment, ServerArguments& arguments) {
  for (const ServerOption& option : kOptions) {
    if (auto value = environment(variableOf("MILLRACE_", option.name)))
      arguments.*option.text = *std::move(value);
  }
  if (auto value = environment("MILLRACE_HOST")) arguments.names = {*std::move(value)};
  if (const auto value = environment("MILLRACE_LOG_LEVELS"))
    MR_TRY(readLevelList(*value, arguments.logLevels));
  for (const auto& setting : arguments.kafkaSettings.texts()) {
    const std::string variable = variableOf("KAFKA_", setting.name);
    const auto value = environment(variable);
    if (!value) continue;
    if (const auto set = arguments.kafkaSettings.set(setting.name, *value); !set.ok())
      return Error::user(fmt::format("{}: {}", variable, set.error().message));
  }
  return Done{};
}

}  // namespace millrace::server
