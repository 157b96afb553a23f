// SPDX-License-Identifier: Apache-2.0
#pragma once
// What many FlowFiles have in common: the fragments of one split, and their attributes.

#include "engine/flowfile/attributes.h"
#include "engine/processor/process_session.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace::processors {

/// Why the FlowFiles are not all the fragments of one whole; nothing when they are.
std::optional<std::string> findFragmentProblem(std::span<SessionFlowFile* const> files);
/// Orders by fragment.index.
void sortFragments(std::vector<SessionFlowFile*>& files);
/// The attributes but `uuid` that no two files have with different values.
std::vector<Attributes::Pair> uniqueAttributes(std::span<SessionFlowFile* const> files);

}  // namespace millrace::processors
