// SPDX-License-Identifier: Apache-2.0
// Flows drawn from the whole registry, each through one troubled life; nothing may be lost.
// MILLRACE_ROUNDS scales the number of flows: 1 is 5,000; a tenth is the default. MILLRACE_FIRST_SEED
// begins elsewhere, so that several programs can share them.
// MILLRACE_SEED runs a single one and prints its flow.

#include "processors/registry.h"
#include "tests/harness/generated_life.h"

#include <QTest>
#include <algorithm>
#include <cstdio>

using namespace millrace;
using millrace::tests::Coverage;
using millrace::tests::GeneratedLife;

namespace {

constexpr double kFlows = 5'000;
constexpr std::uint64_t kFlowsToCatchALoss = 400;
/// Relationships that types declare and that see a FlowFile, in a hundred.
constexpr std::uint64_t kShareOfRelationships = 85;

/// What no FlowFile of a generated flow can reach.
constexpr std::pair<std::string_view, std::string_view> kOutOfReach[] = {
    // There is no network: nothing is sent and nobody answers.
    {"PutTCP", "success"},
    {"PutUDP", "success"},
    {"InvokeHTTP", "Original"},
    {"InvokeHTTP", "Response"},
    {"InvokeHTTP", "Retry"},
    {"InvokeHTTP", "No Retry"},
    // What is encrypted is another text each time, and one seed must give one history.
    {"EncryptContent", "success"},
    // By its own description: every content can be counted.
    {"CountText", "failure"},
};

double rounds() {
  bool ok = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&ok);
  return ok ? factor : 0.1;
}

std::string printed(const Coverage& coverage) {
  std::string text;
  for (const ProcessorDescriptor* type : builtinProcessors()) {
    const auto triggers = coverage.triggers.find(type->type);
    text += "\n  " + std::string(type->type) + ": " +
            std::to_string(triggers == coverage.triggers.end() ? 0 : triggers->second) +
            " triggers";
    for (const auto& [way, count] : coverage.transfers) {
      if (way.first == type->type) text += "; " + way.second + " " + std::to_string(count);
    }
    for (const Relationship* relationship : type->relationships) {
      if (!coverage.transfers.contains({std::string(type->type), std::string(relationship->name)}))
        text += "; NOT " + std::string(relationship->name);
    }
  }
  return text;
}

}  // namespace

class GeneratedFlowsTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.11/8
  void noFlowFileIsLostWhateverHappens() {
    std::uint64_t first = 1;
    auto count = static_cast<std::uint64_t>(std::max(1.0, kFlows * rounds()));
    if (qEnvironmentVariableIsSet("MILLRACE_FIRST_SEED"))
      first = qEnvironmentVariable("MILLRACE_FIRST_SEED").toULongLong();
    const bool single = qEnvironmentVariableIsSet("MILLRACE_SEED");
    if (single) {
      first = qEnvironmentVariable("MILLRACE_SEED").toULongLong();
      count = 1;
    }
    Coverage coverage;
    GeneratedLife::Summary sum;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      GeneratedLife life(seed, coverage);
      const auto lived = life.run();
      if (single) qInfo("%s", life.yaml().c_str());
      if (!lived.ok()) {
        QFAIL(qPrintable(QString("seed %1 (MILLRACE_SEED=%1 runs it alone): %2")
                             .arg(seed)
                             .arg(QString::fromStdString(lived.error().message))));
      }
      sum.totals.created += lived->totals.created;
      sum.totals.ephemeral += lived->totals.ephemeral;
      sum.totals.moved += lived->totals.moved;
      sum.totals.removed += lived->totals.removed;
      sum.totals.terminated += lived->totals.terminated;
      sum.totals.expired += lived->totals.expired;
      sum.queued += lived->queued;
      sum.thrown += lived->thrown;
      sum.leaked += lived->leaked;
      sum.crashesWithQueues += lived->crashesWithQueues;
      for (std::size_t i = 0; i < GeneratedLife::kActs; ++i) sum.acts[i] += lived->acts[i];
    }
    std::string acts;
    for (std::size_t i = 0; i < GeneratedLife::kActs; ++i) {
      acts += std::string(", ") + GeneratedLife::kActNames[i] + " " + std::to_string(sum.acts[i]);
    }
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    qInfo(
        "seeds %llu to %llu: %llu FlowFiles made (and %llu dropped at once), %llu moves, "
        "%llu removed, %llu auto-terminated, %llu expired, %llu queued at the end; "
        "%llu triggers threw, %llu leaked; crashes with FlowFiles queued %llu%s",
        number(first), number(first + count - 1), number(sum.totals.created),
        number(sum.totals.ephemeral), number(sum.totals.moved), number(sum.totals.removed),
        number(sum.totals.terminated), number(sum.totals.expired), number(sum.queued),
        number(sum.thrown), number(sum.leaked), number(sum.crashesWithQueues), acts.c_str());
    std::fputs(("coverage:" + printed(coverage) + "\n").c_str(), stdout);
    if (count < 200) return;  // too few to speak of coverage
    QVERIFY(sum.totals.expired > 0);
    QVERIFY(sum.thrown > 0);
    QVERIFY(sum.leaked > 0);
    QVERIFY(sum.crashesWithQueues >= 10);
    for (std::size_t i = 0; i < GeneratedLife::kActs; ++i)
      QVERIFY2(sum.acts[i] >= 10, GeneratedLife::kActNames[i]);
    std::uint64_t declared = 0;
    std::uint64_t seen = 0;
    for (const ProcessorDescriptor* type : builtinProcessors()) {
      // Who listens, who answers in its place, and who works on topics cannot start: there is no
      // network here and no log.
      if ((type->wakesItself && !type->triggerWhenEmpty) || type->type == "HandleHttpResponse" ||
          type->type == "PublishKafka" || type->type == "PutSiteToSite" ||
          type->type == "GetSiteToSite" || type->type == "ConsumeMQTT" ||
          type->type == "PublishMQTT")
        continue;
      QVERIFY2(coverage.triggers.contains(type->type), std::string(type->type).c_str());
      for (const Relationship* relationship : type->relationships) {
        const bool sawOne =
            coverage.transfers.contains({std::string(type->type), std::string(relationship->name)});
        if (std::find(std::begin(kOutOfReach), std::end(kOutOfReach),
                      std::pair(type->type, relationship->name)) != std::end(kOutOfReach)) {
          QVERIFY2(!sawOne, std::string(type->type).c_str());  // then it belongs into the share
          continue;
        }
        ++declared;
        seen += sawOne;
      }
    }
    qInfo("%llu of %llu relationships saw a FlowFile", number(seen), number(declared));
    QVERIFY(seen * 100 >= declared * kShareOfRelationships);
  }

  void aSeedGivesOneHistory() {
    for (const std::uint64_t seed : {std::uint64_t{3}, std::uint64_t{14}, std::uint64_t{15}}) {
      std::vector<std::uint32_t> histories;
      for (int i = 0; i < 2; ++i) {
        Coverage coverage;
        const auto lived = GeneratedLife(seed, coverage).run();
        QVERIFY2(lived.ok(), lived.ok() ? "" : lived.error().message.c_str());
        histories.push_back(lived->history);
      }
      QCOMPARE(histories[0], histories[1]);
    }
  }

  void oneFlowFileInTenThousandForgottenIsNoticed() {
    for (std::uint64_t seed = 1; seed <= kFlowsToCatchALoss; ++seed) {
      Coverage coverage;
      const auto lived = GeneratedLife(seed, coverage, PlantedFault::kFlowFileForgotten).run();
      if (lived.ok()) continue;
      // Another error would say nothing about losses.
      const std::string& message = lived.error().message;
      QVERIFY2(message.find("no commit") != std::string::npos ||
                   message.find("the journal says") != std::string::npos,
               message.c_str());
      qInfo("noticed with seed %llu: %s", static_cast<unsigned long long>(seed), message.c_str());
      return;
    }
    QFAIL("a FlowFile was forgotten and nobody noticed");
  }
};

QTEST_GUILESS_MAIN(GeneratedFlowsTest)
#include "generated_flows_test.moc"
