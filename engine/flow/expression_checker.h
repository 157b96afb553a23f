// SPDX-License-Identifier: Apache-2.0
#pragma once
// ExpressionChecker: what validation asks of the expression language, which lies in another folder.
// Threads: called by the thread that validates.

#include "engine/flow/catalog.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

struct ExpressionReport {
  std::optional<std::string> error;     ///< why the text does not compile, without a full stop
  std::vector<std::string> attributes;  ///< names that it reads from the FlowFile
};

/// Checks a property's text (plain text with `${…}` inside) for a scope. Must not throw.
using ExpressionChecker = std::function<ExpressionReport(std::string_view, ExpressionScope)>;

/// The reason why a text is no cron schedule, or nothing. Must not throw.
using CronChecker = std::function<std::optional<std::string>(std::string_view)>;

}  // namespace millrace::flow
