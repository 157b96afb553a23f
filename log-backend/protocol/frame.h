// SPDX-License-Identifier: Apache-2.0
#pragma once
// Headers of requests and responses, and whole messages between them and the end of a frame.
//
// A frame is an int32 size and as many bytes. A request is a header (apiKey, apiVersion,
// correlationId, clientId with a two-byte length, from the flexible version on tagged fields) and a
// body; a response a header (correlationId, from the flexible version on tagged fields) and a body.
// A response to ApiVersions has no tagged fields in its header: its reader may not know yet what it
// talks to. Threads: values.

#include "engine/base/result.h"
#include "log-backend/protocol/messages.h"

namespace millrace::log::wire {

struct RequestHeader {
  std::int16_t key = 0;
  std::int16_t version = 0;
  std::int32_t correlationId = 0;
  std::optional<std::string> clientId;
};

constexpr Lengths lengthsOf(const Api& api, std::int16_t version) {
  return version >= api.flexible ? Lengths::kCompact : Lengths::kFixed;
}

/// Null for an unknown key.
const Api* apiOf(std::int16_t key);

struct RequestFrame {
  RequestHeader header;
  const Api* api = nullptr;  ///< null: unknown, or not in this version; the body is not looked at
  ByteView body;
};
/// The header at the start of a request, without the frame's size.
Result<RequestFrame> readRequest(ByteView request);

/// The body of a request; fails when it is cut short or malformed. Bytes behind it are passed over,
/// as Kafka does: librdkafka 2.0 sends some behind ListGroups and OffsetFetch.
template <typename Request>
Result<Request> decodeBody(ByteView body, std::int16_t version) {
  WireReader reader(body, lengthsOf(Request::kApi, version));
  Request request;
  request.decode(reader, version);
  if (reader.failed()) {
    return Error::user("the " + std::string(Request::kApi.name) +
                       " message is malformed, close the connection");
  }
  return request;
}

/// A whole request with the size of its frame in front.
std::vector<std::byte> frameRequest(const Api& api, std::int16_t version,
                                    std::int32_t correlationId, std::string_view clientId,
                                    ByteView body);

struct ResponseFrame {
  std::int32_t correlationId = 0;
  ByteView body;
};
/// The header at the start of a response, without the frame's size.
Result<ResponseFrame> readResponse(const Api& api, std::int16_t version, ByteView response);

struct FramedResponse {
  std::vector<std::byte> bytes;  ///< with the size of the frame in front, which counts the gaps
  std::vector<Gap> gaps;         ///< records that are elsewhere
};
FramedResponse frameResponse(const Api& api, std::int16_t version, std::int32_t correlationId,
                             const WireWriter& body);

template <typename Message>
std::vector<std::byte> encodeBody(const Message& message, std::int16_t version) {
  WireWriter writer(lengthsOf(Message::kApi, version));
  message.encode(writer, version);
  return writer.take();
}

template <typename Response>
FramedResponse makeResponse(const Response& response, std::int16_t version,
                            std::int32_t correlationId) {
  WireWriter body(lengthsOf(Response::kApi, version));
  response.encode(body, version);
  return frameResponse(Response::kApi, version, correlationId, body);
}

}  // namespace millrace::log::wire
