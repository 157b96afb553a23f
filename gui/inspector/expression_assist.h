// SPDX-License-Identifier: Apache-2.0
#pragma once
// ExpressionAssist: colours the expressions in a line that is being edited, and offers what could
// stand at the cursor. Owned by the line. Threads: the GUI thread.

#include "gui/theme/theme.h"

#include <QObject>
#include <QStringList>

class QCompleter;
class QLineEdit;
class QStringListModel;

namespace millrace::gui {

class ExpressionAssist : public QObject {
 public:
  /// `attributes` and `parameters` are names that are known where the line stands.
  ExpressionAssist(QLineEdit& line, const Theme& theme, QStringList attributes,
                   QStringList parameters);

 private:
  void colour();
  void offer();
  void take(const QString& candidate);

  QLineEdit& line_;
  const Theme& theme_;
  QStringList attributes_;
  QStringList parameters_;
  QStringListModel* list_;
  QCompleter* completer_;
};

}  // namespace millrace::gui
