// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::array<std::string_view, 1> kAttributesAliases{
    "Attributes to add to the HTTP Response (Regex)"};

constexpr Property<std::string> kStatus{{.name = "HTTP Status Code",
                                         .description = "The status of the answer.",
                                         .required = true,
                                         .scope = ExpressionScope::kFlowFile}};
constexpr Property<ServiceName> kMap{
    {.name = "HTTP Context Map",
     .description = "The service that keeps the requests; the same as that of HandleHttpRequest.",
     .required = true,
     .serviceType = HttpContextMap::kType}};
constexpr Property<RegexText> kAttributes{
    {.name = "Attributes for HTTP Response",
     .description = "Attributes whose name matches this as a whole become headers of the answer.",
     .aliases = kAttributesAliases}};
constexpr std::array kProperties{&kStatus.info, &kMap.info, &kAttributes.info};

constexpr Relationship kSuccess{"success", "FlowFiles that were sent as an answer."};
constexpr Relationship kFailure{
    "failure", "FlowFiles whose request is gone, was answered before, or whose client went away."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kReads{
    AttributeInfo{"http.context.identifier", "Which request it answers."},
    AttributeInfo{"http.request.url", "Where that came to, for the history."}};
constexpr std::array<std::string_view, 4> kTags{"http", "https", "response", "web service"};

class HandleHttpResponse final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    pattern_.reset();
    if (context.has(kAttributes))
      pattern_ = MR_TRY(Pattern::compile(context.get(kAttributes), Pattern::Use::kWhole));
    map_ = MR_TRY(serviceOf<HttpContextMap>(context, kMap));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    if (const auto why = answer(context, session, *file)) {
      context.log(BulletinLevel::kError, fmt::format("a request was not answered: {}", *why));
      session.transfer(*file, kFailure);
      return Done{};
    }
    session.report(ProvenanceType::kSend, *file, file->value("http.request.url"));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  /// Why the answer did not get to the client; nothing: it did.
  std::optional<std::string> answer(ProcessContext& context, ProcessSession& session,
                                    const SessionFlowFile& file) const {
    const std::string id(file.value("http.context.identifier"));
    if (id.empty()) return "the FlowFile has no attribute http.context.identifier";
    const auto status = context.evaluate(kStatus, file);
    if (!status.ok()) return status.error().message;
    const bool digits =
        !status->empty() && status->size() == 3 &&
        std::all_of(status->begin(), status->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || status->front() < '2')
      return fmt::format("'{}' is no status from 200 to 999", *status);
    const auto fields = fieldsOf(context, file);
    if (!fields.ok()) return fields.error().message;
    const auto exchange = map_->take(id);
    if (exchange == nullptr) return fmt::format("no request waits under the identifier '{}'", id);
    const auto sent = send(session, file, *exchange, std::stoi(*status), *fields);
    if (!sent.ok()) return sent.error().message;
    return std::nullopt;
  }

  Result<HttpFields> fieldsOf(ProcessContext& context, const SessionFlowFile& file) const {
    HttpFields fields;
    const auto put = [&](std::string_view name, std::string_view text) {
      const std::string value = fieldValue(text);
      if (!value.empty() && isToken(name)) fields.set(name, value);
    };
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      std::string value;
      MR_TRY(context.evaluateText(property, &file, value));
      put(property.name(), value);
    }
    if (pattern_) {
      file.forEachAttribute([&](std::string_view name, std::string_view value) {
        Matcher matcher(*pattern_);
        const auto found = matcher.find(name);
        if (found.ok() && *found) put(name, value);
      });
    }
    return fields;
  }

  static Result<> send(ProcessSession& session, const SessionFlowFile& file, HttpExchange& exchange,
                       int status, const HttpFields& fields) {
    const auto reader = MR_TRY(session.read(file));
    MR_TRY(exchange.beginAnswer(status, fields, file.size()));
    while (true) {
      const auto part = reader->next();
      auto sent = part.ok() ? exchange.send(*part) : Result<>(part.error());
      if (!sent.ok()) {
        exchange.endAnswer(false);
        return sent;
      }
      if (part->empty()) break;
    }
    exchange.endAnswer(true);
    return Done{};
  }

  std::optional<Pattern> pattern_;
  HttpContextMap* map_ = nullptr;
};

}  // namespace

MR_PROCESSOR(handle_http_response){
    .type = "HandleHttpResponse",
    .summary = "Sends each FlowFile as the answer to the request that HandleHttpRequest took.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription = "Sends a header of the property's name.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .readsAttributes = kReads,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .make = make<HandleHttpResponse>,
};

}  // namespace millrace::processors
