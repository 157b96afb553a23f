// SPDX-License-Identifier: Apache-2.0
#pragma once
// ValueField: one editor of the inspector: a line, a text of several lines, or a list of choices,
// after the kind of value. It reports what a person has finished, never what was set by program.

#include "engine/flow/catalog.h"

#include <QString>
#include <QStringList>
#include <QWidget>
#include <functional>
#include <optional>

class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace millrace::gui {

class ValueField : public QWidget {
 public:
  enum class Shape : unsigned char { kLine, kText, kChoice, kOpenChoice };
  using Finished = std::function<void(const QString& value)>;

  ValueField(Shape shape, const QStringList& choices, QWidget* parent);

  /// What to do with a finished value; not called when nothing changed.
  void onFinished(Finished finished) { finished_ = std::move(finished); }
  void onFocus(std::function<void()> focused) { focused_ = std::move(focused); }
  /// No value: shows the hint (the default, or that several differ).
  void show(const std::optional<QString>& value, const QString& hint);
  void setError(const QString& error);
  QWidget* editor() const { return editor_; }
  /// For people who do not see the label beside it.
  void setName(const QString& name);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void finish();
  QString current() const;

  QWidget* editor_ = nullptr;
  QLineEdit* line_ = nullptr;
  QPlainTextEdit* text_ = nullptr;
  QComboBox* choice_ = nullptr;
  Finished finished_;
  std::function<void()> focused_;
  std::optional<QString> shown_;
  QString hint_;
};

/// The right editor for a property. `services` are those that may be named.
ValueField::Shape shapeOf(const flow::PropertyInfo& info, const QString& value);
QStringList choicesOf(const flow::PropertyInfo& info, const QStringList& services);

}  // namespace millrace::gui
