// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentView: the first bytes of a content as people read them: text, indented JSON or XML, CSV as
// a table, an image, or bytes. It reads nothing itself. Threads: the GUI thread.

#include <QByteArray>
#include <QWidget>
#include <vector>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QStackedWidget;
class QTableWidget;

namespace millrace::gui {

class ContentView : public QWidget {
 public:
  /// Owners read this much of a content, and no more.
  static constexpr qint64 kFirstBytes = 64 * 1024;

  explicit ContentView(QWidget* parent);

  /// No content: the words say why.
  void clear(const QString& words);
  /// The first bytes of a content that has `wholeSize`.
  void show(const QByteArray& first, double wholeSize);

 private:
  void refresh();
  void refreshTable();
  void refreshImage();

  QByteArray bytes_;
  double wholeSize_ = 0;
  QString words_;
  QComboBox* mode_;
  QStackedWidget* pages_;
  QPlainTextEdit* text_;
  QTableWidget* table_;
  QLabel* image_;
};

/// Sixteen bytes a line: offset, hexadecimal, and what can be printed.
QString hexText(const QByteArray& bytes);
/// Indented, where it is JSON (or JSON lines); else nothing.
QString jsonText(const QByteArray& bytes);
/// Indented, as far as it is XML; nothing where it does not begin as such.
QString xmlText(const QByteArray& bytes);
/// Rows of fields as RFC 4180 has them; a quoted field may hold line ends. At most `mostRows`.
std::vector<QStringList> csvRows(const QByteArray& bytes, std::size_t mostRows);

}  // namespace millrace::gui
