// SPDX-License-Identifier: Apache-2.0
#pragma once
// SecretBar: gives the server the value of one sensitive parameter, takes it away, goes back to the
// one before. What is typed is not shown, goes to the server alone, and leaves the field at once.
// Threads: the GUI thread.

#include "gui/net/secret_store.h"

#include <QWidget>
#include <functional>

class QLabel;
class QLineEdit;
class QPushButton;

namespace millrace::gui {

class SecretBar : public QWidget {
 public:
  using Tell = std::function<void(const QString&)>;

  /// The store must outlive the bar.
  SecretBar(SecretStore& store, Tell tell, QWidget* parent);

  /// The parameter that is meant; empty: none, and the bar hides.
  void show(const QString& name);

 private:
  void refresh();
  void give();

  SecretStore& store_;
  Tell tell_;
  QString name_;
  QLabel* text_;
  QLineEdit* value_;
  QPushButton* give_;
  QPushButton* undo_;
  QPushButton* remove_;
};

/// What a table says of a sensitive parameter instead of its value. `store` may be null.
QString secretWords(const SecretStore* store, const QString& name);

}  // namespace millrace::gui
