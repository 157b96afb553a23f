// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/validator.h"

#include "engine/flow/yaml_reader.h"

#include <QTest>
#include <string>

using namespace millrace;
using namespace millrace::flow;

namespace {

RelationshipInfo relationship(std::string name) {
  RelationshipInfo info;
  info.name = std::move(name);
  return info;
}

PropertyInfo property(std::string name, PropertyKind kind = PropertyKind::kText) {
  PropertyInfo info;
  info.name = std::move(name);
  info.kind = kind;
  return info;
}

// A small world: a source, a worker, a router, a sink, a service.
Catalog world() {
  Catalog catalog;
  ComponentInfo make;
  make.type = "Make";
  make.input = InputRequirement::kForbidden;
  make.traits.source = true;
  make.relationships = {relationship("success")};
  make.writes = {{"made.at", ""}, {"fragment.*", ""}};
  make.properties = {property("Size", PropertyKind::kDataSize)};
  catalog.add(make);

  ComponentInfo work;
  work.type = "Work";
  work.input = InputRequirement::kRequired;
  work.relationships = {relationship("success"), relationship("failure")};
  work.relationships[1].aliases = {"fail"};
  PropertyInfo mode = property("Mode");
  mode.aliases = {"mode-key"};
  mode.allowedValues = {{"fast", {"quick"}, ""}, {"slow", {}, ""}};
  mode.defaultValue = "fast";
  PropertyInfo target = property("Target");
  target.required = true;
  target.scope = ExpressionScope::kFlowFile;
  PropertyInfo depth = property("Depth", PropertyKind::kInteger);
  depth.required = true;
  depth.dependsOn = {{"Mode", {"slow"}}};
  PropertyInfo secret = property("Secret");
  secret.sensitive = true;
  PropertyInfo store = property("Store", PropertyKind::kService);
  store.serviceType = "KeyStore";
  work.properties = {mode, target, depth, secret, store};
  catalog.add(work);

  ComponentInfo route;
  route.type = "Route";
  route.input = InputRequirement::kRequired;
  route.relationships = {relationship("unmatched")};
  route.dynamicProperties = DynamicProperties::kRelationships;
  route.dynamicScope = ExpressionScope::kFlowFile;
  catalog.add(route);

  ComponentInfo set;
  set.type = "Set";
  set.input = InputRequirement::kRequired;
  set.relationships = {relationship("success")};
  set.dynamicProperties = DynamicProperties::kAttributes;
  set.dynamicScope = ExpressionScope::kFlowFile;
  catalog.add(set);

  ComponentInfo file;
  file.type = "FileStore";
  file.kind = ComponentKind::kService;
  file.provides = {"KeyStore"};
  file.properties = {store};
  catalog.add(file);
  ComponentInfo other;
  other.type = "Pool";
  other.kind = ComponentKind::kService;
  catalog.add(other);
  return catalog;
}

// Knows only `${name}`; anything with a `!` is a syntax error.
ExpressionReport checkExpression(std::string_view text, ExpressionScope) {
  ExpressionReport report;
  if (text.find('!') != std::string_view::npos) report.error = "unexpected '!'";
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 1))
    report.attributes.emplace_back(text.substr(at + 2, text.find('}', at) - at - 2));
  return report;
}

std::vector<std::string> findings(const std::string& body) {
  const ReadFlow read = readFlow("millrace: 1\nname: f\n" + body);
  std::vector<std::string> result;
  for (const Finding& finding : read.findings) result.push_back(describe(finding, "reader"));
  if (!read.ok()) return result;
  for (const Finding& finding : validateFlow(read.flow, world(), {checkExpression, {}})) {
    result.push_back(std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column) +
                     (finding.severity == Severity::kError ? " E " : " W ") + finding.component +
                     (finding.property.empty() ? "" : "." + finding.property) + ": " +
                     finding.message);
  }
  return result;
}

QString joined(const std::vector<std::string>& lines) {
  std::string result;
  for (const std::string& line : lines) result += (result.empty() ? "" : "\n") + line;
  return QString::fromStdString(result);
}

// Make -> Work, with more lines for Work.
std::string oneWorker(const std::string& properties, const std::string& rest = "") {
  return "processors:\n  - {name: M, type: Make}\n  - name: W\n    type: Work\n"
         "    auto-terminate: [success, failure]\n    properties: {" +
         properties + "}\n" + rest + "connections:\n  - {from: M, relationship: success, to: W}\n";
}

}  // namespace

class ValidatorTest : public QObject {
  Q_OBJECT
 private slots:
  void aFlowThatCanStartHasNoFindings() {
    QCOMPARE(joined(findings(oneWorker("Target: x"))), QString());
  }

  void eachErrorNamesItsPlace_data() {
    QTest::addColumn<QString>("body");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& body, const char* expected) {
      QTest::newRow(name) << QString::fromStdString(body) << expected;
    };
    row("unknown property", oneWorker("Target: x, Tagret: y"),
        "8:29 E W.Tagret: Work has no such property");
    row("required", oneWorker(""), "5:5 E W.Target: this property is required and not set");
    row("required by another", oneWorker("Target: x, Mode: slow"),
        "5:5 E W.Depth: this property is required and not set");
    row("allowed value", oneWorker("Target: x, Mode: slwo"),
        "8:29 E W.Mode: 'slwo' is no allowed value");
    row("set twice by alias", oneWorker("Target: x, Mode: fast, mode-key: fast"),
        "8:41 E W.mode-key: this property is set as 'Mode' already");
    row("kind", oneWorker("Target: x, Mode: slow, Depth: deep"),
        "8:41 E W.Depth: 'deep' is no whole number");
    row("secret in the file", oneWorker("Target: x, Secret: abc"),
        "8:29 E W.Secret: a sensitive value does not belong in a flow file");
    row("unknown parameter", oneWorker("Target: '#{p}'"),
        "8:18 E W.Target: there is no parameter 'p'");
    row("sensitive parameter in the open",
        oneWorker("Target: '#{p}'", "parameters: {p: {sensitive: true}}\n"),
        "8:18 E W.Target: the parameter 'p' is sensitive and the property is not");
    row("sensitive parameter in the expression of a secret",
        oneWorker("Target: x, Secret: '${#{p}:toUpper()}'", "parameters: {p: {sensitive: true}}\n"),
        "8:29 E W.Secret: a sensitive value does not belong in a flow file");
    row("open parameter in a secret",
        oneWorker("Target: x, Secret: '#{p}'", "parameters: {p: v}\n"),
        "8:29 E W.Secret: the parameter 'p' is not sensitive and the property is sensitive");
    row("value of a parameter", oneWorker("Target: x, Mode: '#{p}'", "parameters: {p: v}\n"),
        "8:29 E W.Mode: 'v' is no allowed value");
    row("missing service", oneWorker("Target: x, Store: Keys"),
        "8:29 E W.Store: there is no service 'Keys' here");
    row("wrong service", oneWorker("Target: x, Store: P", "services: [{name: P, type: Pool}]\n"),
        "8:29 E W.Store: the service 'P' is a Pool, which is no KeyStore");
    row("disabled service",
        oneWorker("Target: x, Store: K",
                  "services: [{name: K, type: FileStore, state: disabled}]\n"),
        "8:29 E W.Store: the service 'K' is disabled");
    row("expression", oneWorker("Target: '${a!}'", ""), "8:18 E W.Target: unexpected '!'");
    row("context circle",
        oneWorker("Target: x",
                  "parameter-contexts: [{name: a, inherits: [b]}, "
                  "{name: b, inherits: [a]}]\n"),
        "9:22 E : parameter contexts inherit each other in a circle: a -> b -> a");
    row("unknown type", "processors: [{name: A, type: Mkae}]\n",
        "3:30 E A: there is no processor type 'Mkae'");
    row("service as processor", "processors: [{name: A, type: Pool}]\n",
        "3:30 E A: there is no processor type 'Pool'");
    row("marked unknown type", "processors: [{name: A, type: PutMars, unsupported: true}]\n",
        "3:30 W A: unknown type: PutMars");
    row("open relationship", "processors: [{name: A, type: Make}]\n",
        "3:14 E A: the relationship 'success' is neither connected nor auto-terminated");
    row("disabled, so only a warning", "processors: [{name: A, type: Make, state: disabled}]\n",
        "3:14 W A: the relationship 'success' is neither connected nor auto-terminated");
    row("unknown relationship",
        "processors: [{name: A, type: Make, auto-terminate: [success, succes]}]\n",
        "3:62 E A: Make has no relationship 'succes'");
    row("no input", "processors: [{name: A, type: Set, auto-terminate: [success]}]\n",
        "3:14 E A: Set needs input, and no connection leads to it");
    row("serves as its own input",
        "processors: [{name: A, type: Set}]\nconnections: [{from: A, relationship: success, to: "
        "A}]\n",
        "3:14 E A: Set needs input, and no connection leads to it");
    row("input of a source",
        "processors: [{name: A, type: Make}, {name: B, type: Make, auto-terminate: [success]}]\n"
        "connections: [{from: A, relationship: success, to: B}]\n",
        "3:37 E B: Make takes no input, and connections lead to it");
  }
  // pins: 1.1/19, 1.1/33, 1.6/5, 1.6/6, 1.7/2
  void eachErrorNamesItsPlace() {
    QFETCH(QString, body);
    QFETCH(QString, expected);
    QCOMPARE(joined(findings(body.toStdString())), expected);
  }

  void aTopicOfAConnectionHasALegalName() {
    const auto told = [](const std::string& topic) {
      std::string body = oneWorker("Target: x");
      const std::string end = "to: W}";
      return joined(findings(
          body.replace(body.rfind(end), end.size(), "to: W, via: {topic: " + topic + "}}")));
    };
    QCOMPARE(told("late.flights_2-b"), QString());
    QCOMPARE(told("'bad name'"),
             "10:50 E M [success] -> W: the topic name 'bad name' holds something else than "
             "letters, digits, '.', '_' and '-'");
    QVERIFY(told("..").contains("must not be called"));
    QVERIFY(told("caf\xc3\xa9").contains("something else"));
    QVERIFY(told(std::string(249, 'a')).isEmpty());
    QVERIFY(told(std::string(250, 'a')).contains("250 characters"));
  }
  void aliasesAreAsGoodAsNames() {
    QCOMPARE(
        joined(findings("processors:\n  - {name: M, type: Make}\n  - {name: W, type: Work, "
                        "properties: {mode-key: quick, Target: x}, auto-terminate: [success]}\n"
                        "  - {name: X, type: Work, properties: {Target: x}, auto-terminate: "
                        "[success, fail]}\n"
                        "connections:\n  - {from: M, relationship: success, to: W}\n"
                        "  - {from: W, relationship: fail, to: X}\n")),
        QString(""));
  }

  void anAliasOfAValueSatisfiesADependency() {
    Catalog catalog = world();
    ComponentInfo work = *catalog.find("Work");
    work.properties[0].allowedValues[1].aliases = {"lazy"};
    catalog.add(work);
    const ReadFlow read = readFlow("millrace: 1\nname: f\n" + oneWorker("Target: x, Mode: lazy"));
    const Findings found = validateFlow(read.flow, catalog);
    QCOMPARE(found.size(), std::size_t{1});
    QCOMPARE(found[0].property, std::string("Depth"));
  }

  // pins: 1.2/1
  void retryAloneDoesNotSettleARelationship() {
    const std::string start =
        "processors:\n  - {name: M, type: Make, retry: {relationships: [success]}";
    QCOMPARE(
        joined(findings(start + "}\n")),
        QString("4:5 E M: the relationship 'success' is neither connected nor auto-terminated"));
    QCOMPARE(joined(findings(start + ", auto-terminate: [success]}\n")), QString());
  }

  // pins: 1.2/2
  void aConnectionWinsOverAutoTermination() {
    QCOMPARE(joined(findings("processors:\n  - {name: M, type: Make, auto-terminate: [success]}\n"
                             "  - {name: A, type: Set, auto-terminate: [success]}\n"
                             "connections:\n  - {from: M, relationship: success, to: A}\n")),
             QString("4:5 W M: 'success' is connected: its auto-terminate has no effect"));
  }

  // pins: 1.6/4
  void parametersOfOuterGroupsAreNotSeen() {
    const std::string body =
        "parameters: {p: v}\n"
        "groups:\n  - name: G\n    processors:\n      - {name: M, type: Make, properties: {Size: "
        "'#{p}'}, auto-terminate: [success]}\n";
    QCOMPARE(joined(findings(body)), QString("7:44 E G/M.Size: there is no parameter 'p'"));
  }

  // pins: 1.6/5
  void parametersComeFromTheContextAndItsParentsInOrder() {
    const std::string body =
        "parameter-contexts:\n"
        "  - {name: a, parameters: {s: 1 KB}}\n"
        "  - {name: b, parameters: {s: wrong, t: wrong}}\n"
        "  - {name: c, inherits: [a, b], parameters: {t: 2 KB}}\n"
        "parameter-context: c\n"
        "processors:\n"
        "  - {name: M, type: Make, properties: {Size: '#{s}'}, auto-terminate: [success]}\n"
        "  - {name: N, type: Make, properties: {Size: '#{t}'}, auto-terminate: [success]}\n";
    QCOMPARE(joined(findings(body)), QString());
  }

  // pins: 1.7/3
  void servicesOfOuterGroupsAreSeen() {
    const std::string body =
        "services: [{name: K, type: FileStore}]\ngroups:\n  - name: G\n    processors:\n"
        "      - {name: M, type: Make}\n"
        "      - {name: W, type: Work, properties: {Target: x, Store: K}, auto-terminate: "
        "[success, failure]}\n"
        "    connections:\n      - {from: M, relationship: success, to: W}\n";
    QCOMPARE(joined(findings(body)), QString());
  }

  void servicesInACircleAreNamed() {
    const std::string body =
        "services:\n  - {name: A, type: FileStore, properties: {Store: B}}\n"
        "  - {name: B, type: FileStore, properties: {Store: C}}\n"
        "  - {name: C, type: FileStore, properties: {Store: B}}\n"
        "  - {name: D, type: FileStore, properties: {Store: D}}\n";
    QCOMPARE(joined(findings(body)),
             QString("5:45 E B.Store: services name each other in a circle: B -> C -> B\n"
                     "7:45 E D.Store: services name each other in a circle: D -> D"));
    // A disabled service closes no circle, but who names it cannot run.
    const std::string disabled =
        "services:\n  - {name: A, type: FileStore, properties: {Store: B}}\n"
        "  - {name: B, type: FileStore, state: disabled, properties: {Store: A}}\n";
    QCOMPARE(joined(findings(disabled)), QString("4:45 E A.Store: the service 'B' is disabled"));
  }

  void dynamicPropertiesBecomeRelationships() {
    const std::string body =
        "processors:\n  - {name: M, type: Make}\n"
        "  - {name: R, type: Route, properties: {big: '${made.at}'}, auto-terminate: [unmatched]}\n"
        "connections:\n  - {from: M, relationship: success, to: R}\n";
    QCOMPARE(joined(findings(body)),
             QString("5:5 E R: the relationship 'big' is neither connected nor auto-terminated"));
  }

  void aCircleOfFullQueuesIsNamedWithItsWayOut() {
    const std::string start =
        "processors:\n  - {name: M, type: Make}\n"
        "  - {name: A, type: Work, properties: {Target: x}, auto-terminate: [success]}\n"
        "  - {name: B, type: Set}\n"
        "connections:\n  - {from: M, relationship: success, to: A}\n"
        "  - {from: A, relationship: failure, to: B}\n";
    QCOMPARE(
        joined(findings(start + "  - {from: B, relationship: success, to: A}\n")),
        QString("5:5 W A: the circle A -> B -> A blocks itself once every queue in it is full"));
    QCOMPARE(joined(findings(start + "  - {from: B, relationship: success, to: A, expire: 1 h}\n")),
             QString(""));
    QCOMPARE(joined(findings(start + "  - {from: B, relationship: success, to: A, back-pressure: "
                                     "{count: 0, size: 0 B}}\n")),
             QString(""));
  }

  void aCircleThatNothingCanLeaveIsNamedWithItsMembers() {
    const std::string start =
        "funnels: [F]\nprocessors:\n  - {name: M, type: Make}\n"
        "  - {name: A, type: Set}\n"
        "  - {name: B, type: Set}\n"
        "  - {name: C, type: Work, properties: {Target: x}, auto-terminate: [success, failure]}\n"
        "connections:\n  - {from: M, relationship: success, to: A}\n"
        "  - {from: A, relationship: success, to: B}\n";
    const QString trapped(
        "3:11 W F: the circle F -> A -> B -> F lets nothing out: what enters it "
        "never leaves");
    const std::string closed = "  - {from: B, relationship: success, to: F}\n";
    // Unlimited queues let it turn for ever; it is as useless.
    for (const char* back : {"  - {from: F, to: A}\n",
                             "  - {from: F, to: A, back-pressure: {count: 0, size: 0 B}}\n"}) {
      const QString found =
          joined(findings(start + closed + back + "  - {from: M, relationship: success, to: C}\n"));
      QCOMPARE(found, trapped);
    }
    QCOMPARE(joined(findings(start + closed +
                             "  - {from: F, to: A, expire: 1 h}\n"
                             "  - {from: M, relationship: success, to: C}\n")),
             QString(""));
    // With a way out it can only block.
    QCOMPARE(
        joined(findings(start + closed + "  - {from: F, to: A}\n  - {from: F, to: C}\n")),
        QString("3:11 W F: the circle F -> A -> B -> F blocks itself once every queue in it is "
                "full"));
  }

  void aProcessorThatFeedsOnlyItselfIsACircleToo() {
    QCOMPARE(joined(findings("processors:\n  - {name: M, type: Make}\n  - {name: A, type: Set}\n"
                             "connections:\n  - {from: M, relationship: success, to: A}\n"
                             "  - {from: A, relationship: success, to: A}\n")),
             QString("5:5 W A: the circle A -> A lets nothing out: what enters it never leaves"));
  }

  void aWireFromAProcessorToItselfBlocksNothing() {
    QCOMPARE(joined(findings("processors:\n  - {name: M, type: Make}\n"
                             "  - {name: A, type: Work, properties: {Target: x}, auto-terminate: "
                             "[success]}\n"
                             "connections:\n  - {from: M, relationship: success, to: A}\n"
                             "  - {from: A, relationship: failure, to: A}\n")),
             QString(""));
  }

  void queuesThatNothingDrainsAreWarnings() {
    QCOMPARE(
        joined(findings("funnels: [F]\ngroups: [{name: G, inputs: [in]}]\n"
                        "processors:\n  - {name: M, type: Make}\n"
                        "connections:\n  - {from: M, relationship: success, to: F}\n"
                        "  - {from: F, to: G/in}\n")),
        QString("8:5 W M [success] -> F: what is sent to the funnel 'F' goes nowhere from there\n"
                "9:5 W F -> G/in: what is sent to the input port 'G/in' goes nowhere from there"));
  }

  void componentsThatNoSourceReachesAreWarnings() {
    QCOMPARE(
        joined(findings("processors:\n  - {name: A, type: Set}\n"
                        "  - {name: B, type: Set}\n"
                        "connections:\n  - {from: A, relationship: success, to: B}\n"
                        "  - {from: B, relationship: success, to: A, expire: 1 s}\n")),
        QString("4:5 W A: no source leads to this processor: it will never have anything to do\n"
                "5:5 W B: no source leads to this processor: it will never have anything to do"));
  }

  void attributesThatNothingUpstreamSetsAreWarnings() {
    const std::string body =
        "processors:\n  - {name: M, type: Make}\n"
        "  - {name: S, type: Set, properties: {kind: '${made.at}${fragment.index}${filename}'}}\n"
        "  - name: W\n    type: Work\n    auto-terminate: [success, failure]\n"
        "    properties:\n      Target: ${kind}${knid}\n"
        "connections:\n  - {from: M, relationship: success, to: S}\n"
        "  - {from: S, relationship: success, to: W}\n";
    QCOMPARE(
        joined(findings(body)),
        QString("10:7 W W.Target: it reads the attribute 'knid', which nothing upstream sets"));
  }

  void whatComesThroughADoorOfTheFlowMayHaveAnyAttribute() {
    QCOMPARE(joined(findings("inputs: [in]\nprocessors:\n"
                             "  - {name: W, type: Work, auto-terminate: [success, failure], "
                             "properties: {Target: '${anything}'}}\n"
                             "connections:\n  - {from: in, to: W}\n")),
             QString(""));
  }

  void aLongChainIsCheckedWithoutRecursion() {
    std::string body = "processors:\n  - {name: P0, type: Make}\n";
    std::string wires = "connections:\n";
    for (int i = 1; i <= 3'000; ++i) {
      body += "  - {name: P" + std::to_string(i) + ", type: Set}\n";
      wires += "  - {from: P" + std::to_string(i - 1) + ", relationship: success, to: P" +
               std::to_string(i) + "}\n";
    }
    QCOMPARE(joined(findings(body + wires)),
             QString("3004:5 E P3000: the relationship 'success' is neither connected nor "
                     "auto-terminated"));
  }
};

QTEST_GUILESS_MAIN(ValidatorTest)
#include "validator_test.moc"
