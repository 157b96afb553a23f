// SPDX-License-Identifier: Apache-2.0
// Values of parameters from outside the flow: plain ones and secrets never take each other's place,
// and a secret is in no error.

#include "engine/control/parameter_lookup.h"

#include "engine/flow/yaml_reader.h"
#include "engine/processor/configured_property.h"

#include <QTest>
#include <array>

using namespace millrace;

namespace {

flow::Flow flowOf(const std::string& body) {
  auto flow = flow::parseFlow("millrace: 1\nname: f\n" + body, "f.yaml");
  if (!flow.ok()) qFatal("%s", flow.error().message.c_str());
  return std::move(flow).value();
}

constexpr PropertyInfo kPassword{
    .name = "Password", .description = "", .sensitive = true, .scope = ExpressionScope::kFlowFile};
constexpr std::array kChoices{AllowedValue{"one", ""}};

Result<ConfiguredProperty> configured(const PropertyInfo& info, const std::string& value) {
  return ConfiguredProperty::make(&info, std::string(info.name), "#{p}", info.scope,
                                  [&](std::string_view) { return std::optional(value); });
}

}  // namespace

class ParameterLookupTest : public QObject {
  Q_OBJECT
 private slots:
  void secretsAndPlainValuesOfOneNameAreKeptApart() {
    const flow::Flow flow = flowOf(
        "parameters: {p: {sensitive: true}}\ngroups:\n  - {name: G, parameters: {p: open}}\n");
    const engine::ParameterOverrides none;
    engine::ParameterOverrides given;
    given.secrets["p"] = "hush";
    const flow::Group& inner = flow.root.groups.at(0);
    QVERIFY(!engine::parameterValue(flow, flow.root, none, "p"));
    QCOMPARE(engine::parameterValue(flow, flow.root, given, "p").value(), std::string("hush"));
    QCOMPARE(engine::parameterValue(flow, inner, given, "p").value(), std::string("open"));
    given.plain["p"] = "loud";
    QCOMPARE(engine::parameterValue(flow, flow.root, given, "p").value(), std::string("hush"));
    QCOMPARE(engine::parameterValue(flow, inner, given, "p").value(), std::string("loud"));
  }

  void anAliasFollowsTheOtherOneButNeverToASecret() {
    const flow::Flow flow = flowOf(
        "parameters: {alias: '#{other}', other: '1', sly: '#{secret}', secret: {sensitive: "
        "true}}\n");
    engine::ParameterOverrides given;
    QCOMPARE(engine::parameterValue(flow, flow.root, given, "alias").value(), std::string("1"));
    given.plain["other"] = "2";
    QCOMPARE(engine::parameterValue(flow, flow.root, given, "alias").value(), std::string("2"));
    given.secrets["secret"] = "hush";
    QCOMPARE(engine::parameterValue(flow, flow.root, given, "sly").value(),
             std::string("#{secret}"));
  }

  void aSecretIsTakenAsItIs() {
    for (const std::string value : {"${x}", "$${y} #{z}", "${broken", "plain"}) {
      const auto property = configured(kPassword, value);
      QVERIFY2(property.ok(), value.c_str());
      QVERIFY(property->isLiteral());
      QCOMPARE(property->text(), value);
    }
  }

  void noErrorShowsASecret() {
    PropertyInfo number = kPassword;
    number.kind = PropertyKind::kInteger;
    PropertyInfo choice = kPassword;
    choice.allowed = kChoices;
    for (const PropertyInfo& info : {number, choice}) {
      const auto property = configured(info, "hush");
      QVERIFY(!property.ok());
      QVERIFY2(property.error().message.find("hush") == std::string::npos,
               property.error().message.c_str());
      QVERIFY(property.error().message.find("Password") != std::string::npos);
    }
  }
};

QTEST_GUILESS_MAIN(ParameterLookupTest)
#include "parameter_lookup_test.moc"
