// SPDX-License-Identifier: Apache-2.0
#include "log-backend/protocol/frame.h"

#include <algorithm>

namespace millrace::log::wire {
namespace {

constexpr std::int16_t kApiVersions = 18;

/// Whether the header of a response has tagged fields.
bool isTagged(const Api& api, std::int16_t version) {
  return version >= api.flexible && api.key != kApiVersions;
}

}  // namespace

const Api* apiOf(std::int16_t key) {
  const auto found =
      std::find_if(kApis.begin(), kApis.end(), [key](const Api& each) { return each.key == key; });
  return found == kApis.end() ? nullptr : &*found;
}

Result<RequestFrame> readRequest(ByteView request) {
  RequestFrame frame;
  // The client id has its two-byte length in every version; only the tags are compact.
  WireReader reader(request, Lengths::kFixed);
  frame.header.key = reader.int16();
  frame.header.version = reader.int16();
  frame.header.correlationId = reader.int32();
  const Api* const api = apiOf(frame.header.key);
  if (!reader.failed() && (api == nullptr || !api->serves(frame.header.version))) return frame;
  frame.header.clientId = reader.shortString();
  if (!reader.failed() && lengthsOf(*api, frame.header.version) == Lengths::kCompact) {
    TagReader tags = reader.tags();
    while (tags.next().has_value()) {
    }
  }
  if (reader.failed())
    return Error::user("the header of a request is malformed, close the connection");
  frame.api = api;
  frame.body = request.subspan(request.size() - reader.remaining());
  return frame;
}

std::vector<std::byte> frameRequest(const Api& api, std::int16_t version,
                                    std::int32_t correlationId, std::string_view clientId,
                                    ByteView body) {
  WireWriter header(Lengths::kFixed);
  header.int16(api.key);
  header.int16(version);
  header.int32(correlationId);
  header.shortString(std::string(clientId));
  if (lengthsOf(api, version) == Lengths::kCompact) header.varint(0);
  WireWriter writer(Lengths::kFixed);
  writer.int32(static_cast<std::int32_t>(header.view().size() + body.size()));
  std::vector<std::byte> frame = writer.take();
  frame.reserve(frame.size() + header.view().size() + body.size());
  frame.insert(frame.end(), header.view().begin(), header.view().end());
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

Result<ResponseFrame> readResponse(const Api& api, std::int16_t version, ByteView response) {
  WireReader reader(response, Lengths::kFixed);
  ResponseFrame frame;
  frame.correlationId = reader.int32();
  if (isTagged(api, version)) {
    TagReader tags = reader.tags();
    while (tags.next().has_value()) {
    }
  }
  if (reader.failed())
    return Error::environment("the header of the answer to " + std::string(api.name) +
                              " is malformed");
  frame.body = response.subspan(response.size() - reader.remaining());
  return frame;
}

FramedResponse frameResponse(const Api& api, std::int16_t version, std::int32_t correlationId,
                             const WireWriter& body) {
  const bool tagged = isTagged(api, version);
  FramedResponse frame{{}, body.gaps()};
  std::size_t size = sizeof correlationId + (tagged ? 1 : 0) + body.view().size();
  for (const Gap& gap : frame.gaps) size += gap.length;
  WireWriter writer(Lengths::kFixed);
  writer.int32(static_cast<std::int32_t>(size));
  writer.int32(correlationId);
  if (tagged) writer.varint(0);
  frame.bytes = writer.take();
  for (Gap& gap : frame.gaps) gap.at += frame.bytes.size();
  frame.bytes.insert(frame.bytes.end(), body.view().begin(), body.view().end());
  return frame;
}

}  // namespace millrace::log::wire
