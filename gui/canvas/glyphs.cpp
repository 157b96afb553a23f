// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/glyphs.h"

#include <QPainter>
#include <QPixmap>
#include <map>
#include <sstream>
#include <string>

namespace millrace::gui {
namespace {

// M x y, L x y, C six numbers, Z; O cx cy r is a circle.
struct Drawing {
  Glyph glyph;
  const char* lines;
};
constexpr Drawing kDrawings[] = {
    {Glyph::kSource, "M 12 4 L 12 15 M 7 10.5 L 12 15.5 L 17 10.5 M 5 20 L 19 20"},
    {Glyph::kSink, "M 12 16 L 12 4.5 M 7 9 L 12 4 L 17 9 M 5 20 L 19 20"},
    {Glyph::kRoute,
     "M 4 12 L 9 12 L 14 6 L 20 6 M 9 12 L 14 18 L 20 18 M 17.5 3.5 L 20 6 L 17.5 8.5 M 17.5 15.5 "
     "L 20 18 L 17.5 20.5"},
    {Glyph::kAttributes, "M 4 12 L 12 4 L 20 4 L 20 12 L 12 20 Z O 16 8 1.2"},
    {Glyph::kControl, "M 4 8 L 20 8 M 4 16 L 20 16 O 9 8 2.4 O 15 16 2.4"},
    {Glyph::kTransform,
     "M 5 9 L 17 9 M 13.5 5.5 L 17 9 L 13.5 12.5 M 19 15 L 7 15 M 10.5 11.5 L 7 15 L 10.5 18.5"},
    {Glyph::kGroup, "M 4 7 L 10 7 L 12 9.5 L 20 9.5 L 20 18.5 L 4 18.5 Z"},
    {Glyph::kRemoteGroup,
     "O 12 12 8 M 4 12 L 20 12 M 12 4 C 7 9 7 15 12 20 M 12 4 C 17 9 17 15 12 20"},
    {Glyph::kInputPort, "M 4 12 L 14 12 M 10 8 L 14 12 L 10 16 M 14 5 L 19 5 L 19 19 L 14 19"},
    {Glyph::kOutputPort, "M 10 12 L 20 12 M 16 8 L 20 12 L 16 16 M 10 5 L 5 5 L 5 19 L 10 19"},
    {Glyph::kFunnel, "M 5 6 L 19 6 L 14 13 L 14 19 L 10 17 L 10 13 Z"},
    {Glyph::kNote, "M 5 5 L 19 5 L 19 14 L 14 19 L 5 19 Z M 14 19 L 14 14 L 19 14"},
    {Glyph::kPlay, "M 8 5.5 L 18 12 L 8 18.5 Z"},
    {Glyph::kStop, "M 7 7 L 17 7 L 17 17 L 7 17 Z"},
    {Glyph::kOnce, "M 6 5.5 L 15 12 L 6 18.5 Z M 18.5 6 L 18.5 18"},
    {Glyph::kUndo, "M 9 5 L 5 9 L 9 13 M 5 9 L 14 9 C 21 9 21 19 14 19 L 10 19"},
    {Glyph::kRedo, "M 15 5 L 19 9 L 15 13 M 19 9 L 10 9 C 3 9 3 19 10 19 L 14 19"},
    {Glyph::kPlus, "M 12 5 L 12 19 M 5 12 L 19 12"},
    {Glyph::kSearch, "O 10.5 10.5 5.5 M 14.6 14.6 L 19.5 19.5"},
    {Glyph::kFit,
     "M 4 9 L 4 4 L 9 4 M 15 4 L 20 4 L 20 9 M 20 15 L 20 20 L 15 20 M 9 20 L 4 20 L 4 15"},
    {Glyph::kLayout,
     "M 4 5 L 10 5 L 10 11 L 4 11 Z M 14 4 L 20 4 L 20 9 L 14 9 Z M 14 15 L 20 15 L 20 20 L 14 20 "
     "Z M 10 8 L 14 6.5 M 7 11 L 7 17.5 L 14 17.5"},
    {Glyph::kSave,
     "M 5 5 L 16 5 L 19 8 L 19 19 L 5 19 Z M 8 5 L 8 10 L 15 10 L 15 5 M 8 19 L 8 14 L 16 14 L 16 "
     "19"},
    {Glyph::kOpen,
     "M 4 18 L 4 6 L 9.5 6 L 11.5 8.5 L 18 8.5 L 18 11 M 4 18 L 7 11 L 21 11 L 18 18 Z"},
    {Glyph::kTheme, "O 12 12 7.5 M 12 4.5 L 12 19.5 M 15 6 L 15 18 M 17.7 8.4 L 17.7 15.6"},
    {Glyph::kTrash,
     "M 5 7 L 19 7 M 9.5 7 L 9.5 4.5 L 14.5 4.5 L 14.5 7 M 7 7 L 8 19.5 L 16 19.5 L 17 7"},
};

QPainterPath drawn(const char* lines) {
  QPainterPath path;
  std::istringstream in(lines);
  char verb = 0;
  while (in >> verb) {
    double a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
    switch (verb) {
      case 'M':
        in >> a >> b;
        path.moveTo(a, b);
        break;
      case 'L':
        in >> a >> b;
        path.lineTo(a, b);
        break;
      case 'C':
        in >> a >> b >> c >> d >> e >> f;
        path.cubicTo(a, b, c, d, e, f);
        break;
      case 'O':
        in >> a >> b >> c;
        path.addEllipse(QPointF(a, b), c, c);
        break;
      default:
        path.closeSubpath();
        break;
    }
  }
  return path;
}

}  // namespace

Glyph glyphOf(Family family) { return static_cast<Glyph>(family); }

const QPainterPath& pathOf(Glyph glyph) {
  static const std::map<Glyph, QPainterPath> paths = [] {
    std::map<Glyph, QPainterPath> all;
    for (const Drawing& drawing : kDrawings) all.emplace(drawing.glyph, drawn(drawing.lines));
    return all;
  }();
  return paths.at(glyph);
}

void drawGlyph(QPainter& painter, Glyph glyph, const QRectF& box, const QColor& colour,
               double width) {
  const double side = std::min(box.width(), box.height());
  painter.save();
  painter.translate(box.center() - QPointF(side / 2, side / 2));
  painter.scale(side / 24, side / 24);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(pathOf(glyph));
  painter.restore();
}

QIcon iconOf(Glyph glyph, const QColor& colour, const QColor& disabled, const QColor& selected) {
  QIcon icon;
  for (const auto& [mode, ink] : {std::pair{QIcon::Normal, colour},
                                  {QIcon::Disabled, disabled},
                                  {QIcon::Selected, selected.isValid() ? selected : colour}}) {
    for (const int side : {20, 40}) {
      QPixmap pixmap(side, side);
      pixmap.fill(Qt::transparent);
      QPainter painter(&pixmap);
      drawGlyph(painter, glyph, QRectF(0, 0, side, side), ink, 1.75);
      painter.end();
      pixmap.setDevicePixelRatio(side / 20.0);
      icon.addPixmap(pixmap, mode);
    }
  }
  return icon;
}

}  // namespace millrace::gui
