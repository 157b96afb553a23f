// SPDX-License-Identifier: Apache-2.0
#include "processors/http/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::processors {
namespace {

constexpr Nanos kMostPatience = 30 * kSecond;      // with a peer that takes nothing of its answer
constexpr std::uint64_t kMostUnsent = 256 * 1024;  // of an answer, in memory

Error gone() { return Error::environment("the HTTP client is gone", false); }

}  // namespace

/// The body as content: takes the whole buffer at once, so that nothing is copied.
class HttpExchange::Body final : public ContentReader {
 public:
  explicit Body(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    const ByteView part = MR_TRY(next(into.size()));
    std::copy(part.begin(), part.end(), into.begin());
    return part.size();
  }
  Result<ByteView> next(std::size_t most) override {
    if (used_ == part_.size()) {
      part_ = MR_TRY(exchange_->take());
      used_ = 0;
    }
    const ByteView all = asBytes(part_).subspan(used_);
    const ByteView part = all.first(std::min(most, all.size()));
    used_ += part.size();
    return part;
  }
  std::uint64_t size() const override { return exchange_->head().length.value_or(UINT64_MAX); }

 private:
  const std::shared_ptr<HttpExchange> exchange_;
  std::string part_;
  std::size_t used_ = 0;
};

HttpExchange::HttpExchange(HttpHead head, std::shared_ptr<net::Connection> connection,
                           const Clock& clock, std::size_t bodyAhead, Answered answered)
    : head_(std::move(head)),
      connection_(std::move(connection)),
      clock_(clock),
      bodyAhead_(bodyAhead),
      answered_(std::move(answered)) {}

HttpExchange::~HttpExchange() { settle(); }

bool HttpExchange::hasWholeBody() const {
  MutexLock lock(mutex_);
  return bodyEnded_ || broken_;
}

std::unique_ptr<ContentReader> HttpExchange::body() {
  return std::make_unique<Body>(shared_from_this());
}

Result<std::string> HttpExchange::take() {
  std::string taken;
  MutexLock lock(mutex_);
  while (buffer_.empty() && !bodyEnded_ && !broken_) changed_.wait(mutex_);
  // A body that broke off is worth nothing, not even what came of it.
  if (broken_ && !bodyEnded_) return *broken_;
  taken.swap(buffer_);
  // Under the lock, so that it comes after the call that held it; it only queues.
  if (std::exchange(held_, false)) connection_->holdReading(false);
  return taken;
}

bool HttpExchange::addBody(ByteView bytes) {
  MutexLock lock(mutex_);
  if (answerBegun_ && buffer_.empty()) return false;  // nobody will read it
  buffer_ += asText(bytes);
  changed_.notifyAll();
  held_ = buffer_.size() >= bodyAhead_;
  if (held_) connection_->holdReading(true);
  return held_;
}

void HttpExchange::endBody() {
  MutexLock lock(mutex_);
  bodyEnded_ = true;
  changed_.notifyAll();
}

void HttpExchange::sent(std::size_t bytes) {
  MutexLock lock(mutex_);
  unsent_ -= std::min<std::uint64_t>(unsent_, bytes);
  changed_.notifyAll();
}

void HttpExchange::breakOff(const Error& why) {
  {
    MutexLock lock(mutex_);
    if (!broken_) broken_ = why;
    changed_.notifyAll();
  }
  settle();
}

void HttpExchange::onSettled(std::function<void()> settled) {
  MutexLock lock(mutex_);
  settled_ = std::move(settled);
}

void HttpExchange::settle() {
  std::function<void()> settled;
  {
    MutexLock lock(mutex_);
    settled.swap(settled_);
  }
  if (settled) settled();
}

bool HttpExchange::isAnswered() const {
  MutexLock lock(mutex_);
  return answerBegun_;
}

bool HttpExchange::mayHaveBody(int status) const {
  return status / 100 != 1 && status != 204 && status != 304;
}

void HttpExchange::expireAfter(Nanos time) {
  connection_->postAfter(time, [weak = weak_from_this()] {
    if (const auto alive = weak.lock())
      alive->answer(503, {}, "The request was not answered in time\n");
  });
}

/// The first line and the fields of the answer; decides how its body is framed.
std::string HttpExchange::headOf(int status, HttpFields fields,
                                 std::optional<std::uint64_t> length) {
  skipsBody_ = !mayHaveBody(status) || head_.method == "HEAD";
  chunks_ = false;
  keepsAlive_ = head_.keepsAlive;
  for (const std::string_view framing : {"Content-Length", "Transfer-Encoding", "Connection"})
    fields.remove(framing);
  if (mayHaveBody(status)) {
    if (length) {
      fields.add("Content-Length", std::to_string(*length));
    } else if (!head_.old) {
      fields.add("Transfer-Encoding", "chunked");
      chunks_ = !skipsBody_;
    } else {
      keepsAlive_ = false;  // its end is the end of the connection
    }
  }
  {
    // What the peer would still send of a large body is not waited for.
    MutexLock lock(mutex_);
    const bool expects = head_.fields.hasWord("Expect", "100-continue");
    if (!bodyEnded_ && (expects || held_)) keepsAlive_ = false;
  }
  if (!fields.find("Date")) fields.add("Date", dateText(clock_.wall()));
  if (!keepsAlive_) fields.add("Connection", "close");
  if (keepsAlive_ && head_.old) fields.add("Connection", "keep-alive");
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reasonOf(status));
  appendFields(fields, text);
  return text;
}

bool HttpExchange::answer(int status, HttpFields fields, std::string_view body) {
  {
    MutexLock lock(mutex_);
    if (broken_ || std::exchange(answerBegun_, true)) return false;
  }
  if (!body.empty() && !fields.find("Content-Type"))
    fields.add("Content-Type", "text/plain; charset=utf-8");
  std::string text = headOf(status, std::move(fields), body.size());
  if (!skipsBody_) text += body;
  connection_->send(std::move(text));
  finish(keepsAlive_);
  return true;
}

Result<> HttpExchange::beginAnswer(int status, HttpFields fields,
                                   std::optional<std::uint64_t> length) {
  {
    MutexLock lock(mutex_);
    if (broken_) return gone();
    if (std::exchange(answerBegun_, true)) return Error::user("the HTTP request has its answer");
  }
  std::string text = headOf(status, std::move(fields), length);
  {
    MutexLock lock(mutex_);
    unsent_ += text.size();
  }
  connection_->limitIdleTime(kMostPatience);
  connection_->send(std::move(text));
  return Done{};
}

Result<> HttpExchange::send(ByteView bytes) {
  if (bytes.empty() || skipsBody_) return Done{};
  std::string text;
  if (chunks_) text = fmt::format("{:x}\r\n", bytes.size());
  text += asText(bytes);
  if (chunks_) text += "\r\n";
  {
    MutexLock lock(mutex_);
    while (unsent_ > kMostUnsent && !broken_) changed_.wait(mutex_);
    if (broken_) return gone();
    unsent_ += text.size();
  }
  connection_->send(std::move(text));
  return Done{};
}

void HttpExchange::endAnswer(bool whole) {
  if (chunks_ && whole) connection_->send("0\r\n\r\n");
  finish(whole && keepsAlive_);
}

void HttpExchange::finish(bool keepsAlive) {
  connection_->post([self = shared_from_this(), keepsAlive] { self->answered_(keepsAlive); });
  settle();
}

}  // namespace millrace::processors
