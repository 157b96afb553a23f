// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_writer.h"

#include "engine/flow/keys.h"
#include "engine/flow/yaml_reader.h"

#include <QFile>
#include <QTest>

using namespace millrace::flow;

namespace {

std::string contents(const char* path) {
  QFile file(QString(MR_SOURCE_DIR "/") + path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read %s", path);
  return file.readAll().toStdString();
}

std::string problems(const ReadFlow& read) {
  std::string result;
  for (const Finding& finding : read.findings) result += describe(finding, "written") + "\n";
  return result;
}

}  // namespace

class YamlWriterTest : public QObject {
  Q_OBJECT
 private slots:
  void theReferenceFlowReadsBackAsTheSameFlow() {
    const ReadFlow original = readFlow(contents("flows/reference.yaml"));
    QVERIFY(original.ok());
    const std::string written = writeFlow(original.flow);
    const ReadFlow again = readFlow(written);
    QVERIFY2(again.findings.empty(), (problems(again) + written).c_str());
    QVERIFY2(again.flow == original.flow, written.c_str());
    QCOMPARE(writeFlow(again.flow), written);
  }

  // The reference uses every key with a value of its own, and a key that the writer forgets would
  // have changed the flow above; this says it key by key.
  void everyKeyIsWritten() {
    const std::string written = writeFlow(readFlow(contents("flows/reference.yaml")).flow);
    for (std::size_t place = 0; place < kObjectKinds; ++place) {
      for (const KeyInfo& key : keysOf(static_cast<ObjectKind>(place)))
        QVERIFY2(written.find(std::string(key.name) + ":") != std::string::npos,
                 std::string(key.name).c_str());
    }
  }

  // YAML has no keys of more than 1024 characters, and a path may be longer.
  void whatIsTooDeepForALineOfLayoutIsReadAllTheSame() {
    Flow flow;
    flow.name = "deep";
    Group* group = &flow.root;
    for (int depth = 0; depth < 12; ++depth) {
      Group inner;
      inner.name = std::string(100, 'g');
      inner.layout.at = Point{1, 2};
      group->groups.push_back(std::move(inner));
      group = &group->groups.back();
    }
    const std::string written = writeFlow(flow);
    const ReadFlow again = readFlow(written);
    QVERIFY2(again.findings.empty(), problems(again).c_str());
    const Group* read = &again.flow.root;
    for (int depth = 0; depth < 12; ++depth) {
      read = &read->groups.at(0);
      // 100 characters and a slash for each group: ten of them fit.
      QCOMPARE(read->layout.at.has_value(), depth < 10);
    }
  }

  void defaultsAreLeftOut() {
    const std::string text =
        "millrace: 1\nname: f\nprocessors:\n  - name: A\n    type: T\n    properties:\n"
        "      p: '1: 2'\n    auto-terminate: [x]\n  - name: B\n    type: T\nconnections:\n"
        "  - {from: A, relationship: r, to: B}\n";
    std::string wordy = text;
    wordy += "flowfile-concurrency: unbounded\ndefault-expire: 0 s\nmax-concurrent-tasks: 0\n";
    wordy.replace(
        wordy.find("    auto-terminate"), 0,
        "    penalty: 30 s\n    yield: 1000 ms\n    concurrency: 1\n    state: running\n");
    wordy.replace(wordy.find("to: B"), 5, "to: B, back-pressure: {size: 1024 MB}");
    QCOMPARE(writeFlow(readFlow(wordy).flow), text);
  }

  void negativePositionsStandBare() {
    Flow flow;
    flow.name = flow.root.name = "f";
    Processor processor;
    processor.name = "P";
    processor.type = "T";
    processor.layout.at = Point{-80, 16.5};
    flow.root.processors.push_back(processor);
    const std::string written = writeFlow(flow);
    QVERIFY2(written.find("P: {at: [-80, 16.5]}") != std::string::npos, written.c_str());
    const ReadFlow read = readFlow(written);
    QVERIFY(read.findings.empty());
    QVERIFY(read.flow.root.processors[0].layout.at == processor.layout.at);
  }

  void everyTextSurvives() {
    const std::vector<std::string> texts{
        "",         " ",           "a",    " a",     "a ",           "#",      "a #b",   "a: b",
        "a:",       ":",           "-",    "- a",    "-a",           "?",      "? a",    "null",
        "~",        "true",        "0x1",  "'",      "\"",           "it's",   "a\"b'c", "\\",
        "\\n",      "\n",          "a\n",  "a\nb",   "a\n\nb\n",     "\na",    " a\nb",  "a\n b",
        "a\nb\n\n", "a\n \nb",     "a\tb", "a\r\nb", "\x01",         "\x7f",   "{a}",    "[a",
        "a, b",     "&a",          "*a",   "!a",     "%a",           "@a",     "`a",     "|",
        ">",        "---",         "...",  "--- a",  "ünïcödé",      "日本語", "a?",     "a?,b",
        "<<",       "${a:b(',')}", "#{p}", "a\n#b",  "a\n- b: c",    "=",      ",",      "a\n\n\n",
        "\t",       "\ta\nb",      "a  b", "a\nb  ", "\xef\xbb\xbf", "a #",    "::",     "key: |"};
    for (const std::string& text : texts) {
      Flow flow;
      flow.name = flow.root.name = "f";
      flow.root.comment = text;  // stands on a line of its own
      Processor processor;
      processor.name = "P";
      processor.type = "T";
      processor.properties = {{"a", text, {}, {}}};
      if (!text.empty()) processor.properties.push_back({text + ".", "name", {}, {}});
      flow.root.processors.push_back(processor);
      Funnel funnel;  // stands in braces
      funnel.name = "F";
      funnel.comment = text;
      flow.root.funnels.push_back(funnel);
      const std::string written = writeFlow(flow);
      const ReadFlow read = readFlow(written);
      QVERIFY2(read.findings.empty(), (problems(read) + written).c_str());
      QVERIFY2(read.flow.root.comment == text, written.c_str());
      QCOMPARE(read.flow.root.processors[0].properties[0].value, text);
      if (!text.empty()) QCOMPARE(read.flow.root.processors[0].properties[1].name, text + ".");
      QCOMPARE(read.flow.root.funnels[0].comment, text);
    }
  }
};

QTEST_GUILESS_MAIN(YamlWriterTest)
#include "yaml_writer_test.moc"
