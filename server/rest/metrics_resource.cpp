// SPDX-License-Identifier: Apache-2.0
#include "server/rest/metrics_resource.h"

#include "server/flow_store/flow_json.h"

#include <fmt/format.h>

#include <map>

namespace millrace::server {
namespace {

/// A label's value: backslash, quote and line break are escaped.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

class Page {
 public:
  template <typename Things, typename Value>
  void add(const char* name, const char* type, const char* help, const Things& things,
           Value value) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    for (const auto& thing : things) {
      text_ +=
          fmt::format("{}{{id=\"{}\",path=\"{}\"}} {}\n", name,
                      idText(flow::ElementId(thing.id.raw())), escaped(thing.path), value(thing));
    }
  }
  template <typename Things>
  void addLabelled(const char* name, const char* type, const char* help, const Things& things) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    for (const auto& thing : things)
      text_ += fmt::format("{}{{{}}} {}\n", name, thing.labels, thing.value);
  }
  void addOne(const char* name, const char* type, const char* help, std::uint64_t value) {
    text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

struct Quantile {
  std::string labels;
  double value = 0;  ///< seconds
};

void addLatencies(Page& text, const engine::FlowController& controller,
                  const std::vector<engine::ComponentSnapshot>& components) {
  std::map<ComponentId, std::string> paths;
  for (const auto& each : components) paths[each.id] = each.path;
  std::vector<Quantile> queueing;
  std::vector<Quantile> processing;
  const auto add = [&](std::vector<Quantile>& into, ComponentId id,
                       const std::optional<engine::LatencyHistogram::Figures>& figures) {
    if (!figures) return;
    for (const auto& [name, value] :
         {std::pair("0.5", figures->p50), std::pair("0.99", figures->p99)}) {
      into.push_back({fmt::format("id=\"{}\",path=\"{}\",quantile=\"{}\"",
                                  idText(flow::ElementId(id.raw())), escaped(paths[id]), name),
                      static_cast<double>(value) / static_cast<double>(kSecond)});
    }
  };
  for (const auto& each : controller.latencies()) {
    add(queueing, each.id, each.queueing);
    add(processing, each.id, each.processing);
  }
  text.addLabelled("millrace_component_queueing_seconds", "gauge",
                   "How long FlowFiles waited, over the last minutes.", queueing);
  text.addLabelled("millrace_component_processing_seconds", "gauge",
                   "How long sessions took, commit included, over the last minutes.", processing);
}

/// What a partition of the log, or a group's place in one, is called.
struct LogThing {
  std::string labels;
  log::Offset value = 0;
};

void addLog(Page& text, const log::LogOverview& log) {
  std::vector<LogThing> starts;
  std::vector<LogThing> ends;
  std::vector<LogThing> bytes;
  for (const log::TopicFigures& topic : log.topics()) {
    if (topic.internal) continue;
    for (const log::PartitionFigures& each : topic.partitions) {
      const std::string labels =
          fmt::format("topic=\"{}\",partition=\"{}\"", escaped(topic.entry.name), each.number);
      starts.push_back({labels, each.bounds.logStart});
      ends.push_back({labels, each.bounds.highWatermark});
      bytes.push_back({labels, static_cast<log::Offset>(each.bytes)});
    }
  }
  std::vector<LogThing> committed;
  std::vector<LogThing> lags;
  std::vector<LogThing> members;
  for (const log::GroupFigures& group : log.groups()) {
    members.push_back({fmt::format("group=\"{}\"", escaped(group.name)),
                       static_cast<log::Offset>(group.members.size())});
    for (const log::GroupPlaceFigures& place : group.places) {
      const std::string labels =
          fmt::format("group=\"{}\",topic=\"{}\",partition=\"{}\"", escaped(group.name),
                      escaped(place.topic), place.partition);
      if (place.committed) committed.push_back({labels, *place.committed});
      if (const auto lag = place.lag()) lags.push_back({labels, *lag});
    }
  }
  text.addLabelled("millrace_log_partition_start_offset", "gauge",
                   "Offset of the first record that is kept.", starts);
  text.addLabelled("millrace_log_partition_end_offset", "gauge",
                   "Offset behind the last record that readers may see.", ends);
  text.addLabelled("millrace_log_partition_bytes", "gauge", "Size of its segments.", bytes);
  text.addLabelled("millrace_log_group_members", "gauge", "Members of a consumer group.", members);
  text.addLabelled("millrace_log_group_offset", "gauge", "Offset that a group has committed.",
                   committed);
  text.addLabelled("millrace_log_group_lag", "gauge",
                   "Offsets from what a group has committed to the end.", lags);
}

/// What the server says, which is not the log that has topics.
void addLogging(Page& text, const LogBook& said) {
  const LogFigures figures = said.figures();
  text.addOne("millrace_logging_lines_total", "counter", "Lines that the server wrote to its log.",
              figures.written);
  text.addOne("millrace_logging_dropped_lines_total", "counter",
              "Lines that came faster than they could be written.", figures.dropped);
  text.addOne("millrace_logging_missing_lines_total", "counter",
              "Lines that the log file misses, since it could not be written.", figures.missing);
  text.addOne("millrace_logging_file_failing", "gauge", "1 while the log file cannot be written.",
              figures.trouble.empty() ? 0 : 1);
}

std::string page(const engine::FlowController& controller, const log::LogOverview* log,
                 const LogBook* said) {
  using Component = engine::ComponentSnapshot;
  using Connection = engine::ConnectionSnapshot;
  const auto components = controller.components();
  const auto connections = controller.connections();
  Page text;
  const auto counter = [&](const char* name, const char* help, auto value) {
    text.add(name, "counter", help, components, value);
  };
  counter("millrace_component_flowfiles_in_total", "FlowFiles taken from queues.",
          [](const Component& each) { return each.in; });
  counter("millrace_component_flowfiles_out_total", "FlowFiles put on queues.",
          [](const Component& each) { return each.out; });
  counter("millrace_component_in_bytes_total", "Content of the FlowFiles taken.",
          [](const Component& each) { return each.inBytes; });
  counter("millrace_component_out_bytes_total", "Content of the FlowFiles put on queues.",
          [](const Component& each) { return each.outBytes; });
  counter("millrace_component_read_bytes_total", "Content read.",
          [](const Component& each) { return each.bytesRead; });
  counter("millrace_component_written_bytes_total", "Content written.",
          [](const Component& each) { return each.bytesWritten; });
  counter("millrace_component_triggers_total", "Triggers made.",
          [](const Component& each) { return each.triggers; });
  counter("millrace_component_failures_total", "Triggers and commits that failed.",
          [](const Component& each) { return each.failures; });
  counter("millrace_component_busy_seconds_total", "Time in slices, commit included.",
          [](const Component& each) {
            return static_cast<double>(each.busy) / static_cast<double>(kSecond);
          });
  addLatencies(text, controller, components);
  text.add(
      "millrace_component_running", "gauge", "1 while it runs.", components,
      [](const Component& each) { return each.state == engine::ComponentState::kRunning ? 1 : 0; });
  text.add("millrace_component_invalid", "gauge", "1 while it cannot run as it is configured.",
           components, [](const Component& each) { return each.invalid.empty() ? 0 : 1; });
  text.add("millrace_connection_flowfiles", "gauge", "FlowFiles that wait.", connections,
           [](const Connection& each) { return each.queue.count; });
  text.add("millrace_connection_bytes", "gauge", "Content of the FlowFiles that wait.", connections,
           [](const Connection& each) { return each.queue.bytes; });
  if (log != nullptr) addLog(text, *log);
  if (said != nullptr) addLogging(text, *said);
  return text.take();
}

}  // namespace

void addMetricsRoute(Router& router, const engine::FlowController& controller,
                     const log::LogOverview* log, const LogBook* said) {
  router.add(HttpMethod::kGet, "/metrics", [&controller, log, said](const RoutedRequest&) {
    return HttpResponse::text(page(controller, log, said), "text/plain; version=0.0.4");
  });
}

}  // namespace millrace::server
