// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_generate_flow_file;
}

namespace {

/// The clock of a test stands still: a source without end would never finish its slice.
engine::Schedule once() {
  engine::Schedule schedule;
  schedule.runs = 1;
  return schedule;
}

}  // namespace

class GenerateFlowFileTest : public QObject {
  Q_OBJECT
 private slots:
  void sharesOneContentUnlessAskedOtherwise() {
    for (const char* unique : {"false", "true"}) {
      ProcessorBench bench(processors::processorIn_generate_flow_file);
      bench.schedule(once());
      bench.set("File Size", "5 KB").set("Batch Size", "10").set("Unique FlowFiles", unique);
      bench.run(1);
      const auto made = bench.outputs("success");
      QVERIFY(made.size() >= 10);
      std::set<std::string> contents;
      std::set<std::string> uuids;
      for (const auto& file : made) {
        QCOMPARE(file.content.size(), std::size_t{5 * 1024});
        contents.insert(file.content);
        uuids.insert(file.attributes.at("uuid"));
        QCOMPARE(file.attributes.at("filename"), file.attributes.at("uuid"));
      }
      QCOMPARE(uuids.size(), made.size());
      QCOMPARE(contents.size() == 1, std::string_view(unique) == "false");
    }
  }
  void writesCustomTextAndAttributes() {
    ProcessorBench bench(processors::processorIn_generate_flow_file);
    bench.schedule(once());
    bench.set("Custom Text", "grüß ${literal('Gott')}")
        .set("generate-ff-custom-text-not", "x")
        .set("mime-type", "text/plain")
        .set("kind", "${literal('t'):toUpper()}");
    bench.run(1);
    const auto first = bench.outputs("success").front();
    QCOMPARE(first.content, std::string("grüß Gott"));
    QCOMPARE(first.attributes.at("kind"), std::string("T"));
  }
  void textIsPrintable() {
    ProcessorBench bench(processors::processorIn_generate_flow_file);
    bench.schedule(once());
    bench.set("File Size", "1 KB");
    bench.run(1);
    const auto made = bench.outputs("success");
    QCOMPARE(made.size(), std::size_t{1});
    QCOMPARE(made.front().content.size(), std::size_t{1024});
    for (const char c : made.front().content)
      QVERIFY((c >= ' ' && c <= '~') || c == '\n' || c == '\t');
  }
  void refusesContradictions() {
    ProcessorBench bench(processors::processorIn_generate_flow_file);
    bench.schedule(once());
    bench.set("Custom Text", "x").set("Unique FlowFiles", "true");
    QVERIFY(!bench.problem().empty());
  }
};

QTEST_GUILESS_MAIN(GenerateFlowFileTest)
#include "generate_flow_file_test.moc"
