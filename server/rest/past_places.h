// SPDX-License-Identifier: Apache-2.0
#pragma once
// PastPlaces: in which groups components were, also those that the flow has no more, as the journal
// of changes tells it: so that what is left of a component (entries of the journal, FlowFiles of a
// deleted connection) is for those alone who might look at it wherever it was.
// Ownership: the flow outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "server/flow_store/edited_flow.h"
#include "server/rest/flow_places.h"
#include "server/users/user_list.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace millrace::server {

class PastPlaces {
 public:
  explicit PastPlaces(EditedFlow& flow) : flow_(flow) {}

  /// Reads what the journal has since the last call; the first one reads all of it.
  Result<> learn();
  /// True when the role reaches to wherever the component is and ever was. False when nothing is
  /// known of it.
  bool reaches(const User& user, Role wanted, const std::string& id, const FlowPlaces& now) const;
  /// The same of a change: of the component, what it brings along, and the group that it goes to.
  bool reaches(const User& user, Role wanted, const Json& change, const FlowPlaces& now) const;

 private:
  using Parents = std::map<std::string, std::set<std::string>, std::less<>>;

  void learnFrom(const Json& changes) MR_REQUIRES(mutex_);
  void place(const Json& component, const std::string& group) MR_REQUIRES(mutex_);
  bool isReached(const User& user, Role wanted, const std::string& id, const FlowPlaces& now,
                 std::set<std::string>& asking) const MR_REQUIRES(mutex_);

  EditedFlow& flow_;
  mutable Mutex mutex_;
  std::uint64_t learned_ MR_GUARDED_BY(mutex_) = 0;  // the last revision that was read
  Parents parents_ MR_GUARDED_BY(mutex_);            // the groups around, by id
};

}  // namespace millrace::server
