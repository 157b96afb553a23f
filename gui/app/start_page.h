// SPDX-License-Identifier: Apache-2.0
#pragma once
// StartPage: what an empty window shows: new, open, recent files, and the example flows with the
// comment on top of each as its description.

#include "gui/theme/theme.h"

#include <QWidget>

class QVBoxLayout;

namespace millrace::gui {

class StartPage : public QWidget {
  Q_OBJECT

 public:
  StartPage(const Theme& theme, const QString& examples, QWidget* parent);
  void fill(const Theme& theme, const QStringList& recent, const QStringList& servers = {});

 signals:
  void newAsked();
  void openAsked();
  void fileChosen(const QString& path);
  void serverChosen(const QString& address);

 private:
  QString examples_;
};

/// The comment on the first lines of a flow file, as one sentence; empty: there is none.
QString firstComment(const QString& path);

}  // namespace millrace::gui
