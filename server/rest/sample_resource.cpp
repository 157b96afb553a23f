// SPDX-License-Identifier: Apache-2.0
#include "server/rest/sample_resource.h"

#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <variant>

namespace millrace::server {
namespace {

constexpr std::size_t kMostSamples = 100;

Result<SampleFlowFile> sampleOf(const Json& json) {
  if (!json.is_object()) return Error::user("a sample must be an object");
  SampleFlowFile sample;
  sample.content = textMember(json, "content");
  const auto attributes = json.find("attributes");
  if (attributes == json.end()) return sample;
  if (!attributes->is_object()) return Error::user("a sample's 'attributes' must be an object");
  for (const auto& [name, value] : attributes->items()) {
    if (!value.is_string())
      return Error::user(fmt::format("the attribute '{}' of a sample must be a text", name));
    sample.attributes[name] = value.get<std::string>();
  }
  return sample;
}

Result<std::vector<SampleFlowFile>> samplesOf(const Json& body) {
  std::vector<SampleFlowFile> samples;
  const auto given = body.find("flowfiles");
  if (given == body.end()) return samples;
  if (!given->is_array() || given->size() > kMostSamples) {
    return Error::user(
        fmt::format("'flowfiles' must be a list of at most {} samples", kMostSamples));
  }
  for (const Json& each : *given) samples.push_back(MR_TRY(sampleOf(each)));
  return samples;
}

/// The flow with some keys of one component changed, or what is wrong with them.
std::variant<flow::Flow, HttpResponse> flowWith(const SampleParts& parts, const std::string& id,
                                                const Json& value) {
  Json wanted = *parts.flow.state()->json;
  Json changes = Json::array();
  changes.push_back({{"op", "update"}, {"id", id}, {"value", value}});
  const auto applied = applyChanges(wanted, changes, parts.namesService);
  if (const auto* error = std::get_if<ChangeError>(&applied))
    return HttpResponse::error(error->malformed ? 400 : 422, error->message);
  auto read = flowFromJson(wanted, {});
  if (!read.ok()) return HttpResponse::error(400, read.error().message);
  if (read->ok()) return std::move(read->flow);
  return HttpResponse::error(422, "with these keys the flow is none",
                             "\"findings\":" + jsonText(findingsToJson(read->findings)));
}

HttpResponse answerTo(const SampleOutcome& outcome) {
  Json answer;
  answer["outputs"] = Json::array();
  for (const auto& [relationship, flowFiles] : outcome.outputs) {
    Json output;
    output["relationship"] = relationship;
    output["flowfiles"] = Json::array();
    for (const SampleFlowFile& file : flowFiles) {
      Json item;
      item["content"] = file.content;
      item["attributes"] = file.attributes;
      item["penalized"] = file.penalized;
      output["flowfiles"].push_back(std::move(item));
    }
    answer["outputs"].push_back(std::move(output));
  }
  answer["bulletins"] = Json::array();
  for (const auto& [level, message] : outcome.bulletins) {
    Json bulletin;
    bulletin["level"] = level;
    bulletin["message"] = message;
    answer["bulletins"].push_back(std::move(bulletin));
  }
  answer["counters"] = outcome.counters;
  answer["troubles"] = outcome.troubles;
  return jsonResponse(answer);
}

HttpResponse tryOut(const SampleParts& parts, const RoutedRequest& request) {
  const std::string& text = request.parameter("id");
  const auto id = idOf(text);
  if (!id) return HttpResponse::error(400, "the address must hold a processor's id");
  if (findComponent(*parts.flow.state()->json, text) == nullptr)
    return HttpResponse::error(404, "there is no such component; read the flow again");
  const auto body =
      request.http.body.empty() ? Result<Json>(Json::object()) : parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
  const auto samples = samplesOf(*body);
  if (!samples.ok()) return HttpResponse::error(400, samples.error().message);
  const auto value = body->find("value");
  auto flow = flowWith(parts, text, value == body->end() ? Json(Json::object()) : *value);
  if (auto* refusal = std::get_if<HttpResponse>(&flow)) return std::move(*refusal);
  const auto outcome = parts.run(std::get<flow::Flow>(flow), *id, *samples);
  if (!outcome.ok()) return HttpResponse::error(422, outcome.error().message);
  return answerTo(*outcome);
}

}  // namespace

void addSampleRoute(Router& router, SampleParts parts) {
  router.add(HttpMethod::kPost, "/api/v1/components/{id}/try",
             [parts](const RoutedRequest& request) { return tryOut(parts, request); });
}

}  // namespace millrace::server
