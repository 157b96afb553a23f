// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiagnosticsPanel: how the server is, figure by figure, for whoever is to help: seen as a tree,
// copied as the lines of `millrace diagnostics`. It is read when it is seen and when somebody asks.
// Threads: the GUI thread; answers come later.

#include "gui/net/api_client.h"

#include <QWidget>
#include <functional>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace millrace::gui {

class DiagnosticsPanel : public QWidget {
 public:
  using Tell = std::function<void(const QString& text)>;

  /// The client must outlive the panel.
  DiagnosticsPanel(ApiClient& api, Tell tell, QWidget* parent);

  void refresh();
  /// Another server: what was read is of no use.
  void clear();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void fill();

  ApiClient& api_;
  Tell tell_;
  QJsonObject found_;
  quint64 asked_ = 0;  ///< answers to older questions are dropped
  QLabel* title_;
  QPushButton* copy_;
  QPushButton* again_;
  QTreeWidget* tree_;
};

/// Every figure on a line of its own, `path.to.it: value`, as the server gives it.
QString diagnosticsText(const QJsonObject& diagnostics);
/// A figure for people, after its name: bytes, seconds and times are said as such.
QString figureWords(const QString& name, const QJsonValue& value);

}  // namespace millrace::gui
