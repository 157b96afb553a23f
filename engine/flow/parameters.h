// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parameters: which ones a group sees, and the references to them in texts. NiFi's rules: a group
// sees its own parameters, then those of its parameter context (own first, then inherited contexts
// in their order, depth first); nothing comes from the groups around it. A reference is `#{name}`
// or
// `#{'name'}`; of several # before a brace, each pair stands for one # that means nothing.
// Threads: pure functions; the scope views the flow, which must outlive it.

#include "engine/flow/flow.h"

#include <functional>
#include <string_view>
#include <unordered_map>

namespace millrace::flow {

using ParameterScope = std::unordered_map<std::string_view, const Parameter*>;

/// Contexts that inherit each other in a circle are each taken once.
ParameterScope parametersOf(const Flow& flow, const Group& group);

struct ParameterReference {
  std::string name;
  std::size_t begin = 0;  ///< byte range of the whole reference in the text
  std::size_t end = 0;
};
std::vector<ParameterReference> parameterReferences(std::string_view text);

/// The text with references replaced and escapes resolved; absent when a parameter is unknown,
/// has no value or is sensitive. A parameter whose whole value is one reference is followed once.
std::optional<std::string> substituteParameters(std::string_view text, const ParameterScope& scope);

/// Sensitive parameters that a processor (not a disabled one) or an enabled service refers to, by
/// name, each once. Their values must come from outside the flow.
std::vector<std::string> referencedSecrets(const Flow& flow);
/// True when some group or context has a sensitive parameter of that name.
bool isSensitiveSomewhere(const Flow& flow, std::string_view parameter);

/// Contexts that inherit each other in a circle: the names, first one repeated at the end.
std::vector<std::vector<std::string>> parameterContextCycles(const Flow& flow);

}  // namespace millrace::flow
