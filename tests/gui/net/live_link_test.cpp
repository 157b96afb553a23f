// SPDX-License-Identifier: Apache-2.0
// The line to a server without a server: events in pieces, merges, and a scripted one that fails.

#include "gui/net/live_link.h"

#include "engine/flow/yaml_writer.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QJsonArray>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QThread>
#include <atomic>
#include <map>

using namespace studio;

namespace {

/// Answers every request by a function; keeps the streams of events open.
class ScriptedServer : public QTcpServer {
 public:
  ScriptedServer() {
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] {
      QTcpSocket* socket = nextPendingConnection();
      connect(socket, &QTcpSocket::readyRead, this, [this, socket] { take(socket); });
      connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
        streams_.removeAll(socket);
        socket->deleteLater();
      });
    });
  }

  QUrl base() const { return QUrl(QString("http://127.0.0.1:%1").arg(serverPort())); }
  void say(const QByteArray& event) {
    for (QTcpSocket* stream : streams_) stream->write(event);
  }
  void hangUp() {
    const QList<QTcpSocket*> streams = streams_;
    for (QTcpSocket* stream : streams) stream->disconnectFromHost();  // after what was said
  }
  QList<QTcpSocket*> streams() const { return streams_; }

  QByteArray flow;
  quint64 revision = 1;
  QByteArrayList puts;
  bool holdsPut = false;  ///< PUT is answered by answerHeld()
  int refusePut = 0;      ///< the status with which PUT is answered instead
  QByteArrayList lastEventIds;
  bool losesPut = false;  ///< PUT is taken, and its answer is lost
  bool holdsGet = false;  ///< GET of the flow is answered by answerHeldGet() with what it was then
  int statusAsked = 0;
  bool isHeld() const { return held_ != nullptr; }
  void answerHeldGet() {
    holdsGet = false;
    reply(std::exchange(held_, nullptr), 200, heldFlow_, heldRevision_);
  }
  void answerHeld() {
    QTcpSocket* socket = std::exchange(held_, nullptr);
    reply(socket, 200, "{\"revision\":" + QByteArray::number(++revision) + ",\"findings\":[]}");
  }

 private:
  void take(QTcpSocket* socket) {
    pending_[socket] += socket->readAll();
    for (;;) {
      QByteArray& bytes = pending_[socket];
      const qsizetype head = bytes.indexOf("\r\n\r\n");
      if (head < 0) return;
      qsizetype length = 0;
      QByteArray id;
      const QByteArrayList lines = QByteArray(bytes.left(head)).replace("\r", "").split('\n');
      for (const QByteArray& line : lines) {
        if (line.toLower().startsWith("content-length:")) length = line.mid(15).trimmed().toInt();
        if (line.toLower().startsWith("last-event-id:")) id = line.mid(14).trimmed();
      }
      if (bytes.size() < head + 4 + length) return;
      const QByteArray body = bytes.mid(head + 4, length);
      bytes.remove(0, head + 4 + length);
      const QByteArrayList words = lines[0].split(' ');
      answer(socket, words[0], words[1].split('?')[0], body, id);
    }
  }
  void answer(QTcpSocket* socket, const QByteArray& verb, const QByteArray& path,
              const QByteArray& body, const QByteArray& id) {
    if (path.endsWith("/events")) {
      lastEventIds << id;
      socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n");
      streams_ << socket;
      return;
    }
    if (path.endsWith("/flow") && verb == "PUT") {
      if (refusePut != 0) {
        return reply(socket, refusePut, "{\"error\":\"not like this\"}");
      }
      puts << body;
      flow = body;
      if (losesPut) {
        ++revision;
        return socket->abort();
      }
      if (holdsPut) {
        held_ = socket;
        return;
      }
      return reply(socket, 200,
                   "{\"revision\":" + QByteArray::number(++revision) + ",\"findings\":[]}");
    }
    if (path.endsWith("/flow") && holdsGet) {
      held_ = socket;
      heldFlow_ = flow;
      heldRevision_ = revision;
      return;
    }
    if (path.endsWith("/flow")) return reply(socket, 200, flow);
    if (path.endsWith("/status")) ++statusAsked;
    reply(socket, 200, "{}");
  }
  void reply(QTcpSocket* socket, int status, const QByteArray& body) {
    reply(socket, status, body, revision);
  }
  static void reply(QTcpSocket* socket, int status, const QByteArray& body, quint64 tag) {
    socket->write("HTTP/1.1 " + QByteArray::number(status) + " X\r\nETag: \"" +
                  QByteArray::number(tag) +
                  "\"\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
  }

  QTcpSocket* held_ = nullptr;
  QByteArray heldFlow_;
  quint64 heldRevision_ = 0;
  QList<QTcpSocket*> streams_;
  std::map<QTcpSocket*, QByteArray> pending_;
};

/// A window without a window: what Session does, in a few lines.
struct Line {
  Desk desk;
  StatusStore status;
  ScriptedServer server;
  LiveLink link{desk.model, status};
  QStringList told;

  Line() {
    server.flow = QByteArray::fromStdString(smallFlow());
    QObject::connect(&link, &LiveLink::flowRead, [this](const QByteArray& text) {
      desk.model.reset(parsed(text.toStdString()));
    });
    QObject::connect(&link, &LiveLink::told, [this](const QString& text) { told << text; });
    link.setText([this] {
      return [flow = desk.model.toFlow()]() -> Result<QByteArray> {
        return QByteArray::fromStdString(flow::writeFlow(flow));
      };
    });
    link.openRemote(server.base());
  }
  bool isUp() { return link.state() == LinkState::kLive && link.hasFlow(); }
  void changeThere(const std::string& from, const std::string& to, const QByteArray& who) {
    std::string text = server.flow.toStdString();
    const auto at = text.find(from);
    MR_ASSERT(at != std::string::npos);
    text.replace(at, from.size(), to);
    server.flow = QByteArray::fromStdString(text);
    ++server.revision;
    server.say("event: flow\nid: e" + QByteArray::number(server.revision) +
               "\ndata: {\"revision\":" + QByteArray::number(server.revision) + ",\"who\":\"" +
               who + "\"}\n\n");
  }
};

}  // namespace

class LiveLinkTest : public QObject {
  Q_OBJECT

 private slots:
  void eventsComeWholeInWhateverPieces() {
    const QByteArray stream =
        ": beat\n\nid: 7\nevent: status\ndata: {\"a\":1}\n\nevent: two\r\ndata: x\r\ndata: "
        "y\r\n\r\n";
    for (int piece = 1; piece <= stream.size(); ++piece) {
      EventParser parser;
      QList<EventParser::Event> events;
      for (qsizetype at = 0; at < stream.size(); at += piece)
        events += parser.take(stream.mid(at, piece));
      QCOMPARE(events.size(), 2);
      QCOMPARE(events[0].name, QByteArray("status"));
      QCOMPARE(events[0].data, QByteArray("{\"a\":1}"));
      QCOMPARE(events[1].data, QByteArray("x\ny"));
      QCOMPARE(parser.lastId(), QByteArray("7"));
    }
  }

  void addressesArePlainWords() {
    QCOMPARE(serverAddress("localhost:8080"), QUrl("http://localhost:8080"));
    QCOMPARE(serverAddress("http://a.b:1/x"), QUrl("http://a.b:1"));
    QVERIFY(!serverAddress("").isValid());
    QVERIFY(!serverAddress("ftp://a").isValid());
    QVERIFY(!serverAddress("not an address").isValid());
  }

  void anEditReachesTheServerOnce() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("4"));
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    QTRY_COMPARE(line.server.puts.size(), 1);
    QVERIFY(line.server.puts[0].contains("Line Split Count: 5"));
    QTRY_VERIFY(!line.link.hasUnsent());
  }

  void theTextThatIsSentIsMadeBesideTheGuisThread() {
    Line line;
    QTRY_VERIFY(line.isUp());
    std::atomic<QThread*> asked = nullptr;
    std::atomic<QThread*> made = nullptr;
    line.link.setText([&] {
      asked = QThread::currentThread();
      return [&made, flow = line.desk.model.toFlow()]() -> Result<QByteArray> {
        made = QThread::currentThread();
        return QByteArray::fromStdString(flow::writeFlow(flow));
      };
    });
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    QTRY_VERIFY(!line.link.hasUnsent());
    QVERIFY(line.server.flow.contains("Line Split Count: 5"));
    QCOMPARE(asked.load(), QThread::currentThread());
    QVERIFY(made != nullptr && made != QThread::currentThread());
  }

  void whatOthersChangeComesInAndIsNoStepOfUndo() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.changeThere("Count: 1", "Count: 9", "ann");
    const auto split = line.desk.id("Split");
    QTRY_COMPARE(line.desk.model.find(split)->processor()->properties[0].value, std::string("9"));
    QCOMPARE(line.desk.undo.count(), 0);
    QVERIFY(line.told.contains("ann changed “Split”"));
    QVERIFY(line.server.puts.isEmpty());
  }

  void aFlowOfANewerServerIsSaidEditsAreKeptAndALaterOneHeals() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.changeThere("millrace: 1", "millrace: 2", "ann");
    QTRY_COMPARE(line.link.state(), LinkState::kLost);
    QVERIFY2(line.link.trouble().contains("cannot be read by this Studio"),
             qPrintable(line.link.trouble()));
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    QVERIFY(line.link.hasUnsent());
    QCOMPARE(line.desk.model.size(), std::size_t(9));
    QVERIFY(line.server.puts.isEmpty());  // what is not understood is not overwritten
    line.changeThere("millrace: 2", "millrace: 1", "ann");
    QTRY_COMPARE(line.link.state(), LinkState::kLive);
    QTRY_COMPARE(line.server.puts.size(), 1);
    QVERIFY(line.server.puts[0].contains("Line Split Count: 5"));
  }

  void whatIsOnItsWayIsNotThereYetAndWhatMustComeAfterWaits() {
    Line line;
    QTRY_VERIFY(line.isUp());
    QVERIFY(!line.link.hasUnsent());
    int done = 0;
    line.link.whenSent([&] { ++done; });
    QCOMPARE(done, 1);  // there is nothing to wait for
    line.server.holdsPut = true;
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    line.link.whenSent([&] { ++done; });
    QTRY_VERIFY(line.server.isHeld());
    QVERIFY(line.link.hasUnsent());
    QCOMPARE(done, 1);
    // What is edited meanwhile is waited for, too.
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("6"));
    line.link.whenSent([&] { ++done; });
    line.server.answerHeld();
    QTRY_VERIFY(line.server.isHeld());
    QCOMPARE(done, 1);
    line.server.answerHeld();
    QTRY_COMPARE(done, 3);
    QVERIFY(!line.link.hasUnsent());
    QVERIFY(line.server.puts.back().contains("Line Split Count: 6"));
  }

  void whatWaitsForEditsGoesOnWhereTheyAreRefusedOrTheLineBreaks() {
    Line line;
    QTRY_VERIFY(line.isUp());
    int done = 0;
    line.server.refusePut = 422;
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    line.link.whenSent([&] { ++done; });
    QTRY_COMPARE(done, 1);
    line.server.refusePut = 0;
    line.server.holdsPut = true;
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("6"));
    line.link.whenSent([&] { ++done; });
    QTRY_VERIFY(line.server.isHeld());
    QCOMPARE(done, 1);
    line.server.hangUp();
    QTRY_COMPARE(done, 2);
  }

  void whatWaitsForEditsIsForgottenWithTheServer() {
    Line line;
    QTRY_VERIFY(line.isUp());
    int done = 0;
    line.server.holdsPut = true;
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    line.link.whenSent([&] { ++done; });
    QTRY_VERIFY(line.server.isHeld());
    line.link.openRemote(line.server.base());
    line.server.answerHeld();  // to the line that is no more
    QTRY_VERIFY(line.isUp());
    QVERIFY(!line.link.hasUnsent());
    QCOMPARE(done, 0);
  }

  void whatBothChangedStaysAsItIsHere() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.server.refusePut = 409;
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("5"));
    QTest::qWait(0);
    line.changeThere("Count: 1", "Count: 9", "ann");
    line.changeThere("Directory: out", "Directory: there", "ann");
    line.server.refusePut = 0;
    QTRY_COMPARE(line.server.puts.size(), 1);
    const flow::Flow there = parsed(line.server.puts[0].toStdString());
    QCOMPARE(there.root.processors[1].properties[0].value, std::string("5"));
    QCOMPARE(there.root.processors[2].properties[0].value, std::string("there"));
    QVERIFY(line.told.filter("yours stays").size() == 1);
  }

  // Who shows a flow anew forgets figures, and where nothing happens they are told once only.
  void figuresAreAskedForOnceTheFlowIsThere() {
    Line line;
    line.server.holdsGet = true;
    QTRY_VERIFY(line.server.isHeld() && line.server.statusAsked > 0);
    const int before = line.server.statusAsked;
    line.server.answerHeldGet();
    QTRY_COMPARE(line.server.statusAsked, before + 1);
    QVERIFY(line.isUp());
  }

  void anAnswerOlderThanAnEditTakesNothingAway() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.server.holdsGet = true;
    line.changeThere("Count: 1", "Count: 9", "ann");
    QTRY_VERIFY(line.server.isHeld());
    // Of what is sent beside the question, its answer would say that it was taken away.
    const auto funnel = line.desk.editor.addFunnel(kRootGroup, {0, 0});
    QTest::qWait(400);
    QVERIFY(line.server.puts.isEmpty());
    QSignalSpy heard(&line.link, &LiveLink::journalGrew);
    line.changeThere("Directory: out", "Directory: there", "ann");  // after the answer was made
    QTRY_COMPARE(heard.count(), 1);  // on another line than the answer, which may be quicker
    line.server.answerHeldGet();
    QTRY_COMPARE(line.server.puts.size(), 1);
    QTRY_VERIFY(!line.link.hasUnsent());
    QVERIFY(line.desk.model.find(funnel) != nullptr);
    for (const char* text : {"Count: 9", "Directory: there", "funnel"})
      QVERIFY2(line.server.flow.contains(text), text);
  }

  void whatWasTakenBeforeTheLineBrokeAndUndoneSinceDoesNotComeBack() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.server.losesPut = true;
    line.desk.editor.addFunnel(kRootGroup, {0, 0});
    QTRY_VERIFY(line.server.flow.contains("funnel"));
    const auto wasPut = line.server.puts.size();
    int done = 0;
    line.link.whenSent([&] { ++done; });
    QTRY_COMPARE(done, 1);
    line.desk.undo.undo();
    line.server.losesPut = false;
    line.server.hangUp();
    QTRY_VERIFY_WITH_TIMEOUT(line.server.puts.size() > wasPut, 20000);
    QTRY_VERIFY(!line.link.hasUnsent());
    QVERIFY(!line.server.flow.contains("funnel"));
    QCOMPARE(line.desk.model.size(), std::size_t(9));
  }

  void editsOutliveALineThatBreaks() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.server.say("id: e41\nevent: other\ndata: {}\n\n");
    QSignalSpy states(&line.link, &LiveLink::stateChanged);
    line.server.close();
    line.server.hangUp();
    QTRY_COMPARE(line.link.state(), LinkState::kLost);
    line.desk.editor.setProperty({line.desk.id("Split")}, "Line Split Count", std::string("6"));
    QVERIFY(line.link.hasUnsent());
    QVERIFY(line.server.listen(QHostAddress::LocalHost, quint16(line.link.base().port())));
    QTRY_COMPARE_WITH_TIMEOUT(line.link.state(), LinkState::kLive, 20000);
    QTRY_COMPARE(line.server.puts.size(), 1);
    QVERIFY(line.server.puts[0].contains("Line Split Count: 6"));
    QCOMPARE(line.server.lastEventIds.last(), QByteArray("e41"));
  }

  void whatTheServerRefusesIsSaidAndSentAgainWithTheNextEdit() {
    Line line;
    QTRY_VERIFY(line.isUp());
    line.server.refusePut = 422;
    line.desk.editor.addFunnel(kRootGroup, {0, 0});
    QTRY_VERIFY(line.link.trouble().contains("not like this"));
    QVERIFY(line.link.hasUnsent());
    line.server.refusePut = 0;
    line.desk.editor.addFunnel(kRootGroup, {0, 80});
    QTRY_COMPARE(line.server.puts.size(), 1);
    QTRY_VERIFY(line.link.trouble().isEmpty());
  }

  void manyNewOnesStandWhereTheyStandThere_data() {
    QTest::addColumn<int>("atOnce");
    QTest::newRow("all at once") << 60;
    QTest::newRow("one by one") << 1;
  }
  void manyNewOnesStandWhereTheyStandThere() {
    QFETCH(int, atOnce);
    const int all = atOnce == 1 ? 30 : atOnce;
    Desk desk;
    Components known = componentsOf(parsed(smallFlow()));
    std::string text = smallFlow();
    for (int made = 0; made < all;) {
      for (int i = 0; i < atOnce; ++i, ++made)
        text.insert(text.find("  - name: Store"), "  - {name: New " + std::to_string(made) +
                                                      ", type: UpdateAttribute, auto-terminate: "
                                                      "[success]}\n");
      const Components theirs = componentsOf(parsed(text));
      desk.model.apply(mergeOf(desk.model, known, theirs).edit, Origin::kRemote);
      known = theirs;
    }
    QStringList here;
    for (const flow::Processor& each : desk.model.toFlow().root.processors)
      here << QString::fromStdString(each.name);
    QStringList there;
    for (const flow::Processor& each : parsed(text).root.processors)
      there << QString::fromStdString(each.name);
    QCOMPARE(here, there);
  }

  void whatComesOutOfAGroupStandsWhereItStandsThere() {
    Desk desk;
    const std::string begin = "millrace: 1\nname: both\nfunnels: [";
    const std::string alone = begin + "late]\n";
    // Known first inside the box, where it got a place behind all that there was.
    const std::string inside = begin +
                               "late]\ngroups:\n  - {name: Box, funnels: [early]}\n"
                               "layout:\n  Box/early: {id: 4d2}\n";
    const std::string outside = begin + "early, late]\nlayout:\n  early: {id: 4d2}\n";
    Components known = componentsOf(parsed(alone));
    desk.model.reset(parsed(alone));
    for (const std::string& next : {inside, outside}) {
      const Components theirs = componentsOf(parsed(next));
      desk.model.apply(mergeOf(desk.model, known, theirs).edit, Origin::kRemote);
      known = theirs;
    }
    const flow::Flow here = desk.model.toFlow();
    QCOMPARE(here.root.funnels.size(), std::size_t{2});
    QCOMPARE(here.root.funnels[0].name, std::string("early"));
  }

  void whatIsTakenAwayTakesOurWireToItAlong() {
    Desk desk;
    const Components known = componentsOf(parsed(smallFlow()));
    const auto added = desk.editor.addProcessor(kRootGroup, "UpdateAttribute", {0, 400});
    QVERIFY(desk.editor.connect(kRootGroup, added, desk.id("Store"), {}).ok());
    Components theirs = known;
    theirs.erase(desk.id("Store"));
    theirs.erase(desk.id("Split [splits] -> Store"));
    const Merge merge = mergeOf(desk.model, known, theirs);
    desk.model.apply(merge.edit, Origin::kRemote);
    QVERIFY(desk.id("Store") == flow::ElementId{});
    QVERIFY(desk.model.find(added) != nullptr);
    QVERIFY(desk.model.connectionsAt(added).empty());
    QVERIFY(flow::parseFlow(flow::writeFlow(desk.model.toFlow()), "merged").ok());
  }

  void sharedContextsAreMergedOneByOne() {
    const auto one = [](const char* name, const char* comment) {
      flow::ParameterContext made;
      made.name = name;
      made.comment = comment;
      return made;
    };
    const Contexts known{one("a", ""), one("b", ""), one("c", ""), one("d", "")};
    const Contexts theirs{one("new", ""), one("a", "theirs"), one("b", "theirs"), one("d", "")};
    const Contexts mine{one("a", ""), one("b", "mine"), one("c", "mine"), one("own", "")};
    const ContextMerge merge = mergeOfContexts(mine, known, theirs, {});
    QCOMPARE(merge.kept, (std::vector<std::string>{"b", "c"}));
    Desk desk;
    Edit set{"Set", {}};
    for (const flow::ParameterContext& each : mine) set.contexts.push_back({std::nullopt, each, 9});
    desk.model.apply(set, Origin::kRemote);
    Edit edit{"Theirs", {}};
    edit.contexts = merge.changes;
    desk.model.apply(edit, Origin::kRemote);
    // d was removed here; they did nothing to it.
    QVERIFY(!contextsDiffer(
        desk.model.parameterContexts(),
        {one("a", "theirs"), one("b", "mine"), one("c", "mine"), one("own", ""), one("new", "")}));
    QCOMPARE(desk.model.parameterContexts()[0].name, std::string("new"));
    // Unless a group of theirs needs it now.
    Component group = desk.model.root();
    std::get<flow::Group>(group.value).parameterContext = "d";
    const ContextMerge needed = mergeOfContexts(mine, known, theirs, {{desk.model.root(), group}});
    QCOMPARE(needed.changes.back().after->name, std::string("d"));
  }

  // A text keeps its own order: two Studios would wait for each other for ever.
  void theOrderOfParametersAndPropertiesIsNoDifference() {
    flow::ParameterContext one;
    one.name = "c";
    one.parameters.resize(2);
    one.parameters[0].name = "a";
    one.parameters[1].name = "b";
    flow::ParameterContext other = one;
    std::swap(other.parameters[0], other.parameters[1]);
    QVERIFY(!contextsDiffer({one}, {other}));
    QVERIFY(mergeOfContexts({one}, {one}, {other}, {}).changes.empty());
    other.parameters[0].value = "2";
    QVERIFY(contextsDiffer({one}, {other}));
    QCOMPARE(mergeOfContexts({one}, {one}, {other}, {}).changes.size(), std::size_t(1));
    Desk desk;
    desk.editor.setProperty({desk.id("Split")}, "Another", std::string("2"));
    const Component split = *desk.model.find(desk.id("Split"));
    Component turned = split;
    std::reverse(turned.processor()->properties.begin(), turned.processor()->properties.end());
    QVERIFY(sameForPeople(split, turned));
    turned.processor()->properties[0].value = "3";
    QVERIFY(!sameForPeople(split, turned));
  }

  void ratesFallWhenNothingMoves() {
    StatusStore status;
    const auto report = [](int total) {
      return QJsonObject{{"components", QJsonArray{QJsonObject{{"id", idToJson(flow::ElementId(5))},
                                                               {"state", "running"},
                                                               {"totalIn", total}}}}};
    };
    status.take(report(100), 10000, StatusStore::Report::kWhole);
    status.take(report(150), 11000, StatusStore::Report::kChanges);
    QCOMPARE(status.component(flow::ElementId(5))->inRate, 50.0);
    status.take({}, 12000, StatusStore::Report::kChanges);
    QCOMPARE(status.component(flow::ElementId(5))->inRate, 0.0);
    status.take(report(160), 60000, StatusStore::Report::kChanges);
    QCOMPARE(status.component(flow::ElementId(5))->inRate, 10.0);
  }
};

MR_STUDIO_TEST_MAIN(LiveLinkTest)
#include "live_link_test.moc"
