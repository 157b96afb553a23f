// SPDX-License-Identifier: Apache-2.0
// The server's interface: conversations with the real routes of flow, changes, secrets, users and
// agents, behind the real access control, over a file system in memory.
//
// An input is a list of requests, apart by lines of %%: a line "WHO METHOD TARGET [TYPE]", then the
// body. WHO: 0 an administrator, 1 somebody with a role in one group alone, 2 nobody, 3 an agent,
// 4 whoever got the last token, 5 somebody whose TYPE is sent as what authorizes the request.
// $N stands for the id of the N-th element of the present flow, so that changes find something.
#include "engine/base/fault_file_system.h"
#include "engine/flow/elements.h"
#include "engine/flow/yaml_reader.h"
#include "server/agents/c2_desk.h"
#include "server/http/http_server.h"
#include "server/rest/access.h"
#include "server/rest/agents_resource.h"
#include "server/rest/flow_resource.h"
#include "server/rest/secret_resource.h"
#include "server/users/password.h"
#include "tests/fuzz/fuzz_input.h"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <map>

namespace millrace::server {

// Passwords that cost nothing: real ones take a tenth of a second each, and have tests of their
// own.
Result<> fitPassword(std::string_view password) {
  if (password.size() >= 8) return Done{};
  return Error::user("a password has 8 bytes; choose another");
}
Result<std::string> hashPassword(std::string_view password) {
  MR_TRY(fitPassword(password));
  return "$" + std::string(password);
}
bool isPassword(const std::string& hash, std::string_view password) {
  return !hash.empty() && hash == "$" + std::string(password);
}

}  // namespace millrace::server

using namespace millrace;
using namespace millrace::server;

namespace {

constexpr const char* kFlow =
    "# kept\n"
    "millrace: 1\n"
    "name: fuzzed\n"
    "parameters:\n"
    "  late: 30 # minutes\n"
    "  key: {sensitive: true}\n"
    "services:\n"
    "  - {name: Cache, type: DistributedMapCacheServer}\n"
    "processors:\n"
    "  - name: Make   # the source\n"
    "    type: GenerateFlowFile\n"
    "    properties: {Batch Size: '#{late}', File Size: 3B}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {a: b}, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark, back-pressure: {count: 7}}\n"
    "groups:\n"
    "  - name: inner\n"
    "    inputs: [{name: in}]\n"
    "    funnels: [{name: joins}]\n"
    "    connections: [{from: in, to: joins}]\n"
    "    groups: [{name: innermost, labels: [{name: says, text: something}]}]\n";
constexpr const char* kData = "data";

void must(const Result<>& done) {
  fuzz::expect(done.ok(), done.ok() ? "" : done.error().message.c_str());
}

template <typename T>
T good(Result<T> result) {
  fuzz::expect(result.ok(), result.ok() ? "" : result.error().message.c_str());
  return std::move(*result);
}

std::vector<std::string> idsOf(const flow::Flow& flow) {
  std::vector<std::string> ids{idText(flow::ElementId(0))};
  flow::forEachElement(flow,
                       [&](flow::ElementKind, const std::string&, const flow::Element& element,
                           const flow::Group&) { ids.push_back(idText(element.id)); });
  return ids;
}

/// A server without an engine.
class Served {
 public:
  Served() : files_(1) {
    must(files_.createDirectories(kData));
    must(files_.syncDirectory("."));
    must(files_.replaceAll("flow.yaml", kFlow));
    openFlow();
    UserList users;
    users.set({"ann", Role::kAdmin, "$password", {}, "CN=ann"});
    std::string inner;
    flow::forEachElement(flow_->state()->flow,
                         [&](flow::ElementKind, const std::string& path,
                             const flow::Element& element, const flow::Group&) {
                           if (path == "inner") inner = idText(element.id);
                         });
    fuzz::expect(!inner.empty(), "the flow has a group");
    users.set({"ben", Role::kNone, "", {{inner, Role::kModify}}, "CN=ben"});
    must(users.save(files_, kData));
    agents_ = good(AgentRegistry::open(files_, clock_, kData, [](const std::string&) {}));
    desk_ = std::make_unique<C2Desk>(*agents_, C2DeskOptions{false, true});
    addFlowRoutes(router_, {*flow_, [](const flow::Flow&) { return flow::Findings(); }});
    addAgentRoutes(router_, agents_.get());
    addSecretRoutes(router_, secrets());
    access_ = good(Access::open({files_,
                                 clock_,
                                 kData,
                                 WithoutUsers::kNothing,
                                 router_,
                                 {},
                                 {},
                                 flow_.get(),
                                 [](const std::string&) { return false; }}));
  }

  void ask(char who, HttpMethod method, std::string target, const std::string& type,
           std::string body) {
    const std::vector<std::string> ids = idsOf(flow_->state()->flow);
    expand(target, ids);
    expand(body, ids);
    HttpHeaders headers{{"Host", "here"}, {"Content-Type", type}};
    if (who == '4') headers.emplace_back("Authorization", "Bearer " + token_);
    if (who == '5') headers.emplace_back("Authorization", type);
    if (who == '0') headers.emplace_back(kPeerHeader, "CN=ann");
    if (who == '1') headers.emplace_back(kPeerHeader, "CN=ben");
    const HttpRequest request{method, target, std::move(headers), std::move(body)};
    const std::string before = flow_->state()->text;
    const HttpResponse response = who == '3' ? desk_->handle(request) : access_->handle(request);
    fuzz::expect(response.status >= 200 && response.status < 500 && response.status != 408,
                 "a request is answered, or refused as the client's fault");
    if (const std::string* answered = response.header("Content-Type");
        answered != nullptr && answered->find("json") != std::string::npos) {
      fuzz::expect(Json::accept(response.body), "an answer of JSON is JSON");
    }
    if (const Json in = Json::parse(response.body, nullptr, false);
        response.status == 200 && in.is_object() && in.contains("token"))
      token_ = in.at("token").get<std::string>();
    if (who == '4' && token_.empty())
      fuzz::expect(response.status != 200, "who has no token is not let in");
    if (who == '4' && response.status == 200 && target == "/api/v1/logout") {
      fuzz::expect(
          access_->handle({HttpMethod::kGet, "/api/v1/me", request.headers, ""}).status == 401,
          "a token ends with the logout");
    }
    const bool may = who == '0' || who == '1' || (who == '4' && !token_.empty());
    const bool changed = flow_->state()->text != before;
    fuzz::expect(!changed || (may && response.status == 200),
                 "the flow changes only when somebody who may is told so");
    if (who == '1') {
      fuzz::expect(response.body.find("Batch Size") == std::string::npos,
                   "what is outside of a group is not told to who sees the group alone");
    }
    if (changed)
      fuzz::expect(flow::readFlow(flow_->state()->text).ok(), "the flow file can be read");
  }

  /// After a restart everything is as it was.
  void restart() {
    const auto before = flow_->state();
    access_.reset();
    flow_.reset();
    openFlow();
    fuzz::expect(flow_->state()->revision == before->revision, "no revision is lost or made up");
    fuzz::expect(flow_->state()->text == before->text, "the flow is the one that was answered");
    desk_.reset();
    agents_.reset();
    agents_ = good(AgentRegistry::open(files_, clock_, kData, [](const std::string&) {}));
  }

 private:
  void openFlow() {
    EditedFlowOptions options;
    options.flow = "flow.yaml";
    options.data = kData;
    options.namesService = [](std::string_view, std::string_view property) {
      return property == "Cache Service";
    };
    options.isSensitive = [](std::string_view, std::string_view property) {
      return property == "Password";
    };
    options.check = [](const flow::Flow&) { return flow::Findings(); };
    options.apply = [](const flow::Flow&) {};
    flow_ = good(EditedFlow::open(files_, clock_, std::move(options)));
  }

  SecretParts secrets() {
    const auto known = [this](const std::string& name) {
      return SecretRow{name, values_.contains(name), true, false, {}};
    };
    SecretParts parts;
    parts.list = [known] { return std::vector<SecretRow>{known("key")}; };
    parts.set = [this](const std::string& name, const std::string& value) -> Result<> {
      values_[name] = value;
      return Done{};
    };
    parts.remove = [this](const std::string& name) -> Result<> {
      if (values_.erase(name) == 0) return Error::user("it has no value");
      return Done{};
    };
    parts.undo = [](const std::string&) -> Result<> { return Error::user("nothing to undo"); };
    return parts;
  }

  static void expand(std::string& text, const std::vector<std::string>& ids) {
    for (std::size_t at = 0; (at = text.find('$', at)) != std::string::npos;) {
      std::size_t number = 0;
      const std::string_view digits = std::string_view(text).substr(at + 1, 2);
      const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (end.ec != std::errc() || number >= ids.size()) {
        ++at;
        continue;
      }
      const auto used = static_cast<std::size_t>(end.ptr - digits.data());
      text.replace(at, used + 1, ids[number]);
      at += ids[number].size();
    }
  }

  MemoryFileSystem files_;
  VirtualClock clock_;
  std::map<std::string, std::string> values_;
  std::string token_;  // the last that was given out
  Router router_;
  std::unique_ptr<EditedFlow> flow_;
  std::unique_ptr<AgentRegistry> agents_;
  std::unique_ptr<C2Desk> desk_;
  std::unique_ptr<Access> access_;
};

std::string_view upTo(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return part;
}

HttpMethod methodOf(std::string_view name) {
  if (name == "GET") return HttpMethod::kGet;
  if (name == "PUT") return HttpMethod::kPut;
  if (name == "DELETE") return HttpMethod::kDelete;
  return name == "POST" ? HttpMethod::kPost : HttpMethod::kOther;
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
    const std::string_view who = upTo(line, " ");
    const std::string_view method = upTo(line, " ");
    const std::string_view target = upTo(line, " ");
    served.ask(who.empty() ? '2' : who.front(), methodOf(method), std::string(target),
               line.empty() ? "application/json" : std::string(line), std::string(request));
  }
  served.restart();
  return 0;
}
