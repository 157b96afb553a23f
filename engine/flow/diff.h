// SPDX-License-Identifier: Apache-2.0
#pragma once
// The differences between two flows by meaning: comments in the text, order of lists and quotes do
// not count. Elements are matched by id, then by path, so that a rename shows as one.
// Threads: a pure function; both flows must be linked.

#include "engine/flow/flow.h"

#include <string>
#include <vector>

namespace millrace::flow {

enum class DifferenceKind : unsigned char {
  kAdded,
  kRemoved,
  kRenamed,
  kMoved,    ///< to another group
  kChanged,  ///< the setting `key`
  kPropertyAdded,
  kPropertyRemoved,
  kPropertyChanged,
  kPropertyParameterized,    ///< text became a text with parameters
  kPropertyUnparameterized,  ///< and the other way
  kParameterAdded,
  kParameterRemoved,
  kParameterChanged,  ///< value, comment or sensitivity, in `key`
  kContextAdded,
  kContextRemoved,
  kContextChanged,  ///< comment or inheritance, in `key`
  kLayout,          ///< position, size, colour, bends, …: `key` begins with `layout.`
};

struct Difference {
  DifferenceKind kind = DifferenceKind::kChanged;
  /// Of the element in the newer flow (in the older one, if it is gone), or a context's name.
  std::string path;
  /// As in a flow file, nested with a dot: `retry.count`; `label` for a connection's name; or the
  /// name of a property or parameter.
  std::string key;
  std::string before;  ///< as in a flow file; empty where there was nothing or the default
  std::string after;
  std::string text;        ///< one line for people
  bool ofContext = false;  ///< `path` is the name of a shared parameter context
};

/// In the order of the newer flow; what was removed comes last.
std::vector<Difference> diffFlows(const Flow& older, const Flow& newer);

}  // namespace millrace::flow
