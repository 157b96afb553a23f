// SPDX-License-Identifier: Apache-2.0
#pragma once
// Run states of an imported definition. NiFi's RUNNING is running, ENABLED is stopped, DISABLED is
// disabled; MiNiFi runs all. An exported definition in which nothing runs is meant to be started as
// a whole. Threads: pure functions.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

/// True when a group, with the groups in it, has processors, some are stopped and none runs.
bool nothingRuns(const YamlNode& group);
RunState readRunState(SourceObject& source, const ImportContext& context);
bool readEnabled(SourceObject& source, const ImportContext& context);
BulletinLevel readBulletinLevel(SourceObject& source, const ImportContext& context);

}  // namespace millrace::flow
