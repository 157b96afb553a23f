// SPDX-License-Identifier: Apache-2.0
// Frames of Kafka's protocol: the header, then the body in the API and version that it names, or,
// where the first byte says so, in those of a response. What is decoded is written, and read again.
#include "log-backend/protocol/frame.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::log::wire;

namespace {

template <typename Message>
void roundTrip(ByteView body, std::int16_t version) {
  const auto first = decodeBody<Message>(body, version);
  if (!first.ok()) return;
  const auto once = encodeBody(*first, version);
  const auto second = decodeBody<Message>(once, version);
  fuzz::expect(second.ok() && encodeBody(*second, version) == once,
               "a written message is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  fuzz::FuzzInput input(data, size);
  const bool response = input.byte() % 2 == 1;
  const auto frame = readRequest(asBytes(input.rest()));
  if (!frame.ok() || frame->api == nullptr) return 0;
  forEachApi([&](const auto& asked, const auto& answered) {
    using Request = std::decay_t<decltype(asked)>;
    using Response = std::decay_t<decltype(answered)>;
    if (Request::kApi.key != frame->header.key) return;
    if (response) {
      roundTrip<Response>(frame->body, frame->header.version);
    } else {
      roundTrip<Request>(frame->body, frame->header.version);
    }
  });
  return 0;
}
