// SPDX-License-Identifier: Apache-2.0
// The server's interface to data: queues that are listed, filtered, edited and requeued, events
// that are searched, expressions, and processors that are tried in the sandbox: the real routes
// over a real engine, in memory.
//
// An input is a list of requests, apart by lines of %%: a line "METHOD TARGET", then the body. $N
// stands for the id of the N-th element of the flow, @N for the uuid of the N-th FlowFile.
#include "engine/base/fault_file_system.h"
#include "engine/base/slewed_clock.h"
#include "engine/flow/elements.h"
#include "engine/net/no_network.h"
#include "engine/session/replay.h"
#include "processors/registry.h"
#include "repositories/memory/memory_content.h"
#include "repositories/memory/memory_journal.h"
#include "server/builtin_types.h"
#include "server/flowtest/fake_processes.h"
#include "server/rest/component_resource.h"
#include "server/rest/look_resource.h"
#include "server/rest/provenance_resource.h"
#include "server/rest/queue_resource.h"
#include "server/rest/sample_resource.h"
#include "server/sample_run.h"
#include "tests/fuzz/fuzz_input.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_generate_flow_file;
extern const ProcessorDescriptor processorIn_replace_text;
extern const ProcessorDescriptor processorIn_route_on_attribute;
extern const ProcessorDescriptor processorIn_update_attribute;
}  // namespace millrace::processors

namespace millrace {
// The types of this program.
std::span<const ProcessorDescriptor* const> builtinProcessors() {
  static constexpr std::array<const ProcessorDescriptor*, 4> kAll{
      &processors::processorIn_generate_flow_file, &processors::processorIn_replace_text,
      &processors::processorIn_route_on_attribute, &processors::processorIn_update_attribute};
  return kAll;
}
std::span<const ServiceDescriptor* const> builtinServices() { return {}; }
}  // namespace millrace

using namespace millrace;
using namespace millrace::server;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: fuzzed\n"
    "parameters: {late: 30}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: made}, state: stopped}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {b: '${a}'}, state: stopped}\n"
    "  - {name: Change, type: ReplaceText, properties: {Search Value: e}, state: stopped, "
    "auto-terminate: [success, failure]}\n"
    "  - {name: Route, type: RouteOnAttribute, properties: {late: '${delay:gt(#{late})}'}, state: "
    "disabled, auto-terminate: [late, unmatched]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Change, prioritizers: [oldest first]}\n";
constexpr std::uint64_t kStore = 7;
constexpr std::uint64_t kFlowFiles = 6;

template <typename T>
T good(Result<T> result) {
  fuzz::expect(result.ok(), result.ok() ? "" : result.error().message.c_str());
  return std::move(*result);
}

class TestMachine final : public expression::Machine {
 public:
  std::string hostname() const override { return "test"; }
  std::string fullName() const override { return "test.example"; }
  std::string address() const override { return "192.0.2.1"; }
};

Content contentOf(std::string_view text) {
  if (text.empty()) return {};
  const ByteView bytes = asBytes(text);
  Content content;
  content.kind = Content::Kind::kInline;
  content.length = text.size();
  content.buffer =
      std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
  return content;
}

/// Some events, which are all that ever happened.
class Events final : public ProvenanceRepository {
 public:
  explicit Events(std::vector<ProvenanceEvent> events) : events_(std::move(events)) {}

  Result<ProvenancePage> search(const ProvenanceQuery& query) override {
    ProvenancePage page;
    for (auto each = events_.rbegin(); each != events_.rend(); ++each) {
      if (query.before && !(each->id < *query.before)) continue;
      if (!fits(query, *each)) continue;
      if (page.events.size() == query.limit) {
        if (!page.events.empty()) page.next = page.events.back().id;
        break;
      }
      page.events.push_back(*each);
    }
    return page;
  }
  Result<std::optional<ProvenanceEvent>> find(ProvenanceEventId id) override {
    const auto found = std::find_if(events_.begin(), events_.end(),
                                    [&](const ProvenanceEvent& each) { return each.id == id; });
    return found == events_.end() ? std::nullopt : std::optional(*found);
  }

 private:
  static bool fits(const ProvenanceQuery& query, const ProvenanceEvent& event) {
    const auto has = [&](const auto& list, const auto& value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    return has(query.uuids, event.uuid) && has(query.components, event.component) &&
           (!query.type || *query.type == event.type) &&
           (!query.from || event.time >= *query.from) && (!query.to || event.time <= *query.to) &&
           std::all_of(query.attributes.begin(), query.attributes.end(), [&](const auto& wanted) {
             return event.attribute(wanted.first) == wanted.second;
           });
  }
  const std::vector<ProvenanceEvent> events_;
};

class Served {
 public:
  Served() {
    good(files_.createDirectories("data"));
    good(files_.syncDirectory("."));
    good(files_.replaceAll("flow.yaml", kFlow));
    EditedFlowOptions edited;
    edited.flow = "flow.yaml";
    edited.data = "data";
    edited.namesService = [](std::string_view, std::string_view) { return false; };
    edited.isSensitive = [](std::string_view, std::string_view) { return false; };
    edited.check = [](const flow::Flow&) { return flow::Findings(); };
    edited.apply = [](const flow::Flow&) {};
    flow_ = good(EditedFlow::open(files_, clock_, std::move(edited)));
    engine::ControllerOptions options;
    options.incomplete = engine::Incomplete::kKeep;
    controller_ = std::make_unique<engine::FlowController>(
        store_, engine::World{clock_, files_, network_, processes_, environment_, chance_},
        server::findProcessorType, server::findServiceType, options);
    good(controller_->apply(flow_->state()->flow));
    ids_.push_back(idText(flow::ElementId(0)));
    flow::forEachElement(flow_->state()->flow,
                         [&](flow::ElementKind kind, const std::string&,
                             const flow::Element& element, const flow::Group&) {
                           ids_.push_back(idText(element.id));
                           if (kind == flow::ElementKind::kConnection)
                             queues_.push_back(controller_->queue(ConnectionId(element.id.raw())));
                         });
    fill();
    status_ = std::make_unique<StatusBook>(*flow_, *controller_, clock_);
    hub_ = std::make_unique<EventHub>(*status_, clock_, "1");
    addLookRoutes(router_,
                  {*flow_, *status_, *hub_, *controller_, environment_, [] { return true; }});
    addQueueRoutes(router_, {*controller_, store_, environment_});
    const auto nothing = [](auto) { return std::string("name"); };
    addProvenanceRoutes(router_, {events_.get(), *controller_, store_,
                                  [nothing]() -> Result<KnownNames> {
                                    return KnownNames{nothing, nothing, nothing};
                                  },
                                  [](Nanos) { return true; }});
    addComponentRoutes(
        router_, {*flow_, *controller_, store_, [](const flow::Flow&) { return flow::Findings(); },
                  [](std::string_view, std::string_view) { return false; },
                  [](ConnectionId) { return std::string("gone"); }});
    addSampleRoute(router_, {*flow_, [](std::string_view, std::string_view) { return false; },
                             [](const flow::Flow& flow, flow::ElementId processor,
                                const std::vector<SampleFlowFile>& samples) {
                               return runOnSamples(flow, processor, samples, 1'700'000'000'000);
                             }});
  }

  void ask(HttpMethod method, std::string target, std::string body) {
    expand(target);
    expand(body);
    // A stream of events has nobody to read it here.
    if (target.starts_with("/api/v1/events")) return;
    const std::uint64_t before = waiting();
    const bool mayAdd = target.find("replay") != std::string::npos;
    const bool mayDrop = method == HttpMethod::kDelete || target.find("empty") != std::string::npos;
    HttpResponse response = router_.handle({method, target, {{"Host", "here"}}, std::move(body)});
    fuzz::expect(response.status >= 200 && response.status < 500,
                 "a request is answered, or refused as the client's fault");
    const std::string* const type = response.header("Content-Type");
    if (type != nullptr && type->find("application/json") != std::string::npos && !response.pull &&
        target.find("/content") == std::string::npos)
      fuzz::expect(Json::accept(response.body), "an answer of JSON is JSON");
    while (response.pull) {
      const auto piece = response.pull();
      fuzz::expect(piece.ok(), "a content can be read");
      if (piece->empty()) break;
    }
    const std::uint64_t after = waiting();
    fuzz::expect(after <= before || mayAdd, "nothing is made by looking or requeueing");
    fuzz::expect(after >= before || mayDrop, "nothing is lost by looking or requeueing");
  }

 private:
  /// FlowFiles as if they had happened, each with an event.
  void fill() {
    std::vector<ProvenanceEvent> events;
    for (std::uint64_t i = 0; i < kFlowFiles; ++i) {
      ProvenanceEvent event;
      event.id = {Lsn(i + 1), 0};
      event.type = i % 2 == 0 ? FactKind::kReceive : FactKind::kSend;
      event.time = static_cast<Millis>(1'700'000'000'000 + i);
      event.component = ComponentId(7);
      event.flowFile = FlowFileId(i + 1);
      event.uuid = Uuid::ofFlowFile(kStore, i + 1).text();
      event.sourceQueue = queues_[i % queues_.size()]->id();
      event.attributes = {{"a", "b"}, {"delay", std::to_string(i * 20)}, {"filename", "f"}};
      event.before = contentOf(i == 0 ? "" : R"({"a":[1,"é"],"<x>":"1,2"})");
      event.after = event.before;
      const auto made = good(engine::replayEvent(store_, queues_[i % queues_.size()], event));
      uuids_.push_back(Uuid::ofFlowFile(kStore, made.raw()).text());
      events.push_back(std::move(event));
    }
    while (good(commits_.runOnce())) {
    }
    events_ = std::make_unique<Events>(std::move(events));
  }
  std::uint64_t waiting() const {
    std::uint64_t count = 0;
    for (const auto& queue : queues_) count += queue->status().count;
    return count;
  }
  void expand(std::string& text) const {
    for (std::size_t at = 0; (at = text.find_first_of("$@", at)) != std::string::npos;) {
      const auto& names = text[at] == '$' ? ids_ : uuids_;
      std::size_t number = 0;
      const std::string_view digits = std::string_view(text).substr(at + 1, 2);
      const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (end.ec != std::errc() || number >= names.size()) {
        ++at;
        continue;
      }
      text.replace(at, static_cast<std::size_t>(end.ptr - digits.data()) + 1, names[number]);
      at += names[number].size();
    }
  }

  MemoryFileSystem files_{1};
  VirtualClock clock_{1'700'000'000'000};
  SlewedClock ages_{clock_};
  net::NoNetwork network_{"there is none"};
  flowtest::FakeProcesses processes_{{}};
  TestMachine machine_;
  expression::AttributeMap variables_;
  std::atomic<std::int64_t> nextInt_{0};
  std::atomic<std::uint64_t> chance_{1};
  expression::EvaluationEnvironment environment_{clock_, machine_, variables_, nextInt_, {}};
  repo::MemoryJournal journal_;
  repo::MemoryContent content_{files_};
  GroupCommit commits_{journal_, files_, clock_, {}};
  engine::FlowFileIds flowFileIds_{
      [next = std::uint64_t{1}](std::uint64_t count) mutable -> Result<std::uint64_t> {
        const std::uint64_t first = next;
        next += count;
        return first;
      }};
  engine::StateTable state_;
  engine::Counters counters_;
  engine::Store store_{kStore, commits_, content_, flowFileIds_, state_, counters_, ages_, files_};
  std::unique_ptr<EditedFlow> flow_;
  std::unique_ptr<engine::FlowController> controller_;
  std::vector<std::shared_ptr<engine::FlowFileQueue>> queues_;
  std::vector<std::string> ids_;
  std::vector<std::string> uuids_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<StatusBook> status_;
  std::unique_ptr<EventHub> hub_;
  Router router_;
};

std::string_view upTo(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongest = 16 * 1024;
  constexpr int kMostRequests = 16;
  if (size > kLongest) return 0;
  fuzz::FuzzInput input(data, size);
  std::string_view rest = input.rest();
  Served served;
  for (int i = 0; i < kMostRequests && !rest.empty(); ++i) {
    std::string_view request = upTo(rest, "\n%%\n");
    std::string_view line = upTo(request, "\n");
    const std::string_view method = upTo(line, " ");
    served.ask(method == "GET"      ? HttpMethod::kGet
               : method == "DELETE" ? HttpMethod::kDelete
                                    : HttpMethod::kPost,
               std::string(line), std::string(request));
  }
  return 0;
}
