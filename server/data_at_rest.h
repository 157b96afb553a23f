// SPDX-License-Identifier: Apache-2.0
#pragma once
// DataAtRest: a data directory that nothing runs on, opened to look at its provenance: locked,
// recovered, and every durable commit's events brought into the provenance repository.
//
// Errors: a user fault when it is no data directory or a process holds it. Threads: one.

#include "host/flow_names.h"

#include "engine/base/random.h"
#include "engine/ports/provenance_repository.h"
#include "repositories/store/disk_store.h"

#include <memory>
#include <string>

namespace millrace::server {

class DataAtRest {
 public:
  static Result<std::unique_ptr<DataAtRest>> open(const std::string& data);
  ~DataAtRest();
  /// Leaves the directory as a clean stop does.
  Result<> close();

  ProvenanceRepository& provenance();
  const host::FlowNames& names() const;
  /// The uuid of the FlowFile that was put back; it is durable. Before close().
  Result<std::string> replay(const ProvenanceEvent& event);
  /// Puts what waits in one queue at the end of another; how many. Durable. Before close().
  Result<std::uint64_t> join(ConnectionId from, ConnectionId into);
  /// Bytes of a content, `most` of them at most.
  Result<std::string> contentOf(const Content& content, std::uint64_t most);

 private:
  struct Parts;
  explicit DataAtRest(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server
