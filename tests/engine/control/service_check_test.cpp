// SPDX-License-Identifier: Apache-2.0
// Services that components name: what is wrong with them is said before anything changes, and a
// live edit that takes a service away from its users is refused.

#include "engine/control/service_check.h"

#include "engine/base/fault_file_system.h"
#include "engine/flow/yaml_reader.h"
#include "engine/processor/processor.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <array>

using namespace millrace;
using millrace::tests::EngineBench;

namespace {

constexpr Property<ServiceName> kKeys{
    {.name = "Keys", .description = "", .serviceType = "KeyStore"}};
constexpr Property<ServiceName> kNext{
    {.name = "Next", .description = "", .serviceType = "KeyStore"}};
constexpr std::array kWorkProperties{&kKeys.info};
constexpr std::array kStoreProperties{&kNext.info};
constexpr std::array<std::string_view, 1> kProvides{"KeyStore"};

constinit const ProcessorDescriptor kWork{
    .type = "Work", .summary = "", .properties = kWorkProperties};
constinit const ServiceDescriptor kStore{
    .type = "Store", .summary = "", .provides = kProvides, .properties = kStoreProperties};
constinit const ServiceDescriptor kPool{.type = "Pool", .summary = ""};

const ProcessorDescriptor* processorOf(std::string_view type) {
  return type == "Work" ? &kWork : nullptr;
}
const ServiceDescriptor* serviceOf(std::string_view type) {
  if (type == "Store") return &kStore;
  return type == "Pool" ? &kPool : nullptr;
}

/// What is wrong with a flow of these services and one processor.
std::string problem(const std::string& services, const std::string& work,
                    const engine::ParameterOverrides& overrides = {}) {
  const auto flow =
      flow::parseFlow("millrace: 1\nname: f\nparameters: {p: S}\nservices:\n" + services +
                          "processors:\n  - {name: W, type: Work" + work + "}\n",
                      "f.yaml");
  if (!flow.ok()) qFatal("%s", flow.error().message.c_str());
  const auto checked = engine::checkServices(*flow, processorOf, serviceOf, overrides);
  std::string text;
  for (const engine::ServiceProblem& one : checked)
    text += (text.empty() ? "" : "\n") + one.path + ": " + one.text;
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  qWarning("%s", text.c_str());
  return false;
}

const std::string kFlow =
    "millrace: 1\nname: cache\nservices:\n"
    "  - {name: Cache, type: MapCacheServer}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, schedule: {every: 1 sec, runs: 3}}\n"
    "  - name: Seen\n    type: DetectDuplicate\n    auto-terminate: [failure]\n"
    "    properties: {Cache Entry Identifier: one, Distributed Cache Service: Cache}\n"
    "  - {name: New, type: UpdateCounter, properties: {Counter Name: new}, auto-terminate: "
    "[success]}\n"
    "  - {name: Old, type: UpdateCounter, properties: {Counter Name: old}, auto-terminate: "
    "[success]}\n"
    "connections:\n  - {from: Make, relationship: success, to: Seen}\n"
    "  - {from: Seen, relationship: non-duplicate, to: New}\n"
    "  - {from: Seen, relationship: duplicate, to: Old}\n";

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) qFatal("the flow has no such text");
  return text.replace(at, from.size(), to);
}

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

}  // namespace

class ServiceCheckTest : public QObject {
  Q_OBJECT
 private slots:
  void whatIsThereAndFitsIsAccepted() {
    QCOMPARE(problem("  - {name: S, type: Store}\n", ", properties: {Keys: S}"), std::string());
    QCOMPARE(problem("  - {name: S, type: Store}\n", ", properties: {Keys: '#{p}'}"),
             std::string());
    QCOMPARE(problem("  - {name: S, type: Store, properties: {Next: T}}\n"
                     "  - {name: T, type: Store}\n",
                     ", properties: {Keys: S}"),
             std::string());
  }

  void aMissingServiceIsNamed() {
    const std::string text = problem("  - {name: S, type: Store}\n", ", properties: {Keys: T}");
    QVERIFY(contains(text, "W: property 'Keys': there is no service 'T'"));
    engine::ParameterOverrides overrides;
    overrides.plain["p"] = "U";
    QVERIFY(
        contains(problem("  - {name: S, type: Store}\n", ", properties: {Keys: '#{p}'}", overrides),
                 "no service 'U'"));
  }

  void aServiceOfTheWrongKindIsNamed() {
    QVERIFY(contains(problem("  - {name: S, type: Pool}\n", ", properties: {Keys: S}"),
                     "W: property 'Keys': the service 'S' is a Pool, which is no KeyStore"));
  }

  void aDisabledServiceIsNamedUnlessItsUserIsDisabledToo() {
    const std::string disabled = "  - {name: S, type: Store, state: disabled}\n";
    QVERIFY(contains(problem(disabled, ", properties: {Keys: S}"),
                     "W: property 'Keys': the service 'S' is disabled"));
    QCOMPARE(problem(disabled, ", properties: {Keys: S}, state: disabled"), std::string());
  }

  void aCircleOfServicesIsNamed() {
    const std::string circle =
        "  - {name: A, type: Store, properties: {Next: B}}\n"
        "  - {name: B, type: Store, properties: {Next: C}}\n"
        "  - {name: C, type: Store, properties: {Next: B}}\n";
    QVERIFY(contains(problem(circle, ""), "services name each other in a circle: B -> C -> B"));
    QVERIFY(contains(problem("  - {name: A, type: Store, properties: {Next: A}}\n", ""),
                     "circle: A -> A"));
  }

  void allProblemsAreToldAtOnce() {
    const std::string text = problem("  - {name: S, type: Store, properties: {Next: gone}}\n",
                                     ", properties: {Keys: lost}");
    QVERIFY(contains(text, "S: property 'Next'") && contains(text, "\nW: property 'Keys'"));
  }

  void aServiceInUseCannotBeTakenAwayFromARunningFlow() {
    MemoryFileSystem files{1};
    VirtualClock clock;
    EngineBench engine(files, clock, 7);
    require(engine.open(kFlow));
    for (const auto& [edited, told] : std::vector<std::pair<std::string, std::string>>{
             {with(kFlow, "MapCacheServer}", "MapCacheServer, state: disabled}"), "is disabled"},
             {with(kFlow, "name: Cache", "name: Other"), "there is no service 'Cache'"},
             {with(kFlow, "MapCacheServer", "StandardHttpContextMap"), "which is no"}}) {
      const auto refused = engine.edit(edited);
      QVERIFY(!refused.ok());
      QVERIFY(contains(refused.error().message, told));
      QVERIFY(contains(refused.error().message, "Seen: "));
    }
    require(engine.runUntilIdle());  // nothing has changed
    QCOMPARE(engine.counter("new"), std::int64_t{1});
    QCOMPARE(engine.counter("old"), std::int64_t{2});
  }

  void aCacheRemembersAcrossItsReplacementAndAPowerCut() {
    MemoryFileSystem files{1};
    VirtualClock clock;
    auto engine = std::make_unique<EngineBench>(files, clock, 7);
    require(engine->open(kFlow));
    require(engine->runUntilIdle());
    QCOMPARE(engine->counter("new"), std::int64_t{1});
    // Another configuration, so another instance; the source starts anew with its other schedule.
    const std::string edited =
        with(with(kFlow, "MapCacheServer}", "MapCacheServer, properties: {Port: 4000}}"), "runs: 3",
             "runs: 4");
    require(engine->edit(edited));
    require(engine->runUntilIdle());
    QCOMPARE(engine->counter("new"), std::int64_t{1});
    QCOMPARE(engine->counter("old"), std::int64_t{6});
    require(engine->close());
    engine.reset();
    const auto found = files.crash();
    EngineBench again(*found, clock, 8);
    require(again.open(edited));
    require(again.runUntilIdle());
    QCOMPARE(again.counter("new"), std::int64_t{0});
    QCOMPARE(again.counter("old"), std::int64_t{4});
  }
};

QTEST_GUILESS_MAIN(ServiceCheckTest)
#include "service_check_test.moc"
