// SPDX-License-Identifier: Apache-2.0
#pragma once
// RecordBrowser: the records of a topic as a consumer gets them: a page of one partition, from its
// end, its start, an offset or a time, further in both directions; of the chosen record its value,
// its headers and where it lies. Looking commits nothing for any group.
// Threads: the GUI thread; answers come later, those to older questions are dropped.

#include "engine/base/result.h"
#include "gui/net/api_client.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class ContentView;

class RecordBrowser : public QWidget {
 public:
  static constexpr int kPage = 100;

  /// The client must outlive the browser.
  RecordBrowser(ApiClient& api, QWidget* parent);

  /// The newest records of its first partition that has some; `topic` is what the server lists.
  void show(const QJsonObject& topic);
  void clear();

 private:
  void find();
  void ask(const QString& place);
  void take(const QJsonObject& page);
  void choose(int row);
  void showValue(const QJsonObject& record);
  QString path() const;

  ApiClient& api_;
  QString topic_;
  QJsonObject page_;
  QJsonArray records_;
  quint64 asked_ = 0;
  QLabel* title_;
  QComboBox* partition_;
  QLineEdit* from_;
  QLineEdit* filter_;
  QPushButton* older_;
  QPushButton* newer_;
  QTableWidget* table_;
  ContentView* value_;
  QTableWidget* headers_;
  QTableWidget* facts_;
};

/// Where to look, as a part of a query: nothing typed: the end; a number: an offset; `start`; a
/// date with or without a time, here: not before that. An error says what can be typed.
Result<QString> placeInLog(const QString& words);

}  // namespace millrace::gui
