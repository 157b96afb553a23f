// SPDX-License-Identifier: Apache-2.0
#pragma once
// ImportReport: what an import has to say: losses (warnings), what is wrong with the file (errors)
// and the types that nothing here runs. Threads: one importer, one report.

#include "engine/flow/finding.h"

#include <string>
#include <vector>

namespace millrace::flow {

class ImportReport {
 public:
  /// Something of the original that the flow will not have, or will have otherwise.
  void loss(SourcePosition at, const std::string& component, std::string message,
            std::string advice = {});
  /// The file is not what it claims to be: there will be no flow.
  void error(SourcePosition at, const std::string& component, std::string message,
             std::string advice);
  void unknownType(const std::string& name);

  bool failed() const { return hasError(findings_); }
  Findings& findings() { return findings_; }
  /// Each once, in the order met.
  const std::vector<std::string>& unknownTypes() const { return unknownTypes_; }

 private:
  Findings findings_;
  std::vector<std::string> unknownTypes_;
};

}  // namespace millrace::flow
