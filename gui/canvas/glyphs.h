// SPDX-License-Identifier: Apache-2.0
#pragma once
// Glyphs: the signs of Studio, drawn as lines, so that they are sharp at any zoom and take any
// colour. Each lives in a square of 24 by 24.

#include "gui/model/type_catalog.h"

#include <QIcon>
#include <QPainterPath>

class QPainter;

namespace millrace::gui {

enum class Glyph : unsigned char {
  kSource,
  kSink,
  kRoute,
  kAttributes,
  kControl,
  kTransform,  // as Family
  kGroup,
  kRemoteGroup,
  kInputPort,
  kOutputPort,
  kFunnel,
  kNote,
  kPlay,
  kStop,
  kOnce,
  kUndo,
  kRedo,
  kPlus,
  kSearch,
  kFit,
  kLayout,
  kSave,
  kOpen,
  kTheme,
  kTrash,
};

Glyph glyphOf(Family family);
const QPainterPath& pathOf(Glyph glyph);
/// Draws it centred in `box`.
void drawGlyph(QPainter& painter, Glyph glyph, const QRectF& box, const QColor& colour,
               double width = 1.75);
/// `selected`: on the ground of a selected row; not valid: as `colour`.
QIcon iconOf(Glyph glyph, const QColor& colour, const QColor& disabled,
             const QColor& selected = {});

}  // namespace millrace::gui
