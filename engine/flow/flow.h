// SPDX-License-Identifier: Apache-2.0
#pragma once
// Flow: the flow graph as plain data, as a flow file says it. Every default is NiFi's. Durations
// are nanoseconds, sizes are bytes. Names are unique in their group and serve as references; ids
// and resolved ends are filled in by linkFlow() (links.h), which the reader calls. Two flows are ==
// when they mean the same; source positions do not count. Threads: plain values.

#include "engine/base/clock.h"
#include "engine/base/id.h"
#include "engine/flow/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flow {

using ElementId = Id<struct ElementTag>;  ///< never 0 once linked

enum class ElementKind : unsigned char {
  kProcessor,
  kInputPort,
  kOutputPort,
  kFunnel,
  kLabel,
  kGroup,
  kRemoteGroup,
  kRemoteInputPort,
  kRemoteOutputPort,
  kService,
  kConnection,
};

enum class RunState : unsigned char { kRunning, kStopped, kDisabled };
enum class BulletinLevel : unsigned char { kDebug, kInfo, kWarn, kError, kNone };

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

/// What only a canvas needs. Units are canvas pixels; positions are top-left corners in the group.
struct Layout {
  std::optional<Point> at;
  std::optional<Point> size;  ///< labels: width and height
  std::string colour;         ///< six hexadecimal digits, or empty
  std::optional<double> fontSize;
  std::vector<Point> bends;             ///< connections
  std::optional<std::int64_t> labelAt;  ///< connections: the bend that carries the label
  std::optional<std::int64_t> z;
  bool operator==(const Layout&) const = default;
};

/// What every element of a flow has.
struct Element {
  std::string name;
  std::string comment;
  ElementId id;
  bool idIsGiven = false;  ///< from `layout`; otherwise derived from the path of names
  Layout layout;
  SourcePosition at;  ///< of the element in its file
  bool operator==(const Element&) const = default;
};

/// A word in a list (a relationship, for instance) and where it stands.
struct Name {
  std::string text;
  SourcePosition at;
  bool operator==(const Name&) const = default;
};

struct Property {
  std::string name;
  std::string value;
  SourcePosition at;  ///< of the name
  SourcePosition valueAt;
  bool operator==(const Property&) const = default;
};
using Properties = std::vector<Property>;  ///< in the order written; names are unique

enum class ScheduleKind : unsigned char {
  kEvery,  ///< timer driven
  kCron,
  kEvent,  ///< whenever there is input
};

struct Schedule {
  ScheduleKind kind = ScheduleKind::kEvery;
  Nanos every = 0;                    ///< kEvery: 0 is "as soon as there is something to do"
  std::string cron;                   ///< kCron: six or seven Quartz fields
  std::optional<std::uint64_t> runs;  ///< end after so many triggers; absent: never
  std::optional<Nanos> runDuration;   ///< absent: as the processor's type says
  SourcePosition at;
  bool operator==(const Schedule&) const = default;
};

enum class Backoff : unsigned char { kPenalize, kYield };

/// The framework's retry: see nifi-map 1.2 for the rule.
struct Retry {
  std::vector<Name> relationships;
  std::uint32_t count = 10;
  Backoff backoff = Backoff::kPenalize;
  Nanos maxBackoff = 10 * kMinute;
  bool operator==(const Retry&) const = default;
};

enum class Execution : unsigned char { kAll, kPrimary };

struct Processor : Element {
  std::string type;
  SourcePosition typeAt;
  Properties properties;
  std::vector<Name> autoTerminate;
  Retry retry;
  Schedule schedule;
  std::uint32_t concurrency = 1;
  Nanos penalty = 30 * kSecond;
  Nanos yield = kSecond;
  BulletinLevel bulletinLevel = BulletinLevel::kWarn;
  Execution execution = Execution::kAll;
  RunState state = RunState::kRunning;
  /// Marked by an importer: the type is kept although nothing here runs it.
  bool unsupported = false;
  bool operator==(const Processor&) const = default;
};

/// An input or output port of a group. At the root it is a door to other programs.
struct Port : Element {
  std::uint32_t concurrency = 1;
  bool remoteAccess = false;
  RunState state = RunState::kRunning;
  bool operator==(const Port&) const = default;
};

struct Funnel : Element {
  bool operator==(const Funnel&) const = default;
};

struct Label : Element {
  std::string text;
  bool operator==(const Label&) const = default;
};

/// What happens where a queue is at a limit: who writes to it waits, or something is dropped.
enum class WhenFull : unsigned char { kWait, kDropOldest, kDropNewest };

/// Limits of a queue; 0 switches one off. Those at which one waits are soft: checked before a
/// trigger.
struct BackPressure {
  std::uint64_t count = 10'000;
  std::uint64_t size = std::uint64_t{1} << 30;
  WhenFull whenFull = WhenFull::kWait;
  bool operator==(const BackPressure&) const = default;
};

enum class Prioritizer : unsigned char { kFifo, kNewestFirst, kOldestFirst, kPriorityAttribute };

/// A connection that is a topic of the log.
struct Via {
  std::string topic;
  std::uint32_t partitions = 1;
  SourcePosition at;
  bool operator==(const Via&) const = default;
};

/// One end of a connection: a path of names seen from the group that holds the connection.
struct Endpoint {
  std::string path;  ///< as written: `Name` or `Group/port`, `/` in a name as `\/`
  ElementKind kind = ElementKind::kProcessor;  ///< filled in by linkFlow()
  ElementId id;                                ///< filled in by linkFlow()
  SourcePosition at;
  bool operator==(const Endpoint&) const = default;
};

/// Element::name may be empty and need not be unique.
struct Connection : Element {
  Endpoint from;
  std::vector<Name> relationships;  ///< of a processor; empty for ports and funnels
  Endpoint to;
  BackPressure backPressure;  ///< the group's default where the file says nothing
  Nanos expire = 0;           ///< 0: never
  std::vector<Prioritizer> prioritizers;
  std::optional<Via> via;
  std::string keyedBy;  ///< expression; empty: no lanes
  bool operator==(const Connection&) const = default;
};

struct Service : Element {
  std::string type;
  SourcePosition typeAt;
  Properties properties;
  BulletinLevel bulletinLevel = BulletinLevel::kWarn;
  bool enabled = true;
  bool unsupported = false;  ///< as Processor::unsupported
  bool operator==(const Service&) const = default;
};

struct Parameter {
  std::string name;
  std::optional<std::string> value;  ///< absent: to be set outside the file
  std::string comment;
  bool sensitive = false;  ///< then the file never holds a value
  SourcePosition at;
  bool operator==(const Parameter&) const = default;
};

/// A named set of parameters that groups share.
struct ParameterContext {
  std::string name;
  std::string comment;
  std::vector<Name> inherits;  ///< own values win, then these in order, depth first
  std::vector<Parameter> parameters;
  SourcePosition at;
  bool operator==(const ParameterContext&) const = default;
};

enum class RemoteTransport : unsigned char { kRaw, kHttp };

struct RemoteBatch {
  std::uint64_t count = 0;  ///< 0: as the peer likes, for all three
  std::uint64_t size = 0;
  Nanos duration = 0;
  bool operator==(const RemoteBatch&) const = default;
};

struct RemotePort : Element {
  std::string target;  ///< the port's id at the other side; empty: found by name
  std::uint32_t concurrency = 1;
  bool compress = false;
  RemoteBatch batch;
  RunState state = RunState::kRunning;
  bool operator==(const RemotePort&) const = default;
};

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string user;
  std::string password;  ///< a sensitive parameter's reference, `#{name}`
  bool operator==(const Proxy&) const = default;
};

/// Another NiFi or Millrace, reached by site-to-site.
struct RemoteGroup : Element {
  std::vector<std::string> urls;
  Nanos timeout = 30 * kSecond;
  Nanos yield = 10 * kSecond;
  RemoteTransport transport = RemoteTransport::kRaw;
  std::string networkInterface;
  std::optional<Proxy> proxy;
  std::vector<RemotePort> inputs;   ///< ports of the other side that take what we send
  std::vector<RemotePort> outputs;  ///< ports of the other side that we take from
  bool operator==(const RemoteGroup&) const = default;
};

enum class FlowFileConcurrency : unsigned char { kUnbounded, kSingleFlowFile, kSingleBatch };
enum class OutboundPolicy : unsigned char { kStream, kBatch };

struct Group : Element {
  std::string parameterContext;  ///< name of a shared context, or empty
  SourcePosition parameterContextAt;
  std::vector<Parameter> parameters;  ///< the group's own: they win over the shared context
  FlowFileConcurrency flowFileConcurrency = FlowFileConcurrency::kUnbounded;
  OutboundPolicy outboundPolicy = OutboundPolicy::kStream;
  BackPressure defaultBackPressure;
  Nanos defaultExpire = 0;
  std::uint32_t maxConcurrentTasks = 0;  ///< cap over the whole group; 0: none
  std::vector<Service> services;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<Funnel> funnels;
  std::vector<Label> labels;
  std::vector<Processor> processors;
  std::vector<RemoteGroup> remoteGroups;
  std::vector<Connection> connections;
  std::vector<Group> groups;
  bool operator==(const Group&) const;
};

struct Flow {
  std::string name;
  Group root;  ///< its name is the flow's and takes no part in paths
  std::vector<ParameterContext> parameterContexts;
  bool operator==(const Flow&) const = default;
};

}  // namespace millrace::flow
