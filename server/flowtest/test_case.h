// SPDX-License-Identifier: Apache-2.0
#pragma once
// TestCase: one test of a flow as its file states it, with every text that it names read in. Paths
// of components are those of the flow, or of the group where one is tested. Durations are
// nanoseconds of the virtual clock. Threads: plain values.

#include "engine/control/parameter_lookup.h"
#include "engine/expression/time_zone.h"
#include "engine/flow/finding.h"
#include "engine/processor/process_context.h"
#include "server/flowtest/matcher.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::flowtest {

using flow::SourcePosition;
using AttributeTexts = std::vector<std::pair<std::string, std::string>>;

/// Where FlowFiles are put in or looked at: what comes out of a component, or what reaches it.
struct Place {
  bool from = false;  ///< of a processor: by one of its relationships
  std::string path;
  std::string relationship;  ///< empty: the one that there is
  SourcePosition at;
  SourcePosition relationshipAt;
  /// `'X' [rel]` or `what reaches 'X'`.
  std::string text() const;
};

struct GivenFlowFile {
  std::string content;
  AttributeTexts attributes;
  std::uint64_t copies = 1;
};

struct Given {
  Place place;
  Nanos after = 0;  ///< since the start
  std::vector<GivenFlowFile> flowFiles;
};

/// What the test puts in a processor's place: it drops what it gets, or hands it on.
struct StandIn {
  std::string path;
  SourcePosition at;
  std::optional<std::string> relationship;  ///< absent: drops
  SourcePosition relationshipAt;
  std::optional<std::string> content;  ///< absent: as it came
  AttributeTexts attributes;           ///< set in addition
};

/// What a program answers that the flow runs.
struct ProgramAnswer {
  std::string command;
  std::optional<std::vector<std::string>> arguments;  ///< absent: whatever they are
  std::string output;
  bool echoesInput = false;  ///< writes what it is given, instead of `output`
  std::string errorOutput;
  int exitCode = 0;
};

struct ExpectedFlowFile {
  SourcePosition at;
  std::optional<Matcher> content;
  std::vector<std::pair<std::string, Matcher>> attributes;
  std::optional<bool> penalized;
};

struct ExpectedOutput {
  SourcePosition at;
  Place place;
  std::optional<std::uint64_t> count;
  bool anyOrder = false;
  std::optional<ExpectedFlowFile> each;
  std::optional<std::vector<ExpectedFlowFile>> flowFiles;  ///< all of them
};

struct ExpectedFile {
  std::string path;
  SourcePosition at;
  Matcher content;
};

struct ExpectedCounter {
  std::string name;
  SourcePosition at;
  std::int64_t value = 0;
};

struct ExpectedBulletin {
  SourcePosition at;
  std::optional<std::string> component;
  std::optional<BulletinLevel> level;
  std::optional<Matcher> message;
};

/// What may stand at the head of the file, for all its tests, as well as in a test.
struct Setting {
  std::string flow;  ///< path of the flow file as the program opens it
  SourcePosition flowAt;
  std::string group;  ///< empty: the whole flow
  SourcePosition groupAt;
  Millis clock = 1'767'225'600'000;    ///< 2026-01-01T00:00:00Z
  expression::TimeZone zone;           ///< UTC unless told
  engine::ParameterValues parameters;  ///< sensitive ones too: a test has no secrets
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;  ///< path and content
  std::vector<ProgramAnswer> processes;
  std::vector<StandIn> replaced;
};

/// What a run may use; with more it ends, which is a trouble of it. Without: as much as there is.
struct RunLimits {
  std::uint64_t contentBytes = ~std::uint64_t{0};
  std::uint64_t fileBytes = ~std::uint64_t{0};
  std::uint64_t seenBytes = ~std::uint64_t{0};  ///< contents and attributes of what comes out
  std::uint64_t seenFlowFiles = ~std::uint64_t{0};
  bool fewFlowFiles = false;       ///< as many as one range of ids has
  Nanos time = 24 * 60 * kMinute;  ///< on the virtual clock, of a run without a time of its own
};

struct TestCase : Setting {
  std::string name;
  SourcePosition at;
  std::vector<Given> given;
  RunLimits limits;
  std::optional<Nanos> runFor;  ///< absent: until the flow is idle
  std::vector<ExpectedOutput> outputs;
  std::vector<ExpectedFile> expectedFiles;
  std::vector<ExpectedCounter> counters;
  std::optional<std::vector<ExpectedBulletin>> bulletins;  ///< all of them; absent: not looked at
};

}  // namespace millrace::flowtest
