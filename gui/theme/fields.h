// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fields whose signs a style sheet cannot draw in the theme's colours: a list of choices with its
// arrow, a box to tick with its tick. Else they are Qt's own. Threads: the GUI thread.

#include <QCheckBox>
#include <QComboBox>

namespace millrace::gui {

class ChoiceBox : public QComboBox {
 public:
  using QComboBox::QComboBox;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

class TickBox : public QCheckBox {
 public:
  using QCheckBox::QCheckBox;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace millrace::gui
