// SPDX-License-Identifier: Apache-2.0
#include "server/live_secrets.h"

#include "engine/flow/parameters.h"
#include "server/flow_secrets.h"
#include "server/secrets/secret_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::server {
namespace {

void addNames(const std::vector<flow::Parameter>& parameters, std::set<std::string>& names) {
  for (const flow::Parameter& parameter : parameters) {
    if (parameter.sensitive) names.insert(parameter.name);
  }
}

void addNames(const flow::Group& group, std::set<std::string>& names) {
  addNames(group.parameters, names);
  for (const flow::Group& inner : group.groups) addNames(inner, names);
}

Error withName(const Error& error, const std::string& name) {
  return Error{
      error.fault, error.retry,
      fmt::format("the sensitive parameter '{}' stays as it was: {}", name, error.message)};
}

}  // namespace

LiveSecrets::LiveSecrets(FileSystem& files, std::string data, StartingSecrets start, Apply apply)
    : files_(files),
      data_(std::move(data)),
      given_(std::move(start.given)),
      apply_(std::move(apply)),
      values_(std::move(start.values)) {
  // A file that cannot be read is told of by the change that would replace it.
  if (auto kept = SecretStore(files_, data_, secretKeyOfEnvironment()).load(); kept.ok())
    previous_ = std::move(kept->previous);
}

std::vector<SecretRow> LiveSecrets::list(const flow::Flow& flow) const {
  std::set<std::string> names;
  addNames(flow.root, names);
  for (const flow::ParameterContext& context : flow.parameterContexts)
    addNames(context.parameters, names);
  const std::vector<std::string> used = flow::referencedSecrets(flow);
  const MutexLock lock(mutex_);
  for (const auto& [name, value] : values_) names.insert(name);
  for (const auto& [name, value] : previous_) names.insert(name);
  std::vector<SecretRow> rows;
  for (const std::string& name : names) {
    const auto given = given_.find(name);
    rows.push_back({.name = name,
                    .isSet = values_.contains(name),
                    .isUsed = std::find(used.begin(), used.end(), name) != used.end(),
                    .isUndoable = previous_.contains(name),
                    .givenBy = given == given_.end() ? std::string() : given->second});
  }
  return rows;
}

Result<> LiveSecrets::set(const std::string& name, const std::string& value) {
  return change(Step::kSet, name, value);
}
Result<> LiveSecrets::remove(const std::string& name) { return change(Step::kRemove, name, {}); }
Result<> LiveSecrets::undo(const std::string& name) { return change(Step::kUndo, name, {}); }

Result<> LiveSecrets::change(Step step, const std::string& name, const std::string& value) {
  if (const auto given = given_.find(name); given != given_.end()) {
    return Error::user(fmt::format(
        "the value of '{}' comes from {}, which wins at each start; change it there, or leave it "
        "out there and start the server anew",
        name, given->second));
  }
  const MutexLock changing(changing_);
  SecretStore store(files_, data_, secretKeyOfEnvironment());
  auto kept = store.load();
  if (!kept.ok()) return withName(kept.error(), name);
  KeptSecrets next = std::move(*kept);
  {
    const MutexLock lock(mutex_);
    next.values = values_;
  }
  const auto present = next.values.find(name);
  const std::optional<std::string> before =
      present == next.values.end() ? std::nullopt : std::optional(present->second);
  std::optional<std::string> after;
  if (step == Step::kSet) after = value;
  if (step == Step::kUndo) {
    const auto old = next.previous.find(name);
    if (old == next.previous.end())
      return Error::user(fmt::format("no earlier value of '{}' is kept", name));
    after = old->second;
  }
  if (before == after) return Done{};
  if (before) next.previous.insert_or_assign(name, *before);
  if (!before && step == Step::kUndo) next.previous.erase(name);
  if (after) next.values.insert_or_assign(name, *after);
  if (!after) next.values.erase(name);
  if (const auto saved = store.save(next); !saved.ok()) return withName(saved.error(), name);
  {
    const MutexLock lock(mutex_);
    values_ = next.values;
    previous_ = next.previous;
  }
  apply_(next.values);
  return Done{};
}

}  // namespace millrace::server
