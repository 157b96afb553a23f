// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_text.h"

#include "engine/flow/yaml_merge.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

namespace millrace::gui {

Result<FlowText> flowText(const std::string& base, const flow::Flow& edited) {
  std::string whyNot;
  if (!base.empty()) {
    Result<std::string> text = flow::mergeFlow(base, edited);
    if (text.ok()) return FlowText{std::move(*text), true, {}};
    whyNot = std::move(text).error().message;
  }
  FlowText whole{flow::writeFlow(edited), base.empty(), std::move(whyNot)};
  MR_TRY(flow::orError(flow::readFlow(whole.text), ""));
  return whole;
}

}  // namespace millrace::gui
