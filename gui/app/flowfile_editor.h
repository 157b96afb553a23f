// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFileEditor: changes one FlowFile that waits: its attributes, its content where that is a text
// that was read whole, and the queue that it goes to; or drops it. The server does it in one commit
// and keeps it as it was where somebody has it in hand. Threads: the GUI thread; answers come
// later.

#include "engine/base/result.h"
#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <QWidget>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

class QCheckBox;
class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

/// A FlowFile in the list of a queue.
struct WaitingFlowFile {
  flow::ElementId connection;
  QString uuid;
  QString place;        ///< finds it again, however deep
  double position = 0;  ///< in the queue, from 0
  QString filename;
  double size = 0;  ///< bytes
  QString queued;
  bool penalized = false;
  std::vector<std::pair<QString, QString>> attributes;

  /// Its address, behind /api/v1.
  QString path() const;
  QString title() const { return filename.isEmpty() ? uuid : filename; }
};

class FlowFileEditor : public QWidget {
 public:
  struct Acts {
    std::function<bool(const QString& question)> confirm;
    std::function<void(const QString& text)> tell;
    std::function<void()> done;  ///< something was changed: the list is old
  };

  /// Model and client must outlive the editor.
  FlowFileEditor(const FlowModel& model, ApiClient& api, Acts acts, QWidget* parent);

  /// Null: none. What was typed for another one is forgotten.
  void show(const WaitingFlowFile* file);
  /// The first bytes of the content of the one that is shown.
  void setContent(const QByteArray& first);

 private:
  void fillQueues();
  void addAttribute();
  void removeAttribute();
  Result<QJsonObject> edit() const;
  QString words(const QJsonObject& edit) const;
  void requeue();
  void drop();

  const FlowModel& model_;
  ApiClient& api_;
  Acts acts_;
  std::optional<WaitingFlowFile> file_;
  QString text_;         ///< the content as it was shown
  bool isCrLf_ = false;  ///< its lines end so
  QTableWidget* attributes_;
  QPushButton* add_;
  QPushButton* remove_;
  QCheckBox* change_;
  QPlainTextEdit* content_;
  QComboBox* to_;
  QPushButton* requeue_;
  QPushButton* drop_;
};

}  // namespace millrace::gui
