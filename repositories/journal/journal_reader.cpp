// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/journal_reader.h"

#include <fmt/format.h>

namespace millrace::repo {

Result<JournalReader> JournalReader::open(const log::SegmentDirectory& segments, StoreId store,
                                          Lsn from, Lsn upTo, PlantedFault plantedForTests) {
  GroupWalk walk = MR_TRY(GroupWalk::begin(segments, store, from, plantedForTests));
  if (walk.first() > from && from <= upTo && from > Lsn(0)) {
    return Error::environment(
        fmt::format("the journal begins with commit {}, commit {} was cut off", walk.first().raw(),
                    from.raw()),
        false);
  }
  return JournalReader(std::move(walk), from, upTo);
}

Result<std::optional<GroupItem>> JournalReader::next() {
  while (true) {
    if (group_.has_value()) {
      std::optional<GroupItem> item = MR_TRY(group_->next());
      if (item.has_value()) {
        if (!item->commit.has_value()) return item;
        if (item->commit->lsn < from_) continue;
        if (item->commit->lsn <= upTo_) return item;
        ended_ = true;
      }
      group_.reset();
    }
    if (ended_) return std::optional<GroupItem>();
    const WalkedGroup* const group = MR_TRY(walk_.next());
    if (group == nullptr) {
      ended_ = true;
      if (walk_.last() < upTo_ && from_ <= upTo_) {
        return Error::environment(
            fmt::format("the journal ends with commit {}, commit {} was expected",
                        walk_.last().raw(), upTo_.raw()),
            false);
      }
      continue;
    }
    // Groups with notes only carry the LSN after the last commit as their first.
    if (group->header.first.raw() > upTo_.raw() + 1) {
      ended_ = true;
      continue;
    }
    groupLast_ = group->header.last;
    group_.emplace(group->bytes, group->header.first);
  }
}

void UnsettledEffects::add(const GroupItem& item) {
  if (item.commit.has_value()) {
    for (std::uint32_t i = 0; i < item.commit->effects.size(); ++i)
      left_[{item.commit->lsn, i}] = item.commit->effects[i];
  }
  for (const EffectId& id : item.settled) left_.erase(id);
}

}  // namespace millrace::repo
