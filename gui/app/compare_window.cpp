// SPDX-License-Identifier: Apache-2.0
#include "gui/app/compare_window.h"

#include "engine/base/random.h"

#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;

namespace {
constexpr QSize kSize(1200, 800);
constexpr int kCanvasHeight = 560;
}  // namespace

CompareWindow::CompareWindow(NamedFlow older, const NamedFlow& newer, const TypeCatalog& types,
                             const Theme& theme, QWidget* parent)
    : QWidget(parent, Qt::Window), editor_(model_, undo_, types, Random(1)) {
  setAttribute(Qt::WA_DeleteOnClose);
  setObjectName("compareWindow");
  setWindowTitle(older.name + " → " + newer.name + " – Millrace Studio");
  model_.reset(newer.flow);
  scene_ = std::make_unique<FlowScene>(model_, types, status_, theme);
  view_ = std::make_unique<FlowView>(*scene_, editor_);
  view_->setLooksOnly();
  view_->setAccessibleName("Canvas of " + newer.name);
  auto* halves = new QSplitter(Qt::Vertical, this);  // owned by the window
  halves->setChildrenCollapsible(false);
  halves->addWidget(view_.get());
  const auto go = [this](ElementId id) {
    if (id != kRootGroup) view_->reveal(id);
  };
  const auto mark = [this](FlowComparison comparison) {
    scene_->setComparison(std::move(comparison));
  };
  panel_ = new ComparePanel(model_, {go, mark, {}, [this] { close(); }}, halves);
  halves->addWidget(panel_);
  halves->setSizes({kCanvasHeight, kSize.height() - kCanvasHeight});
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(halves);
  resize(kSize);
  for (const auto& [key, step] :
       {std::pair{Qt::Key_F4 | Qt::KeyboardModifiers(), ComparePanel::Step::kNext},
        {Qt::Key_F4 | Qt::SHIFT, ComparePanel::Step::kPrevious}})
    connect(new QShortcut(QKeySequence(key), this), &QShortcut::activated, this,
            [this, step = step] { panel_->step(step); });
  connect(new QShortcut(QKeySequence::Close, this), &QShortcut::activated, this,
          [this] { close(); });
  panel_->compareWith(std::move(older.flow), older.name);
  view_->frameStart();
  view_->setFocus();
}

// The view goes before its scene, and out of the splitter that would take it along.
CompareWindow::~CompareWindow() {
  delete panel_;
  view_.reset();
}

void CompareWindow::setTheme(const Theme& theme) { scene_->setTheme(theme); }

}  // namespace millrace::gui
