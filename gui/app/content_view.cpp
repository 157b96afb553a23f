// SPDX-License-Identifier: Apache-2.0
#include "gui/app/content_view.h"

#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QImage>
#include <QJsonDocument>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>
#include <algorithm>

namespace millrace::gui {
namespace {
constexpr std::size_t kMostRows = 1000;
constexpr int kMostColumns = 200;
constexpr QSize kLargestImage(640, 480);
}  // namespace

QString hexText(const QByteArray& bytes) {
  QString text;
  for (qsizetype at = 0; at < bytes.size(); at += 16) {
    const QByteArray line = bytes.mid(at, 16);
    QString printed;
    for (const char c : line) printed += c >= 0x20 && c < 0x7f ? QChar(c) : QChar('.');
    text += QString("%1  %2  %3\n")
                .arg(at, 8, 16, QChar('0'))
                .arg(QString::fromLatin1(line.toHex(' ')), -47)
                .arg(printed);
  }
  return text;
}

QString jsonText(const QByteArray& bytes) {
  const auto indented = [](const QByteArray& one) {
    const QJsonDocument document = QJsonDocument::fromJson(one);
    return document.isNull() ? QString()
                             : QString::fromUtf8(document.toJson(QJsonDocument::Indented));
  };
  if (const QString whole = indented(bytes); !whole.isEmpty()) return whole;
  QString lines;
  for (const QByteArray& line : bytes.split('\n')) {
    if (line.trimmed().isEmpty()) continue;
    const QString one = indented(line);
    if (one.isEmpty()) return {};
    lines += one;
  }
  return lines;
}

QString xmlText(const QByteArray& bytes) {
  if (!bytes.trimmed().startsWith('<')) return {};
  QXmlStreamReader reader(bytes);
  QString text;
  QXmlStreamWriter writer(&text);
  writer.setAutoFormatting(true);
  writer.setAutoFormattingIndent(2);
  bool any = false;
  while (!reader.atEnd()) {
    reader.readNext();
    if (reader.hasError()) break;
    any = any || reader.isStartElement();
    const bool invented = reader.isStartDocument() && reader.documentVersion().isEmpty();
    if (!reader.isWhitespace() && !invented) writer.writeCurrentToken(reader);
  }
  if (!any) return {};
  // What was read in part ends in the middle.
  const bool cut = reader.error() == QXmlStreamReader::PrematureEndOfDocumentError;
  if (reader.hasError() && !cut) return {};
  return text.trimmed() + '\n';
}

std::vector<QStringList> csvRows(const QByteArray& bytes, std::size_t mostRows) {
  std::vector<QStringList> rows;
  QStringList row;
  QString field;
  bool quoted = false, started = false;
  const auto endField = [&] {
    row << field;
    field.clear();
  };
  const QString text = QString::fromUtf8(bytes);
  for (qsizetype i = 0; i < text.size() && rows.size() < mostRows; ++i) {
    const QChar c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.isEmpty()) {
      quoted = started = true;
    } else if (c == ',') {
      endField();
      started = true;
    } else if (c == '\n') {
      if (started || !field.isEmpty()) {
        endField();
        rows.push_back(row);
      }
      row.clear();
      started = false;
    } else if (c != '\r') {
      field += c;
    }
  }
  if ((started || !field.isEmpty()) && rows.size() < mostRows) {
    endField();
    rows.push_back(row);
  }
  return rows;
}

ContentView::ContentView(QWidget* parent) : QWidget(parent) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(0, kUnit / 2, 0, 0);
  mode_ = new ChoiceBox(this);
  mode_->setObjectName("contentMode");
  mode_->setAccessibleName("How the content is shown");
  mode_->addItems({"Text", "JSON", "XML", "CSV", "Image", "Hex"});
  pages_ = new QStackedWidget(this);
  text_ = new QPlainTextEdit(pages_);
  text_->setObjectName("contentView");
  text_->setAccessibleName("Content");
  text_->setReadOnly(true);
  text_->setFont(codeFont(12));
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  table_ = makeDataTable("contentTable", "Content as a table", {}, pages_);
  auto* scroll = new QScrollArea(pages_);
  scroll->setFrameShape(QFrame::NoFrame);
  image_ = new QLabel(scroll);
  image_->setObjectName("contentImage");
  image_->setAccessibleName("Content as an image");
  image_->setContentsMargins(kUnit, kUnit, kUnit, kUnit);
  scroll->setWidgetResizable(true);
  scroll->setWidget(image_);
  for (QWidget* page : std::initializer_list<QWidget*>{text_, table_, scroll})
    pages_->addWidget(page);
  layout->addWidget(mode_, 0, Qt::AlignLeft);
  layout->addWidget(pages_, 1);
  connect(mode_, &QComboBox::currentIndexChanged, this, [this] { refresh(); });
}

void ContentView::clear(const QString& words) {
  bytes_.clear();
  words_ = words;
  refresh();
}

void ContentView::show(const QByteArray& first, double wholeSize) {
  bytes_ = first;
  wholeSize_ = wholeSize;
  words_.clear();
  refresh();
}

void ContentView::refresh() {
  pages_->setCurrentIndex(0);
  if (bytes_.isEmpty()) {
    text_->setPlainText({});
    return text_->setPlaceholderText(words_);
  }
  const QString mode = mode_->currentText();
  if (mode == "CSV") return refreshTable();
  if (mode == "Image") return refreshImage();
  QString text = mode == "Hex"    ? hexText(bytes_)
                 : mode == "JSON" ? jsonText(bytes_)
                 : mode == "XML"  ? xmlText(bytes_)
                                  : QString::fromUtf8(bytes_);
  if (text.isEmpty())
    text = "This is no " + mode + " as far as it was read.\n\n" + QString::fromUtf8(bytes_);
  if (static_cast<double>(bytes_.size()) < wholeSize_)
    text += QString("\n… %1 of %2")
                .arg(shortBytes(static_cast<double>(bytes_.size())), shortBytes(wholeSize_));
  text_->setPlainText(text);
}

void ContentView::refreshTable() {
  const std::vector<QStringList> rows = csvRows(bytes_, kMostRows);
  table_->clear();
  int columns = 0;
  for (const QStringList& row : rows) columns = std::max(columns, static_cast<int>(row.size()));
  table_->setColumnCount(std::min(columns, kMostColumns));
  table_->setRowCount(std::max(0, static_cast<int>(rows.size()) - 1));
  if (!rows.empty()) {
    QStringList head = rows.front();
    while (head.size() < columns) head << QString::number(head.size() + 1);
    table_->setHorizontalHeaderLabels(head.mid(0, kMostColumns));
  }
  for (std::size_t i = 1; i < rows.size(); ++i)
    fillRow(*table_, static_cast<int>(i) - 1, rows[i].mid(0, kMostColumns));
  pages_->setCurrentIndex(1);
}

void ContentView::refreshImage() {
  QImage image = QImage::fromData(bytes_);
  pages_->setCurrentIndex(2);
  if (image.isNull()) {
    image_->setPixmap({});
    image_->setText(static_cast<double>(bytes_.size()) < wholeSize_
                        ? "This is no image as far as it was read (the first 64 KB)."
                        : "This is no image that Studio knows.");
    return;
  }
  if (image.width() > kLargestImage.width() || image.height() > kLargestImage.height())
    image = image.scaled(kLargestImage, Qt::KeepAspectRatio, Qt::SmoothTransformation);
  image_->setPixmap(QPixmap::fromImage(image));
}

}  // namespace millrace::gui
