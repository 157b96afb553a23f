// SPDX-License-Identifier: Apache-2.0
// When a queue will be full.

#include "server/rest/fill_forecast.h"

#include "engine/control/flow_controller.h"
#include "server/rest/status_book.h"
#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

std::vector<FillSample> line(std::vector<std::uint64_t> values) {
  std::vector<FillSample> samples;
  for (const std::uint64_t value : values)
    samples.push_back({static_cast<Nanos>(samples.size()) * 10 * kSecond, value});
  return samples;
}

Json connectionOf(StatusBook& book) {
  return Json::parse(book.fresh("").json).at("connections").at(0);
}

}  // namespace

class FillForecastTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.4/3
  void aStraightLineIsFollowedToTheLimit() {
    QCOMPARE(timeUntil(line({0, 10, 20, 30}), 130), std::optional<Nanos>(100 * kSecond));
    QCOMPARE(timeUntil(line({100, 200, 290, 400}), 400), std::optional<Nanos>(0));
    QCOMPARE(timeUntil(line({500}), 400), std::optional<Nanos>(0));
    const auto nearly = timeUntil(line({0, 11, 19, 31, 40}), 140);
    QVERIFY(nearly && *nearly > 90 * kSecond && *nearly < 110 * kSecond);
  }

  void whatIsNotSteadyHasNoTime() {
    QVERIFY(!timeUntil({}, 10));
    QVERIFY(!timeUntil(line({1, 2}), 10));               // too few
    QVERIFY(!timeUntil(line({5, 5, 5, 5}), 10));         // stands
    QVERIFY(!timeUntil(line({9, 6, 3, 0}), 10));         // drains
    QVERIFY(!timeUntil(line({0, 90, 5, 80, 10}), 100));  // up and down
    QVERIFY(!timeUntil(line({1, 2, 3}), 0));             // no limit
    QVERIFY(!timeUntil(line({1, 2, 3}), ~0ULL));         // in a million years
  }

  void aConnectionThatFillsSteadilyHasATime() {
    Rig rig(
        "millrace: 1\n"
        "name: fills\n"
        "processors:\n"
        "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: "
        "'10'}, "
        "state: stopped}\n"
        "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Keep, back-pressure: {count: 100}}\n");
    VirtualClock clock;
    EditedFlowOptions options;
    options.flow = rig.path();
    options.data = rig.folder.filePath("other").toStdString();
    options.check = [](const flow::Flow&) { return flow::Findings(); };
    Rig::require(rig.files->createDirectories(options.data));
    auto edited = EditedFlow::open(*rig.files, clock, options);
    if (!edited.ok()) qFatal("%s", edited.error().message.c_str());
    StatusBook book(**edited, rig.host->controller(), clock);
    const std::string make = rig.id("Make");
    for (int i = 1; i <= 3; ++i) {
      QVERIFY(connectionOf(book).at("timeToFull").is_null());
      rig.act("run-once", make);
      QVERIFY(Rig::eventually([&] { return connectionOf(book).at("count").get<int>() == 10 * i; }));
      book.mark();
      clock.advance(StatusMarks::kApart);
    }
    rig.act("run-once", make);
    // Ten in ten seconds, and sixty to go.
    QVERIFY(Rig::eventually([&] { return connectionOf(book).at("timeToFull") == 60'000; }));
  }
};

QTEST_GUILESS_MAIN(FillForecastTest)
#include "fill_forecast_test.moc"
