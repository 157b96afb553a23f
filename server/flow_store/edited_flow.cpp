// SPDX-License-Identifier: Apache-2.0
#include "server/flow_store/edited_flow.h"

#include "engine/base/crc32c.h"
#include "engine/flow/elements.h"
#include "engine/flow/yaml_merge.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

std::uint32_t sumOf(std::string_view text) { return crc32c(asBytes(text)); }

std::set<flow::ElementId> givenIds(const flow::Flow& flow) {
  std::set<flow::ElementId> ids;
  flow::forEachElement(flow, [&](flow::ElementKind, const std::string&,
                                 const flow::Element& element, const flow::Group&) {
    if (element.idIsGiven) ids.insert(element.id);
  });
  return ids;
}

ChangeOutcome outcome(ChangeOutcome::Kind kind, std::string message) {
  ChangeOutcome result;
  result.kind = kind;
  result.message = std::move(message);
  return result;
}

ChangeOutcome failure(const Error& error) {
  return outcome(ChangeOutcome::Kind::kFailed, "the change was not made: " + error.message);
}

std::string firstError(const flow::Findings& findings) {
  for (const flow::Finding& finding : findings) {
    if (finding.severity == flow::Severity::kError)
      return fmt::format("{}{}{}", finding.component, finding.component.empty() ? "" : ": ",
                         finding.message);
  }
  return "the outcome is no flow";
}

}  // namespace

EditedFlow::EditedFlow(FileSystem& files, const Clock& clock, EditedFlowOptions options)
    : files_(files), clock_(clock), options_(std::move(options)) {}

Result<std::unique_ptr<EditedFlow>> EditedFlow::open(FileSystem& files, const Clock& clock,
                                                     EditedFlowOptions options) {
  std::unique_ptr<EditedFlow> flow(new EditedFlow(files, clock, std::move(options)));
  MutexLock lock(flow->mutex_);
  flow->journal_ = MR_TRY(ChangeJournal::open(files, flow->options_.data + "/flow.changes"));
  MR_TRY(flow->recover());
  return flow;
}

Result<> EditedFlow::finishPending() {
  const std::string pending = options_.data + "/flow.pending";
  if (!files_.exists(pending)) return Done{};
  const std::string text = MR_TRY(files_.readAll(pending));
  if (journal_->revision() == 0 || sumOf(text) != journal_->last().after) {
    MR_TRY(files_.remove(pending));
    return files_.syncDirectory(options_.data);
  }
  const std::string now = MR_TRY(files_.readAll(options_.flow));
  if (sumOf(now) == journal_->last().before) MR_TRY(files_.replaceAll(options_.flow, text));
  MR_TRY(files_.rename(pending, options_.data + "/flow.seen"));
  return files_.syncDirectory(options_.data);
}

Result<> EditedFlow::recover() {
  MR_TRY(finishPending());
  const std::string seenPath = options_.data + "/flow.seen";
  std::string text = MR_TRY(files_.readAll(options_.flow));
  const std::uint32_t sum = sumOf(text);
  auto fresh = MR_TRY(stateOf(text));
  if (journal_->revision() == 0 || sum != journal_->last().after) {
    ChangeRecord record;
    record.revision = journal_->revision() + 1;
    record.at = clock_.wall();
    record.who = "file";
    record.before = journal_->last().after;
    record.after = sum;
    record.changes = "[]";
    record.inverse = "null";
    const std::string seen =
        files_.exists(seenPath) ? MR_TRY(files_.readAll(seenPath)) : std::string();
    if (journal_->revision() > 0 && sumOf(seen) == journal_->last().after) {
      const auto old = MR_TRY(stateOf(seen));
      record.changes = jsonText(changesBetween(*old->json, *fresh->json));
      record.inverse = jsonText(changesBetween(*fresh->json, *old->json));
    }
    MR_TRY(files_.replaceAll(seenPath, text));
    MR_TRY(journal_->append(record));
  }
  fresh->revision = journal_->revision();
  fileModified_ = MR_TRY(files_.info(options_.flow)).modified;
  publish(std::move(fresh));
  return Done{};
}

Result<std::shared_ptr<FlowState>> EditedFlow::stateOf(std::string text) const {
  auto state = std::make_shared<FlowState>();
  flow::ReadFlow read = flow::readFlow(text);
  if (!read.ok()) return flow::orError(std::move(read), options_.flow).error();
  state->findings = std::move(read.findings);
  state->flow = std::move(read.flow);
  flow::Findings more = options_.check(state->flow);
  state->findings.insert(state->findings.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
  state->json = std::make_shared<const Json>(flowToJson(state->flow));
  state->text = std::move(text);
  return state;
}

std::shared_ptr<const FlowState> EditedFlow::state() const {
  MutexLock lock(stateMutex_);
  return state_;
}

void EditedFlow::publish(std::shared_ptr<const FlowState> state) {
  MutexLock lock(stateMutex_);
  state_ = std::move(state);
}

ChangeOutcome EditedFlow::conflictOf(const std::vector<std::string>& ids) const {
  const auto now = state();
  Json newer = Json::object();
  for (const std::string& id : ids) {
    const Json* component = findComponent(*now->json, id);
    newer[id] = component == nullptr ? Json() : *component;
  }
  ChangeOutcome result =
      outcome(ChangeOutcome::Kind::kConflict,
              "somebody changed the same meanwhile; look at what is there now, and change that");
  result.revision = now->revision;
  result.newer = jsonText(newer);
  return result;
}

std::optional<ChangeOutcome> EditedFlow::conflict(const ChangeRequest& request,
                                                  const Json& changes) {
  if (!request.revision) return std::nullopt;
  std::vector<std::string> ids;
  for (const std::string& id : idsOf(changes)) {
    if (journal_->changeOf(id) > *request.revision) ids.push_back(id);
  }
  if (ids.empty()) return std::nullopt;
  return conflictOf(ids);
}

ChangeOutcome EditedFlow::change(const ChangeRequest& request, const Json& changes) {
  MutexLock lock(mutex_);
  return applyList(request, changes);
}

ChangeOutcome EditedFlow::applyList(const ChangeRequest& request, const Json& changes) {
  if (changes.is_array()) {
    for (const Json& each : changes) {
      if (!each.is_object())
        return outcome(ChangeOutcome::Kind::kMalformed, "a change is no object");
    }
    if (auto newer = conflict(request, changes)) return *std::move(newer);
  }
  Json wanted = *state()->json;
  auto applied = applyChanges(wanted, changes, options_.namesService);
  if (auto* error = std::get_if<ChangeError>(&applied)) {
    return outcome(
        error->malformed ? ChangeOutcome::Kind::kMalformed : ChangeOutcome::Kind::kImpossible,
        std::move(error->message));
  }
  ChangeOutcome result = commitJson(request, wanted);
  result.created = std::move(std::get<AppliedChanges>(applied).created);
  return result;
}

ChangeOutcome EditedFlow::commitJson(const ChangeRequest& request, const Json& wanted) {
  const auto now = state();
  auto read = flowFromJson(wanted, givenIds(now->flow));
  if (!read.ok()) return outcome(ChangeOutcome::Kind::kMalformed, read.error().message);
  if (!read->ok()) {
    ChangeOutcome result = outcome(ChangeOutcome::Kind::kImpossible, firstError(read->findings));
    result.findings = std::move(read->findings);
    return result;
  }
  auto text = flow::mergeFlow(now->text, read->flow);
  if (!text.ok()) return failure(text.error());
  return commitText(request, std::move(*text));
}

ChangeOutcome EditedFlow::commitText(const ChangeRequest& request, std::string text) {
  const auto old = state();
  ChangeOutcome result;
  result.revision = old->revision;
  if (text == old->text) {
    result.findings = old->findings;
    return result;
  }
  if (flow::ReadFlow read = flow::readFlow(text); !read.ok()) {
    result = outcome(ChangeOutcome::Kind::kImpossible, firstError(read.findings));
    result.findings = std::move(read.findings);
    return result;
  }
  auto made = stateOf(std::move(text));
  if (!made.ok()) return failure(made.error());
  const std::shared_ptr<FlowState> fresh = std::move(*made);
  const auto known = plainSecrets(old->flow, options_.isSensitive);
  for (const std::string& place : plainSecrets(fresh->flow, options_.isSensitive)) {
    if (known.contains(place)) continue;  // came with the file
    return outcome(ChangeOutcome::Kind::kImpossible,
                   place +
                       ": a sensitive value does not belong in a flow file; refer to a "
                       "sensitive parameter, as '#{name}'");
  }
  ChangeRecord record;
  record.revision = journal_->revision() + 1;
  record.at = clock_.wall();
  record.who = request.who;
  record.comment = request.comment;
  record.before = sumOf(old->text);
  record.after = sumOf(fresh->text);
  record.changes = jsonText(changesBetween(*old->json, *fresh->json));
  record.inverse = jsonText(changesBetween(*fresh->json, *old->json));
  if (auto kept = persist(record, fresh->text); !kept.ok()) return failure(kept.error());
  fresh->revision = record.revision;
  result.revision = record.revision;
  result.findings = fresh->findings;
  options_.apply(fresh->flow);
  publish(fresh);
  if (listener_) listener_(record);
  return result;
}

Result<> EditedFlow::persist(const ChangeRecord& record, const std::string& text) {
  const std::string pending = options_.data + "/flow.pending";
  MR_TRY(files_.replaceAll(pending, text));
  MR_TRY(journal_->append(record));
  if (auto replaced = files_.replaceAll(options_.flow, text); !replaced.ok()) {
    MR_TRY(journal_->cutLast());
    return replaced;
  }
  // The change is made. Should this fail, the next start does it.
  if (const auto info = files_.info(options_.flow); info.ok()) fileModified_ = info->modified;
  auto seen = files_.rename(pending, options_.data + "/flow.seen");
  if (seen.ok()) seen = files_.syncDirectory(options_.data);
  return Done{};
}

void EditedFlow::whileUnchanged(const std::function<void()>& action) {
  MutexLock lock(mutex_);
  action();
}

ChangeOutcome EditedFlow::replaceText(const ChangeRequest& request, const std::string& yaml) {
  MutexLock lock(mutex_);
  if (request.revision && *request.revision != journal_->revision()) return conflictOf({});
  return commitText(request, yaml);
}

ChangeOutcome EditedFlow::replaceJson(const ChangeRequest& request, const Json& flow) {
  MutexLock lock(mutex_);
  if (request.revision && *request.revision != journal_->revision()) return conflictOf({});
  return commitJson(request, flow);
}

ChangeOutcome EditedFlow::revert(const ChangeRequest& request, std::uint64_t revision) {
  MutexLock lock(mutex_);
  auto record = journal_->read(revision);
  if (!record.ok()) return outcome(ChangeOutcome::Kind::kImpossible, record.error().message);
  if (record->inverse == "null")
    return outcome(ChangeOutcome::Kind::kImpossible,
                   fmt::format("what the flow was before revision {} is not known", revision));
  return applyList(request, Json::parse(record->inverse, nullptr, false));
}

Result<Json> EditedFlow::jsonAt(std::uint64_t revision) {
  if (revision == 0 || revision > journal_->revision())
    return Error::user(fmt::format("there is no revision {}", revision));
  Json flow = *state()->json;
  for (std::uint64_t each = journal_->revision(); each > revision; --each) {
    const ChangeRecord record = MR_TRY(journal_->read(each));
    if (record.inverse == "null")
      return Error::user(fmt::format("what the flow was before revision {} is not known", each));
    auto applied =
        applyChanges(flow, Json::parse(record.inverse, nullptr, false), options_.namesService);
    if (auto* error = std::get_if<ChangeError>(&applied))
      return Error::user(std::move(error->message));
  }
  return flow;
}

ChangeOutcome EditedFlow::revertTo(const ChangeRequest& request, std::uint64_t revision) {
  MutexLock lock(mutex_);
  const auto wanted = jsonAt(revision);
  if (wanted.ok()) return commitJson(request, *wanted);
  if (wanted.error().fault != Fault::kUser) return failure(wanted.error());
  return outcome(ChangeOutcome::Kind::kImpossible, wanted.error().message);
}

Result<Json> EditedFlow::flowAt(std::uint64_t revision) {
  MutexLock lock(mutex_);
  return jsonAt(revision);
}

Result<std::string> EditedFlow::textAt(std::uint64_t revision) {
  MutexLock lock(mutex_);
  const auto now = state();
  if (revision == journal_->revision()) return now->text;
  const Json wanted = MR_TRY(jsonAt(revision));
  flow::ReadFlow read = MR_TRY(flowFromJson(wanted, givenIds(now->flow)));
  if (!read.ok())
    return Error::bug("the flow of that revision is none: " + firstError(read.findings));
  auto text = flow::mergeFlow(now->text, read.flow);
  return text.ok() ? std::move(*text) : flow::writeFlow(read.flow);
}

std::optional<ChangeOutcome> EditedFlow::pickUp() {
  if (!mutex_.tryLock()) return std::nullopt;  // a change is being made: the next look sees it
  const auto picked = pickUpChange();
  mutex_.unlock();
  return picked;
}

std::optional<ChangeOutcome> EditedFlow::pickUpChange() {
  const auto info = files_.info(options_.flow);
  if (!info.ok() || info->modified == fileModified_) return std::nullopt;
  fileModified_ = info->modified;
  auto text = files_.readAll(options_.flow);
  if (!text.ok() || *text == state()->text) return std::nullopt;
  return commitText({std::nullopt, "file", ""}, std::move(*text));
}

std::optional<Millis> EditedFlow::changedAt(const std::string& id) {
  MutexLock lock(mutex_);
  const std::uint64_t revision = journal_->changeOf(id);
  if (revision == 0) return std::nullopt;
  const auto record = journal_->read(revision);
  if (!record.ok()) return std::nullopt;
  return record->at;
}

Result<std::vector<ChangeRecord>> EditedFlow::changesAfter(std::uint64_t revision,
                                                           std::size_t most) {
  MutexLock lock(mutex_);
  std::vector<ChangeRecord> records;
  for (std::uint64_t each = revision + 1; each <= journal_->revision() && records.size() < most;
       ++each)
    records.push_back(MR_TRY(journal_->read(each)));
  return records;
}

}  // namespace millrace::server
