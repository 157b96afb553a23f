// SPDX-License-Identifier: Apache-2.0
// Every key of the formats is either in one of the sample files, or named by a line of a report on
// them; and the samples hold no key that is silently passed over. The list restates what NiFi 2 and
// MiNiFi (Java and C++) write.
#include "engine/flow/import/flow_import.h"
#include "engine/flow/import/gzip_text.h"
#include "engine/flow/import/json_tree.h"
#include "tests/engine/flow/import/import_samples.h"

#include <QTest>
#include <set>

using namespace millrace::flow;

namespace {

const std::vector<std::string> kNiFiKeys = {
    // containers
    "flowContents", "parameterContexts", "externalControllerServices", "parameterProviders",
    "flowEncodingVersion", "latest", "snapshotMetadata", "flow", "bucket", "encodingVersion",
    "maxTimerDrivenThreadCount", "registries", "controllerServices", "reportingTasks",
    "flowAnalysisRules", "connectors", "rootGroup",
    // common
    "identifier", "instanceIdentifier", "name", "comments", "position", "x", "y", "componentType",
    "groupIdentifier",
    // process group
    "processors", "processGroups", "remoteProcessGroups", "connections", "inputPorts",
    "outputPorts", "funnels", "labels", "parameterContextName", "flowFileConcurrency",
    "flowFileOutboundPolicy", "defaultFlowFileExpiration", "defaultBackPressureObjectThreshold",
    "defaultBackPressureDataSizeThreshold", "executionEngine", "maxConcurrentTasks",
    "statelessFlowTimeout", "scheduledState", "logFileSuffix", "versionedFlowCoordinates",
    "registryId", "storageLocation", "branch", "bucketId", "flowId", "version", "variables",
    // processor
    "type", "bundle", "group", "artifact", "properties", "propertyDescriptors", "displayName",
    "identifiesControllerService", "sensitive", "dynamic", "resourceDefinition", "cardinality",
    "resourceTypes", "style", "background-color", "annotationData", "schedulingPeriod",
    "schedulingStrategy", "executionNode", "penaltyDuration", "yieldDuration", "bulletinLevel",
    "runDurationMillis", "concurrentlySchedulableTaskCount", "autoTerminatedRelationships",
    "retryCount", "retriedRelationships", "backoffMechanism", "maxBackoffPeriod",
    // connection
    "source", "destination", "id", "groupId", "selectedRelationships", "labelIndex", "zIndex",
    "bends", "backPressureObjectThreshold", "backPressureDataSizeThreshold", "flowFileExpiration",
    "prioritizers", "loadBalanceStrategy", "partitioningAttribute", "loadBalanceCompression",
    // port, label
    "allowRemoteAccess", "portFunction", "label", "width", "height", "font-size",
    // remote group
    "targetUris", "communicationsTimeout", "transportProtocol", "localNetworkInterface",
    "proxyHost", "proxyPort", "proxyUser", "proxyPassword", "remoteGroupId", "targetId",
    "useCompression", "batchSize", "count", "size", "duration",
    // service, parameter context
    "controllerServiceApis", "description", "parameters", "value", "provided", "referencedAssets",
    "inheritedParameterContexts", "parameterProvider", "parameterGroupName", "synchronized"};

const std::vector<std::string> kMiNiFiKeys = {
    "MiNiFi Config Version", "Flow Controller", "Processors", "Connections", "Funnels",
    "Input Ports", "Output Ports", "Process Groups", "Remote Process Groups",
    "Remote Processing Groups", "Controller Services", "Parameter Contexts", "Parameter Providers",
    "Parameter Context Name", "Provenance Reporting", "name", "id", "version", "comment",
    // processor
    "class", "type", "scheduling strategy", "scheduling period", "max concurrent tasks",
    "penalization period", "yield period", "run duration nanos", "bulletin level",
    "auto-terminated relationships list", "Properties",
    // connection
    "source id", "source name", "destination id", "destination name", "source relationship name",
    "source relationship names", "max work queue size", "max work queue data size",
    "swap threshold", "flowfile expiration", "drop empty", "queue prioritizer class",
    // remote group
    "url", "timeout", "local network interface", "transport protocol", "proxy host", "proxy user",
    "proxy password", "proxy port", "use compression", "batch size", "count", "size", "duration",
    "Port UUID", "Host Name", "Port", "SSL Context Service", "Idle Timeout",
    // services, parameters
    "Linked Services", "description", "Parameters", "value", "sensitive", "provided",
    "Inherited Parameter Contexts", "Parameter Provider", "Sensitive Parameter Scope",
    "Sensitive Parameter List", "Reload Values On Restart",
    // provenance reporting, and the sections of the Java agent
    "port uuid", "host", "port", "Core Properties", "FlowFile Repository", "Content Repository",
    "Provenance Repository", "Component Status Repository", "Security Properties",
    "NiFi Properties Overrides"};

void collectKeys(const YamlNode& node, std::set<std::string>& keys) {
  for (const YamlEntry& entry : node.entries) {
    keys.insert(entry.key.text);
    collectKeys(entry.value, keys);
  }
  for (const YamlNode& item : node.items) collectKeys(item, keys);
}

struct Samples {
  std::set<std::string> keys;
  std::string reports;
};

Samples read(const QString& prefix) {
  Samples samples;
  for (const QString& name : sampleFiles()) {
    if (!name.startsWith(prefix)) continue;
    std::string text = sample(name);
    for (const Finding& finding : importFlow(text, sampleCatalog()).findings)
      samples.reports += describe(finding, name.toStdString()) + '\n';
    if (isGzip(text)) text = unpackGzip(text, 1 << 20).value();
    const YamlTree tree = text.front() == '{' ? parseJson(text) : parseYaml(text);
    if (tree.root) collectKeys(*tree.root, samples.keys);
  }
  return samples;
}

QStringList missing(const Samples& samples, const std::vector<std::string>& keys) {
  QStringList names;
  for (const std::string& key : keys) {
    const bool told = samples.reports.find("'" + key + ":") != std::string::npos;
    if (!samples.keys.contains(key) && !told) names += QString::fromStdString(key);
  }
  return names;
}

}  // namespace

class ImportCoverageTest : public QObject {
  Q_OBJECT

 private slots:
  void everyKeyOfNiFiIsUsedOrReported() {
    QCOMPARE(missing(read("nifi-"), kNiFiKeys), QStringList());
  }

  void everyKeyOfMiNiFiIsUsedOrReported() {
    QCOMPARE(missing(read("minifi-"), kMiNiFiKeys), QStringList());
  }

  void aKeyThatNobodyKnowsIsReported() {
    const Samples nifi = read("nifi-");
    for (const char* key : {"flow",
                            "bucket",
                            "snapshotMetadata",
                            "reportingTasks",
                            "registries",
                            "flowAnalysisRules",
                            "maxTimerDrivenThreadCount",
                            "controllerServices",
                            "parameterProviders",
                            "versionedFlowCoordinates",
                            "logFileSuffix",
                            "portFunction",
                            "annotationData",
                            "loadBalanceStrategy",
                            "partitioningAttribute",
                            "loadBalanceCompression",
                            "executionEngine",
                            "statelessFlowTimeout",
                            "parameterProvider",
                            "parameterGroupName",
                            "synchronized",
                            "referencedAssets"})
      QVERIFY2(nifi.reports.find(std::string("'") + key + ":") != std::string::npos, key);
    const Samples minifi = read("minifi-");
    for (const char* key :
         {"Core Properties", "FlowFile Repository", "Content Repository", "Provenance Repository",
          "Component Status Repository", "Security Properties", "NiFi Properties Overrides",
          "Provenance Reporting", "Parameter Providers", "Parameter Provider", "swap threshold",
          "drop empty", "annotation data", "version", "blink lights", "SSL Context Service",
          "Idle Timeout", "dropEmpty"})
      QVERIFY2(minifi.reports.find(std::string("'") + key + ":") != std::string::npos, key);
  }
};

QTEST_GUILESS_MAIN(ImportCoverageTest)
#include "import_coverage_test.moc"
