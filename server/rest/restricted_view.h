// SPDX-License-Identifier: Apache-2.0
#pragma once
// RestrictedView: what somebody sees of a flow who may look into some of its groups only. Of a
// group that is not seen there is its id; of one around a group that is seen, its name, too. Of a
// change of the flow there is what is about components that were never elsewhere.
// Ownership: the past outlives it. Threads: a plain value; the stream's writer as StreamWriter.

#include "server/http/message.h"
#include "server/rest/flow_places.h"
#include "server/rest/past_places.h"
#include "server/users/user_list.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::server {

class RestrictedView {
 public:
  /// `past`: has learned what the answer can be about.
  RestrictedView(User user, std::shared_ptr<const FlowPlaces> places, const PastPlaces& past)
      : user_(std::move(user)), places_(std::move(places)), past_(past) {}

  /// What is left of an answer of `pattern` with 200; of one that changed something, its findings.
  std::string answer(const std::string& pattern, const std::string& body) const;
  /// The same of one event of a stream, empty: nothing.
  std::string event(const std::string& text) const;

 private:
  bool sees(const std::vector<std::string>* way) const;
  Json group(const Json& whole, bool isRoot) const;
  void keepSeen(Json& list, const char* key) const;
  void keepStatus(Json& status) const;
  void keepNames(Json& nodes) const;
  void keepFindings(Json& findings) const;
  void keepCounters(Json& counters) const;
  void keepParked(Json& parked) const;
  void keepChanges(Json& records) const;
  bool keepSeenOf(Json& changes) const;

  User user_;
  std::shared_ptr<const FlowPlaces> places_;
  const PastPlaces& past_;
};

/// The way to a client of a stream, for which only what is seen goes through. `view`: as it is when
/// an event comes.
std::shared_ptr<StreamWriter> restrictedStream(std::shared_ptr<StreamWriter> writer,
                                               std::function<RestrictedView()> view);

}  // namespace millrace::server
