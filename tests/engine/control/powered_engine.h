// SPDX-License-Identifier: Apache-2.0
#pragma once
// PoweredEngine: an engine on a virtual clock and on files in memory whose power can go, and what
// the tests of full connections ask it.

#include "engine/base/fault_file_system.h"
#include "tests/harness/engine_bench.h"

#include <QtGlobal>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace millrace::tests {

using Names = std::vector<std::string>;

inline void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

struct PoweredEngine {
  std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>(1);
  VirtualClock clock;
  std::unique_ptr<EngineBench> engine;
  EngineBenchOptions options;

  void open(const std::string& yaml) {
    engine = std::make_unique<EngineBench>(*files, clock, 7, options);
    require(engine->open(yaml));
  }
  /// The power goes, and comes back.
  void crash(const std::string& yaml) {
    engine.reset();
    files = files->crash();
    open(yaml);
  }
  void step() {
    const auto moved = engine->step();
    if (!moved.ok()) qFatal("%s", moved.error().message.c_str());
  }
  void run(Nanos time) {
    const Nanos end = clock.monotonic() + time;
    while (clock.monotonic() < end) step();
  }
  engine::QueueStatus queue(const std::string& path) {
    for (const auto& connection : engine->controller().connections()) {
      if (connection.path == path) return connection.queue;
    }
    qFatal("there is no connection %s", path.c_str());
  }
  std::uint64_t madeBy(const std::string& path) {
    for (const auto& component : engine->controller().components()) {
      if (component.path == path) return component.out;
    }
    return 0;
  }
  /// What was told of connections that are full.
  Names told() {
    Names result;
    for (const auto& bulletin : engine->controller().bulletins().since()) {
      if (bulletin.message.find("is full: ") != std::string::npos)
        result.push_back(bulletin.message);
    }
    return result;
  }
  Names filesIn(const std::string& folder) {
    Names names;
    const auto entries = files->list(folder);
    if (!entries.ok()) return names;
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string read(const std::string& path) { return files->readAll(path).valueOr("?"); }
};

}  // namespace millrace::tests
