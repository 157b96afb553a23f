// SPDX-License-Identifier: Apache-2.0
#pragma once
// CrashWatch: watches a data directory from outside while a program works on it, so that a test can
// aim a kill at a moment and say afterwards where it fell. It costs the program nothing and needs
// nothing from it.
//
// Ownership: closes its watches. Threads: one.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace millrace::tests {

class CrashWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Moment : std::uint8_t {
    kOpen,      ///< the directory is taken by a program; recovery comes next
    kSnapshot,  ///< a snapshot is begun
    kRoll,      ///< a journal segment gets its name
    kReclaim,   ///< a content file is removed
  };

  /// `data` and its folders journal and content must exist.
  explicit CrashWatch(const std::string& data);
  ~CrashWatch();
  CrashWatch(const CrashWatch&) = delete;
  CrashWatch& operator=(const CrashWatch&) = delete;

  /// Forgets what it saw.
  void begin();
  /// True when the moment came within that time.
  bool await(Moment moment, std::chrono::milliseconds patience);
  /// Takes in what happened until now; after the program's death, all of it.
  void drain();

  /// When each last came since begin(), by this process's clock.
  std::optional<Time> lastRoll() const { return last_[2]; }
  std::optional<Time> lastReclaim() const { return last_[3]; }

 private:
  /// Reads what is there; true when `moment` was among it.
  bool read(std::optional<Moment> moment);

  int queue_;
  int data_;
  int journal_;
  int content_;
  std::optional<Time> last_[4];
};

}  // namespace millrace::tests
