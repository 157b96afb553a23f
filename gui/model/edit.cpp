// SPDX-License-Identifier: Apache-2.0
#include "gui/model/edit.h"

#include "engine/flow/elements.h"

namespace millrace::gui {

Edit Edit::inverse() const {
  Edit back;
  back.text = text;
  back.changes.reserve(changes.size());
  for (auto change = changes.rbegin(); change != changes.rend(); ++change)
    back.changes.push_back({change->after, change->before});
  for (auto change = contexts.rbegin(); change != contexts.rend(); ++change)
    back.contexts.push_back({change->after, change->before, change->at});
  return back;
}

void Edit::update(Component before, Component after) {
  if (before == after) return;
  changes.push_back({std::move(before), std::move(after)});
}

std::string titleOf(const Component& component) {
  if (!component.name().empty()) return component.name();
  if (const flow::Label* label = component.label()) return label->text;
  return std::string(flow::kindName(component.kind));
}

}  // namespace millrace::gui
