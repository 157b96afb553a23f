// SPDX-License-Identifier: Apache-2.0
// What every descriptor of the registry must keep.
#include "engine/base/posix_file_system.h"
#include "engine/expression/compiled_expression.h"
#include "engine/processor/configured_property.h"
#include "engine/processor/processor.h"
#include "processors/catalog.h"
#include "processors/registry.h"
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <algorithm>
#include <map>
#include <set>

using namespace millrace;

namespace {

bool isSentence(std::string_view text) { return text.size() > 1 && text.back() == '.'; }

QByteArray what(const ProcessorDescriptor& descriptor, std::string_view detail = {}) {
  return QByteArray(descriptor.type.data(), static_cast<int>(descriptor.type.size())) + ": " +
         QByteArray(detail.data(), static_cast<int>(detail.size()));
}

/// A number between the ends of a scale, which alone need words.
bool isStep(std::string_view value) {
  return value != "0" && value != "9" && value.find_first_not_of("0123456789") == value.npos;
}

bool has(std::span<const std::string_view> list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// The descriptor whose type a source file names; null when none is.
const ProcessorDescriptor* describedIn(const std::string& source) {
  for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
    if (source.find(".type = \"" + std::string(descriptor->type) + "\"") != std::string::npos)
      return descriptor;
  }
  return nullptr;
}

}  // namespace

class ContractTest : public QObject {
  Q_OBJECT
 private slots:
  void theRegistryHasEachTypeOnce() {
    std::set<std::string_view> names;
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      QVERIFY2(names.insert(descriptor->type).second, what(*descriptor));
      for (const std::string_view alias : descriptor->typeAliases)
        QVERIFY2(names.insert(alias).second, what(*descriptor, alias));
    }
    for (const std::string_view known : {"GenerateFlowFile",
                                         "GetFile",
                                         "ListFile",
                                         "FetchFile",
                                         "TailFile",
                                         "ExecuteProcess",
                                         "ConsumeKafka",
                                         "PublishKafka",
                                         "PutFile",
                                         "InvokeHTTP",
                                         "ListenHTTP",
                                         "HandleHttpRequest",
                                         "HandleHttpResponse",
                                         "ExecuteStreamCommand",
                                         "ControlRate",
                                         "DuplicateFlowFile",
                                         "UpdateCounter",
                                         "LogAttribute",
                                         "LogMessage",
                                         "DebugFlow",
                                         "RouteOnAttribute",
                                         "RouteText",
                                         "AttributesToJSON",
                                         "CompressContent",
                                         "CryptographicHashContent",
                                         "EvaluateJsonPath",
                                         "ExtractText",
                                         "LookupAttribute",
                                         "MergeContent",
                                         "ReplaceText",
                                         "SplitJson",
                                         "SplitText",
                                         "UnpackContent",
                                         "UpdateAttribute",
                                         "SplitContent",
                                         "SegmentContent",
                                         "ModifyBytes",
                                         "ConvertCharacterSet",
                                         "EncodeContent",
                                         "CountText",
                                         "AttributesToCSV",
                                         "ScanAttribute",
                                         "ScanContent",
                                         "ParseSyslog",
                                         "ListenSyslog",
                                         "ListenTCP",
                                         "ListenUDP",
                                         "GetSiteToSite",
                                         "PutSiteToSite",
                                         "PutTCP",
                                         "PutUDP",
                                         "EvaluateXPath",
                                         "SplitXml",
                                         "JoltTransformJSON",
                                         "TransformJQ",
                                         "IdentifyMimeType",
                                         "EncryptContent",
                                         "CollectSystemMetrics"}) {
      QVERIFY2(names.contains(known), known.data());
    }
  }

  void everyTextIsASentence() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      QVERIFY2(isSentence(descriptor->summary), what(*descriptor));
      QVERIFY2(!descriptor->tags.empty(), what(*descriptor));
      for (const PropertyInfo* info : descriptor->properties) {
        QVERIFY2(isSentence(info->description), what(*descriptor, info->name));
        for (const AllowedValue& allowed : info->allowed)
          QVERIFY2(isSentence(allowed.description) ||
                       (allowed.description.empty() && isStep(allowed.value)),
                   what(*descriptor, allowed.value));
      }
      for (const Relationship* relationship : descriptor->relationships)
        QVERIFY2(isSentence(relationship->description), what(*descriptor, relationship->name));
      for (const AttributeInfo& attribute : descriptor->readsAttributes)
        QVERIFY2(isSentence(attribute.description), what(*descriptor, attribute.name));
      for (const AttributeInfo& attribute : descriptor->writesAttributes)
        QVERIFY2(isSentence(attribute.description), what(*descriptor, attribute.name));
      const bool dynamic = descriptor->dynamic != DynamicProperties::kNone;
      QVERIFY2(dynamic == isSentence(descriptor->dynamicDescription), what(*descriptor));
    }
  }

  void noNameMeansTwoThings() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      std::set<std::string_view> names;
      for (const PropertyInfo* info : descriptor->properties) {
        QVERIFY2(names.insert(info->name).second, what(*descriptor, info->name));
        for (const std::string_view alias : info->aliases)
          QVERIFY2(names.insert(alias).second, what(*descriptor, alias));
        std::set<std::string_view> values;
        for (const AllowedValue& allowed : info->allowed) {
          QVERIFY2(values.insert(allowed.value).second, what(*descriptor, allowed.value));
          for (const std::string_view alias : allowed.aliases)
            QVERIFY2(values.insert(alias).second, what(*descriptor, alias));
        }
      }
      std::set<std::string_view> relationships;
      for (const Relationship* relationship : descriptor->relationships) {
        QVERIFY2(relationships.insert(relationship->name).second, what(*descriptor));
        for (const std::string_view alias : relationship->aliases)
          QVERIFY2(relationships.insert(alias).second, what(*descriptor, alias));
      }
    }
  }

  void defaultsAreValid() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      const flow::ComponentInfo component = componentInfo(*descriptor);
      for (const PropertyInfo* info : descriptor->properties) {
        if (!info->defaultValue || info->defaultValue->empty()) continue;
        const auto made = ConfiguredProperty::make(
            info, std::string(info->name), std::string(*info->defaultValue), info->scope, {});
        QVERIFY2(made.ok(), what(*descriptor, made.ok() ? "" : made.error().message));
        if (!info->allowed.empty()) {
          const bool listed = std::any_of(
              info->allowed.begin(), info->allowed.end(),
              [&](const AllowedValue& allowed) { return allowed.value == *info->defaultValue; });
          QVERIFY2(listed, what(*descriptor, info->name));
        }
        if (made->isLiteral()) {
          const auto refusal = component.property(info->name)->check(made->text());
          QVERIFY2(!refusal, what(*descriptor, refusal.value_or("")));
        }
      }
    }
  }

  void dependenciesNameRealPropertiesAndValues() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      for (const PropertyInfo* info : descriptor->properties) {
        if (info->dependsOn.empty()) continue;
        const auto other =
            std::find_if(descriptor->properties.begin(), descriptor->properties.end(),
                         [&](const PropertyInfo* o) { return o->name == info->dependsOn; });
        QVERIFY2(other != descriptor->properties.end(), what(*descriptor, info->dependsOn));
        for (const std::string_view value : info->dependsOnValues) {
          const bool known =
              (*other)->allowed.empty() ||
              std::any_of((*other)->allowed.begin(), (*other)->allowed.end(),
                          [&](const AllowedValue& allowed) { return allowed.value == value; });
          QVERIFY2(known, what(*descriptor, value));
        }
      }
    }
  }

  void relationshipsOfTheDefaultsAreDeclared() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      const auto names = relationshipNames(*descriptor, {});
      QVERIFY2(!names.empty() || descriptor->relationships.empty(), what(*descriptor));
      const std::set<std::string> unique(names.begin(), names.end());
      QVERIFY2(unique.size() == names.size(), what(*descriptor));
      for (const std::string& name : names) {
        const bool declared = std::any_of(
            descriptor->relationships.begin(), descriptor->relationships.end(),
            [&](const Relationship* relationship) { return relationship->name == name; });
        QVERIFY2(declared, what(*descriptor, name));
      }
    }
  }

  void aDynamicPropertyMakesItsRelationship() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      if (descriptor->dynamic != DynamicProperties::kRelationships) continue;
      if (descriptor->relationshipsOf != nullptr) continue;  // a strategy may decide otherwise
      const std::vector<PropertyText> set{{"late ones", "${a}"}};
      const auto names = relationshipNames(*descriptor, set);
      QVERIFY2(std::find(names.begin(), names.end(), "late ones") != names.end(),
               what(*descriptor));
    }
  }

  void everyTypeCanBeMade() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      QVERIFY2(descriptor->make != nullptr, what(*descriptor));
      QVERIFY2(descriptor->make() != nullptr, what(*descriptor));
    }
  }

  void validationAnswersAsErrorsDo() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      if (descriptor->validate == nullptr) continue;
      for (const std::string& problem : descriptor->validate(completeProperties(*descriptor, {})))
        QVERIFY2(!problem.empty() && problem.back() != '.', what(*descriptor, problem));
    }
  }

  // pins: 1.1/33
  void traitsFitTheInput() {
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      QVERIFY2(!descriptor->endless || descriptor->input != InputRequirement::kRequired,
               what(*descriptor));
      QVERIFY2(descriptor->dynamicScope != ExpressionScope::kFlowFile ||
                   descriptor->input != InputRequirement::kForbidden,
               what(*descriptor));

      // Handing over only what is durable means nothing where nothing is handed over.
      QVERIFY2(descriptor->effect != OutsideEffect::kOutside ||
                   descriptor->input != InputRequirement::kForbidden,
               what(*descriptor));
      // Who is not triggered without a call must have somebody outside who calls.
      QVERIFY2(!descriptor->wakesItself || descriptor->triggerWhenEmpty ||
                   descriptor->input == InputRequirement::kForbidden,
               what(*descriptor));
      QVERIFY2(descriptor->leastTasks >= 1 && (descriptor->leastTasks == 1 || !descriptor->serial),
               what(*descriptor));
      // What holds FlowFiles, or watches them, between its triggers has input, and one task.
      QVERIFY2(!descriptor->triggerWhenEmpty ||
                   (descriptor->serial && descriptor->input != InputRequirement::kForbidden),
               what(*descriptor));
    }
  }

  void whatActsOnTheOutsideSaysSo() {
    std::map<std::string_view, OutsideEffect> effects;
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      if (descriptor->effect != OutsideEffect::kNone)
        effects.emplace(descriptor->type, descriptor->effect);
    }
    const std::map<std::string_view, OutsideEffect> expected{
        {"ExecuteProcess", OutsideEffect::kRepeatable},  // has no FlowFile to be handed
        {"ExecuteStreamCommand", OutsideEffect::kOutside},
        {"FetchFile", OutsideEffect::kRepeatable},  // makes a folder, at most
        {"HandleHttpResponse", OutsideEffect::kOutside},
        {"InvokeHTTP", OutsideEffect::kOutside},
        {"PublishKafka", OutsideEffect::kOutside},
        {"PublishMQTT", OutsideEffect::kOutside},
        {"PutFile", OutsideEffect::kOutside},
        {"PutSiteToSite", OutsideEffect::kOutside},
        {"PutTCP", OutsideEffect::kOutside},
        {"PutUDP", OutsideEffect::kOutside}};
    QCOMPARE(effects.size(), expected.size());
    for (const auto& [type, effect] : expected)
      QVERIFY2(effects.contains(type) && effects.at(type) == effect, type.data());
  }

  void noSourceActsOnTheOutsideUnsaid() {
    const auto files = makePosixFileSystem();
    const std::string root = std::string(MR_SOURCE_DIR) + "/processors";
    std::size_t found = 0;
    const auto families = files->list(root);
    QVERIFY(families.ok());
    for (const auto& family : *families) {
      const std::string folder = root + "/" + family.name;
      if (family.kind != FileKind::kDirectory) continue;
      const auto entries = files->list(folder);
      QVERIFY(entries.ok());
      for (const auto& entry : *entries) {
        const std::string source = files->readAll(folder + "/" + entry.name).value();
        if (source.find("MR_PROCESSOR(") == std::string::npos) continue;
        const ProcessorDescriptor* descriptor = describedIn(source);
        QVERIFY2(descriptor != nullptr, entry.name.c_str());
        ++found;
        const bool runsPrograms = source.find(".processes()") != std::string::npos;
        const bool writesFiles = source.find("OpenMode::kCreate") != std::string::npos ||
                                 source.find("createDirectories") != std::string::npos;
        if (runsPrograms || writesFiles)
          QVERIFY2(descriptor->effect != OutsideEffect::kNone, what(*descriptor));
        if (runsPrograms) QVERIFY2(descriptor->blocking, what(*descriptor));
      }
    }
    QCOMPARE(found, builtinProcessors().size());
  }

  // pins: 1.1/26, 1.1/34
  void whatHoldsFlowFilesGivesThemBackAndIsTriggeredWithoutInput() {
    // How to make each such type wait for three FlowFiles or ten seconds, and where they then go.
    struct Waiting {
      std::vector<PropertyText> settings;
      std::string result;
    };
    const std::map<std::string_view, Waiting> waiting{
        {"MergeContent",
         {{{"Minimum Number of Entries", "3"}, {"Max Bin Age", "10 sec"}}, "original"}}};
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      if (!descriptor->triggerWhenEmpty || descriptor->wakesItself) continue;
      QVERIFY2(waiting.contains(descriptor->type), what(*descriptor, "has no row here"));
      const Waiting& row = waiting.at(descriptor->type);
      tests::ProcessorBench bench(*descriptor);
      for (const auto& [name, value] : row.settings) bench.set(name, value);
      QCOMPARE(bench.problem(), std::string());
      bench.enqueue("a");
      bench.enqueue("b");
      bench.run();
      QVERIFY2(bench.queued() == 2 && bench.count(row.result) == 0, what(*descriptor));
      bench.stop();
      QVERIFY2(bench.queued() == 2, what(*descriptor, "lost what it held when it stopped"));
      bench.restart();
      bench.run();
      QVERIFY2(bench.queued() == 2, what(*descriptor, "lost what it held at a restart"));
      bench.clock().advance(11 * kSecond);
      bench.run();
      QVERIFY2(bench.queued() == 0 && bench.count(row.result) == 2, what(*descriptor));
    }
  }

  void theCatalogKnowsEveryNameAndAlias() {
    flow::Catalog catalog;
    addProcessors(catalog, builtinProcessors());
    QCOMPARE(catalog.components().size(), builtinProcessors().size());
    for (const ProcessorDescriptor* descriptor : builtinProcessors()) {
      const flow::ComponentInfo* found = catalog.find(descriptor->type);
      QVERIFY2(found != nullptr, what(*descriptor));
      for (const PropertyInfo* info : descriptor->properties) {
        QVERIFY2(found->property(info->name) != nullptr, what(*descriptor, info->name));
        for (const std::string_view alias : info->aliases) {
          QVERIFY2(found->property(alias)->name == info->name, what(*descriptor, alias));
          QVERIFY2(has(info->aliases, alias), what(*descriptor, alias));
        }
      }
    }
    const flow::ComponentInfo* tail = catalog.find("org.apache.nifi.processors.standard.TailFile");
    QVERIFY(tail != nullptr);
    QCOMPARE(tail->property("File to Tail")->name, std::string("Files to Tail"));
    QVERIFY(tail->property("Max Buffer Size")->check("lots").has_value());
  }

  void aStrategyDecidesRelationshipsInTheCatalog() {
    flow::Catalog catalog;
    addProcessors(catalog, builtinProcessors());
    const flow::ComponentInfo* command = catalog.find("ExecuteStreamCommand");
    QVERIFY(command != nullptr && command->relationshipsFor);
    QCOMPARE(command->relationshipsFor({}).size(), std::size_t{3});
    const auto one = command->relationshipsFor({{"Output Destination Attribute", "out"}});
    QCOMPARE(one.size(), std::size_t{1});
    QCOMPARE(one.front().name, std::string("original"));
  }
};

QTEST_GUILESS_MAIN(ContractTest)
#include "contract_test.moc"
