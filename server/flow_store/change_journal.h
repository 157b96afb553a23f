// SPDX-License-Identifier: Apache-2.0
#pragma once
// ChangeJournal: every change of a flow, oldest first, in one file that only grows; FORMAT.md says
// how. A record is there when append() returned, or is not there at all: a torn last line is cut.
// Threads: one at a time.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::server {

struct ChangeRecord {
  std::uint64_t revision = 0;  ///< rises by one
  Millis at = 0;
  std::string who;
  std::string comment;
  std::string changes;       ///< a JSON list
  std::string inverse;       ///< a JSON list; `null` where it is not known
  std::uint32_t before = 0;  ///< CRC-32C of the flow file's text before
  std::uint32_t after = 0;   ///< and after
};

/// As the interface tells it: revision, at, who, comment, changes, inverse.
std::string recordJson(const ChangeRecord& record);

class ChangeJournal {
 public:
  static Result<std::unique_ptr<ChangeJournal>> open(FileSystem& files, const std::string& path);

  std::uint64_t revision() const { return offsets_.size() - 1; }  ///< 0: nothing yet
  const ChangeRecord& last() const { return last_; }
  Result<> append(const ChangeRecord& record);
  /// Takes the last record back, which nobody has been told of.
  Result<> cutLast();
  Result<ChangeRecord> read(std::uint64_t revision);
  /// The latest revision that named a component; 0: none did.
  std::uint64_t changeOf(const std::string& id) const;

 private:
  ChangeJournal() = default;
  void learn(const ChangeRecord& record);

  std::unique_ptr<File> file_;
  std::vector<std::uint64_t> offsets_;  // of the line of each revision; then the end
  std::map<std::string, std::uint64_t> changes_;
  ChangeRecord last_;
};

}  // namespace millrace::server
