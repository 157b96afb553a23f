// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of Studio share: a few component types, a small flow, and a program start that
// paints without a display.

#include "engine/base/random.h"
#include "engine/flow/yaml_reader.h"
#include "gui/model/flow_editor.h"

#include <QByteArray>
#include <string>

#define MR_STUDIO_TEST_MAIN(TestClass)                                                          \
  int main(int argc, char** argv) {                                                             \
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen"); \
    QApplication app(argc, argv);                                                               \
    QApplication::setOrganizationName("MillraceTest");                                          \
    QStandardPaths::setTestModeEnabled(true);                                                   \
    TestClass test;                                                                             \
    return QTest::qExec(&test, argc, argv);                                                     \
  }

namespace studio {

using namespace millrace;
using namespace millrace::gui;

inline QByteArray typeText(const char* type, const char* input, const char* tags,
                           const char* properties, const char* dynamic, const char* relationships) {
  QByteArray text = QByteArray("{'type':'") + type + "','summary':'About " + type + ".','tags':[" +
                    tags + "],'input':'" + input + "','properties':[" + properties +
                    "],'dynamic':{'meaning':'" + dynamic +
                    "','scope':'flowfile'},'relationships':[";
  for (const QByteArray& name : QByteArray(relationships).split(' ')) {
    if (!name.isEmpty()) text += "{'name':'" + name + "','description':'It is " + name + ".'},";
  }
  if (text.endsWith(',')) text.chop(1);
  text += "]}\n";
  text.replace('\'', '"');
  return text;
}

/// GenerateFlowFile (source), SplitText (splits, original, failure), UpdateAttribute (success),
/// RouteOnAttribute (a relationship for each property, unmatched), PutFile (success, failure).
inline TypeCatalog types() {
  const QByteArray json =
      typeText("GenerateFlowFile", "forbidden", "'make','test'",
               "{'name':'File Size','description':'How large.','kind':'data size','default':'0B',"
               "'scope':'none'}",
               "none", "success") +
      typeText("SplitText", "required", "'split','text','lines'",
               "{'name':'Line Split Count','description':'Lines in each.','kind':'integer',"
               "'required':true,'scope':'none'},"
               "{'name':'Remove Trailing Newlines','description':'Or not.','kind':'boolean',"
               "'default':'true','scope':'none'}",
               "none", "splits original failure") +
      typeText("UpdateAttribute", "required", "'attributes','modify'", "", "attributes",
               "success") +
      typeText("RouteOnAttribute", "required", "'route','branch'",
               "{'name':'Routing Strategy','description':'How.','kind':'text','default':'each',"
               "'scope':'none','allowed':[{'value':'each','description':'One each.'},"
               "{'value':'all','description':'Only all.'}]}",
               "relationships", "unmatched") +
      typeText("PutFile", "required", "'file','put','deliver'",
               "{'name':'Directory','description':'Where to.','kind':'text','required':true,"
               "'scope':'flowfile'}",
               "none", "success failure");
  TypeCatalog catalog;
  const Result<> read = catalog.read(json, flow::ComponentKind::kProcessor);
  MR_ASSERT(read.ok());
  return catalog;
}

/// Make → Split → Store, with comments, and a group that has doors.
inline std::string smallFlow() {
  return "# What it is for.\n"
         "millrace: 1\n"
         "name: small\n"
         "processors:\n"
         "  # The source.\n"
         "  - name: Make\n"
         "    type: GenerateFlowFile\n"
         "    schedule: {every: 1 sec}   # not too fast\n"
         "  - name: Split\n"
         "    type: SplitText\n"
         "    properties:\n"
         "      Line Split Count: 1\n"
         "    auto-terminate: [original, failure]\n"
         "  - name: Store\n"
         "    type: PutFile\n"
         "    properties: {Directory: out}\n"
         "    auto-terminate: [success, failure]\n"
         "connections:\n"
         "  # The way of the data.\n"
         "  - {from: Make, relationship: success, to: Split}\n"
         "  - {from: Split, relationship: splits, to: Store}\n"
         "groups:\n"
         "  - name: Inner\n"
         "    inputs: [in]\n"
         "    outputs: [out]\n"
         "    connections:\n"
         "      - {from: in, to: out}\n"
         "layout:\n"
         "  Make: {at: [0, 0]}\n"
         "  Split: {at: [400, 0]}\n"
         "  Store: {at: [800, 0]}\n"
         "  Inner: {at: [400, 240]}\n";
}

inline flow::Flow parsed(const std::string& text) {
  auto flow = flow::parseFlow(text, "test");
  MR_ASSERT(flow.ok());
  return *flow;
}

inline flow::ElementId idOf(const FlowModel& model, const std::string& path) {
  for (const auto& [id, component] : model.components()) {
    if (id != kRootGroup && model.pathOf(id) == path) return id;
  }
  return {};
}

/// A flow without a window.
struct Desk {
  TypeCatalog catalog = types();
  FlowModel model;
  QUndoStack undo;
  FlowEditor editor{model, undo, catalog, Random(7)};

  explicit Desk(const std::string& text = smallFlow()) { model.reset(parsed(text)); }
  flow::ElementId id(const std::string& path) const { return idOf(model, path); }
};

}  // namespace studio
