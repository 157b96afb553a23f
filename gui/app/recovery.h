// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recovery: unsaved edits outlive Studio. While a flow has some, its text is written beside the
// settings at most kAfterMillis after an edit; the file goes when the edits are saved or given up,
// and stays when Studio is killed. Format: gui/app/FORMAT.md, "Recovery".
// Ownership: each window keeps one; a lock beside the file tells others that it lives.
// Threads: the GUI thread.

#include "engine/base/result.h"

#include <QByteArray>
#include <QDateTime>
#include <QLockFile>
#include <QString>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

namespace millrace::gui {

/// What a Studio that ended without a word left behind.
struct Leftover {
  QString file;     ///< of the recovery
  QString flow;     ///< path of the flow file; empty: it had none
  QDateTime when;   ///< of the last edit that is in it
  QByteArray base;  ///< SHA-256 of the flow file as it was opened, hexadecimal; "-": there was none
  QByteArray text;
};

class Recovery {
 public:
  static constexpr int kAfterMillis = 400;
  /// The text, made beside the GUI's thread; called on it, Text gives the work with all that it
  /// needs.
  using Work = std::function<Result<QByteArray>()>;
  using Text = std::function<Work()>;

  /// `folder` is made when it is needed. `trouble` hears, once, that nothing can be kept.
  Recovery(QString folder, Text text, std::function<void(const QString&)> trouble);
  ~Recovery();

  /// The flow of this path (or none), opened with these bytes, has edits that are in no file.
  void edited(const QString& flow, const QByteArray& opened);
  /// It has none any more.
  void settled();

  /// Of Studios that are gone, the newest first; what cannot be read is left alone.
  static std::vector<Leftover> leftovers(const QString& folder);
  static void forget(const Leftover& leftover);
  static QByteArray digest(const QByteArray& bytes);
  /// Where it is kept unless somebody says otherwise.
  static QString usualFolder();

 private:
  void makeText();
  void keep(const QByteArray& text, const QString& flow, const QByteArray& opened);

  QString folder_;
  Text text_;
  std::function<void(const QString&)> trouble_;
  QString flow_;
  QByteArray opened_;
  QString file_;
  std::unique_ptr<QLockFile> lock_;
  QTimer soon_;
  bool complained_ = false;
  bool making_ = false;  ///< a text, beside this thread
  quint64 settled_ = 0;  ///< how often: a text that was begun before is kept no more
};

}  // namespace millrace::gui
