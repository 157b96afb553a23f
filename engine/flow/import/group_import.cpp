// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/group_import.h"

#include "engine/flow/import/connection_import.h"
#include "engine/flow/import/parameter_import.h"
#include "engine/flow/import/processor_import.h"
#include "engine/flow/import/remote_import.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

namespace millrace::flow {
namespace {

void readSettings(SourceObject& source, Group& group, ImportContext& context) {
  const std::string parameters = source.text({"parameterContextName", "Parameter Context Name"});
  const auto found = context.parameterContexts.find(parameters);
  if (found != context.parameterContexts.end())
    group.parameterContext = found->second;
  else if (!parameters.empty())
    context.report.loss(source.at(), source.component(),
                        fmt::format("the parameter context '{}' is not in the file", parameters),
                        "add it to 'parameter-contexts', and to the group");
  group.parameterContextAt = source.at();
  const std::string concurrency = source.text({"flowFileConcurrency"});
  if (concurrency == "SINGLE_FLOWFILE_PER_NODE")
    group.flowFileConcurrency = FlowFileConcurrency::kSingleFlowFile;
  else if (concurrency == "SINGLE_BATCH_PER_NODE")
    group.flowFileConcurrency = FlowFileConcurrency::kSingleBatch;
  else
    source.lose("flowFileConcurrency", "it became unbounded", {"UNBOUNDED"});
  const std::string policy = source.text({"flowFileOutboundPolicy"});
  if (policy == "BATCH_OUTPUT")
    group.outboundPolicy = OutboundPolicy::kBatch;
  else
    source.lose("flowFileOutboundPolicy", "it became stream", {"STREAM_WHEN_AVAILABLE"});
  source.duration({"defaultFlowFileExpiration"}, group.defaultExpire);
  source.number({"defaultBackPressureObjectThreshold"}, group.defaultBackPressure.count);
  source.size({"defaultBackPressureDataSizeThreshold"}, group.defaultBackPressure.size);
  const bool stateless = source.text({"executionEngine"}) == "STATELESS";
  source.lose("executionEngine",
              "each session commits as a whole, but the group as a whole does not",
              {"INHERITED", "STANDARD"});
  if (stateless) {
    source.number({"maxConcurrentTasks"}, 0, group.maxConcurrentTasks);
    source.lose("statelessFlowTimeout", "a group has no timeout");
  } else {
    source.ignore({"maxConcurrentTasks", "statelessFlowTimeout"});  // without effect there
  }
  source.lose("scheduledState", "components have states, groups have not", {"ENABLED", "RUNNING"});
  source.lose("logFileSuffix", "the log names the path of the group");
  source.lose("versionedFlowCoordinates", "keep the file in git");
}

}  // namespace

void readGroup(SourceObject& source, Group& group, const std::string& path, GroupPlaces* outer,
               const Surroundings& around, ImportContext& context) {
  GroupPlaces places(path, context.report);
  Surroundings mine = around;
  ImportSite site{context, mine, places, group};
  const Ids ids = readIds(source);
  readSettings(source, group, context);
  readVariables(source, site);
  readServices(source, site);
  readProcessors(source, site);
  readPorts(source, site, outer, ids);
  readRemoteGroups(source, site);
  for (SourceObject& innerSource : source.objects({"processGroups", "Process Groups"})) {
    Group& inner = group.groups.emplace_back();
    readElement(innerSource, inner, places.claim(innerSource, innerSource.text({"name"}), "Group"),
                site);
    readStyle(innerSource, inner.layout);
    readGroup(innerSource, inner, joinPath(path, inner.name), &places, mine, context);
    innerSource.lose("version", "keep the file in git");
    innerSource.loseTheRest();
  }
  readFunnels(source, site);
  readLabels(source, site);
  readConnections(source, site);
}

}  // namespace millrace::flow
