// SPDX-License-Identifier: Apache-2.0
// What does one edit of a flow of 10,000 processors cost the GUI thread: the turns of the program's
// loop after it, in a window without a server; its text with the comments kept; and merging what
// somebody else changed on the server? CPU time, one JSON object a line, medians. Arguments are not
// looked at.

#include "engine/flow/yaml_reader.h"
#include "gui/app/descriptors.h"
#include "gui/app/main_window.h"
#include "gui/model/flow_text.h"
#include "gui/net/flow_merge.h"

#include <time.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::gui;

namespace {

constexpr int kProcessors = 10000;
constexpr int kRuns = 5;

double cpuMillis() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void report(const char* work, const std::function<void()>& once) {
  std::vector<double> millis;
  for (int i = 0; i < kRuns; ++i) {
    const double before = cpuMillis();
    once();
    millis.push_back(cpuMillis() - before);
  }
  std::sort(millis.begin(), millis.end());
  std::printf(
      "{\"work\":\"%s\",\"value\":%.2f,\"unit\":\"ms CPU\",\"params\":{\"processors\":%d}}\n", work,
      millis[kRuns / 2], kProcessors);
}

/// A chain with comments; every `changed`-th processor says something else.
std::string flowText(int changed) {
  std::string nodes, wires, layout;
  for (int i = 0; i < kProcessors; ++i) {
    const std::string name = "Step " + std::to_string(i);
    const char* value = changed > 0 && i % changed == 0 ? "other" : "same";
    nodes += "  # number " + std::to_string(i) + "\n  - name: " + name +
             "\n    type: UpdateAttribute\n    properties: {a: " + value + "}\n";
    layout += "  " + name + ": {at: [" + std::to_string(i % 100 * 352) + ", " +
              std::to_string(i / 100 * 160) + "]}\n";
    if (i == 0) continue;
    wires +=
        "  - {from: Step " + std::to_string(i - 1) + ", relationship: success, to: " + name + "}\n";
  }
  return "millrace: 1\nname: large\nprocessors:\n" + nodes + "connections:\n" + wires +
         "layout:\n" + layout;
}

/// One edit after the other, each until nothing is to be done any more: the longest turn of the
/// loop, which is what somebody sees, and all of them together.
void reportEdits(const std::string& text) {
  QTemporaryDir folder;
  QFile file(folder.filePath("large.yaml"));
  if (!file.open(QIODevice::WriteOnly)) return;
  file.write(QByteArray::fromStdString(text));
  file.close();
  TypeCatalog types;
  if (const Result<> read = readDescriptors(engineProgram(), types); !read.ok())
    std::fprintf(stderr, "%s\n", read.error().message.c_str());
  MainWindow window(types, QString());
  window.setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
  window.resize(1600, 900);
  window.show();
  if (!window.openFile(file.fileName())) return;
  window.session().keepRecovery(folder.filePath("recovery"));
  QApplication::processEvents();
  std::vector<double> longest, all;
  for (int i = 0; i < kRuns; ++i) {
    const double begin = cpuMillis();
    window.session().editor().setProperty({window.session().model().nodesIn(kRootGroup)[5]}, "a",
                                          std::to_string(i));
    double before = begin, most = 0;
    QElapsedTimer quiet;
    for (quiet.start(); quiet.elapsed() < 1200;) {
      QApplication::processEvents(QEventLoop::AllEvents, 1);
      const double now = cpuMillis();
      most = std::max(most, now - before);
      before = now;
    }
    longest.push_back(most);
    all.push_back(before - begin);
  }
  std::sort(longest.begin(), longest.end());
  std::sort(all.begin(), all.end());
  std::printf(
      "{\"work\":\"edit-longest-turn\",\"value\":%.2f,\"unit\":\"ms CPU\",\"params\":{"
      "\"processors\":%d,\"all\":%.2f}}\n",
      longest[kRuns / 2], kProcessors, all[kRuns / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  QApplication app(argc, argv);
  QApplication::setOrganizationName("MillraceBench");
  const std::string text = flowText(0);
  const auto flow = flow::parseFlow(text, "large");
  const auto one = flow::parseFlow(flowText(kProcessors), "one changed");
  const auto many = flow::parseFlow(flowText(10), "many changed");
  if (!flow.ok() || !one.ok() || !many.ok()) return 1;
  FlowModel model;
  model.reset(*flow);
  const Components known = componentsOf(*flow);
  const Components theirsOne = componentsOf(*one);
  const Components theirsMany = componentsOf(*many);
  reportEdits(text);
  report("edit-read", [&] { (void)flow::parseFlow(text, "large"); });
  report("edit-components", [&] { (void)componentsOf(*flow); });
  report("edit-text", [&] { (void)gui::flowText(text, *one); });
  report("merge-nothing", [&] { (void)mergeOf(model, known, known); });
  report("merge-one", [&] { (void)mergeOf(model, known, theirsOne); });
  report("merge-thousand", [&] { (void)mergeOf(model, known, theirsMany); });
  report("merge-differs", [&] { (void)differs(model, known); });
  return 0;
}
