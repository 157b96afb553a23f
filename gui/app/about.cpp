// SPDX-License-Identifier: Apache-2.0
#include "gui/app/about.h"

#include "gui/theme/theme.h"

#include <QApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

struct Part {
  const char* name;
  const char* licence;
  const char* use;
};

/// Everything that the program is linked with, and what it runs.
constexpr Part kParts[] = {
    {"Qt " QT_VERSION_STR, "LGPL-3.0", "windows, canvas, network"},
    {"yaml-cpp", "MIT", "flow files"},
    {"fmt", "MIT", "messages"},
    {"PCRE2", "BSD-3-Clause", "patterns in expressions"},
    {"OpenSSL", "Apache-2.0", "digests in expressions"},
    {"GNU C and C++ libraries", "LGPL-2.1, GPL-3.0 with the runtime exception", ""},
    {"Inter, DejaVu", "OFL-1.1, Bitstream Vera", "typefaces, where they are installed"},
    {"Graphviz' dot", "EPL-1.0", "layout, as a program of its own, where it is installed"},
};

}  // namespace

QString aboutText() {
  QString rows;
  for (const Part& part : kParts)
    rows += QString("<tr><td>%1&nbsp;&nbsp;</td><td>%2&nbsp;&nbsp;</td><td>%3</td></tr>")
                .arg(part.name, part.licence, part.use);
  return "<h2>Millrace Studio " + QApplication::applicationVersion() +
         "</h2><p>The desktop editor of Millrace, a native dataflow engine.</p>"
         "<p>Millrace is licensed under the Apache License, version 2.0.<br>"
         "It comes without warranty of any kind.</p>"
         "<p>It is made with:</p><table>" +
         rows + "</table>";
}

void showAbout(QWidget& parent) {
  auto* box = new QDialog(&parent);  // owned by the window, gone when it is closed
  box->setObjectName("about");
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setWindowTitle("About Millrace Studio");
  auto* column = new QVBoxLayout(box);  // owned by the box, as all below
  column->setContentsMargins(3 * kUnit, 2 * kUnit, 3 * kUnit, 2 * kUnit);
  column->setSpacing(2 * kUnit);
  auto* text = new QLabel(aboutText(), box);
  text->setObjectName("aboutText");
  text->setTextFormat(Qt::RichText);
  text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, box);
  QObject::connect(buttons, &QDialogButtonBox::rejected, box, &QDialog::close);
  column->addWidget(text);
  column->addWidget(buttons);
  box->show();
}

}  // namespace millrace::gui
