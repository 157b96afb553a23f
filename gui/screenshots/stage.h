// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stage: a window in one theme whose views are set up and painted one after the other. What a view
// is to show is waited for; what does not come is said and makes the whole run fail.
// Threads: the GUI thread.

#include "gui/app/main_window.h"

#include <QSize>
#include <functional>
#include <string>

namespace millrace::gui {

class Stage {
 public:
  static constexpr int kPatienceMillis = 60000;
  static constexpr int kDockHeight = 340;
  static constexpr QSize kSize{1440, 900};

  /// `end` is what the names of the pictures end with: "-dark-200".
  Stage(TypeCatalog& types, const QString& examples, const Theme& theme, QString out, QString end);

  MainWindow& window() { return window_; }
  const Theme& theme() const { return theme_; }
  /// An empty one: the name was not found.
  flow::ElementId named(const std::string& name) const;
  /// True when it came; else says what was waited for in vain.
  bool waitFor(const char* what, const std::function<bool()>& there);
  /// Only what was said to show an example; a failure makes the run fail.
  void expect(bool good, const char* what);
  void shoot(const QString& name);
  /// Another window than the main one.
  void shoot(QWidget& window, const QString& name);
  /// This dock alone below the canvas.
  void showBelow(const QString& dock);
  void hideBelow();
  void fit();
  /// A part of the window by its name.
  template <typename T>
  T* part(const QString& name) const {
    return window_.findChild<T*>(name);
  }
  bool isGood() const { return good_; }

 private:
  const Theme& theme_;
  QString out_;
  QString end_;
  MainWindow window_;
  bool good_ = true;
};

/// Writes a flow or what it reads; false: it cannot be written.
bool writeText(const QString& path, const QByteArray& text);

/// Views of a flow that is edited: no server is needed.
void shootEdited(Stage& stage, const QString& examples);
/// Views of a flow that runs on a private server.
void shootLive(Stage& stage);
/// Views of a server with a log, a fleet and a history.
void shootServed(Stage& stage);

}  // namespace millrace::gui
