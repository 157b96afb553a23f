// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/run_states.h"

#include "engine/flow/spellings.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

struct Count {
  std::size_t running = 0;
  std::size_t stopped = 0;
};

void countStates(const YamlNode& group, Count& count) {
  if (const YamlEntry* processors = group.find("processors")) {
    for (const YamlNode& processor : processors->value.items) {
      const YamlEntry* state = processor.find("scheduledState");
      if (state == nullptr) continue;
      if (state->value.text == "RUNNING") ++count.running;
      if (state->value.text == "ENABLED" || state->value.text == "STOPPED") ++count.stopped;
    }
  }
  if (const YamlEntry* groups = group.find("processGroups")) {
    for (const YamlNode& inner : groups->value.items) countStates(inner, count);
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

}  // namespace

bool nothingRuns(const YamlNode& group) {
  Count count;
  countStates(group, count);
  return count.running == 0 && count.stopped > 0;
}

RunState readRunState(SourceObject& source, const ImportContext& context) {
  const std::string text = source.text({"scheduledState"});
  if (text.empty() || text == "RUNNING") return RunState::kRunning;
  if (text == "ENABLED" || text == "STOPPED")
    return context.startAll ? RunState::kRunning : RunState::kStopped;
  if (text == "DISABLED") return RunState::kDisabled;
  source.wrong(*source.find({"scheduledState"}), fmt::format("there is no state '{}'", text),
               "write RUNNING, ENABLED or DISABLED");
  return RunState::kStopped;
}

bool readEnabled(SourceObject& source, const ImportContext& context) {
  const std::string text = source.text({"scheduledState"});
  return context.startAll || text != "DISABLED";
}

BulletinLevel readBulletinLevel(SourceObject& source, const ImportContext& context) {
  const Keys keys = {"bulletinLevel", "bulletin level"};
  const std::string text = lower(source.text(keys));
  if (text.empty()) return BulletinLevel::kWarn;
  if (const auto level = meaning(kBulletinLevels, text)) return *level;
  if (text == "warning") return BulletinLevel::kWarn;
  if (text == "trace") return BulletinLevel::kDebug;
  if (text == "critical" || text == "fatal") return BulletinLevel::kError;
  if (text == "off") return BulletinLevel::kNone;
  context.report.loss(source.find(keys)->at, source.component(),
                      fmt::format("there is no bulletin level '{}'; it became warn", text));
  return BulletinLevel::kWarn;
}

}  // namespace millrace::flow
