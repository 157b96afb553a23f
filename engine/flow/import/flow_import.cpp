// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/flow_import.h"

#include "engine/flow/import/group_import.h"
#include "engine/flow/import/gzip_text.h"
#include "engine/flow/import/json_tree.h"
#include "engine/flow/import/parameter_import.h"
#include "engine/flow/import/run_states.h"
#include "engine/flow/links.h"
#include "engine/flow/parameters.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

constexpr SourcePosition kTop{1, 1};

char firstByte(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

class FlowImport {
 public:
  FlowImport(const Catalog& catalog, ImportReport& report)
      : context_{catalog, report, Origin::kNiFi, false, {}, {}}, report_(report) {}

  Flow read(const YamlNode& root) {
    Flow flow;
    SourceObject file(root, {}, report_);
    if (report_.failed()) return flow;
    if (root.find("flowContents") != nullptr)
      readDefinition(file, flow);
    else if (root.find("rootGroup") != nullptr)
      readDataflow(file, flow);
    else if (root.find("Flow Controller") != nullptr || root.find("Processors") != nullptr)
      readMiNiFi(file, flow);
    else
      refuse(root);
    if (report_.failed()) return flow;
    file.loseTheRest();
    if (flow.root.name.empty()) flow.root.name = "flow";
    flow.name = flow.root.name;
    check(flow);
    return flow;
  }

 private:
  void refuse(const YamlNode& root) {
    const bool ours = root.find("millrace") != nullptr;
    report_.error(root.at, {},
                  ours ? "this is a flow file of Millrace already"
                       : "this is no flow: there is neither 'flowContents' nor 'rootGroup' (NiFi), "
                         "nor 'Flow Controller' (MiNiFi)",
                  ours ? "run it as it is"
                       : "give a flow definition, a flow.json(.gz) or a MiNiFi config.yml");
  }

  static void readName(SourceObject& source, Group& root) {
    root.name = source.text({"name"});
    std::replace_if(
        root.name.begin(), root.name.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    root.comment = source.text({"comments", "comment"});
    source.ignore({"id", "identifier", "instanceIdentifier", "position", "componentType"});
  }

  void readRoot(SourceObject& file, std::string_view key, Flow& flow) {
    context_.origin = Origin::kNiFi;
    flow.parameterContexts = readParameterContexts(file, context_);
    auto root = file.object({key});
    if (!root) {
      report_.error(file.at(), {}, fmt::format("'{}' is empty", key), "export the flow again");
      return;
    }
    context_.startAll = nothingRuns(root->node());
    if (context_.startAll)
      report_.loss(
          root->at(), {},
          "nothing runs in the original, so everything that is not disabled is running now",
          "add 'state: stopped' where something shall wait");
    readName(*root, flow.root);
    readGroup(*root, flow.root, {}, nullptr, {}, context_);
    root->loseTheRest();
  }

  void readDefinition(SourceObject& file, Flow& flow) {
    if (const YamlNode* external = file.find({"externalControllerServices"})) {
      for (const YamlEntry& entry : external->entries) {
        const YamlEntry* name = entry.value.find("name");
        if (name == nullptr) continue;
        context_.externalServices.emplace(entry.key.text, name->value.text);
        report_.loss(
            entry.key.at, {},
            fmt::format("the service '{}' of 'externalControllerServices' is not in the file",
                        name->value.text),
            "add a service of this name");
      }
    }
    readRoot(file, "flowContents", flow);
    file.ignore({"flowEncodingVersion", "latest"});
    file.lose("snapshotMetadata", "keep the file in git");
    file.lose("parameterProviders", kProviders);
  }

  void readDataflow(SourceObject& file, Flow& flow) {
    readRoot(file, "rootGroup", flow);
    file.ignore({"encodingVersion"});
    file.lose("maxTimerDrivenThreadCount", "there are as many workers as cores");
    file.lose("maxEventDrivenThreadCount", "there are as many workers as cores");
    file.lose("registries", "keep the file in git");
    file.lose("parameterProviders", kProviders);
    file.lose("controllerServices", "only reporting tasks could use them");
    file.lose("reportingTasks", "metrics, bulletins and provenance are served by the program");
    file.lose("flowAnalysisRules", "'millrace validate --strict' judges flows");
  }

  void readMiNiFi(SourceObject& file, Flow& flow) {
    context_.origin = Origin::kMiNiFi;
    file.ignore({"MiNiFi Config Version"});
    if (auto controller = file.object({"Flow Controller"})) {
      readName(*controller, flow.root);
      controller->lose("version", "keep the file in git");
      controller->loseTheRest();
    }
    flow.parameterContexts = readParameterContexts(file, context_);
    readGroup(file, flow.root, {}, nullptr, {}, context_);
    file.lose("Parameter Providers", kProviders);
    file.lose("Provenance Reporting", "provenance is served by the program");
    file.lose("Security Properties", "give the services keys of their own");
    for (const std::string_view key :
         {"Core Properties", "FlowFile Repository", "Content Repository", "Provenance Repository",
          "Component Status Repository", "NiFi Properties Overrides"})
      file.lose(key, "these are settings of the other program");
  }

  void check(Flow& flow) {
    linkFlow(flow, report_.findings());
    for (const auto& cycle : parameterContextCycles(flow))
      report_.error(kTop, cycle.front(), "parameter contexts inherit each other in a circle",
                    "remove one of 'inheritedParameterContexts'");
  }

  static constexpr std::string_view kProviders =
      "values come from the command line, the environment or the server";

  ImportContext context_;
  ImportReport& report_;
};

constexpr const char* kWhatToGive =
    "give a flow definition, a flow.json(.gz) or a MiNiFi config.yml";

YamlTree treeOf(std::string_view text) {
  const char first = firstByte(text);
  if (first == '{' || first == '[') return parseJson(text);
  YamlTree tree;
  if (first == '\0' || first == '<') {
    tree.findings.push_back(
        {Severity::kError,
         kTop,
         {},
         {},
         first == '<' ? "this is XML: a template, or a flow.xml of an old NiFi"
         : text.find('\0') == std::string_view::npos ? "the file is empty"
                                                     : "this is no text",
         first == '<' ? "load it into NiFi 1.16 or later and download the flow definition (JSON)"
                      : kWhatToGive});
    return tree;
  }
  tree = parseYaml(text);
  if (!tree.root && tree.findings.empty()) {
    tree.findings.push_back(
        {Severity::kError, kTop, {}, {}, "there is nothing in the file but comments", kWhatToGive});
  }
  return tree;
}

}  // namespace

ImportedFlow importFlow(std::string_view bytes, const Catalog& catalog) {
  ImportedFlow imported;
  std::string unpacked;
  if (isGzip(bytes)) {
    Result<std::string> result = unpackGzip(bytes, kMaxFlowBytes);
    if (!result.ok()) {
      imported.findings.push_back({Severity::kError, kTop, {}, {}, result.error().message, {}});
      return imported;
    }
    unpacked = std::move(*result);
    bytes = unpacked;
  }
  const YamlTree tree = treeOf(bytes);
  imported.findings = tree.findings;
  if (!tree.root || !imported.ok()) return imported;
  ImportReport report;
  imported.flow = FlowImport(catalog, report).read(*tree.root);
  imported.unknownTypes = report.unknownTypes();
  auto& findings = report.findings();
  imported.findings.insert(imported.findings.end(), findings.begin(), findings.end());
  if (imported.ok()) {
    // The promise is checked rather than believed: what is written must be readable.
    imported.text = writeFlow(imported.flow);
    ReadFlow again = readFlow(imported.text);
    for (Finding& finding : again.findings) {
      if (finding.severity != Severity::kError) continue;
      finding.message = "the flow file would not be readable: " + finding.message;
      finding.at = kTop;
      imported.findings.push_back(std::move(finding));
    }
    if (!imported.ok()) imported.text.clear();
  }
  sortByPosition(imported.findings);
  return imported;
}

}  // namespace millrace::flow
