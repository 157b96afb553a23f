// SPDX-License-Identifier: Apache-2.0
#include "gui/app/headless_render.h"

#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

namespace millrace::gui {
namespace {

constexpr double kBorder = 32;
constexpr double kSharpness = 2;       ///< pixels of a PNG for one of the canvas
constexpr double kMostPixels = 16000;  ///< a side of a PNG

}  // namespace

Result<> renderPicture(FlowScene& scene, const QString& out) {
  QRectF area = scene.contentRect().adjusted(-kBorder, -kBorder, kBorder, kBorder);
  if (scene.nodes().empty()) area = QRectF(0, 0, 320, 160);
  area = QRectF(area.topLeft(), QSizeF(std::ceil(area.width()), std::ceil(area.height())));
  QSaveFile file(out);
  const auto failed = [&](const QString& why) {
    return Error::environment("cannot write " + out.toStdString() + ": " + why.toStdString() +
                              "; choose another place");
  };
  const bool svg = out.endsWith(".svg", Qt::CaseInsensitive);
  if (!svg && !out.endsWith(".png", Qt::CaseInsensitive))
    return Error::user("cannot tell the kind of picture from '" + out.toStdString() +
                       "'; end its name in .svg or .png");
  if (!file.open(QIODevice::WriteOnly)) return failed(file.errorString());
  if (svg) {
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setSize(area.size().toSize());
    generator.setViewBox(QRectF(QPointF(), area.size()));
    generator.setTitle(QString::fromStdString(titleOf(*scene.style().model->find(scene.group()))));
    QPainter painter(&generator);
    scene.render(&painter, QRectF(QPointF(), area.size()), area);
  } else {
    const double sharpness =
        std::min(kSharpness, kMostPixels / std::max(area.width(), area.height()));
    QImage image((area.size() * sharpness).toSize().expandedTo({1, 1}), QImage::Format_ARGB32);
    image.fill(scene.style().theme->canvas);
    QPainter painter(&image);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    scene.render(&painter, QRectF(image.rect()), area);
    painter.end();
    if (!image.save(&file, "PNG")) return failed("the picture is too large");
  }
  if (!file.commit()) return failed(file.errorString());
  return Done{};
}

}  // namespace millrace::gui
