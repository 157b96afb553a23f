// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture of a user interface as a PNG of 256 colours, a third of the size: few hues, and the
// steps between them. Threads: plain functions.

#include <QImage>
#include <QString>

namespace millrace::gui {

/// The colours that are met most, after near ones were put together; what is left over takes the
/// nearest. No dithering: areas stay even.
QImage indexed(const QImage& image);
/// False: the file cannot be written.
bool saveIndexed(const QImage& image, const QString& path);

}  // namespace millrace::gui
