// SPDX-License-Identifier: Apache-2.0
// Stories of people who use Studio, on a display of its own, by keys and mouse from outside,
// against a real server; what came of it is asked of the server, over its REST interface.

#include "tests/gui/stories/desktop.h"
#include "tests/harness/rest_server.h"

#include <QCoreApplication>
#include <memory>

using rest_test::RestServer;
using stories::Desktop;
using stories::kSlow;

namespace {

constexpr const char* kChain =
    "millrace: 1\n"
    "name: chain\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'hello'}, state: stopped}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {colour: 'red'}, state: stopped}\n"
    "  - {name: Keep, type: UpdateAttribute, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Keep}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n"
    "  Mark: {at: [400, 0]}\n"
    "  Keep: {at: [800, 0]}\n";

constexpr const char* kOne =
    "millrace: 1\n"
    "name: one\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, state: stopped}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n";

/// Where the middle of the canvas is in the window: one box stands there.
constexpr QPoint kMiddle(684, 475);
constexpr int kBoxHalf = 116;  ///< of a processor's width

class StoriesTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    server_ = std::make_unique<RestServer>(folder_->path());
    desktop_ = std::make_unique<Desktop>();
    QVERIFY2(desktop_->start(), "no display: is Xvfb installed?");
  }
  void cleanup() {
    desktop_.reset();
    server_.reset();
  }

  void aNewcomerComesFromAnEmptyWindowToARunningFlowByKeys() {
    serve("millrace: 1\nname: empty\n");
    const QString window = desktop_->open({});
    QVERIFY(!window.isEmpty());
    // From the start page to the field for a server's address.
    desktop_->key({"Tab", "Tab", "ctrl+a"});
    desktop_->type(server_->address());
    desktop_->key({"Return"});
    connected(window, *server_);
    desktop_->key({"Tab"});
    desktop_->type("generateflow");
    desktop_->key({"Return"});
    desktop_->key({"Tab"});
    desktop_->type("updateattr");
    desktop_->key({"Return"});
    QTRY_COMPARE_WITH_TIMEOUT(list("connections").size(), 1, kSlow);
    QCOMPARE(list("connections")[0].toObject()["to"].toString(), QString("UpdateAttribute"));
    find("GenerateFlowFile");
    desktop_->key({"shift+F5"});
    QTRY_COMPARE_WITH_TIMEOUT(state("GenerateFlowFile"), QString("stopped"), kSlow);
    desktop_->key({"F5"});
    QTRY_COMPARE_WITH_TIMEOUT(state("GenerateFlowFile"), QString("running"), kSlow);
    QTRY_VERIFY_WITH_TIMEOUT(waiting("GenerateFlowFile") > 0, kSlow);
    desktop_->key({"shift+F5"});
    QTRY_COMPARE_WITH_TIMEOUT(state("GenerateFlowFile"), QString("stopped"), kSlow);
  }

  void theLastFlowFileIsReplayedAndFoundInProvenance() {
    serve(kChain, {"--archive", "1h"});
    for (const char* name : {"Make", "Mark", "Keep"}) runOnce(name);
    QTRY_COMPARE_WITH_TIMEOUT(status("Keep")["totalIn"].toInt(), 1, kSlow);
    openOn(*server_);
    find("Mark");
    desktop_->key({"shift+F8"});
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make"), 1, kSlow);
    // Its events are listed by one key; the one that is chosen is replayed by its button.
    desktop_->key({"F8"});
    QTRY_VERIFY_WITH_TIMEOUT(!server_->curl("/api/v1/provenance?fresh=true&type=REPLAY")
                                  .json()["events"]
                                  .toArray()
                                  .isEmpty(),
                             kSlow);
    find("Keep");
    desktop_->key({"shift+F8"});
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Mark"), 1, kSlow);
  }

  void everythingIsDeletedUndoneAndDoneAgain() {
    serve(kChain);
    const QByteArray before = text();
    openOn(*server_);
    desktop_->key({"ctrl+a", "Delete"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 0, kSlow);
    desktop_->key({"ctrl+z"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 3, kSlow);
    QTRY_COMPARE_WITH_TIMEOUT(list("connections").size(), 2, kSlow);
    desktop_->key({"ctrl+shift+z"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 0, kSlow);
    desktop_->key({"ctrl+z"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 3, kSlow);
    QVERIFY(before.contains("name: Mark"));
  }

  void aWireIsDrawnIntoTheVoidAndABoxIsMovedByMouse() {
    serve(kOne);
    openOn(*server_);
    // The box's right edge, and a free place below.
    desktop_->drag(kMiddle + QPoint(kBoxHalf, 0), kMiddle + QPoint(kBoxHalf + 60, 160));
    desktop_->type("updateattr");
    desktop_->key({"Return"});
    QTRY_COMPARE_WITH_TIMEOUT(list("connections").size(), 1, kSlow);
    QCOMPARE(list("connections")[0].toObject()["to"].toString(), QString("UpdateAttribute"));
    desktop_->drag(kMiddle, kMiddle - QPoint(0, 160));
    QTRY_VERIFY_WITH_TIMEOUT(place("Make").y() < -100, kSlow);
    QCOMPARE(int(place("Make").y()) % 8, 0);
    desktop_->key({"ctrl+z"});
    QTRY_COMPARE_WITH_TIMEOUT(place("Make"), QPointF(0, 0), kSlow);
  }

  void aQueueIsEmptiedAfterAQuestionAndABoxGetsAName() {
    serve(kChain);
    for (int i = 0; i < 3; ++i) runOnce("Make");
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make"), 3, kSlow);
    const QString id = processor("Make")["id"].toString();
    openOn(*server_);
    find("Make");
    desktop_->key({"F2", "ctrl+a"});
    desktop_->type("Source of it all");
    desktop_->key({"Return"});
    QTRY_VERIFY_WITH_TIMEOUT(!processor("Source of it all").isEmpty(), kSlow);
    QCOMPARE(processor("Source of it all")["id"].toString(), id);
    QCOMPARE(waiting("Source of it all"), 3);  // what waits stays
    // Nothing is asked as long as Studio does not know that something waits: its counts come a
    // second later, or several on a busy machine.
    bool asked = false;
    for (int i = 0; i < 6 && !asked; ++i) {
      find("Mark");
      desktop_->key({"ctrl+shift+p"});
      desktop_->type("empty the queue");
      desktop_->key({"Return"});
      asked = desktop_->focusNamed("Are you sure", kSlow / 6);
    }
    QVERIFY(asked);
    desktop_->key({"alt+y"});
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Source of it all"), 0, kSlow);
  }

  void whatIsCopiedInOneStudioIsPastedInAnother() {
    serve(kOne);
    QFile file(folder_->filePath("chain.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(kChain) > 0);
    file.close();
    const QString local = desktop_->open({file.fileName()});
    QVERIFY(!local.isEmpty());
    const QString served = desktop_->open({"--server", server_->address()});
    QVERIFY(!served.isEmpty() && served != local);
    connected(served, *server_);
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->title(local).startsWith("chain.yaml "), kSlow);

    // Out of the file: what is deleted after it was copied shows that it was.
    desktop_->focus(local);
    desktop_->key({"ctrl+a", "ctrl+c", "Delete"});
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->title(local).startsWith("chain.yaml*"), kSlow);
    desktop_->focus(served);
    desktop_->key({"ctrl+v"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 4, kSlow);
    QTRY_COMPARE_WITH_TIMEOUT(list("connections").size(), 2, kSlow);
    QCOMPARE(processor("Mark")["properties"].toObject()["colour"].toString(), QString("red"));
    QCOMPARE(processor("Keep")["auto-terminate"].toArray(), QJsonArray({"success"}));
    // The server's own Make kept its name, the other one makes what Mark takes.
    QVERIFY(processor("Make")["properties"].toObject().isEmpty());
    QVERIFY(list("connections")[0].toObject()["from"].toString() != "Make");
    desktop_->key({"ctrl+z"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 1, kSlow);
    desktop_->key({"ctrl+shift+z"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 4, kSlow);

    // And back: a name that only the server's flow has.
    find("Keep");
    desktop_->key({"F2", "ctrl+a"});
    desktop_->type("Kept there");
    desktop_->key({"Return"});
    QTRY_VERIFY_WITH_TIMEOUT(!processor("Kept there").isEmpty(), kSlow);
    find("Kept there");
    desktop_->key({"ctrl+c", "ctrl+d"});
    QTRY_COMPARE_WITH_TIMEOUT(list("processors").size(), 5, kSlow);
    desktop_->focus(local);
    desktop_->key({"ctrl+v", "ctrl+s"});
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->title(local).startsWith("chain.yaml "), kSlow);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray saved = file.readAll();
    QVERIFY2(saved.contains("Kept there") && !saved.contains("Mark"), saved.constData());
    QCOMPARE(list("processors").size(), 5);  // what was copied is still there
  }

 private:
  void serve(const QByteArray& flow, const QStringList& more = {}) {
    QVERIFY(server_->writeFlow(flow));
    QVERIFY(server_->start(more));
  }
  /// A Studio on a server, once its flow is on the canvas.
  void openOn(const RestServer& server) {
    const QString window = desktop_->open({"--server", server.address()});
    QVERIFY(!window.isEmpty());
    connected(window, server);
  }
  /// Its title says so.
  void connected(const QString& window, const RestServer& server) {
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->title(window).startsWith(server.address()), kSlow);
  }
  /// Chooses a component by its name, as Ctrl+F does.
  void find(const QString& name) {
    desktop_->key({"ctrl+f", "ctrl+a"});
    desktop_->type(name);
    desktop_->key({"Return", "Escape"});
  }
  QJsonObject flow() const { return server_->curl("/api/v1/flow").json()["flow"].toObject(); }
  QByteArray text() const {
    return server_->curl("/api/v1/flow", {"-H", "Accept: application/yaml"}).body;
  }
  QJsonArray list(const char* kind) const { return flow()[QLatin1String(kind)].toArray(); }
  QJsonObject processor(const QString& name) const {
    for (const QJsonValue& each : list("processors")) {
      if (each["name"].toString() == name) return each.toObject();
    }
    return {};
  }
  QPointF place(const QString& name) const {
    const QJsonArray at = processor(name)["layout"].toObject()["at"].toArray();
    return {at[0].toDouble(), at[1].toDouble()};
  }
  QJsonObject status(const QString& name) const {
    const QString id = processor(name)["id"].toString();
    for (const QJsonValue& each : server_->curl("/api/v1/status").json()["components"].toArray()) {
      if (each["id"].toString() == id) return each.toObject();
    }
    return {};
  }
  QString state(const QString& name) const { return status(name)["state"].toString(); }
  void runOnce(const QString& name) const {
    const QByteArray id = processor(name)["id"].toString().toUtf8();
    QCOMPARE(server_->post("/api/v1/actions", "{\"action\":\"run-once\",\"ids\":[\"" + id + "\"]}")
                 .status,
             200);
  }
  /// FlowFiles in the connection that begins at a processor.
  int waiting(const QString& name) const {
    for (const QJsonValue& wire : list("connections")) {
      if (wire["from"].toString() != name) continue;
      for (const QJsonValue& each :
           server_->curl("/api/v1/status").json()["connections"].toArray()) {
        if (each["id"] == wire["id"]) return each["count"].toInt();
      }
    }
    return -1;
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<RestServer> server_;
  std::unique_ptr<Desktop> desktop_;
};

}  // namespace

QTEST_GUILESS_MAIN(StoriesTest)
#include "stories_test.moc"
