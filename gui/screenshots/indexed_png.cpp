// SPDX-License-Identifier: Apache-2.0
#include "gui/screenshots/indexed_png.h"

#include <QHash>
#include <QImageWriter>
#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::gui {
namespace {

constexpr int kMostColours = 256;

/// Squared, with the eye's weights for red, green and blue.
int distance(QRgb a, QRgb b) {
  const int red = qRed(a) - qRed(b);
  const int green = qGreen(a) - qGreen(b);
  const int blue = qBlue(a) - qBlue(b);
  return 3 * red * red + 6 * green * green + blue * blue;
}

int nearest(const QList<QRgb>& table, QRgb colour) {
  int best = 0;
  for (int i = 1; i < table.size(); ++i) {
    if (distance(table[i], colour) < distance(table[best], colour)) best = i;
  }
  return best;
}

QList<QRgb> tableOf(const QHash<QRgb, int>& counts) {
  std::vector<std::pair<int, QRgb>> order;
  for (auto it = counts.begin(); it != counts.end(); ++it)
    order.emplace_back(-it.value(), it.key());
  std::sort(order.begin(), order.end());
  QList<QRgb> table;
  // Ever nearer ones are let in, until the table is full.
  for (const int apart : {1200, 300, 75, 0}) {
    for (const auto& [count, colour] : order) {
      if (table.size() == kMostColours) return table;
      if (table.isEmpty() || distance(table[nearest(table, colour)], colour) > apart)
        table.append(colour);
    }
  }
  return table;
}

}  // namespace

QImage indexed(const QImage& image) {
  const QImage from = image.convertToFormat(QImage::Format_RGB32);
  QHash<QRgb, int> counts;
  for (int y = 0; y < from.height(); ++y) {
    const auto* line = reinterpret_cast<const QRgb*>(from.constScanLine(y));
    for (int x = 0; x < from.width(); ++x) ++counts[line[x]];
  }
  const QList<QRgb> table = tableOf(counts);
  QHash<QRgb, uchar> known;
  QImage to(from.size(), QImage::Format_Indexed8);
  to.setColorTable(table);
  for (int y = 0; y < from.height(); ++y) {
    const auto* line = reinterpret_cast<const QRgb*>(from.constScanLine(y));
    uchar* out = to.scanLine(y);
    for (int x = 0; x < from.width(); ++x) {
      auto found = known.constFind(line[x]);
      if (found == known.constEnd())
        found = known.insert(line[x], static_cast<uchar>(nearest(table, line[x])));
      out[x] = *found;
    }
  }
  return to;
}

bool saveIndexed(const QImage& image, const QString& path) {
  QImageWriter writer(path, "png");
  writer.setCompression(100);  // of Qt's scale: zlib's best
  return writer.write(indexed(image));
}

}  // namespace millrace::gui
