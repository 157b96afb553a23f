// SPDX-License-Identifier: Apache-2.0
#pragma once
// Inspector: the docked panel in which the selection is configured: name, properties with their
// documentation, scheduling, relationships, comment; of connections the queue; of notes the text.
// Several processors of one type are edited together. Every finished field is one undo step.
// Threads: the GUI thread.

#include "gui/inspector/form.h"
#include "gui/model/flow_editor.h"
#include "gui/model/status_store.h"

#include <QTimer>
#include <unordered_map>

class QLabel;
class QLineEdit;
class QTabWidget;
class QTextBrowser;

namespace millrace::gui {

struct Problem {
  QString text;
  QString property;  ///< often empty
};
using ProblemsOf = std::unordered_map<flow::ElementId, std::vector<Problem>>;

class Inspector : public QWidget {
  Q_OBJECT

 public:
  Inspector(FlowEditor& editor, const Theme& theme, QWidget* parent = nullptr);

  void setTheme(const Theme& theme);
  void setProblems(ProblemsOf problems);
  /// What is configured now; empty: the flow itself.
  void show(const Ids& ids);
  const Ids& shown() const { return ids_; }
  void focusName();
  void focusProperty(const QString& name);

  /// What an expression gives, told later, if at all: words for people.
  using Preview = std::function<void(flow::ElementId component, const QString& text,
                                     std::function<void(const QString& words, bool good)> done)>;
  void setPreview(Preview preview) { preview_ = std::move(preview); }

 signals:
  void told(const QString& text);

 private:
  void refresh();
  void refreshHeader();
  void followEdit(const Edit& edit);
  std::vector<Form::Row> propertyRows();
  std::vector<Form::Row> scheduleRows();
  std::vector<Form::Row> relationshipRows();
  std::vector<Form::Row> queueRows();
  std::vector<Form::Row> generalRows();
  std::vector<Form::Row> rowsOfAll(std::vector<Form::Row> (Inspector::*rows)());
  Form::Row propertyRow(const flow::PropertyInfo& info);
  std::optional<std::string> valueOf(const Component& component, const std::string& name) const;
  bool counts(const flow::PropertyInfo& info) const;
  QStringList newServicesFor(const std::string& type) const;
  void addService(const std::string& property, const std::string& type);
  QStringList servicesFor(const std::string& type) const;
  QString problemAt(const QString& property) const;
  void document(const Form::Row& row);
  const Component* first() const;
  void expectExpressions(Form::Row& row) const;
  void addDynamic();
  void previewSoon(const QString& text);
  void showPreview();

  FlowEditor& editor_;
  const Theme* theme_;
  Ids ids_;
  ProblemsOf problems_;
  QLineEdit* name_;
  QLabel* kind_;
  QLabel* warnings_;
  QTabWidget* tabs_;
  Form* properties_;
  Form* schedule_;
  Form* relationships_;
  Form* general_;
  QTextBrowser* help_;
  QLabel* result_;  ///< of the expression that is being typed
  Preview preview_;
  QString previewed_;
  quint64 previews_ = 0;  ///< answers to older questions are dropped
  QTimer soon_;
  QWidget* propertyPage_;
  QLineEdit* newProperty_;
};

}  // namespace millrace::gui
