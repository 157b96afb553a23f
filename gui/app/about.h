// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Studio is, and under which licences it and what it is made of come. Threads: the GUI thread.

#include <QString>

class QWidget;

namespace millrace::gui {

/// As HTML.
QString aboutText();
/// In a window beside `parent`, which owns it until it is closed.
void showAbout(QWidget& parent);

}  // namespace millrace::gui
