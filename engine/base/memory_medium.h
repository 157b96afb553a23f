// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryMedium: the names, the space and the planned faults below MemoryFileSystem.
//
// A change of names is one step over one or two folders. Steps not yet synced are kept in order; a
// power loss keeps, per folder, a prefix of them, and syncDirectory() makes a folder's steps
// durable together with the earlier steps they build on.
//
// Threads: all methods need `mutex` held.

#include "engine/base/fault_file_system.h"
#include "engine/base/memory_inode.h"
#include "engine/base/mutex.h"

#include <limits>
#include <optional>
#include <set>
#include <string_view>

namespace millrace {

class MemoryMedium {
 public:
  using Node = std::shared_ptr<MemoryInode>;
  using Operation = MemoryFileSystem::Operation;
  using Times = MemoryFileSystem::Times;

  struct NameChange {
    Node folder;
    std::string name;
    Node node;  ///< none: the name goes
  };
  struct Place {
    Node folder;  ///< none: no such folder
    std::string name;
    Node node;  ///< none: no such name
  };

  explicit MemoryMedium(std::uint64_t seed);

  Place find(const std::string& path) const;
  Node create(FileKind kind);
  void change(std::vector<NameChange> changes);
  void settleNames(const Node& folder);

  /// Counts a changing operation and meets its planned faults.
  Result<> meet(Operation operation, const std::string& path);
  Result<> alive(const std::string& path) const;
  Result<> takeSpace(MemoryInode& node, const std::string& path, std::uint64_t offset,
                     std::uint64_t length);
  Nanos tick() { return now += kMicrosecond; }

  std::shared_ptr<MemoryMedium> afterPowerLoss();
  std::shared_ptr<MemoryMedium> afterProcessDeath();

  Mutex mutex;
  Random random;
  Nanos now = 1'700'000'000 * kSecond;
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t operations = 0;
  std::uint64_t syncs = 0;
  std::uint64_t forgotten = 0;             ///< bytes taken out of the cache
  std::optional<std::uint64_t> powerLeft;  ///< changing operations until the power goes
  bool powered = true;
  std::string cutPath;  ///< of the operation in which the power went
  std::set<std::string> locks;

  struct Plan {
    Operation operation;
    std::uint64_t left;
    Times times;
    std::string part;
  };
  std::vector<Plan> plans;

  std::uint64_t usedBytes() const { return used_->load() * MemoryInode::kBlock; }

 private:
  using Twins = std::map<const MemoryInode*, Node>;
  Node copyOf(const Node& node, Twins& twins, MemoryMedium& into, bool powerLost);
  std::shared_ptr<MemoryMedium> copy(bool powerLost);

  std::shared_ptr<std::atomic<std::uint64_t>> used_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t nextNode_ = 2;
  Node root_;
  std::vector<std::vector<NameChange>> unsyncedNames_;
};

}  // namespace millrace
