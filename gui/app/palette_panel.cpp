// SPDX-License-Identifier: Apache-2.0
#include "gui/app/palette_panel.h"

#include "gui/canvas/glyphs.h"
#include "gui/model/fuzzy.h"

#include <QLineEdit>
#include <QMimeData>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

constexpr int kType = Qt::UserRole;
constexpr int kTags = Qt::UserRole + 1;

class TypeTree : public QTreeWidget {
 public:
  using QTreeWidget::QTreeWidget;

 protected:
  QStringList mimeTypes() const override { return {"application/x-millrace-type"}; }
  QMimeData* mimeData(const QList<QTreeWidgetItem*>& items) const override {
    if (items.isEmpty() || items.front()->data(0, kType).isNull()) return nullptr;
    auto* dragged = new QMimeData;  // the drag takes it
    dragged->setData(mimeTypes().front(), items.front()->data(0, kType).toByteArray());
    return dragged;
  }
};

}  // namespace

PalettePanel::PalettePanel(FlowView& view, QWidget* parent) : QWidget(parent), view_(view) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, kUnit + 4, kUnit, kUnit);
  layout->setSpacing(kUnit);
  search_ = new QLineEdit(this);
  search_->setObjectName("paletteSearch");
  search_->setAccessibleName("Search the palette");
  search_->setPlaceholderText("Search components");
  search_->setMinimumHeight(32);
  tree_ = new TypeTree(this);
  tree_->setObjectName("palette");
  tree_->setAccessibleName("Components");
  tree_->setHeaderHidden(true);
  tree_->setDragEnabled(true);
  tree_->setIndentation(12);
  tree_->setIconSize({20, 20});
  tree_->setRootIsDecorated(false);
  tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  layout->addWidget(search_);
  layout->addWidget(tree_);
  connect(search_, &QLineEdit::textChanged, this, [this] { filter(); });
  connect(search_, &QLineEdit::returnPressed, this, [this] {
    for (QTreeWidgetItemIterator it(tree_); *it != nullptr; ++it) {
      if (!(*it)->isHidden() && !(*it)->data(0, kType).isNull()) return add(*it);
    }
  });
  connect(tree_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) { add(item); });
  fill();
}

void PalettePanel::fill() {
  tree_->clear();
  const Theme& theme = *view_.flowScene().style().theme;
  const TypeCatalog& types = view_.editor().types();
  for (const Family family : {Family::kSource, Family::kTransform, Family::kAttributes,
                              Family::kRoute, Family::kControl, Family::kSink}) {
    auto* top = new QTreeWidgetItem(tree_, {familyName(family)});
    top->setFlags(Qt::ItemIsEnabled);
    top->setForeground(0, theme.muted);
    top->setFont(0, interfaceFont(11, QFont::DemiBold));
    for (const std::string& type : types.catalog().types(flow::ComponentKind::kProcessor)) {
      if (types.familyOf(type) != family) continue;
      auto* item = new QTreeWidgetItem(top, {QString::fromStdString(type)});
      item->setData(0, kType, QByteArray::fromStdString(type));
      const flow::ComponentInfo* info = types.find(type);
      QStringList tags;
      for (const std::string& tag : info->tags) tags << QString::fromStdString(tag);
      item->setData(0, kTags, tags.join(' ') + ' ' + QString::fromStdString(info->summary));
      item->setToolTip(0, QString::fromStdString(info->summary));
      item->setIcon(0, iconOf(glyphOf(family), theme.family[static_cast<std::size_t>(family)],
                              theme.muted, theme.onAccent));
      item->setSizeHint(0, {0, 30});
    }
    if (top->childCount() == 0) delete top;
  }
  tree_->expandAll();
  filter();
}

void PalettePanel::filter() {
  const QString wanted = search_->text().trimmed();
  for (int i = 0; i < tree_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* top = tree_->topLevelItem(i);
    bool any = false;
    for (int k = 0; k < top->childCount(); ++k) {
      QTreeWidgetItem* item = top->child(k);
      const bool fits = fuzzyScore(wanted, item->text(0)) > 0 ||
                        item->data(0, kTags).toString().contains(wanted, Qt::CaseInsensitive);
      item->setHidden(!fits);
      any = any || fits;
    }
    top->setHidden(!any);
  }
}

void PalettePanel::add(QTreeWidgetItem* item) {
  const QByteArray type = item->data(0, kType).toByteArray();
  if (type.isEmpty()) return;
  const flow::ElementId id =
      view_.editor().addProcessor(view_.flowScene().group(), type.toStdString(), view_.freePlace());
  view_.flowScene().select({id});
  view_.setFocus();
}

}  // namespace millrace::gui
