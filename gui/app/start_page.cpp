// SPDX-License-Identifier: Apache-2.0
#include "gui/app/start_page.h"

#include "gui/canvas/glyphs.h"

#include <QCompleter>
#include <QDir>
#include <QFile>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

constexpr int kRecentShown = 5;

}  // namespace

QString firstComment(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly | QIODevice::Text)) return {};
  QStringList words;
  while (!file.atEnd() && words.size() < 6) {
    const QString line = QString::fromUtf8(file.readLine(400)).trimmed();
    if (!line.startsWith('#')) break;
    const QString text = line.mid(1).trimmed();
    if (text.isEmpty() && !words.isEmpty()) break;
    if (!text.isEmpty()) words << text;
  }
  return words.join(' ');
}

StartPage::StartPage(const Theme& theme, const QString& examples, QWidget* parent)
    : QWidget(parent), examples_(examples) {
  setObjectName("startPage");
  fill(theme, {});
}

void StartPage::fill(const Theme& theme, const QStringList& recent, const QStringList& servers) {
  qDeleteAll(children());
  delete layout();
  // What is opened often makes a long list: it scrolls, the window stays as low as one likes.
  auto* whole = new QVBoxLayout(this);  // owned by the widget, as all below
  whole->setContentsMargins(0, 0, 0, 0);
  auto* area = new QScrollArea(this);
  area->setFrameShape(QFrame::NoFrame);
  area->setFocusPolicy(Qt::NoFocus);
  area->setWidgetResizable(true);
  area->setStyleSheet("QScrollArea{background:transparent}");
  auto* page = new QWidget(area);
  area->setWidget(page);
  page->setAutoFillBackground(false);
  area->viewport()->setAutoFillBackground(false);
  whole->addWidget(area);
  auto* outer = new QHBoxLayout(page);
  auto* column = new QWidget(page);
  column->setFixedWidth(560);
  outer->addStretch(1);
  outer->addWidget(column);
  outer->addStretch(1);
  auto* list = new QVBoxLayout(column);
  list->setSpacing(kUnit);
  list->addStretch(2);
  auto* title = new QLabel("Millrace Studio", column);
  title->setFont(interfaceFont(28, QFont::DemiBold));
  list->addWidget(title);
  auto* sentence = new QLabel("Draw a flow, watch the data move, change it while it runs.", column);
  sentence->setFont(interfaceFont(14));
  sentence->setStyleSheet("color:" + theme.muted.name());
  list->addWidget(sentence);
  list->addSpacing(2 * kUnit);
  auto* row = new QHBoxLayout;
  row->setSpacing(kUnit);
  auto* fresh = new QPushButton("New flow", column);
  fresh->setObjectName("startNew");
  fresh->setDefault(true);
  setFocusProxy(fresh);
  auto* open = new QPushButton("Open a file…", column);
  open->setObjectName("startOpen");
  row->addWidget(fresh);
  row->addWidget(open);
  row->addStretch(1);
  auto* server = new QLineEdit(column);
  server->setObjectName("startServer");
  server->setAccessibleName("Address of a server");
  server->setPlaceholderText("Server, such as localhost:8080");
  server->setMinimumHeight(32);
  server->setFixedWidth(220);
  auto* known = new QCompleter(servers, server);
  known->setCompletionMode(QCompleter::PopupCompletion);
  server->setCompleter(known);
  if (!servers.isEmpty()) server->setText(servers.front());
  auto* go = new QPushButton("Connect", column);
  go->setObjectName("startConnect");
  row->addWidget(server);
  row->addWidget(go);
  const auto chosen = [this, server] { emit serverChosen(server->text()); };
  connect(go, &QPushButton::clicked, this, chosen);
  connect(server, &QLineEdit::returnPressed, this, chosen);
  list->addLayout(row);
  connect(fresh, &QPushButton::clicked, this, &StartPage::newAsked);
  connect(open, &QPushButton::clicked, this, &StartPage::openAsked);
  const auto heading = [&](const QString& text) {
    list->addSpacing(2 * kUnit);
    auto* label = new QLabel(text, column);
    label->setFont(interfaceFont(12, QFont::DemiBold));
    label->setStyleSheet("color:" + theme.muted.name());
    list->addWidget(label);
  };
  const auto entry = [&](const QString& path, const QString& about) {
    auto* button = new QPushButton(column);
    button->setObjectName("start:" + QFileInfo(path).fileName());
    button->setAccessibleName("Open " + QFileInfo(path).completeBaseName());
    button->setCursor(Qt::PointingHandCursor);
    button->setMinimumHeight(56);
    auto* inside = new QVBoxLayout(button);
    inside->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
    inside->setSpacing(2);
    auto* name = new QLabel(QFileInfo(path).completeBaseName(), button);
    name->setFont(interfaceFont(13, QFont::DemiBold));
    auto* text = new QLabel(button);
    text->setFont(interfaceFont(12));
    text->setStyleSheet("color:" + theme.muted.name());
    text->setText(QFontMetrics(text->font()).elidedText(about, Qt::ElideRight, 500));
    for (QLabel* label : {name, text}) label->setAttribute(Qt::WA_TransparentForMouseEvents);
    inside->addWidget(name);
    inside->addWidget(text);
    list->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, path] { emit fileChosen(path); });
  };
  int shown = 0;
  for (const QString& path : recent) {
    if (!QFileInfo::exists(path) || shown == kRecentShown) continue;
    if (shown++ == 0) heading("Recent");
    entry(path, QDir::toNativeSeparators(path));
  }
  const QFileInfoList flows =
      examples_.isEmpty() ? QFileInfoList()
                          : QDir(examples_).entryInfoList({"*.yaml"}, QDir::Files, QDir::Name);
  if (!flows.isEmpty()) heading("Examples");
  for (const QFileInfo& flow : flows) {
    if (!flow.fileName().endsWith(".test.yaml"))
      entry(flow.filePath(), firstComment(flow.filePath()));
  }
  list->addStretch(3);
}

}  // namespace millrace::gui
