// SPDX-License-Identifier: Apache-2.0
#pragma once
// Edit: one change of the flow as people see it, forward and back: a list of components before and
// after, and of shared parameter contexts. Turning it round gives its inverse, so that everything
// can be undone by the same code that did it. Threads: plain values.

#include "gui/model/component.h"

#include <QString>
#include <optional>
#include <vector>

namespace millrace::gui {

/// No `before`: created. No `after`: deleted. Both: updated (the same id and kind).
struct Change {
  std::optional<Component> before;
  std::optional<Component> after;

  flow::ElementId id() const { return after ? after->id() : before->id(); }
  const Component& any() const { return after ? *after : *before; }
};

/// As Change, of a shared parameter context, which is known by its name. Both: another value, and
/// maybe another name.
struct ContextChange {
  std::optional<flow::ParameterContext> before;
  std::optional<flow::ParameterContext> after;
  std::size_t at = 0;  ///< its place in the list, where it is created

  const flow::ParameterContext& any() const { return after ? *after : *before; }
};

struct Edit {
  QString text;  ///< what people read in the history: "Move 3 components"
  std::vector<Change> changes;
  std::vector<ContextChange> contexts{};

  bool empty() const { return changes.empty() && contexts.empty(); }
  Edit inverse() const;

  void create(Component component) { changes.push_back({std::nullopt, std::move(component)}); }
  void remove(Component component) { changes.push_back({std::move(component), std::nullopt}); }
  /// Nothing when both are equal.
  void update(Component before, Component after);
};

/// Who made an edit. Only local ones enter the undo stack.
enum class Origin : unsigned char { kLocal, kRemote };

}  // namespace millrace::gui
