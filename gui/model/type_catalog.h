// SPDX-License-Identifier: Apache-2.0
#pragma once
// TypeCatalog: the component types that a flow may use, read from the descriptors that
// `millrace processors --json` prints and a server gives (one JSON object a line, or an array).
// Forms, the palette, the quick-add list and validation are made from it.
// Threads: constant once read; used by the GUI thread.

#include "engine/base/result.h"
#include "engine/flow/catalog.h"
#include "engine/flow/flow.h"

#include <QByteArray>
#include <QString>

namespace millrace::gui {

/// What a processor is for: it decides colour and sign of its card.
enum class Family : unsigned char { kSource, kSink, kRoute, kAttributes, kControl, kTransform };

class TypeCatalog {
 public:
  /// Adds to what is there. Fails at the first object that is no descriptor.
  Result<> read(const QByteArray& json, flow::ComponentKind kind);

  bool empty() const { return catalog_.components().empty(); }
  const flow::Catalog& catalog() const { return catalog_; }
  const flow::ComponentInfo* find(const std::string& type) const { return catalog_.find(type); }
  /// All that the processor has with its settings; empty for a type that is not known.
  std::vector<flow::RelationshipInfo> relationshipsOf(const flow::Processor& processor) const;
  /// Of these, those that neither a connection nor auto-terminate takes are the caller's to find.
  Family familyOf(const std::string& type) const;
  bool takesInput(const std::string& type) const;

 private:
  flow::Catalog catalog_;
};

QString familyName(Family family);

}  // namespace millrace::gui
