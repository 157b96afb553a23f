// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/http_server.h"
#include "processors/http/inflated_content.h"
#include "processors/http/listening.h"
#include "processors/http/multipart_reader.h"
#include "processors/http/request_queue.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <optional>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::array kClientChoices{
    AllowedValue{"AUTO", "REQUIRED where the service has a trust store, else NONE."},
    AllowedValue{"WANT", "Clients may show a certificate."},
    AllowedValue{"REQUIRED", "Clients must show a certificate."},
    AllowedValue{"NONE", "Clients are not asked."},
};
constexpr std::array<std::string_view, 1> kHealthAliases{"health-check-port"};
constexpr std::array<std::string_view, 1> kSubjectAliases{"Authorized DN Pattern"};
constexpr std::array<std::string_view, 1> kIssuerAliases{"authorized-issuer-dn-pattern"};
constexpr std::array<std::string_view, 1> kMultipartAliases{"multipart-request-max-size"};
constexpr std::array<std::string_view, 1> kClientAliases{"client-authentication"};
constexpr std::array<std::string_view, 1> kThreadsAliases{"max-thread-pool-size"};
constexpr std::array<std::string_view, 1> kHeadersAliases{
    "HTTP Headers to receive as Attributes (Regex)"};

constexpr Property<std::string> kHostname{
    {.name = "Hostname",
     .description = "The name or address of the interface to listen at; without it, all.",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kBasePath{
    {.name = "Base Path",
     .description = "The path of requests, without its first slash; empty: any path.",
     .defaultValue = "contentListener",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::int64_t> kPort{{.name = "Listening Port",
                                        .description = "The port to listen at; 0 picks a free one.",
                                        .required = true,
                                        .scope = ExpressionScope::kEnvironment,
                                        .atLeast = 0,
                                        .atMost = 65535}};
constexpr Property<std::int64_t> kHealthPort{
    {.name = "Listening Port for Health Check Requests",
     .description = "Another port for GET requests of Base Path/healthcheck, which asks for no "
                    "client certificate. Without it they are answered at Listening Port.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kHealthAliases,
     .atLeast = 0,
     .atMost = 65535}};
constexpr Property<ServiceName> kTls{{.name = "SSL Context Service",
                                      .description = "Keys and trust for TLS; without it, none.",
                                      .serviceType = SslContextProvider::kType}};
constexpr Property<std::string> kClientChoice{
    {.name = "Client Authentication",
     .description = "Whether clients must show a certificate that is trusted.",
     .defaultValue = "AUTO",
     .required = true,
     .allowed = kClientChoices,
     .aliases = kClientAliases,
     .dependsOn = "SSL Context Service"}};
constexpr Property<RegexText> kSubjects{
    {.name = "Authorized Subject DN Pattern",
     .description = "Client certificates must have a subject that matches this as a whole.",
     .defaultValue = ".*",
     .required = true,
     .aliases = kSubjectAliases,
     .dependsOn = "SSL Context Service"}};
constexpr Property<RegexText> kIssuers{
    {.name = "Authorized Issuer DN Pattern",
     .description = "Client certificates must have an issuer that matches this as a whole.",
     .defaultValue = ".*",
     .aliases = kIssuerAliases,
     .dependsOn = "SSL Context Service"}};
constexpr Property<RegexText> kHeaders{
    {.name = "HTTP Headers for Attributes",
     .description = "Headers whose name matches this as a whole become attributes.",
     .aliases = kHeadersAliases}};
constexpr Property<DataSize> kHeaderLimit{
    {.name = "Request Header Maximum Size",
     .description = "A request with a larger head is answered 431.",
     .defaultValue = "8 KB",
     .required = true,
     .atLeast = 256,
     .atMost = 64 * 1024}};
constexpr Property<std::int64_t> kReturnCode{
    {.name = "Return Code",
     .description = "The status that says that the data is stored.",
     .defaultValue = "200",
     .required = true,
     .atLeast = 200,
     .atMost = 599}};
constexpr Property<DataSize> kMultipartLimit{
    {.name = "Multipart Request Max Size",
     .description = "A multipart/form-data body that is larger is answered 413.",
     .defaultValue = "1 MB",
     .required = true,
     .aliases = kMultipartAliases,
     .atLeast = 1}};
constexpr Property<std::int64_t> kConnections{
    {.name = "Maximum Thread Pool Size",
     .description = "The most connections that are served at once; others wait to be accepted.",
     .defaultValue = "200",
     .required = true,
     .aliases = kThreadsAliases,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr std::array kProperties{&kHostname.info,    &kBasePath.info,   &kPort.info,
                                 &kHealthPort.info,  &kTls.info,        &kClientChoice.info,
                                 &kSubjects.info,    &kIssuers.info,    &kHeaders.info,
                                 &kHeaderLimit.info, &kReturnCode.info, &kMultipartLimit.info,
                                 &kConnections.info};

constexpr Relationship kSuccess{"success", "What was received."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"restlistener.remote.source.host", "The address of the client."},
    AttributeInfo{"restlistener.request.uri", "The path of the request."},
    AttributeInfo{"restlistener.remote.user.dn", "The subject of its certificate, or none."},
    AttributeInfo{"restlistener.remote.issuer.dn", "The issuer of its certificate, or none."},
    AttributeInfo{"filename", "The header of that name, if there is one."},
    AttributeInfo{"http.multipart.name", "The name of a part of a form."},
    AttributeInfo{"http.multipart.filename", "The name of the file in it."},
    AttributeInfo{"http.multipart.content.type", "What the part says that it is."},
    AttributeInfo{"http.multipart.size", "The bytes of the part."},
    AttributeInfo{"http.multipart.fragments.sequence.number", "Its number, from 1."},
    AttributeInfo{"http.multipart.fragments.total.number", "How many parts there were."},
    AttributeInfo{"http.headers.multipart.<header>", "Each header of the part."},
    AttributeInfo{"<header>", "Each header that HTTP Headers for Attributes matches."}};
constexpr std::array<std::string_view, 5> kTags{"http", "https", "rest", "listen", "ingest"};

constexpr std::size_t kMostTogether = 64;  // requests of one commit
constexpr std::string_view kPackageV3 = "application/flowfile-v3";
constexpr std::string_view kPackageV2 = "application/flowfile-v2";
constexpr std::string_view kPackageV1 = "application/flowfile-v1";
constexpr Nanos kStopPatience = 5 * kSecond;

bool matches(const std::optional<Pattern>& pattern, std::string_view text) {
  if (!pattern) return false;
  Matcher matcher(*pattern);
  const auto found = matcher.find(text);
  return found.ok() && *found;
}

bool isTrue(std::string_view text) { return sameIgnoringCase(text, "true"); }

class ListenHttp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    servers_.clear();
    const std::string base = MR_TRY(context.evaluate(kBasePath));
    path_ = base.empty() ? "" : "/" + base;
    const std::string health = path_ + "/healthcheck";
    headers_ = MR_TRY(patternOf(context, kHeaders));
    subjects_ = MR_TRY(patternOf(context, kSubjects));
    issuers_ = MR_TRY(patternOf(context, kIssuers));
    returnCode_ = static_cast<int>(context.get(kReturnCode));
    multipartLimit_ = context.get(kMultipartLimit);
    success_ = context.relationship(kSuccess.name);
    const bool ownHealthPort = context.has(kHealthPort);
    auto* tls = MR_TRY(serviceOf<SslContextProvider>(context, kTls));

    HttpServerOptions options;
    options.listen.at.host = MR_TRY(context.evaluate(kHostname));
    options.listen.at.port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kPort)));
    options.listen.maxConnections = static_cast<std::uint32_t>(context.get(kConnections));
    options.headLimit = context.get(kHeaderLimit);
    MR_TRY(useTls(options.listen, tls, net::ClientCertificate::kNone));
    const net::ClientCertificate wanted = clientCertificate(context, options.listen);
    queue_.open(static_cast<std::size_t>(context.get(kConnections)));

    if (ownHealthPort) {
      HttpServerOptions healthOptions = options;
      healthOptions.listen.at.port =
          static_cast<std::uint16_t>(MR_TRY(context.evaluate(kHealthPort)));
      servers_.push_back(MR_TRY(HttpServer::open(
          context.network(), context.clock(), std::move(healthOptions),
          {[health](const HttpHead& head, const net::Ends&) -> std::optional<HttpServer::Refusal> {
             return healthAnswer(head, health);
           },
           [](const auto&) {}})));
    }
    options.listen.clientCertificate = wanted;
    servers_.push_back(MR_TRY(HttpServer::open(
        context.network(), context.clock(), std::move(options),
        {[this, &context, health, ownHealthPort](const HttpHead& head, const net::Ends& ends) {
           if (!ownHealthPort && head.method == "GET" && pathOf(head.target) == health)
             return std::optional(healthAnswer(head, health));
           return refusalOf(context, head, ends);
         },
         [this, &context](std::shared_ptr<HttpExchange> exchange) {
           if (!queue_.push(exchange)) {
             exchange->answer(503, {}, "Too many requests are waiting\n");
             return;
           }
           context.wake();
         }})));
    context.log(BulletinLevel::kInfo, fmt::format("listening at port {}", servers_.back()->port()));
    return Done{};
  }

  void onUnscheduled(ProcessContext&) override {
    for (const auto& server : servers_) server->refuseAll();
    queue_.close();
  }

  void onStopped(ProcessContext&) override {
    for (const auto& server : servers_) server->close(kStopPatience);
    servers_.clear();
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    // What is in memory goes together into one commit; a slow or large body has one of its own.
    for (std::size_t count = 0; count < kMostTogether; ++count) {
      auto exchange = queue_.takeWhole();
      if (exchange == nullptr) {
        if (count > 0) return Done{};
        exchange = queue_.take();
        if (exchange == nullptr) return Done{};
        return receive(context, session, std::move(exchange));
      }
      MR_TRY(receive(context, session, std::move(exchange)));
    }
    return Done{};
  }

 private:
  static Result<std::optional<Pattern>> patternOf(ProcessContext& context,
                                                  const Property<RegexText>& property) {
    if (!context.has(property)) return std::optional<Pattern>();
    return std::optional(MR_TRY(Pattern::compile(context.get(property), Pattern::Use::kWhole)));
  }

  static net::ClientCertificate clientCertificate(ProcessContext& context,
                                                  const net::ListenOptions& options) {
    if (options.tls == nullptr) return net::ClientCertificate::kNone;
    const std::string_view choice = context.get(kClientChoice);
    if (choice == "WANT") return net::ClientCertificate::kWanted;
    const bool needed = choice == "REQUIRED" || (choice == "AUTO" && options.tls->hasTrustStore());
    return needed ? net::ClientCertificate::kNeeded : net::ClientCertificate::kNone;
  }

  static HttpServer::Refusal healthAnswer(const HttpHead& head, const std::string& path) {
    if (pathOf(head.target) != path) return {404, "There is nothing here\n"};
    if (head.method != "GET") return {405, "Only GET is answered here\n"};
    return {200, "OK\n"};
  }

  /// The answer to requests that bring no data, or whose data is not wanted.
  std::optional<HttpServer::Refusal> refusalOf(ProcessContext& context, const HttpHead& head,
                                               const net::Ends& ends) {
    using Refusal = HttpServer::Refusal;
    if (!path_.empty() && pathOf(head.target) != path_)
      return Refusal{404, "There is nothing here\n"};
    if (head.method == "HEAD") {
      Refusal answer{200, ""};
      answer.fields.add("Accept",
                        "application/flowfile-v3,application/flowfile-v2;q=0.9,*/*;q=0.8");
      answer.fields.add("Accept-Encoding", "gzip");
      answer.fields.add("x-nifi-transfer-protocol-version", "3");
      return answer;
    }
    if (head.method != "POST") {
      Refusal answer{405, "Only POST brings data\n"};
      answer.fields.add("Allow", "HEAD, POST");
      return answer;
    }
    if (!ends.subject.empty() && !matches(subjects_, ends.subject))
      return Refusal{403, "not allowed based on subject dn\n"};
    if (!ends.subject.empty() && issuers_ && !matches(issuers_, ends.issuer))
      return Refusal{403, "not allowed based on issuer dn\n"};
    if (success_ && !context.hasRoom(*success_))
      return Refusal{503, "There is no room for more data\n"};
    return std::nullopt;
  }

  /// Makes FlowFiles of a request. An Error is ours and undoes the trigger; what is wrong with the
  /// request goes back to the client.
  Result<> receive(ProcessContext& context, ProcessSession& session,
                   std::shared_ptr<HttpExchange> exchange) {
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
    const std::string url = requestUrl(*exchange);
    const net::Ends& ends = exchange->ends();
    const std::string_view subject = ends.subject.empty() ? "none" : std::string_view(ends.subject);
    const std::string_view issuer = ends.issuer.empty() ? "none" : std::string_view(ends.issuer);
    for (SessionFlowFile* file : made) {
      if (headers_) {
        for (const auto& [name, value] : exchange->head().fields.all()) {
          if (matches(headers_, name)) session.putAttribute(*file, name, value);
        }
      }
      const std::array<Attributes::Pair, 4> facts{
          Attributes::Pair{"restlistener.remote.source.host", ends.remoteAddress},
          Attributes::Pair{"restlistener.request.uri", pathOf(exchange->head().target)},
          Attributes::Pair{"restlistener.remote.user.dn", subject},
          Attributes::Pair{"restlistener.remote.issuer.dn", issuer}};
      session.putAttributes(*file, facts);
      session.report(ProvenanceType::kReceive, *file, url,
                     fmt::format("Remote DN={}, Issuer DN={}", subject, issuer));
      session.transfer(*file, kSuccess);
    }
    session.onDurable([receipt, status = returnCode_] { receipt->confirm(status); });
    return Done{};
  }

  std::optional<NotReceived> receiveBody(ProcessSession& session, HttpExchange& exchange,
                                         std::vector<SessionFlowFile*>& made) const {
    const HttpFields& fields = exchange.head().fields;
    const std::string_view type = fields.value("Content-Type");
    const auto sent = exchange.body();
    ContentReader* body = sent.get();
    std::unique_ptr<InflatedContent> inflated;
    if (isTrue(fields.value("flowfile-gzipped")) || fields.value("Content-Encoding") == "gzip") {
      auto opened = InflatedContent::make(*sent);
      if (!opened.ok()) return NotReceived{0, opened.error()};
      inflated = std::move(*opened);
      body = inflated.get();
    }
    if (type.find("multipart/form-data") != std::string_view::npos) {
      const auto boundary = boundaryOf(type);
      if (!boundary) return NotReceived{400, Error::user("the Content-Type has no boundary")};
      return receiveParts(session, *body, *boundary, multipartLimit_, made);
    }
    const std::string_view plainType = withoutBlanks(type.substr(0, type.find(';')));
    if (sameIgnoringCase(plainType, kPackageV3))
      return receivePackages(session, *body, PackageVersion::kV3, fields.value("filename"), made);
    if (sameIgnoringCase(plainType, kPackageV2))
      return receivePackages(session, *body, PackageVersion::kV2, fields.value("filename"), made);
    if (sameIgnoringCase(plainType, kPackageV1))
      return NotReceived{415, Error::user("FlowFile packages of version 1 are not supported")};
    SessionFlowFile& file = session.create();
    made.push_back(&file);
    if (auto wrong = receiveContent(session, file, [&] { return body->next(); })) return wrong;
    if (const std::string_view name = fields.value("filename"); !name.empty())
      session.putAttribute(file, "filename", name);
    return std::nullopt;
  }

  std::string path_;
  std::optional<Pattern> headers_;
  std::optional<Pattern> subjects_;
  std::optional<Pattern> issuers_;
  std::optional<RelationshipIndex> success_;
  std::uint64_t multipartLimit_ = 0;
  int returnCode_ = 200;
  RequestQueue queue_;
  std::vector<std::unique_ptr<HttpServer>> servers_;
};

}  // namespace

MR_PROCESSOR(listen_http){
    .type = "ListenHTTP",
    .summary =
        "Receives data over HTTP: each request is a FlowFile, and is answered when that is "
        "safe on disk.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .blocking = true,
    .endless = true,
    .wakesItself = true,
    .leastTasks = 4,
    .make = make<ListenHttp>,
};

}  // namespace millrace::processors
