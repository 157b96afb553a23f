// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/parameter_import.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

void readParameter(SourceObject& source, ParameterContext& context, ImportReport& report) {
  Parameter parameter;
  parameter.at = source.at();
  parameter.name = source.text({"name"});
  source.belongsTo(context.name);
  if (parameter.name.empty() || parameterNameOf(parameter.name) != parameter.name) {
    source.wrong(source.node(), fmt::format("'{}' is no name of a parameter", parameter.name),
                 "use letters, digits, -, _, . and blanks inside");
    return;
  }
  parameter.comment = source.text({"description"});
  source.boolean({"sensitive"}, parameter.sensitive);
  const YamlNode* value = source.find({"value"});
  if (value != nullptr) parameter.value = source.text({"value"});
  bool provided = false;
  source.boolean({"provided"}, provided);
  if (parameter.sensitive) {
    parameter.value.reset();
    report.loss(
        source.at(), context.name,
        fmt::format("the sensitive parameter '{}' has no value in a flow file", parameter.name),
        "set it where the flow runs");
  } else if (provided && !parameter.value) {
    report.loss(source.at(), context.name,
                fmt::format("the parameter '{}' is 'provided' by a parameter provider, which there "
                            "is none of",
                            parameter.name),
                "set it where the flow runs");
  }
  source.lose("referencedAssets", "write the path of the file as the value");
  source.loseTheRest();
  const bool twice = std::any_of(context.parameters.begin(), context.parameters.end(),
                                 [&](const Parameter& p) { return p.name == parameter.name; });
  if (twice)
    source.wrong(source.node(), fmt::format("the parameter '{}' stands here twice", parameter.name),
                 "remove one of them");
  else
    context.parameters.push_back(std::move(parameter));
}

void readContext(SourceObject& source, const std::string& key, ParameterContext& context,
                 ImportContext& import) {
  context.name = source.text({"name"});
  if (context.name.empty()) context.name = key;
  context.at = source.at();
  source.belongsTo(context.name);
  context.comment = source.text({"description", "comments"});
  for (const std::string& id : {source.text({"id"}), source.text({"identifier"}),
                                source.text({"instanceIdentifier"}), context.name}) {
    if (!id.empty()) import.parameterContexts.insert_or_assign(id, context.name);
  }
  source.ignore({"componentType", "groupIdentifier"});
  for (SourceObject& parameter : source.objects({"parameters", "Parameters"}))
    readParameter(parameter, context, import.report);
  for (const std::string_view lost :
       {"parameterProvider", "Parameter Provider", "parameterGroupName", "synchronized"})
    source.lose(lost, "values come from the command line, the environment or the server",
                {"false"});
}

void readInheritance(SourceObject& source, ParameterContext& context, ImportContext& import) {
  for (const std::string& name :
       source.texts({"inheritedParameterContexts", "Inherited Parameter Contexts"})) {
    const auto found = import.parameterContexts.find(name);
    if (found == import.parameterContexts.end())
      source.wrong(source.node(),
                   fmt::format("there is no parameter context '{}' to inherit", name),
                   "correct the file");
    else
      context.inherits.push_back({found->second, source.at()});
  }
  source.loseTheRest();
}

}  // namespace

std::vector<ParameterContext> readParameterContexts(SourceObject& file, ImportContext& import) {
  std::vector<SourceObject> sources;
  std::vector<std::string> keys;
  const Keys names = {"parameterContexts", "Parameter Contexts"};
  const YamlNode* node = file.find(names);
  if (node != nullptr && node->isMap()) {
    for (const YamlEntry& entry : node->entries) {
      sources.emplace_back(entry.value, "parameterContexts." + entry.key.text, import.report);
      keys.push_back(entry.key.text);
    }
  } else {
    sources = file.objects(names);
    keys.resize(sources.size());
  }
  std::vector<ParameterContext> contexts(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i)
    readContext(sources[i], keys[i], contexts[i], import);
  for (std::size_t i = 0; i < sources.size(); ++i) readInheritance(sources[i], contexts[i], import);
  return contexts;
}

void readVariables(SourceObject& groupSource, ImportSite& site) {
  const YamlNode* node = groupSource.find({"variables"});
  if (node == nullptr) return;
  if (!node->isMap()) {
    groupSource.wrong(*node, "'variables' must be a mapping", "write name: value");
    return;
  }
  for (const YamlEntry& entry : node->entries) {
    if (!entry.value.isScalar()) continue;
    site.around.variables.set(entry.key.text, entry.value.text);
    site.context.report.loss(
        entry.key.at, groupSource.component(),
        fmt::format(
            "the variable '{}' is a parameter now, and ${{{}}} in properties became #{{{}}}: an "
            "attribute of this name no longer hides it",
            entry.key.text, entry.key.text, parameterNameOf(entry.key.text)));
  }
}

}  // namespace millrace::flow
