// SPDX-License-Identifier: Apache-2.0
#pragma once
// SessionEntry: one FlowFile in a session, and what the session has decided about it so far.
// Ownership: entries live in their session's pool and keep their address. Threads: the session's.

#include "engine/connection/flowfile_queue.h"
#include "engine/flowfile/flowfile.h"
#include "engine/processor/process_session.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::engine {

class SessionEntry final : public SessionFlowFile {
 public:
  enum class State : std::uint8_t {
    kInHand,       ///< neither transferred nor removed yet
    kTransferred,  ///< to route
    kToSelf,       ///< back to its queue, as an output
    kRemoved,
    kExpired,     ///< taken from its queue because it was too old
    kCrowded,     ///< dropped because a connection is full
    kOverBudget,  ///< dropped because the disk budget is full
    kReturned,    ///< given back to its queue as if it had not been taken
    kHeld,        ///< left the session as a HeldFlowFile
  };

  FlowFileId id() const override { return file.id; }
  std::uint64_t size() const override { return file.content.length; }
  Millis entryDate() const override { return file.entryDate; }
  Millis lineageStart() const override { return file.lineageStart; }
  Millis queuedAt() const override { return file.queuedAt; }
  std::optional<std::string_view> attribute(std::string_view name) const override;
  void forEachAttribute(expression::AttributeVisitor visit) const override;

  /// The FlowFile before this session changed it.
  const FlowFile& before() const { return original ? *original : file; }
  bool isInput() const { return queue != nullptr; }
  std::string_view uuid() const;
  /// Keeps the version that came in, at the first change of an input.
  void keepOriginal() {
    if (isInput() && !original) original.emplace(file);
  }
  /// Ready for another FlowFile.
  void reset(std::uint64_t storeId) {
    store = storeId;
    original.reset();
    queue = nullptr;
    state = State::kInHand;
    route = 0;
    holdFor = 0;
    penalized = false;
    uuidRendered = false;
    root = nullptr;
    openStreams = 0;
    wasHeld = false;
    turn = 0;
  }

  FlowFile file;
  std::optional<FlowFile> original;  // set at the first change only
  FlowFileQueue* queue = nullptr;    // where it came from; null when this session made it
  std::uint64_t store = 0;
  State state = State::kInHand;
  bool penalized = false;
  bool wasHeld = false;  // came back from a processor that had held it
  std::uint16_t route = 0;
  Nanos holdFor = 0;              // penalty for its destination
  SessionEntry* root = nullptr;   // of a FlowFile made here: the one it descends from, if any
  std::uint32_t ordinal = 0;      // of an input, while the commit is built
  std::uint32_t turn = 0;         // rises with each transfer of the session
  std::uint32_t openStreams = 0;  // readers and writers not yet closed

 private:
  mutable std::array<char, Uuid::kTextLength> uuidText_;
  mutable std::string scratch_;

 public:
  mutable bool uuidRendered = false;
};

}  // namespace millrace::engine
