// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sensitive properties that hold their value itself instead of a parameter's name. Such a value
// must never reach the flow file. Threads: a pure function.

#include "engine/flow/flow.h"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace millrace::server {

/// True when that property of that type of processor or service is sensitive.
using IsSensitive = std::function<bool(std::string_view type, std::string_view property)>;

/// Each as "GROUP/COMPONENT, property 'NAME'".
std::set<std::string> plainSecrets(const flow::Flow& flow, const IsSensitive& isSensitive);

}  // namespace millrace::server
