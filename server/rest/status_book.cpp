// SPDX-License-Identifier: Apache-2.0
#include "server/rest/status_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::server {
namespace {

constexpr Millis kBulletinWindow = 5 * kMinute / kMillisecond;

/// Goes on in a list that is sorted by id to the first that is not before `id`.
template <typename Iterator, typename IdType>
bool reaches(Iterator& at, Iterator end, IdType id) {
  while (at != end && at->id < id) ++at;
  return at != end && at->id == id;
}

}  // namespace

void StatusBook::look() {
  MutexLock lock(mutex_);
  const auto state = flow_.state();
  if (state != state_) {
    rows_ = StatusRows(state->flow, state->findings, std::move(rows_));
    state_ = state;
  }
  ++version_;
  tellServices();
  tellComponents();
  tellConnections();
}

// Rows and figures are both sorted by id: they are walked side by side.

void StatusBook::tellComponents() {
  auto figures = controller_.figures();
  const auto start = marks_.start();
  const StatusMark none;
  const StatusMark& before = start == nullptr ? none : *start;
  const auto bulletins = controller_.bulletins().countsSince(clock_.wall() - kBulletinWindow);
  auto now = figures.begin();
  auto then = before.done.begin();
  for (const std::uint32_t number : rows_.byId(StatusKind::kComponent)) {
    StatusRow& row = rows_.list()[number];
    const ComponentId id(row.id);
    if (!reaches(now, figures.end(), id)) {
      StatusRows::tellNothing(row);  // a label
      continue;
    }
    ComponentFacts facts;
    facts.now = std::move(*now);
    if (reaches(then, before.done.end(), id)) facts.before = then->totals;
    if (const auto found = bulletins.find(id); found != bulletins.end())
      facts.bulletins = found->second;
    StatusRows::tell(row, std::move(facts), version_);
  }
}

void StatusBook::tellConnections() {
  const auto queues = controller_.queues();
  const auto marks = marks_.all();
  const Nanos at = clock_.monotonic();
  auto now = queues.begin();
  for (const std::uint32_t number : rows_.byId(StatusKind::kConnection)) {
    StatusRow& row = rows_.list()[number];
    ConnectionFacts facts;
    if (reaches(now, queues.end(), ConnectionId(row.id))) {
      facts = {
          now->queue.count, now->queue.bytes, now->queue.held,
          timeToFull(marks, *now, static_cast<std::size_t>(now - queues.begin()), row.limit, at)};
    }
    StatusRows::tell(row, facts, version_);
  }
}

void StatusBook::tellServices() {
  const auto problems = controller_.serviceProblems();
  for (const std::uint32_t number : rows_.byId(StatusKind::kService)) {
    StatusRow& row = rows_.list()[number];
    const auto found = problems.find(row.path);
    StatusRows::tell(row, {found == problems.end() ? std::string() : found->second}, version_);
  }
}

StatusReport StatusBook::report(const std::string& group, std::uint64_t after) const {
  MutexLock lock(mutex_);
  const std::vector<bool> within = group.empty() ? std::vector<bool>() : rows_.within(group);
  const auto isTold = [&](const StatusRow& row) {
    return !row.text.empty() && row.version > after && (group.empty() || within[row.group]);
  };
  StatusReport report;
  report.version = version_;
  constexpr std::size_t kFrame = 128;
  std::size_t size = kFrame;
  for (const StatusRow& row : rows_.list()) {
    if (isTold(row)) size += row.text.size() + 1;
  }
  std::string& text = report.json;
  text.reserve(size);
  text += R"({"revision":)";
  text += fmt::format_int(state_ == nullptr ? 0 : state_->revision).str();
  text += R"(,"at":)";
  text += fmt::format_int(clock_.wall()).str();
  const auto list = [&](std::string_view name, bool connections) {
    text += name;
    bool first = true;
    for (const StatusRow& row : rows_.list()) {
      if ((row.kind == StatusKind::kConnection) != connections || !isTold(row)) continue;
      if (!first) text += ',';
      first = false;
      text += row.text;
      report.isEmpty = false;
    }
    text += ']';
  };
  list(R"(,"components":[)", false);
  list(R"(,"connections":[)", true);
  text += '}';
  return report;
}

StatusReport StatusBook::fresh(const std::string& group) {
  look();
  return report(group, 0);
}

}  // namespace millrace::server
