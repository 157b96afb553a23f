// SPDX-License-Identifier: Apache-2.0
#pragma once
// Store: the services of one data directory that sessions work on. Everything is lent; the owner of
// the store outlives every session.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/planted_fault.h"
#include "engine/commit/group_commit.h"
#include "engine/ports/content_repository.h"
#include "engine/ports/flowfile_pages.h"
#include "engine/session/counters.h"
#include "engine/session/flowfile_ids.h"
#include "engine/session/state_table.h"

#include <cstdint>
#include <memory>

namespace millrace::engine {

struct Store {
  std::uint64_t id = 0;  ///< random, of this data directory: uuids are made from it
  GroupCommit& commits;
  ContentRepository& content;
  FlowFileIds& ids;
  StateTable& state;
  Counters& counters;
  Clock& clock;  ///< of ages and penalties: its wall time does not jump (SlewedClock)
  FileSystem& files;
  std::shared_ptr<FlowFilePages> pages = nullptr;  ///< null: queues stay in memory
  PlantedFault plantedForTests = PlantedFault::kNone;
};

}  // namespace millrace::engine
