// SPDX-License-Identifier: Apache-2.0
// Two people edit the flow of one real server: what one of them undoes comes back to the byte, with
// what the other changed since.

#include "gui/app/descriptors.h"
#include "gui/app/session.h"
#include "gui/net/private_server.h"
#include "tests/gui/random_edits.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>
#include <algorithm>
#include <memory>

using namespace studio;

namespace {

constexpr int kPatience = 60000;  ///< of a machine that does other things, too
constexpr int kEdits = 130;       ///< for each seed

/// What the second one works on is a group of its own, and a shared context.
std::string shared() {
  std::string text = smallFlow();
  text.insert(text.find("processors:"),
              "parameter-contexts:\n"
              "  # Of all.\n"
              "  - name: common\n"
              "    parameters:\n"
              "      limit 0: 'few'   # enough\n"
              "      # Now and then more.\n"
              "      limit 1: 10\n"
              "  # Of the other one.\n"
              "  - name: theirs\n"
              "    parameters:\n"
              "      where: here   # or there\n");
  text.insert(text.find("layout:"),
              "  - name: Theirs\n"
              "    parameter-context: theirs\n"
              "    processors:\n"
              "      # Only the other one touches this.\n"
              "      - name: Mark\n"
              "        type: UpdateAttribute\n"
              "        properties: {turn: 'none'}\n"
              "        auto-terminate: [success]\n");
  return text + "  Theirs: {at: [1200, 600]}\n";
}

}  // namespace

// Goes on when both have what the server has.
#define MR_SETTLE(mine, theirs)                  \
  do {                                           \
    const QString why = unsettled(mine, theirs); \
    QVERIFY2(why.isEmpty(), qPrintable(why));    \
  } while (false)

class TwoEditorsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    program_ = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program_, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
  }

  void aCommentComesBackWithItsComponentWhileSomebodyElseWorks() {
    PrivateServer server;
    Session mine(catalog_);
    Session theirs(catalog_);
    open(server, mine, theirs);
    if (QTest::currentTestFailed()) return;
    const QByteArray before = *mine.text();
    QCOMPARE(before, QByteArray::fromStdString(shared()));
    // A component with a comment above and one beside a key, and a wire with one.
    mine.editor().remove({idOf(mine.model(), "Make")});
    MR_SETTLE(mine, theirs);
    QVERIFY(!theirs.text()->contains("# The source."));
    const flow::ElementId mark = idOf(theirs.model(), "Theirs/Mark");
    theirs.editor().setProperty({mark}, "turn", std::string("done"));
    MR_SETTLE(mine, theirs);
    mine.undo().undo();
    MR_SETTLE(mine, theirs);
    QByteArray expected = before;
    expected.replace("{turn: 'none'}", "{turn: 'done'}");
    compare(*mine.text(), expected);
    ApiAnswer there;
    mine.link().api().get(
        "/flow", [&](const ApiAnswer& answer) { there = answer; }, "application/yaml");
    QTRY_VERIFY_WITH_TIMEOUT(there.ok(), kPatience);
    compare(there.body, expected);
    mine.undo().redo();
    MR_SETTLE(mine, theirs);
    QVERIFY(!theirs.text()->contains("# The source."));
  }

  void editsAtRandomBesideASecondEditorAreUndoneAndDoneAgainToTheByte_data() {
    QTest::addColumn<int>("seed");
    const int seeds = std::max(1, int(40 * rounds()));
    for (int seed = 1; seed <= seeds; ++seed) QTest::addRow("seed %d", seed) << seed;
  }
  void editsAtRandomBesideASecondEditorAreUndoneAndDoneAgainToTheByte() {
    QFETCH(int, seed);
    PrivateServer server;
    Session mine(catalog_);
    Session theirs(catalog_);
    open(server, mine, theirs);
    if (QTest::currentTestFailed()) return;
    const QByteArray before = *mine.text();
    const flow::ElementId group = idOf(mine.model(), "Theirs");
    Random random(static_cast<std::uint64_t>(seed));
    for (int i = 0; i < kEdits; ++i) {
      randomEdit(mine.editor(), random, group);
      if (random.oneIn(3)) editInside(theirs.editor(), group, random);
      // Now and then both have everything, now and then an edit meets one on its way.
      if (random.oneIn(12)) MR_SETTLE(mine, theirs);
      if (random.oneIn(4)) QTest::qWait(static_cast<int>(random.below(40)));
    }
    MR_SETTLE(mine, theirs);
    const QByteArray after = *mine.text();
    // A settling in between now and then, too.
    const auto all = [&](const char* what, auto step) {
      for (Session* session : {&mine, &theirs}) {
        for (int i = 0; step(session->undo()); ++i) {
          if (i % 50 != 49) continue;
          const QString why = unsettled(mine, theirs);
          if (!why.isEmpty()) return what + QString(": ") + why;
        }
      }
      return unsettled(mine, theirs);
    };
    const auto undo = [](QUndoStack& stack) {
      const bool can = stack.canUndo();
      stack.undo();
      return can;
    };
    const auto redo = [](QUndoStack& stack) {
      const bool can = stack.canRedo();
      stack.redo();
      return can;
    };
    const QString undone = all("undo", undo);
    QVERIFY2(undone.isEmpty(), qPrintable(undone));
    compare(*mine.text(), before);
    compare(*theirs.text(), before);
    const QString redone = all("redo", redo);
    QVERIFY2(redone.isEmpty(), qPrintable(redone));
    compare(*mine.text(), after);
  }

 private:
  void open(PrivateServer& server, Session& mine, Session& theirs) {
    QSignalSpy ready(&server, &PrivateServer::ready);
    server.start(program_, QByteArray::fromStdString(shared()));
    QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatience);
    for (Session* session : {&mine, &theirs}) {
      session->connectTo(ready[0][0].toUrl());
      QTRY_VERIFY_WITH_TIMEOUT(idOf(session->model(), "Theirs/Mark") != flow::ElementId{},
                               kPatience);
    }
  }
  /// An edit of the second one, in a group of its own.
  static void editInside(FlowEditor& editor, flow::ElementId group, Random& random) {
    Ids inside;
    for (const flow::ElementId id : editor.model().nodesIn(group)) inside.push_back(id);
    std::sort(inside.begin(), inside.end());
    const auto any = [&] { return inside[random.below(inside.size())]; };
    const QPointF place(double(random.below(90)) * 8, double(random.below(90)) * 8);
    const std::uint64_t kind = random.below(6);
    if (kind == 0 || inside.empty()) editor.addProcessor(group, "UpdateAttribute", place);
    if (kind == 5)
      (void)editor.updateContext("theirs", "Change", [&](flow::ParameterContext& context) {
        changeAtRandom(context, {}, random);
      });
    if (inside.empty()) return;
    if (kind == 1) editor.moveTo({{any(), place}}, "Move");
    if (kind == 2) (void)editor.connect(group, any(), any(), {"success"});
    if (kind == 3)
      editor.update({any()}, "Comment", [&](Component& component) {
        component.element().comment = "turn " + std::to_string(random.below(9));
      });
    if (kind == 4 && inside.size() > 3) editor.remove({any()});
  }

  /// What keeps the two from having what the server has; empty: nothing.
  static QString unsettled(Session& mine, Session& theirs) {
    const auto there = [&] {
      return !mine.link().hasUnsent() && !theirs.link().hasUnsent() &&
             difference(mine, theirs).isEmpty();
    };
    if (QTest::qWaitFor(there, kPatience)) return {};
    return "mine: " + mine.link().trouble() + "; theirs: " + theirs.link().trouble() + "; " +
           difference(mine, theirs);
  }
  /// The components that only one has, or that are not the same.
  static QString difference(Session& a, Session& b) {
    QStringList paths;
    for (const auto& [id, component] : a.model().components()) {
      const Component* other = b.model().find(id);
      if (other == nullptr || !sameForPeople(component, *other))
        paths << QString::fromStdString(a.model().pathOf(id));
    }
    for (const auto& [id, component] : b.model().components()) {
      if (a.model().find(id) == nullptr) paths << QString::fromStdString(b.model().pathOf(id));
    }
    if (contextsDiffer(a.model().parameterContexts(), b.model().parameterContexts()))
      paths << "shared parameter contexts";
    return paths.join(", ");
  }
  /// Says the first line that differs.
  static void compare(const QByteArray& actual, const QByteArray& expected) {
    const QList<QByteArray> a = actual.split('\n');
    const QList<QByteArray> b = expected.split('\n');
    for (qsizetype i = 0; i < std::max(a.size(), b.size()); ++i)
      QCOMPARE(i < a.size() ? a[i] : QByteArray("(none)"),
               i < b.size() ? b[i] : QByteArray("(none)"));
  }

  TypeCatalog catalog_;
  QString program_;
};

MR_STUDIO_TEST_MAIN(TwoEditorsTest)
#include "two_editors_test.moc"
