// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/parameters.h"

#include "engine/flow/yaml_reader.h"

#include <QTest>

using namespace millrace::flow;

namespace {

std::string names(std::string_view text) {
  std::string result;
  for (const ParameterReference& reference : parameterReferences(text))
    result += reference.name + "@" +
              std::string(text.substr(reference.begin, reference.end - reference.begin)) + ";";
  return result;
}

Parameter parameter(std::string name, std::string value) {
  Parameter result;
  result.name = std::move(name);
  result.value = std::move(value);
  return result;
}

}  // namespace

class ParametersTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.6/1
  void referencesAreFoundAsNifiFindsThem() {
    QCOMPARE(names("#{a}"), std::string("a@#{a};"));
    QCOMPARE(names("x #{a.b-c_d 1} #{'e f'}"), std::string("a.b-c_d 1@#{a.b-c_d 1};e f@#{'e f'};"));
    QCOMPARE(names("${ #{p}:toUpper() }"), std::string("p@#{p};"));
  }
  // pins: 1.6/2
  void pairsOfHashesEscape() {
    QCOMPARE(names("##{a}"), std::string());
    QCOMPARE(names("###{a}"), std::string("a@#{a};"));
    QCOMPARE(names("####{a}"), std::string());
  }
  void whatIsNoReferenceIsText() {
    for (const char* text : {"", "#", "#{", "#{}", "#{a", "#{a/b}", "#{'a}", "# {a}", "####"})
      QCOMPARE(names(text), std::string());
  }
  // pins: 1.6/2, 1.6/3, 1.6/9
  void valuesTakeThePlaceOfReferencesAndEscapesCollapse() {
    const Parameter a = parameter("a", "1");
    const Parameter b = parameter("b", "#{a}");
    const ParameterScope scope{{"a", &a}, {"b", &b}};
    QCOMPARE(substituteParameters("x#{a}y#{'a'}", scope).value(), std::string("x1y1"));
    QCOMPARE(substituteParameters("##{a}", scope).value(), std::string("#{a}"));
    QCOMPARE(substituteParameters("###{a}", scope).value(), std::string("#1"));
    QCOMPARE(substituteParameters("a # b ## c", scope).value(), std::string("a # b ## c"));
    QCOMPARE(substituteParameters("#{b}", scope).value(), std::string("1"));
    QVERIFY(!substituteParameters("#{c}", scope));
  }
  // pins: 1.6/7
  void sensitiveValuesAreNeverSubstituted() {
    Parameter secret = parameter("s", "x");
    secret.sensitive = true;
    QVERIFY(!substituteParameters("#{s}", {{"s", &secret}}));
  }
  // pins: 1.6/5
  void aCircleOfContextsIsSearchedOnce() {
    Flow flow;
    for (const char* name : {"a", "b"}) {
      ParameterContext context;
      context.name = name;
      context.inherits = {{name[0] == 'a' ? "b" : "a", {}}};
      context.parameters = {parameter(name, name)};
      flow.parameterContexts.push_back(context);
    }
    flow.root.parameterContext = "a";
    QCOMPARE(parametersOf(flow, flow.root).size(), std::size_t{2});
    const auto cycles = parameterContextCycles(flow);
    QCOMPARE(cycles.size(), std::size_t{1});
    QCOMPARE(cycles[0], (std::vector<std::string>{"a", "b", "a"}));
  }
  void secretsThatAreUsedAreFoundOnceByName() {
    const auto flow = parseFlow(
        "millrace: 1\nname: f\n"
        "parameters: {b: {sensitive: true}, plain: x, unused: {sensitive: true}}\n"
        "parameter-contexts:\n  - {name: C, parameters: {a: {sensitive: true}, b: 1}}\n"
        "services:\n  - {name: S, type: T, properties: {P: '#{b}'}}\n"
        "  - {name: Off, type: T, state: disabled, properties: {P: '#{unused}'}}\n"
        "processors:\n  - {name: A, type: T, properties: {P: '#{b}', Q: '#{plain}', R: "
        "'##{unused}'}}\n"
        "  - {name: Off 2, type: T, state: disabled, properties: {P: '#{unused}'}}\n"
        "groups:\n  - name: G\n    parameter-context: C\n    processors:\n"
        "      - {name: A, type: T, state: stopped, properties: {P: '#{a}', Q: '#{b}'}}\n",
        "f.yaml");
    QVERIFY2(flow.ok(), flow.ok() ? "" : flow.error().message.c_str());
    QCOMPARE(referencedSecrets(*flow), (std::vector<std::string>{"a", "b"}));
    for (const char* name : {"a", "b", "unused"}) QVERIFY(isSensitiveSomewhere(*flow, name));
    QVERIFY(!isSensitiveSomewhere(*flow, "plain"));
    QVERIFY(!isSensitiveSomewhere(*flow, "absent"));
  }
};

QTEST_GUILESS_MAIN(ParametersTest)
#include "parameters_test.moc"
