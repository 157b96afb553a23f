// SPDX-License-Identifier: Apache-2.0
// Flows of NiFi and MiNiFi become flows of ours; what gets lost is said.
#include "engine/flow/import/flow_import.h"
#include "engine/flow/links.h"
#include "engine/flow/yaml_reader.h"
#include "tests/engine/flow/import/import_samples.h"

#include <QTest>
#include <algorithm>

using namespace millrace;
using namespace millrace::flow;

namespace {

ImportedFlow import(const std::string& text) { return importFlow(text, sampleCatalog()); }

std::string told(const ImportedFlow& imported) {
  std::string lines;
  for (const Finding& finding : imported.findings) lines += describe(finding, "f") + '\n';
  return lines;
}

bool tells(const ImportedFlow& imported, const std::string& words) {
  return told(imported).find(words) != std::string::npos;
}

std::string nifi(const std::string& group) {
  return "{\"flowContents\": {\"identifier\": \"g\", \"name\": \"f\", " + group + "}}";
}

std::string processor(const std::string& id, const std::string& type,
                      const std::string& more = {}) {
  return "{\"identifier\": \"" + id + "\", \"name\": \"" + id + "\", \"type\": \"" + type + "\"" +
         (more.empty() ? "" : ", " + more) + "}";
}

std::string minifi(const std::string& rest) { return "Flow Controller: {name: f}\n" + rest; }

const std::string* valueOf(const Processor& processor, const std::string& name) {
  for (const Property& property : processor.properties) {
    if (property.name == name) return &property.value;
  }
  return nullptr;
}

}  // namespace

#define VERIFY_OK(imported) QVERIFY2((imported).ok(), told(imported).c_str())
#define VERIFY_TELLS(imported, words) QVERIFY2(tells(imported, words), told(imported).c_str())

class ImportTest : public QObject {
  Q_OBJECT

 private slots:
  void everySampleIsImportedAndItsTextMeansTheSame() {
    QCOMPARE(sampleFiles().filter("minifi-").size(), 13);
    QCOMPARE(sampleFiles().filter("nifi-").size() - 13, 7);
    for (const QString& name : sampleFiles()) {
      const ImportedFlow imported = import(sample(name));
      QVERIFY2(imported.ok(), qPrintable(name + '\n' + QString::fromStdString(told(imported))));
      const ReadFlow read = readFlow(imported.text);
      QVERIFY2(read.ok(), qPrintable(name));
      QVERIFY2(read.flow == imported.flow, imported.text.c_str());
    }
  }

  void noSecretIsInAnyFlow() {
    for (const QString& name : sampleFiles()) {
      const ImportedFlow imported = import(sample(name));
      for (const char* secret : {"open-sesame", "enc{"})
        QVERIFY2((imported.text + told(imported)).find(secret) == std::string::npos,
                 qPrintable(name));
    }
  }

  void typesPropertiesValuesAndRelationshipsGetTheNamesOfTheCatalog() {
    const ImportedFlow imported = import(nifi(
        "\"processors\": [" +
        processor(
            "a", "org.x.OldMake",
            "\"properties\": {\"file-size\": \"5\", \"Mode\": \"FAST_MODE\", \"Keep\": \"True\", "
            "\"Keys\": null, \"Gone\": \"x\"}, \"autoTerminatedRelationships\": [\"done\"]") +
        "]"));
    VERIFY_OK(imported);
    const Processor& made = imported.flow.root.processors.at(0);
    QCOMPARE(made.type, std::string("Make"));
    QVERIFY(!made.unsupported);
    QCOMPARE(*valueOf(made, "Size"), std::string("5 B"));
    QCOMPARE(*valueOf(made, "Mode"), std::string("fast"));
    QCOMPARE(*valueOf(made, "Keep"), std::string("true"));
    QCOMPARE(made.properties.size(), std::size_t(3));
    QCOMPARE(made.autoTerminate.at(0).text, std::string("success"));
    VERIFY_TELLS(imported, "warning: a: Make has no property 'Gone' here");
    QVERIFY(imported.unknownTypes.empty());
  }

  void aValueThatIsTheDefaultIsLeftOut() {
    const ImportedFlow imported =
        import(nifi("\"processors\": [" +
                    processor("a", "Make", "\"properties\": {\"Size\": \"1 KB\"}") + "]"));
    VERIFY_OK(imported);
    QVERIFY(imported.flow.root.processors.at(0).properties.empty());
  }

  void unknownTypesAreKeptMarkedAndListedOnce() {
    const ImportedFlow imported = import(
        nifi("\"processors\": [" + processor("a", "com.x.Odd", "\"properties\": {\"P\": \"v\"}") +
             ", " + processor("b", "com.x.Odd") + ", " + processor("c", "com.x.KeyService") + "]"));
    VERIFY_OK(imported);
    QCOMPARE(imported.unknownTypes, (std::vector<std::string>{"Odd", "KeyService"}));
    const Processor& kept = imported.flow.root.processors.at(0);
    QCOMPARE(kept.type, std::string("Odd"));
    QVERIFY(kept.unsupported);
    QCOMPARE(*valueOf(kept, "P"), std::string("v"));
  }

  void statesAreKept() {
    const auto state = [](const char* text) {
      return std::string("\"scheduledState\": \"") + text + "\"";
    };
    ImportedFlow imported =
        import(nifi("\"processors\": [" + processor("a", "Make", state("RUNNING")) + ", " +
                    processor("b", "Make", state("ENABLED")) + ", " +
                    processor("c", "Make", state("DISABLED")) + "]"));
    VERIFY_OK(imported);
    QCOMPARE(imported.flow.root.processors[0].state, RunState::kRunning);
    QCOMPARE(imported.flow.root.processors[1].state, RunState::kStopped);
    QCOMPARE(imported.flow.root.processors[2].state, RunState::kDisabled);
    QVERIFY(!tells(imported, "nothing runs"));
    imported =
        import(nifi("\"processors\": [" + processor("b", "Make", state("ENABLED")) + ", " +
                    processor("c", "Make", state("DISABLED")) + "], \"controllerServices\": [" +
                    processor("k", "KeyService", state("DISABLED")) + "]"));
    VERIFY_OK(imported);
    QCOMPARE(imported.flow.root.processors[0].state, RunState::kRunning);
    QCOMPARE(imported.flow.root.processors[1].state, RunState::kDisabled);
    QVERIFY(imported.flow.root.services[0].enabled);
    VERIFY_TELLS(imported, "nothing runs in the original");
    QVERIFY(
        !import(nifi("\"processors\": [" + processor("b", "Make", state("SLEEPING")) + "]")).ok());
  }

  void namesAreMadeUniqueAndOneLine() {
    const ImportedFlow imported =
        import(minifi("Processors:\n"
                      "  - {id: a, name: x, class: Make}\n"
                      "  - {id: b, name: x, class: Route}\n"
                      "  - {id: c, name: \"x\\ty\", class: Route}\n"
                      "  - {id: d, name: '', class: Route}\n"
                      "Funnels: [{id: e}, {id: f}]\n"
                      "Connections:\n"
                      "  - {source id: a, source relationship name: done, destination id: b}\n"));
    VERIFY_OK(imported);
    const Group& root = imported.flow.root;
    QCOMPARE(root.processors[0].name, std::string("x"));
    QCOMPARE(root.processors[1].name, std::string("x (2)"));
    QCOMPARE(root.processors[2].name, std::string("x y"));
    QCOMPARE(root.processors[3].name, std::string("Route"));
    QCOMPARE(root.funnels[1].name, std::string("Funnel (2)"));
    QCOMPARE(root.connections.at(0).to.path, std::string("x (2)"));
    QCOMPARE(root.connections[0].relationships.at(0).text, std::string("success"));
    VERIFY_TELLS(imported, "warning: x (2): the name 'x' is taken here");
    VERIFY_TELLS(imported, "warning: x y: a line break or control character");
    QVERIFY(!tells(imported, "Funnel (2)"));
  }

  void defaultsAreThoseOfTheOriginalProgram() {
    const std::string connection =
        "Connections: [{source name: a, source relationship name: success, destination name: b}]\n";
    const ImportedFlow edge = import(
        minifi("Processors: [{name: a, class: Make}, {name: b, class: Route}]\n" + connection));
    VERIFY_OK(edge);
    QCOMPARE(edge.flow.root.processors[0].schedule.every, kSecond);
    QCOMPARE(edge.flow.root.connections[0].backPressure.count, std::uint64_t(2000));
    QCOMPARE(edge.flow.root.connections[0].backPressure.size, std::uint64_t(100) << 20);
    const ImportedFlow server = import(
        nifi("\"processors\": [" + processor("a", "Make") + ", " + processor("b", "Route") +
             "], \"connections\": [{\"source\": {\"id\": \"a\"}, \"destination\": {\"id\": \"b\"}, "
             "\"selectedRelationships\": [\"success\"]}]"));
    VERIFY_OK(server);
    QCOMPARE(server.flow.root.processors[0].schedule.every, Nanos(0));
    QVERIFY(server.flow.root.connections[0].backPressure == BackPressure());
  }

  void secretsBecomeSensitiveParameters() {
    const ImportedFlow imported =
        import(minifi("Processors:\n"
                      "  - {name: a/b, class: Make, Properties: {Password: hunter}}\n"
                      "  - {name: c, class: Make, Properties: {Password: '#{mine}'}}\n"));
    VERIFY_OK(imported);
    const Group& root = imported.flow.root;
    QCOMPARE(*valueOf(root.processors[0], "Password"), std::string("#{a-b.Password}"));
    QCOMPARE(*valueOf(root.processors[1], "Password"), std::string("#{mine}"));
    QCOMPARE(root.parameters.size(), std::size_t(1));
    QVERIFY(root.parameters[0].sensitive && !root.parameters[0].value);
    QVERIFY((imported.text + told(imported)).find("hunter") == std::string::npos);
    VERIFY_TELLS(imported, "#{a-b.Password}");
  }

  void servicesAreNamedAcrossGroups() {
    const ImportedFlow imported = import(
        nifi("\"controllerServices\": [" +
             processor("keys", "KeyService",
                       "\"instanceIdentifier\": \"00000000-0000-0000-0000-00000000000a\"") +
             "], \"processGroups\": [{\"identifier\": \"h\", \"name\": \"inner\", "
             "\"controllerServices\": [" +
             "{\"identifier\": \"k2\", \"name\": \"keys\", \"type\": \"KeyService\"}], "
             "\"processors\": [" +
             processor("a", "Make",
                       "\"properties\": {\"Keys\": \"00000000-0000-0000-0000-00000000000a\"}") +
             ", " + processor("b", "Make", "\"properties\": {\"Keys\": \"k2\"}") + "]}]"));
    VERIFY_OK(imported);
    const Group& inner = imported.flow.root.groups.at(0);
    QCOMPARE(inner.services.at(0).name, std::string("keys (2)"));
    QCOMPARE(*valueOf(inner.processors[0], "Keys"), std::string("keys"));
    QCOMPARE(*valueOf(inner.processors[1], "Keys"), std::string("keys (2)"));
  }

  void variablesBecomeParametersOfTheGroupsThatUseThem() {
    const ImportedFlow imported = import(nifi(
        "\"variables\": {\"a b\": \"1\", \"x/y\": \"2\"}, \"processGroups\": [{\"name\": \"h\", "
        "\"processors\": [" +
        processor("p", "com.x.Odd",
                  "\"properties\": {\"P\": \"${a b} $${a b} ${'x/y':plus(${a b})} ${other} $\"}") +
        "]}]"));
    VERIFY_OK(imported);
    const Group& inner = imported.flow.root.groups.at(0);
    QCOMPARE(*valueOf(inner.processors[0], "P"),
             std::string("#{a b} $${a b} ${#{x-y}:plus(#{a b})} ${other} $"));
    QCOMPARE(inner.parameters.size(), std::size_t(2));
    VERIFY_TELLS(imported, "the variable 'x/y' is a parameter now");
  }

  void twoEqualConnectionsAreKeptApartByAFunnel() {
    const ImportedFlow imported = import(sample("minifi-11-duplicates.yml"));
    VERIFY_OK(imported);
    const Group& root = imported.flow.root;
    QCOMPARE(root.connections.size(), std::size_t(4));
    QCOMPARE(root.funnels.at(0).name, std::string("Second way"));
    VERIFY_TELLS(imported, "the same connection is there twice");
  }

  void connectionsAreKeptWithAllTheySay() {
    const ImportedFlow imported = import(sample("nifi-01-definition.json"));
    VERIFY_OK(imported);
    const Connection& files = imported.flow.root.connections.at(0);
    QCOMPARE(files.name, std::string("files"));
    QCOMPARE(files.backPressure.count, std::uint64_t(5000));
    QCOMPARE(files.backPressure.size, std::uint64_t(500) << 20);
    QCOMPARE(files.expire, 60 * kMinute);
    QCOMPARE(files.prioritizers, (std::vector<Prioritizer>{Prioritizer::kPriorityAttribute,
                                                           Prioritizer::kOldestFirst}));
    QVERIFY((files.layout.bends == std::vector<Point>{{100, 50.5}, {120, 60}}));
    QCOMPARE(*files.layout.labelAt, std::int64_t(1));
    QCOMPARE(*files.layout.z, std::int64_t(2));
    VERIFY_TELLS(imported, "'loadBalanceStrategy: PARTITION_BY_ATTRIBUTE' was left out");
    const Processor& keep = imported.flow.root.processors.at(1);
    QCOMPARE(keep.retry.count, 3U);
    QCOMPARE(keep.retry.backoff, Backoff::kYield);
    QCOMPARE(keep.retry.maxBackoff, 5 * kMinute);
    QCOMPARE(*keep.schedule.runDuration, 25 * kSecond / 1000);
    const Label& label = imported.flow.root.labels.at(0);
    QCOMPARE(label.text, std::string("Read me\nfirst"));
    QVERIFY((*label.layout.size == Point{240, 80}));
    QCOMPARE(*label.layout.fontSize, 14.0);
    QCOMPARE(imported.flow.root.processors.at(0).execution, Execution::kPrimary);
    QCOMPARE(imported.flow.root.processors.at(3).schedule.cron, std::string("0 0 12 * * ?"));
  }

  void remoteGroupsAreKept() {
    const ImportedFlow imported = import(sample("minifi-07-remote.yml"));
    VERIFY_OK(imported);
    const RemoteGroup& remote = imported.flow.root.remoteGroups.at(0);
    QCOMPARE(remote.urls, (std::vector<std::string>{"http://a.example:8080/nifi",
                                                    "http://b.example:8080/nifi"}));
    QCOMPARE(remote.transport, RemoteTransport::kHttp);
    QCOMPARE(remote.networkInterface, std::string("eth1"));
    QCOMPARE(remote.proxy->port, std::uint16_t(3128));
    QCOMPARE(remote.proxy->password, std::string("#{Both ways.proxy password}"));
    QCOMPARE(remote.inputs.at(0).target, std::string("471deef6-2a6e-4a7d-912a-81cc17e3a204"));
    QCOMPARE(remote.inputs[0].batch.size, std::uint64_t(1) << 20);
    QCOMPARE(imported.flow.root.connections.at(1).to.path, std::string("Both ways/to there"));
    VERIFY_TELLS(imported, "'SSL Context Service: Keys' was left out");
  }

  void whatIsBrokenIsToldWithItsPlace() {
    struct Broken {
      std::string text;
      const char* place;
      const char* words;
    };
    const std::string end =
        "\"connections\": [\n{\"source\": {\"id\": \"a\"}, \"destination\": {\"id\": \"z\"}}]";
    for (const Broken& broken : {
             Broken{"", "f:1:1: error", "empty"},
             Broken{"# nothing\n", "f:1:1: error", "nothing in the file but comments"},
             Broken{"<template/>", "f:1:1: error", "XML"},
             Broken{"millrace: 1\n", "f:1:1: error", "already"},
             Broken{"a: 1\n", "f:1:1: error", "this is no flow"},
             Broken{"{\"rootGroup\": \n 7}", "f:2:2: error", "mapping"},
             Broken{"{\"rootGroup\": {\n\"name\": }}", "f:2:9: error", "no JSON value"},
             Broken{"Flow Controller: {name: f}\nProcessors: 7\n", "f:2:13: error",
                    "must be a list"},
             Broken{nifi("\n\"processors\": [{}]"), "f:2:16: error", "flowContents.processors[0]"},
             Broken{nifi("\n\"processors\": [" +
                         processor("a", "Make", "\n\"penaltyDuration\": \"soon\"") + "]"),
                    "f:3:20: error", "is not a duration"},
             Broken{nifi("\"processors\": [" + processor("a", "Make") + "], " + end),
                    "f:2:40: error", "leads to 'z'"},
             Broken{minifi("Processors: [{name: a, class: Make}]\nConnections:\n"
                           "  - {source name: a, destination name: a}\n"),
                    "f:4:5: error", "no relationship"},
             Broken{"\x1f\x8b oops", "f:1:1: error", "gzip"},
         }) {
      const ImportedFlow imported = import(broken.text);
      QVERIFY2(!imported.ok(), broken.words);
      QVERIFY(imported.text.empty());
      VERIFY_TELLS(imported, broken.place);
      VERIFY_TELLS(imported, broken.words);
    }
  }

  void parameterContextsInACircleAreRefused() {
    const ImportedFlow imported =
        import(minifi("Processors: []\nParameter Contexts:\n"
                      "  - {name: a, Parameters: [], Inherited Parameter Contexts: [b]}\n"
                      "  - {name: b, Parameters: [], Inherited Parameter Contexts: [a]}\n"));
    QVERIFY(!imported.ok());
    VERIFY_TELLS(imported, "in a circle");
  }
};

QTEST_GUILESS_MAIN(ImportTest)
#include "import_test.moc"
