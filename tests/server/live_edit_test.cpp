// SPDX-License-Identifier: Apache-2.0
// A flow at full speed, on threads and a real disk, is edited again and again. Nothing may be lost;
// the longest time in which nothing arrived is printed, for docs/performance.md.

#include "engine/flow/yaml_reader.h"
#include "server/flow_host.h"

#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>

using namespace millrace;

namespace {

int rounds() {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(20, static_cast<int>(1000 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

/// The n-th version of the flow: what lies between source and end is added, rewired, reconfigured
/// and removed in turn.
std::string flowOf(int n, bool sourceRuns) {
  const std::string value = std::to_string(n);
  std::string text =
      "millrace: 1\nname: edited\nprocessors:\n"
      "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '100', File Size: 0 B}, "
      "schedule: {every: 0 sec}" +
      std::string(sourceRuns ? "" : ", state: stopped") +
      "}\n"
      "  - {name: Mark, type: UpdateAttribute, properties: {edit: '" +
      value + "'}}\n";
  const bool extra = n % 2 == 0;
  const bool side = n % 3 == 0;
  if (extra)
    text += "  - {name: Extra, type: UpdateAttribute, properties: {extra: '" + value + "'}}\n";
  if (side)
    text +=
        "  - {name: Side, type: UpdateCounter, properties: {Counter Name: side}, auto-terminate: "
        "[success]}\n";
  text +=
      "  - {name: End, type: UpdateCounter, properties: {Counter Name: end}, auto-terminate: "
      "[success]}\n"
      "connections:\n"
      "  - {from: Make, relationship: success, to: Mark}\n";
  if (side) text += "  - {from: Make, relationship: success, to: Side}\n";
  if (extra) {
    text +=
        "  - {from: Mark, relationship: success, to: Extra}\n"
        "  - {from: Extra, relationship: success, to: End}\n";
  } else {
    text += "  - {from: Mark, relationship: success, to: End, back-pressure: {count: " +
            std::to_string(1000 + n % 7) + ", size: 1 GB}}\n";
  }
  return text;
}

flow::Flow parsed(const std::string& text) {
  auto flow = flow::parseFlow(text, "flow.yaml");
  if (!flow.ok()) qFatal("%s", flow.error().message.c_str());
  return std::move(*flow);
}

std::uint64_t counted(const server::FlowHost& host, std::string_view name) {
  std::int64_t sum = 0;
  for (const auto& [key, value] : host.counters().all()) {
    if (key.second == name) sum += value;
  }
  return static_cast<std::uint64_t>(sum);
}

std::uint64_t removedBy(engine::FlowController& controller, std::string_view path) {
  for (const auto& component : controller.components()) {
    if (component.path == path) return component.removed;
  }
  return 0;
}

/// Watches one number and remembers the longest time in which it stood still.
class StallWatch {
 public:
  explicit StallWatch(std::function<std::uint64_t()> read)
      : thread_([this, read = std::move(read)](const std::stop_token& stop) {
          using Clock = std::chrono::steady_clock;
          std::uint64_t seen = read();
          Clock::time_point changed = Clock::now();
          while (!stop.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            const std::uint64_t now = read();
            const Clock::time_point at = Clock::now();
            if (now != seen) {
              longest_ = std::max(longest_.load(), (at - changed).count());
              changed = at;
            }
            seen = now;
          }
        }) {}
  std::int64_t longestNanos() {
    thread_.request_stop();
    thread_.join();
    return longest_;
  }

 private:
  std::atomic<std::int64_t> longest_{0};
  std::jthread thread_;
};

}  // namespace

class LiveEditTest : public QObject {
  Q_OBJECT
 private slots:
  void nothingIsLostWhileTheFlowIsEditedAtFullSpeed() {
    QTemporaryDir folder;
    server::HostOptions options;
    options.data = folder.filePath("data").toStdString();
    options.durability = Durability::kProcess;
    auto opened = server::FlowHost::open(parsed(flowOf(0, true)), std::move(options));
    QVERIFY(opened.ok());
    server::FlowHost& host = **opened;
    QVERIFY(host.start().ok());
    engine::FlowController& controller = host.controller();
    StallWatch watch([&] { return removedBy(controller, "End"); });
    std::vector<double> edits;
    const int count = rounds();
    for (int n = 1; n <= count; ++n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // of full speed between two edits
      const auto start = std::chrono::steady_clock::now();
      const auto applied = controller.apply(parsed(flowOf(n, true)));
      QVERIFY2(applied.ok(), applied.ok() ? "" : applied.error().message.c_str());
      edits.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
              .count());
    }
    const std::int64_t stall = watch.longestNanos();
    // The source stops, and every connection that ever was comes back once, so that what waits in
    // it flows out.
    for (const int last : {6, 9, 6}) {
      QVERIFY(controller.apply(parsed(flowOf(last, false))).ok());
      for (int tries = 0; tries < 20000 && !controller.isIdle(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      QVERIFY(controller.isIdle());
    }
    std::uint64_t made = 0;
    for (const auto& component : controller.components()) {
      if (component.path == "Make") made = component.out;
    }
    std::uint64_t queued = 0;
    for (const auto& connection : controller.connections()) queued += connection.queue.count;
    QCOMPARE(queued, std::uint64_t{0});
    // Each FlowFile made went to the end, and its clone, where there was one, to the side.
    const std::uint64_t ended = counted(host, "end");
    QCOMPARE(ended + counted(host, "side"), made);
    QVERIFY(counted(host, "side") > 0);
    QVERIFY(ended > counted(host, "side"));
    std::sort(edits.begin(), edits.end());
    qInfo(
        "%d edits, %llu FlowFiles; an edit takes %.2f ms in the middle and %.2f ms at most; "
        "nothing arrived for %.1f ms at most",
        count, static_cast<unsigned long long>(ended), edits[edits.size() / 2], edits.back(),
        static_cast<double>(stall) / 1e6);
    QVERIFY(host.stop().ok());
  }
};

QTEST_GUILESS_MAIN(LiveEditTest)
#include "live_edit_test.moc"
