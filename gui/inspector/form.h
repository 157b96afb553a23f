// SPDX-License-Identifier: Apache-2.0
#pragma once
// Form: labelled fields one below the other, in a scroll area, as every page of the inspector has
// them. A page describes its rows anew after each change of the model; where the same rows are
// described, only values change, so that the cursor stays where it is.

#include "gui/inspector/value_field.h"
#include "gui/theme/theme.h"

#include <QScrollArea>
#include <map>
#include <vector>

class QCheckBox;
class QLabel;
class QVBoxLayout;

namespace millrace::gui {

class Form : public QScrollArea {
 public:
  struct Row {
    QString key;  ///< unique in the form
    QString label;
    QString mark;  ///< a word beside the label: "required", "changed"
    QString hint;  ///< placeholder: the default
    QString help;
    QString error;
    std::optional<QString> value;
    ValueField::Shape shape = ValueField::Shape::kLine;
    QStringList choices;
    ValueField::Finished finished;
    bool isTick = false;  ///< a check box: value "true" or "false"
    bool isHeading = false;
    bool hasExpressions = false;  ///< coloured and completed while it is typed
    QStringList attributes;       ///< names that an expression may begin with
    QStringList parameters;
  };

  Form(const Theme& theme, QWidget* parent);
  void setTheme(const Theme& theme);
  void describe(std::vector<Row> rows);
  /// Called with the row whose field got the focus.
  void onFocus(std::function<void(const Row& row)> focused) { focused_ = std::move(focused); }
  /// Called with each text that is typed or shown in a row that takes expressions and has the
  /// focus.
  void onExpression(std::function<void(const Row& row, const QString& text)> typed) {
    typed_ = std::move(typed);
  }
  /// Moves the focus to a row's field, if it is there.
  void focusRow(const QString& key);
  /// A text in place of rows.
  void setEmptyText(const QString& text) { emptyText_ = text; }

 private:
  struct Shown {
    QLabel* label = nullptr;
    QLabel* error = nullptr;
    ValueField* field = nullptr;
    QCheckBox* tick = nullptr;
  };
  bool sameShape(const std::vector<Row>& rows) const;
  void rebuild();
  void fillIn();
  QString labelText(const Row& row) const;

  const Theme* theme_;
  std::vector<Row> rows_;
  std::map<QString, Shown> shown_;
  std::function<void(const Row&)> focused_;
  std::function<void(const Row&, const QString&)> typed_;
  QString emptyText_;
  bool filling_ = false;
};

}  // namespace millrace::gui
