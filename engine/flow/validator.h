// SPDX-License-Identifier: Apache-2.0
#pragma once
// Validates a flow against a catalog of component types. Errors are what cannot start: unknown
// types, properties, relationships or values, missing ones, relationships that lead nowhere,
// parameters and services that do not exist. What is merely odd (graph_findings.h) is a warning,
// and so is every finding on a disabled component or on a type that an importer marked as
// unsupported. Threads: any; nothing is shared.

#include "engine/flow/catalog.h"
#include "engine/flow/expression_checker.h"
#include "engine/flow/flow.h"

namespace millrace::flow {

struct ValidationOptions {
  ExpressionChecker expressions;  ///< empty: expressions are not looked into
  CronChecker cron;               ///< empty: cron texts are not looked into
};

/// All findings, sorted by position. `flow` must be linked without errors.
Findings validateFlow(const Flow& flow, const Catalog& catalog,
                      const ValidationOptions& options = {});

}  // namespace millrace::flow
