// SPDX-License-Identifier: Apache-2.0
#pragma once
// Variables of NiFi 1.x: texts of a group that expressions in it, and in the groups inside it, read
// as if they were attributes. They become parameters: `${name}` turns into `#{name}`. A group sees
// no parameters of the groups around it, so each group gets those that it uses. Threads: values.

#include "engine/flow/flow.h"

#include <map>
#include <string>
#include <string_view>

namespace millrace::flow {

class Variables {
 public:
  void set(const std::string& name, std::string value);
  /// The text with its variables as parameters; adds the parameters to the group.
  std::string rewrite(std::string_view text, Group& group) const;
  bool empty() const { return values_.empty(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// A parameter's name made of any text: other characters than a parameter may have become `-`.
std::string parameterNameOf(std::string_view text);

}  // namespace millrace::flow
