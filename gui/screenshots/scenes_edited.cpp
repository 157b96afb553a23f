// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/quick_add.h"
#include "gui/screenshots/stage.h"

#include <QDockWidget>
#include <QLineEdit>
#include <QTreeWidget>

namespace millrace::gui {

void shootEdited(Stage& stage, const QString& examples) {
  MainWindow& window = stage.window();
  const QString example = examples + "/flight-status.yaml";
  window.showStartPage();
  stage.shoot("start");
  stage.expect(window.openFile(example), "the example flow");
  stage.shoot("canvas");

  window.view().reveal(stage.named("Judge the delay"));
  stage.shoot("configure");

  window.view().fitAll();
  window.scene().select({});
  window.view().openQuickAdd(window.view().mapToScene(QPoint(380, 120)));
  window.view().quickAdd().findChild<QLineEdit*>("quickAddField")->setText("attr");
  stage.shoot("quick-add");
  window.view().quickAdd().hide();

  window.action("find")->trigger();
  stage.part<QLineEdit>("findField")->setText("delay");
  stage.shoot("find");
  stage.part<QLineEdit>("findField")->parentWidget()->hide();

  window.action("commands")->trigger();
  stage.part<QLineEdit>("commandField")->setText("sel");
  stage.shoot("commands");
  stage.part<QLineEdit>("commandField")->parentWidget()->hide();

  window.action("keys")->trigger();
  stage.shoot("keys");
  stage.part<QWidget>("keySheet")->parentWidget()->hide();

  // Three of them become a group; it is entered, and the outline shows where that is.
  window.scene().select(
      {stage.named("Fields"), stage.named("Airport names"), stage.named("Judge the delay")});
  window.action("group")->trigger();
  const flow::ElementId group = window.scene().selectedNodes().front();
  stage.expect(window.session().editor().rename(group, "Understand the flight").ok(), "a name");
  window.view().enterGroup(group);
  stage.part<QDockWidget>("outlineDock")->raise();
  auto* outline = stage.part<QTreeWidget>("outline");
  stage.waitFor("the outline", [&] {
    return !outline->findItems("Understand the flight", Qt::MatchContains | Qt::MatchRecursive)
                .isEmpty();
  });
  outline->expandAll();
  stage.fit();
  stage.shoot("group");
  stage.part<QDockWidget>("paletteDock")->raise();

  stage.expect(window.openFile(example), "the example flow");
  FlowEditor& editor = window.session().editor();
  editor.addProcessor(kRootGroup, "PutFile", window.view().freePlace());
  window.session().validate();
  window.scene().select({stage.named("PutFile")});
  stage.shoot("incomplete");

  // What differs from the saved file: added, changed, removed.
  editor.setProperty({stage.named("Judge the delay")}, "late", "${flight.delay:gt(20)}");
  editor.remove({stage.named("On time")});
  stage.showBelow("compareDock");
  window.action("compareSaved")->trigger();
  // Near enough for words.
  window.scene().select({stage.named("Airport names"), stage.named("Late"), stage.named("judged")});
  window.action("fitSelection")->trigger();
  window.scene().select({});
  stage.shoot("compare");
  window.action("stopComparing")->trigger();
  stage.hideBelow();
}

}  // namespace millrace::gui
