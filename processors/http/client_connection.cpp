// SPDX-License-Identifier: Apache-2.0
#include "processors/http/client_connection.h"

#include <utility>

namespace millrace::processors {
namespace {

constexpr std::uint64_t kHeadLimit = 64 * 1024;
constexpr std::size_t kBuffer = 64 * 1024;

}  // namespace

ClientConnection::ClientConnection(std::unique_ptr<net::Stream> stream, ClientTimes times)
    : stream_(std::move(stream)),
      times_(times),
      reader_(HttpReader::Side::kResponses, kHeadLimit,
              {[this](HttpHead&& head) {
                 keepsAlive_ = head.keepsAlive;
                 head_ = std::move(head);
                 return bodiless_;
               },
               [this](ByteView bytes) { body_ += asText(bytes); }, [this] { ended_ = true; }}),
      buffer_(kBuffer) {}

Result<> ClientConnection::readSome() {
  if (left_.empty()) {
    const std::size_t got = MR_TRY(stream_->read(buffer_, times_.read));
    if (got == 0) {
      keepsAlive_ = false;
      MR_TRY(reader_.endOfConnection());
      if (!ended_) {
        return Error::environment(
            unanswered_ ? "the server closed the connection without an answer"
                        : "the server closed the connection in the midst of an answer");
      }
      return Done{};
    }
    left_ = ByteView(buffer_).first(got);
  }
  unanswered_ = false;
  const auto taken = reader_.push(left_);
  if (!taken.ok()) return Error::environment("the server answers " + taken.error().message, false);
  left_ = left_.subspan(*taken);
  return Done{};
}

Result<HttpHead> ClientConnection::readHead(bool bodiless) {
  bodiless_ = bodiless;
  ended_ = false;
  unanswered_ = true;
  head_.reset();
  body_.clear();
  while (!head_) MR_TRY(readSome());
  return std::move(*std::exchange(head_, std::nullopt));
}

Result<ByteView> ClientConnection::nextBody() {
  while (body_.empty() && !ended_) MR_TRY(readSome());
  given_.clear();
  given_.swap(body_);
  return asBytes(given_);
}

bool ClientConnection::isReusable() {
  return ended_ && keepsAlive_ && !spoilt_ && left_.empty() && body_.empty() && stream_->isQuiet();
}

}  // namespace millrace::processors
