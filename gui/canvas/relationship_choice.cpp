// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/relationship_choice.h"

#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QCheckBox>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {

RelationshipChoice::RelationshipChoice(const flow::Processor& source, const TypeCatalog& types,
                                       const std::vector<std::string>& open, QWidget* view)
    : QFrame(view) {
  setObjectName("popup");
  setAccessibleName("Relationships of the wire");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, 2 * kUnit, 2 * kUnit, 2 * kUnit);
  layout->setSpacing(kUnit);
  auto* title = new QLabel("What does this wire carry?", this);
  title->setFont(interfaceFont(13, QFont::DemiBold));
  layout->addWidget(title);
  for (const flow::RelationshipInfo& info : types.relationshipsOf(source)) {
    auto* box = new TickBox(QString::fromStdString(info.name), this);
    box->setToolTip(QString::fromStdString(info.description));
    box->setChecked(!open.empty() && info.name == open.front());
    box->installEventFilter(this);
    boxes_.push_back(box);
    layout->addWidget(box);
  }
  if (boxes_.empty()) {
    auto* none = new QLabel("Nothing is known of this type's relationships.", this);
    none->setWordWrap(true);
    layout->addWidget(none);
  }
  auto* button = new QPushButton("Connect", this);
  button->setDefault(true);
  button->installEventFilter(this);
  layout->addWidget(button);
  connect(button, &QPushButton::clicked, this, [this] { accept(); });
}

void RelationshipChoice::openAt(QPoint at) {
  adjustSize();
  const QSize room = parentWidget()->size();
  move(std::clamp(at.x() - width() / 2, 8, std::max(8, room.width() - width() - 8)),
       std::clamp(at.y() - height() / 2, 8, std::max(8, room.height() - height() - 8)));
  show();
  raise();
  QWidget* first = boxes_.empty() ? static_cast<QWidget*>(this) : boxes_.front();
  first->setFocus(Qt::PopupFocusReason);
}

void RelationshipChoice::accept() {
  std::vector<std::string> names;
  for (const QCheckBox* box : boxes_) {
    if (box->isChecked()) names.push_back(box->text().toStdString());
  }
  if (names.empty()) return;
  emit chosen(names);
  leave();
}

void RelationshipChoice::leave() {
  hide();
  parentWidget()->setFocus();
  deleteLater();
}

bool RelationshipChoice::eventFilter(QObject*, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return false;
  switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
      accept();
      return true;
    case Qt::Key_Escape:
      leave();
      return true;
    case Qt::Key_Down:
      focusNextChild();
      return true;
    case Qt::Key_Up:
      focusPreviousChild();
      return true;
    default:
      return false;
  }
}

}  // namespace millrace::gui
