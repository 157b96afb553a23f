// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusRows: for each component, connection and service of a flow the text that tells its status,
// in the order of the flow, with what the text was made of. Threads: none of its own.

#include "engine/control/flow_controller.h"
#include "engine/flow/flow.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::server {

/// What is told of a component.
struct ComponentFacts {
  engine::ComponentFigures now;
  engine::ComponentTotals before;  ///< when the window began
  std::uint64_t bulletins = 0;
  bool operator==(const ComponentFacts&) const = default;
};

/// What is told of a connection.
struct ConnectionFacts {
  std::uint64_t count = 0, bytes = 0, held = 0;
  std::optional<Millis> timeToFull;
  bool operator==(const ConnectionFacts&) const = default;
};

struct ServiceFacts {
  std::string problem;  ///< empty: none
  bool operator==(const ServiceFacts&) const = default;
};

enum class StatusKind : std::uint8_t { kComponent, kConnection, kService };

struct StatusRow {
  StatusKind kind = StatusKind::kComponent;
  std::uint64_t id = 0;
  std::size_t group = 0;  ///< which of the groups
  std::string path;       ///< of a service
  bool enabled = false;   ///< of a service
  flow::BackPressure limit;
  std::string findings;  ///< what is said about it in the flow; a JSON list, [] for nothing
  std::string text;      ///< empty: it is no part of what runs
  std::uint64_t version = 0;

  // What `text` was made of; nothing: it has to be made anew.
  std::optional<ComponentFacts> component;
  std::optional<ConnectionFacts> connection;
  std::optional<ServiceFacts> service;
};

class StatusRows {
 public:
  StatusRows() = default;
  /// Of a flow; a text that is in `old` already keeps its version once it is told anew.
  StatusRows(const flow::Flow& flow, const flow::Findings& findings, StatusRows old);

  std::vector<StatusRow>& list() { return rows_; }
  const std::vector<StatusRow>& list() const { return rows_; }
  /// Rows of one kind by rising id, as positions in the list.
  const std::vector<std::uint32_t>& byId(StatusKind kind) const;
  /// For each group, by its number, whether it is the one with this id or within it.
  std::vector<bool> within(const std::string& groupId) const;

  /// Each makes a text anew where the facts are others, with that version if it is another text.
  static void tell(StatusRow& row, ComponentFacts facts, std::uint64_t version);
  static void tell(StatusRow& row, const ConnectionFacts& facts, std::uint64_t version);
  static void tell(StatusRow& row, ServiceFacts facts, std::uint64_t version);
  /// It does not run.
  static void tellNothing(StatusRow& row);

 private:
  struct GroupOf {
    std::string id;
    std::optional<std::size_t> around;  // the root has none
  };
  std::vector<StatusRow> rows_;
  std::vector<GroupOf> groups_;
  std::vector<std::uint32_t> components_, connections_, services_;
};

}  // namespace millrace::server
