// SPDX-License-Identifier: Apache-2.0
#pragma once
// Descriptors without a server: the `millrace` binary beside Studio prints them.

#include "engine/base/result.h"
#include "gui/model/type_catalog.h"

#include <QString>

namespace millrace::gui {

/// `millrace` beside this program, else the one on the PATH; empty: there is none.
QString engineProgram();
/// Runs it and reads what it prints. Fails with what to do when it is missing or too slow.
Result<> readDescriptors(const QString& program, TypeCatalog& types);

}  // namespace millrace::gui
