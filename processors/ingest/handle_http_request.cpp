// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/digest_authentication.h"
#include "processors/http/http_server.h"
#include "processors/http/listening.h"
#include "processors/http/multipart_reader.h"
#include "processors/http/request_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::array kClientChoices{
    AllowedValue{"No Authentication", "Clients are not asked."},
    AllowedValue{"Want Authentication", "Clients may show a certificate."},
    AllowedValue{"Need Authentication", "Clients must show a certificate."},
};
constexpr std::array<std::string_view, 1> kParametersAliases{"parameters-to-attributes"};
constexpr std::array<std::string_view, 1> kQueueAliases{"container-queue-size"};
constexpr std::array<std::string_view, 1> kMultipartAliases{"multipart-request-max-size"};

constexpr PropertyInfo allow(std::string_view name, bool on) {
  return {.name = name,
          .description = "Whether requests of this method are taken.",
          .defaultValue = on ? "true" : "false",
          .required = true};
}

constexpr Property<std::int64_t> kPort{{.name = "Listening Port",
                                        .description = "The port to listen at; 0 picks a free one.",
                                        .defaultValue = "80",
                                        .required = true,
                                        .scope = ExpressionScope::kEnvironment,
                                        .atLeast = 0,
                                        .atMost = 65535}};
constexpr Property<std::string> kHostname{
    {.name = "Hostname",
     .description = "The name or address of the interface to listen at; without it, all."}};
constexpr Property<ServiceName> kTls{{.name = "SSL Context Service",
                                      .description = "Keys and trust for TLS; without it, none.",
                                      .serviceType = SslContextProvider::kType}};
constexpr Property<ServiceName> kMap{
    {.name = "HTTP Context Map",
     .description = "The service that keeps the requests until they are answered.",
     .required = true,
     .serviceType = HttpContextMap::kType}};
constexpr Property<RegexText> kPaths{
    {.name = "Allowed Paths",
     .description = "Paths that do not match this as a whole are answered 404."}};
constexpr Property<bool> kGet{allow("Allow GET", true)};
constexpr Property<bool> kPost{allow("Allow POST", true)};
constexpr Property<bool> kPut{allow("Allow PUT", true)};
constexpr Property<bool> kDelete{allow("Allow DELETE", true)};
constexpr Property<bool> kHead{allow("Allow HEAD", false)};
constexpr Property<bool> kOptions{allow("Allow OPTIONS", false)};
constexpr Property<std::string> kMethods{
    {.name = "Additional HTTP Methods",
     .description = "More methods of HTTP that are taken, with commas between."}};
constexpr Property<std::int64_t> kConnections{
    {.name = "Maximum Threads",
     .description = "The most connections that are served at once; others wait to be accepted.",
     .defaultValue = "200",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr Property<DataSize> kHeaderLimit{
    {.name = "Request Header Maximum Size",
     .description = "A request with a larger head is answered 431.",
     .defaultValue = "8 KB",
     .required = true,
     .atLeast = 256,
     .atMost = 64 * 1024}};
constexpr Property<std::string> kClientChoice{
    {.name = "Client Authentication",
     .description = "Whether clients must show a certificate that is trusted.",
     .defaultValue = "No Authentication",
     .allowed = kClientChoices,
     .dependsOn = "SSL Context Service"}};
constexpr Property<std::int64_t> kQueueSize{
    {.name = "Container Queue Size",
     .description = "The most requests that wait to be taken; others are answered 503.",
     .defaultValue = "50",
     .required = true,
     .aliases = kQueueAliases,
     .atLeast = 1}};
constexpr Property<DataSize> kMultipartLimit{
    {.name = "Multipart Request Max Size",
     .description = "A multipart/form-data body that is larger is answered 413.",
     .defaultValue = "1 MB",
     .required = true,
     .aliases = kMultipartAliases,
     .atLeast = 1}};
constexpr Property<std::string> kParameters{
    {.name = "Parameters to Attributes",
     .description = "Names of query parameters, with commas between, that become attributes "
                    "http.param.NAME.",
     .aliases = kParametersAliases}};
constexpr std::array kProperties{
    &kPort.info,           &kHostname.info,    &kTls.info,          &kMap.info,
    &kPaths.info,          &kGet.info,         &kPost.info,         &kPut.info,
    &kDelete.info,         &kHead.info,        &kOptions.info,      &kMethods.info,
    &kConnections.info,    &kHeaderLimit.info, &kClientChoice.info, &kQueueSize.info,
    &kMultipartLimit.info, &kParameters.info};

constexpr Relationship kSuccess{"success", "What was received."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"http.context.identifier", "Which request is to be answered."},
    AttributeInfo{"mime.type", "The Content-Type."},
    AttributeInfo{"http.servlet.path", "The path of the request."},
    AttributeInfo{"http.context.path", "Always empty."},
    AttributeInfo{"http.method", "The method."},
    AttributeInfo{"http.local.addr", "Our address."},
    AttributeInfo{"http.local.name", "Our address."},
    AttributeInfo{"http.query.string", "The query, decoded."},
    AttributeInfo{"http.query.param.<name>", "Each parameter of it."},
    AttributeInfo{"http.param.<name>", "Those that Parameters to Attributes names."},
    AttributeInfo{"http.remote.host", "The address of the client."},
    AttributeInfo{"http.remote.addr", "The address of the client."},
    AttributeInfo{"http.protocol", "HTTP/1.1 or HTTP/1.0."},
    AttributeInfo{"http.request.uri", "The path of the request."},
    AttributeInfo{"http.request.url", "The whole URL without the query."},
    AttributeInfo{"http.character.encoding", "The charset of the Content-Type."},
    AttributeInfo{"http.server.name", "The host that the client asked for."},
    AttributeInfo{"http.server.port", "The port that the client asked for."},
    AttributeInfo{"http.cookie.<name>.value", "Each cookie."},
    AttributeInfo{"http.headers.<name>", "Each header."},
    AttributeInfo{"http.subject.dn", "The subject of the client's certificate."},
    AttributeInfo{"http.issuer.dn", "The issuer of it."},
    AttributeInfo{"http.principal.name", "The subject again."},
    AttributeInfo{"http.multipart.name", "The name of a part of a form."},
    AttributeInfo{"http.multipart.filename", "The name of the file in it."},
    AttributeInfo{"http.multipart.content.type", "What the part says that it is."},
    AttributeInfo{"http.multipart.size", "The bytes of the part."},
    AttributeInfo{"http.multipart.fragments.sequence.number", "Its number, from 1."},
    AttributeInfo{"http.multipart.fragments.total.number", "How many parts there were."},
    AttributeInfo{"http.headers.multipart.<header>", "Each header of the part."}};
constexpr std::array<std::string_view, 5> kTags{"http", "https", "request", "listen",
                                                "web service"};
constexpr Nanos kStopPatience = 5 * kSecond;

/// Calls with each part of a list, without the blanks around it.
template <typename Use>
void forEachPart(std::string_view list, char separator, Use use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (const std::string_view part = withoutBlanks(list.substr(0, end)); !part.empty()) use(part);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

class HandleHttpRequest final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    server_.reset();
    map_ = MR_TRY(serviceOf<HttpContextMap>(context, kMap));
    paths_.reset();
    if (context.has(kPaths))
      paths_ = MR_TRY(Pattern::compile(context.get(kPaths), Pattern::Use::kWhole));
    methods_ = methodsOf(context);
    parameters_.clear();
    forEachPart(context.get(kParameters), ',',
                [&](std::string_view name) { parameters_.emplace(name); });
    multipartLimit_ = context.get(kMultipartLimit);
    success_ = context.relationship(kSuccess.name);
    HttpServerOptions options;
    options.listen.at.host = context.get(kHostname);
    options.listen.at.port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kPort)));
    options.listen.maxConnections = static_cast<std::uint32_t>(context.get(kConnections));
    options.headLimit = context.get(kHeaderLimit);
    net::ClientCertificate certificate = net::ClientCertificate::kNone;
    auto* tls = MR_TRY(serviceOf<SslContextProvider>(context, kTls));
    if (tls != nullptr) {
      const std::string_view choice = context.get(kClientChoice);
      if (choice == "Want Authentication") certificate = net::ClientCertificate::kWanted;
      if (choice == "Need Authentication") certificate = net::ClientCertificate::kNeeded;
    }
    MR_TRY(useTls(options.listen, tls, certificate));
    queue_.open(static_cast<std::size_t>(context.get(kQueueSize)));
    server_ = MR_TRY(HttpServer::open(context.network(), context.clock(), std::move(options),
                                      {[this, &context](const HttpHead& head, const net::Ends&) {
                                         return refusalOf(context, head);
                                       },
                                       [this, &context](std::shared_ptr<HttpExchange> exchange) {
                                         if (!queue_.push(exchange)) {
                                           exchange->answer(503, {}, "Request Queue Full\n");
                                           return;
                                         }
                                         context.wake();
                                       }}));
    context.log(BulletinLevel::kInfo, fmt::format("listening at port {}", server_->port()));
    return Done{};
  }

  void onUnscheduled(ProcessContext&) override {
    if (server_ != nullptr) server_->refuseAll();
    queue_.close();
  }

  void onStopped(ProcessContext&) override {
    if (server_ != nullptr) server_->close(kStopPatience);
    server_.reset();
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    auto exchange = queue_.takeWhole();
    if (exchange == nullptr) exchange = queue_.take();
    if (exchange == nullptr) return Done{};
    const auto receipt = std::make_shared<Receipt>(exchange);
    std::vector<SessionFlowFile*> made;
    if (auto wrong = receiveBody(session, *exchange, made)) {
      for (SessionFlowFile* file : made) session.remove(*file);
      if (wrong->status == 0) return std::move(wrong->why);
      exchange->answer(wrong->status, {}, wrong->why.message + "\n");
      context.log(BulletinLevel::kWarn,
                  fmt::format("a request of {} was not received: {}",
                              exchange->ends().remoteAddress, wrong->why.message));
      return Done{};
    }
    const std::string id = context.randomUuid();
    if (!map_->put(id, exchange)) {
      for (SessionFlowFile* file : made) session.remove(*file);
      exchange->answer(503, {}, "Too many requests wait for their answer\n");
      context.log(BulletinLevel::kWarn, "the HTTP Context Map is full, a request was refused");
      return Done{};
    }
    const auto facts = attributesOf(*exchange, id);
    for (SessionFlowFile* file : made) {
      for (const auto& [name, value] : facts) session.putAttribute(*file, name, value);
      session.report(ProvenanceType::kReceive, *file, requestUrl(*exchange));
      session.transfer(*file, kSuccess);
    }
    // A commit that fails leaves nobody who would answer.
    session.onDurable([receipt] { receipt->release(); });
    return Done{};
  }

 private:
  static std::set<std::string, std::less<>> methodsOf(ProcessContext& context) {
    std::set<std::string, std::less<>> methods;
    const auto add = [&](const Property<bool>& property, const char* method) {
      if (context.get(property)) methods.emplace(method);
    };
    add(kGet, "GET");
    add(kPost, "POST");
    add(kPut, "PUT");
    add(kDelete, "DELETE");
    add(kHead, "HEAD");
    add(kOptions, "OPTIONS");
    forEachPart(context.get(kMethods), ',', [&](std::string_view name) {
      std::string method(name);
      for (char& c : method) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      }
      methods.insert(std::move(method));
    });
    return methods;
  }

  std::optional<HttpServer::Refusal> refusalOf(ProcessContext& context,
                                               const HttpHead& head) const {
    using Refusal = HttpServer::Refusal;
    if (!methods_.contains(head.method)) return Refusal{405, "Method Not Allowed\n"};
    if (paths_) {
      Matcher matcher(*paths_);
      const std::string path = percentDecoded(pathOf(head.target));
      const auto found = matcher.find(path);
      if (!found.ok() || !*found) return Refusal{404, "Path Not Found\n"};
    }
    if (success_ && !context.hasRoom(*success_))
      return Refusal{503, "No Available Relationships\n"};
    return std::nullopt;
  }

  std::optional<NotReceived> receiveBody(ProcessSession& session, HttpExchange& exchange,
                                         std::vector<SessionFlowFile*>& made) const {
    const auto body = exchange.body();
    const std::string_view type = exchange.head().fields.value("Content-Type");
    if (type.find("multipart/form-data") != std::string_view::npos) {
      const auto boundary = boundaryOf(type);
      if (!boundary) return NotReceived{400, Error::user("the Content-Type has no boundary")};
      return receiveParts(session, *body, *boundary, multipartLimit_, made);
    }
    SessionFlowFile& file = session.create();
    made.push_back(&file);
    return receiveContent(session, file, [&] { return body->next(); });
  }

  std::vector<std::pair<std::string, std::string>> attributesOf(const HttpExchange& exchange,
                                                                const std::string& id) const {
    const HttpHead& head = exchange.head();
    const net::Ends& ends = exchange.ends();
    const std::string path(pathOf(head.target));
    const std::string_view host = head.fields.value("Host");
    const auto url = Url::parse((ends.secure ? "https://" : "http://") + std::string(host));
    std::vector<std::pair<std::string, std::string>> facts{
        {"http.context.identifier", id},
        {"http.servlet.path", path},
        {"http.context.path", ""},
        {"http.method", head.method},
        {"http.local.addr", ends.localAddress},
        {"http.local.name", ends.localAddress},
        {"http.remote.host", ends.remoteAddress},
        {"http.remote.addr", ends.remoteAddress},
        {"http.protocol", head.old ? "HTTP/1.0" : "HTTP/1.1"},
        {"http.request.uri", path},
        {"http.request.url", requestUrl(exchange)},
        {"http.server.name", url.ok() ? url->host : ends.localAddress},
        {"http.server.port", std::to_string(url.ok() ? url->port : ends.localPort)}};
    const auto type = head.fields.find("Content-Type");
    if (type) {
      facts.emplace_back("mime.type", *type);
      if (auto charset = parameterOf(*type, "charset"))
        facts.emplace_back("http.character.encoding", std::move(*charset));
    }
    if (const auto query = queryOf(head.target)) addQuery(*query, facts);
    for (const auto& [name, value] : head.fields.all()) {
      facts.emplace_back("http.headers." + name, value);
      if (sameIgnoringCase(name, "Cookie")) addCookies(value, facts);
    }
    if (!ends.subject.empty()) {
      facts.emplace_back("http.subject.dn", ends.subject);
      facts.emplace_back("http.issuer.dn", ends.issuer);
      facts.emplace_back("http.principal.name", ends.subject);
    }
    return facts;
  }

  void addQuery(std::string_view query,
                std::vector<std::pair<std::string, std::string>>& facts) const {
    facts.emplace_back("http.query.string", percentDecoded(query, true));
    std::set<std::string> seen;
    forEachPart(query, '&', [&](std::string_view part) {
      const std::size_t equals = std::min(part.find('='), part.size());
      std::string name = percentDecoded(part.substr(0, equals), true);
      std::string value = percentDecoded(part.substr(std::min(equals + 1, part.size())), true);
      if (parameters_.contains(name) && seen.insert(name).second)
        facts.emplace_back("http.param." + name, value);
      facts.emplace_back("http.query.param." + name, std::move(value));
    });
  }

  static void addCookies(std::string_view header,
                         std::vector<std::pair<std::string, std::string>>& facts) {
    forEachPart(header, ';', [&](std::string_view cookie) {
      const std::size_t equals = cookie.find('=');
      if (equals == std::string_view::npos) return;
      facts.emplace_back(fmt::format("http.cookie.{}.value", cookie.substr(0, equals)),
                         cookie.substr(equals + 1));
    });
  }

  HttpContextMap* map_ = nullptr;
  std::optional<Pattern> paths_;
  std::set<std::string, std::less<>> methods_;
  std::set<std::string, std::less<>> parameters_;
  std::optional<RelationshipIndex> success_;
  std::uint64_t multipartLimit_ = 0;
  RequestQueue queue_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

MR_PROCESSOR(handle_http_request){
    .type = "HandleHttpRequest",
    .summary = "Takes HTTP requests, each a FlowFile, which HandleHttpResponse answers.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .blocking = true,
    .endless = true,
    .wakesItself = true,
    .leastTasks = 4,
    .make = make<HandleHttpRequest>,
};

}  // namespace millrace::processors
