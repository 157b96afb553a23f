// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/invoke_http_properties.h"
#include "processors/http/received_response.h"
#include "processors/http/request_body.h"
#include "processors/http/shared_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace millrace::processors {
namespace {

using namespace invoke_http;  // NOLINT: the properties of this processor, in a file of their own
using expression::Matcher;
using expression::Pattern;

constexpr Relationship kOriginal{"Original", "FlowFiles whose request was answered 2xx."};
constexpr Relationship kResponse{"Response", "Answers 2xx; all where they are asked for."};
constexpr Relationship kRetry{"Retry", "FlowFiles whose request was answered 5xx, penalized."};
constexpr Relationship kNoRetry{"No Retry",
                                "FlowFiles whose request was answered 1xx, 3xx or 4xx."};
constexpr Relationship kFailure{"Failure",
                                "FlowFiles whose request got no whole answer, penalized."};
constexpr std::array kRelationships{&kOriginal, &kResponse, &kRetry, &kNoRetry, &kFailure};
constexpr std::array kWrites{
    AttributeInfo{"invokehttp.status.code", "The status of the answer."},
    AttributeInfo{"invokehttp.status.message", "Its words."},
    AttributeInfo{"invokehttp.response.body",
                  "The start of the body of an answer that is not 2xx."},
    AttributeInfo{"invokehttp.request.url", "Where the request went."},
    AttributeInfo{"invokehttp.response.url", "Where the answer came from, after redirects."},
    AttributeInfo{"invokehttp.request.duration", "Milliseconds until the head of the answer."},
    AttributeInfo{"invokehttp.tx.id", "A random number of the exchange."},
    AttributeInfo{"invokehttp.remote.dn", "The subject of the server's certificate."},
    AttributeInfo{"invokehttp.java.exception.class",
                  "java.lang.IllegalArgumentException for a request that cannot be made, "
                  "java.io.IOException for one that failed."},
    AttributeInfo{"invokehttp.java.exception.message", "Why it failed."},
    AttributeInfo{"mime.type", "The Content-Type of the answer."},
    AttributeInfo{"filename", "The last part of the URL, where that is asked for."},
    AttributeInfo{"<header>", "Each header of the answer."}};
constexpr std::array<std::string_view, 6> kTags{"http", "https", "rest", "client", "post", "get"};

constexpr std::array<std::string_view, 13> kNeverSent{"invokehttp.status.code",
                                                      "invokehttp.status.message",
                                                      "invokehttp.response.body",
                                                      "invokehttp.request.url",
                                                      "invokehttp.response.url",
                                                      "invokehttp.request.duration",
                                                      "invokehttp.tx.id",
                                                      "invokehttp.remote.dn",
                                                      "invokehttp.java.exception.class",
                                                      "invokehttp.java.exception.message",
                                                      "uuid",
                                                      "filename",
                                                      "path"};

// What we ask for ourselves and undo, spelt so that no user's wish is taken for it.
constexpr std::string_view kTransparent = "gzip;q=1.0";

bool hasRequestBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

/// The name and values of the header fields of an answer, as attributes: several of one name are
/// one, with commas between.
std::map<std::string, std::string> headerAttributes(const HttpResponse& response) {
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : response.head().fields.all()) {
    const auto known = std::find_if(attributes.begin(), attributes.end(), [&](const auto& pair) {
      return sameIgnoringCase(pair.first, name);
    });
    if (known == attributes.end()) {
      attributes[name] = value;
    } else {
      known->second += ", " + value;
    }
  }
  if (response.ends().secure) attributes["invokehttp.remote.dn"] = response.ends().subject;
  return attributes;
}

class InvokeHttp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    client_.reset();
    toSend_.reset();
    if (context.has(kSentAttributes)) {
      toSend_ = MR_TRY(
          Pattern::compile(withoutBlanks(context.get(kSentAttributes)), Pattern::Use::kWhole));
    }
    HttpClientOptions options;
    options.times = {context.get(kConnectTime), context.get(kReadTime), context.get(kWriteTime)};
    options.idleTime = context.get(kIdleTime);
    options.idleConnections = static_cast<std::size_t>(context.get(kIdleConnections));
    options.followsRedirects = context.get(kRedirects);
    options.nonce = [&context] { return context.randomUuid(); };
    if (auto* tls = MR_TRY(serviceOf<SslContextProvider>(context, kTls))) {
      options.tls = tls->context();
    } else {
      options.tls = MR_TRY(net::TlsContext::make({}));
    }
    if (auto* proxy = MR_TRY(serviceOf<ProxyConfiguration>(context, kProxy)))
      options.proxy = proxy->proxy();
    const Credentials credentials{std::string(context.get(kUser)),
                                  std::string(context.get(kPassword))};
    authorization_.clear();
    if (!credentials.user.empty()) {
      if (context.get(kDigest)) {
        options.digest = credentials;
      } else {
        authorization_ = basicAuthorization(credentials);
      }
    }
    client_ = std::make_unique<HttpClient>(context.network(), context.clock(), std::move(options));
    return Done{};
  }

  void onStopped(ProcessContext&) override { client_.reset(); }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* input = session.get();
    if (input == nullptr) {
      if (context.hasInput()) return Done{};
      if (hasRequestBody(MR_TRY(methodOf(context, nullptr)))) return Done{};
      if (context.has(kBodyAttribute)) input = &session.create();
    }
    const std::string url(withoutBlanks(MR_TRY(context.evaluate(kUrl, input))));
    const Nanos start = context.clock().monotonic();
    HttpRequest request;
    RequestBody body;
    const auto prepared = prepare(context, session, input, url, request, body);
    if (!prepared.ok()) {
      return failed(context, session, input, nullptr, "java.lang.IllegalArgumentException",
                    prepared.error());
    }
    auto response = client_->send(request);
    if (!response.ok())
      return failed(context, session, input, nullptr, "java.io.IOException", response.error());
    if (input != nullptr && request.hasBody)
      session.report(ProvenanceType::kSend, *input, request.url.text());
    const Millis duration = (context.clock().monotonic() - start) / kMillisecond;
    return receive(context, session, input, request, url, **response, duration);
  }

 private:
  static Result<std::string> methodOf(ProcessContext& context, const SessionFlowFile* input) {
    std::string method(withoutBlanks(MR_TRY(context.evaluate(kMethod, input))));
    for (char& c : method) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (!isToken(method)) return Error::user(fmt::format("'{}' is no HTTP method", method));
    return method;
  }

  Result<> prepare(ProcessContext& context, ProcessSession& session, SessionFlowFile* input,
                   const std::string& url, HttpRequest& request, RequestBody& body) const {
    request.method = MR_TRY(methodOf(context, input));
    request.url = MR_TRY(Url::parse(url));
    if (!authorization_.empty()) request.fields.add("Authorization", authorization_);
    const std::string agent = fieldValue(MR_TRY(context.evaluate(kUserAgent, input)));
    if (!agent.empty()) request.fields.add("User-Agent", agent);
    if (context.get(kDate)) request.fields.add("Date", dateText(context.clock().wall()));
    if (hasRequestBody(request.method) && input != nullptr) {
      MR_TRY(prepareBody(context, session, *input, body));
      useBody(request, body);
    }
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      if (property.name().starts_with(kFormPrefix)) continue;
      if (!isToken(property.name()))
        return Error::user(fmt::format("'{}' is no name of a header", property.name()));
      std::string value;
      MR_TRY(context.evaluateText(property, input, value));
      request.fields.set(property.name(), fieldValue(value));
    }
    if (toSend_ && input != nullptr) {
      input->forEachAttribute([&](std::string_view name, std::string_view value) {
        const bool never =
            std::find(kNeverSent.begin(), kNeverSent.end(), name) != kNeverSent.end();
        if (never || !isToken(name)) return;
        Matcher matcher(*toSend_);
        const auto found = matcher.find(name);
        if (found.ok() && *found) request.fields.set(name, fieldValue(value));
      });
    }
    // Somebody who names an encoding wants to see it.
    if (!request.fields.find("Accept-Encoding") && !request.fields.find("Range"))
      request.fields.add("Accept-Encoding", std::string(kTransparent));
    return Done{};
  }

  static Result<> prepareBody(ProcessContext& context, ProcessSession& session,
                              const SessionFlowFile& input, RequestBody& body) {
    body.contentType = fieldValue(MR_TRY(context.evaluate(kContentType, input)));
    if (body.contentType.empty()) body.contentType = "application/octet-stream";
    body.chunked = context.get(kChunked);
    body.gzip = context.get(kContentEncoding) == "GZIP";
    body.boundary = context.randomUuid();
    if (context.get(kBodyEnabled)) {
      body.content = [&session, &input] { return session.read(input); };
      body.contentSize = input.size();
      body.formName = MR_TRY(context.evaluate(kFormName, input));
      if (context.get(kFormFileName)) body.formFileName = std::string(input.value("filename"));
    } else {
      body.gzip = false;
      body.chunked = false;
    }
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      if (!property.name().starts_with(kFormPrefix)) continue;
      std::string value;
      MR_TRY(context.evaluateText(property, &input, value));
      body.formFields.emplace_back(property.name().substr(kFormPrefix.size()), std::move(value));
    }
    return Done{};
  }

  /// Without a FlowFile to route, the Error makes a bulletin and the processor yield.
  static Result<> failed(ProcessContext& context, ProcessSession& session, SessionFlowFile* input,
                         SessionFlowFile* output, std::string_view javaClass, const Error& why) {
    if (output != nullptr) session.remove(*output);
    if (input == nullptr) return why;
    context.log(BulletinLevel::kError, why.message);
    session.putAttribute(*input, "invokehttp.java.exception.class", javaClass);
    session.putAttribute(*input, "invokehttp.java.exception.message", why.message);
    session.penalize(*input);
    session.transfer(*input, kFailure);
    return Done{};
  }

  static Result<> receive(ProcessContext& context, ProcessSession& session, SessionFlowFile* input,
                          const HttpRequest& request, const std::string& url,
                          HttpResponse& response, Millis duration) {
    const HttpHead& head = response.head();
    const bool success = head.status / 100 == 2;
    const bool toAttribute = context.has(kBodyAttribute);
    const std::string code = std::to_string(head.status);
    const std::string from = response.url().text();
    const std::string took = std::to_string(duration);
    const std::string exchange = context.randomUuid();
    const std::array<Attributes::Pair, 6> facts{
        Attributes::Pair{"invokehttp.status.code", code},
        Attributes::Pair{"invokehttp.status.message", head.reason},
        Attributes::Pair{"invokehttp.request.url", url},
        Attributes::Pair{"invokehttp.request.duration", took},
        Attributes::Pair{"invokehttp.response.url", from},
        Attributes::Pair{"invokehttp.tx.id", exchange}};
    if (input != nullptr) session.putAttributes(*input, facts);

    const bool bodyToInput = (!success || toAttribute) && input != nullptr;
    const bool bodyToOutput = (success && !toAttribute) || context.get(kAlwaysResponse);
    SessionFlowFile* output = nullptr;
    const auto headers = headerAttributes(response);
    if (bodyToOutput) {
      output = input != nullptr ? &session.create(*input) : &session.create();
      session.putAttributes(*output, facts);
      for (const auto& [name, value] : headers) session.putAttribute(*output, name, value);
      if (context.get(kNaming) == "URL_PATH" && request.method == "GET") {
        if (const std::string name = request.url.fileName(); !name.empty())
          session.putAttribute(*output, "filename", name);
      }
    }
    if (!context.get(kBodyIgnored) && (bodyToInput || bodyToOutput)) {
      const auto read = readBody(context, session, input, output, bodyToInput, request, response);
      if (!read.ok())
        return failed(context, session, input, output, "java.io.IOException", read.error());
      if (output != nullptr) {
        session.report(input != nullptr ? ProvenanceType::kFetch : ProvenanceType::kReceive,
                       *output, url);
      }
    }
    if (context.get(kHeadersToRequest) && input != nullptr) {
      const std::string prefix(withoutBlanks(MR_TRY(context.evaluate(kHeadersPrefix, input))));
      for (const auto& [name, value] : headers) session.putAttribute(*input, prefix + name, value);
    }
    route(context, session, input, output, head.status);
    return Done{};
  }

  /// Reads the body into where it is wanted. An Error is the connection's or the disk's.
  static Result<> readBody(ProcessContext& context, ProcessSession& session, SessionFlowFile* input,
                           SessionFlowFile* output, bool toInput, const HttpRequest& request,
                           HttpResponse& response) {
    const HttpHead& head = response.head();
    const std::string_view type = head.fields.value("Content-Type");
    ResponseBody plain(response);
    ContentReader* body = &plain;
    std::unique_ptr<InflatedContent> inflated;
    const bool mayHaveBody =
        request.method != "HEAD" && head.status != 204 && head.status != 304 && head.length != 0;
    if (mayHaveBody && request.fields.value("Accept-Encoding") == kTransparent &&
        sameIgnoringCase(head.fields.value("Content-Encoding"), "gzip")) {
      inflated = MR_TRY(InflatedContent::make(plain));
      body = inflated.get();
      if (output != nullptr) {
        session.removeAttribute(*output, "Content-Encoding");
        session.removeAttribute(*output, "Content-Length");
      }
    }
    const auto most = static_cast<std::uint64_t>(
        context.has(kBodyAttribute) ? context.get(kBodyAttributeSize) : 256);
    BodyText text(type, most);
    std::unique_ptr<ContentWriter> writer;
    if (output != nullptr) {
      if (!type.empty()) session.putAttribute(*output, "mime.type", type);
      writer = MR_TRY(session.write(*output));
    }
    for (std::uint64_t taken = 0; output != nullptr || taken <= most;) {
      const ByteView part = MR_TRY(body->next(64 * 1024));
      if (part.empty()) break;
      if (toInput) text.add(part);
      if (writer != nullptr) MR_TRY(writer->write(part));
      taken += part.size();
    }
    if (writer != nullptr) MR_TRY(writer->finish());
    if (!toInput) return Done{};
    std::string name = MR_TRY(context.evaluate(kBodyAttribute, input));
    if (name.empty()) name = "invokehttp.response.body";
    session.putAttribute(*input, name, MR_TRY(text.take()));
    return Done{};
  }

  static void route(ProcessContext& context, ProcessSession& session, SessionFlowFile* input,
                    SessionFlowFile* output, int status) {
    const bool success = status / 100 == 2;
    if (!success && input == nullptr) context.yield();
    if (output != nullptr) session.transfer(*output, kResponse);
    if (input == nullptr) return;
    if (success) {
      session.transfer(*input, kOriginal);
    } else if (status / 100 == 5) {
      session.penalize(*input);
      session.transfer(*input, kRetry);
    } else {
      if (context.get(kPenalizes)) session.penalize(*input);
      session.transfer(*input, kNoRetry);
    }
  }

  std::unique_ptr<HttpClient> client_;
  std::optional<Pattern> toSend_;
  std::string authorization_;
};

}  // namespace

MR_PROCESSOR(invoke_http){
    .type = "InvokeHTTP",
    .summary = "Sends an HTTP request, for each FlowFile or on a schedule, and takes the answer.",
    .tags = kTags,
    .input = InputRequirement::kAllowed,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "Sends a header of the property's name, or, by the name post:form:NAME, "
        "a field of a form.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .blocking = true,
    .endless = true,
    .effect = OutsideEffect::kOutside,
    .validate = problemsOf,
    .make = make<InvokeHttp>,
};

}  // namespace millrace::processors
