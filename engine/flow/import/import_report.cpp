// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/import_report.h"

#include <algorithm>

namespace millrace::flow {

void ImportReport::loss(SourcePosition at, const std::string& component, std::string message,
                        std::string advice) {
  findings_.push_back(
      {Severity::kWarning, at, component, {}, std::move(message), std::move(advice)});
}

void ImportReport::error(SourcePosition at, const std::string& component, std::string message,
                         std::string advice) {
  findings_.push_back({Severity::kError, at, component, {}, std::move(message), std::move(advice)});
}

void ImportReport::unknownType(const std::string& name) {
  if (std::find(unknownTypes_.begin(), unknownTypes_.end(), name) == unknownTypes_.end())
    unknownTypes_.push_back(name);
}

}  // namespace millrace::flow
