// SPDX-License-Identifier: Apache-2.0
// How a Connection writes its answers: bytes as they are; parts of files from the page cache, by
// the system itself where nothing has to be encrypted.
#include "engine/base/sendable_file.h"
#include "log-backend/broker/connection.h"

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::uint64_t kSentAtOnce = 1U << 20U;
constexpr int kTurns = 4;  // then others have their turn
constexpr std::uint64_t kCopiedAtOnce = 256U << 10U;

}  // namespace

void Connection::write(std::vector<Answer> frames) {
  writing_ = true;
  out_ = {};
  out_.frames = std::move(frames);
  for (const Answer& each : out_.frames) out_.frameBytes += each.frame.size();
  writeBytes();
}

/// All that comes before the next part of a file.
void Connection::writeBytes() {
  std::vector<asio::const_buffer> buffers;
  while (out_.frame < out_.frames.size()) {
    const Answer& answer = out_.frames[out_.frame];
    const bool isPartNext = out_.part < answer.parts.size();
    const std::size_t end = isPartNext ? answer.parts[out_.part].at : answer.frame.size();
    if (end > out_.at)
      buffers.push_back(asio::buffer(answer.frame.data() + out_.at, end - out_.at));
    out_.at = end;
    if (isPartNext) break;
    ++out_.frame;
    out_.at = out_.part = 0;
  }
  if (buffers.empty()) return out_.frame < out_.frames.size() ? writeFile() : written();
  withStream([&](auto& stream) {
    asio::async_write(stream, buffers,
                      asio::bind_executor(strand_, [self = shared_from_this()](
                                                       const asio::error_code& error, std::size_t) {
                        if (error) return self->end("");
                        if (self->out_.frame < self->out_.frames.size()) return self->writeFile();
                        self->written();
                      }));
  });
}

/// The next part of a file, as much of it as goes.
void Connection::writeFile() {
  if (closed_) return;
  FilePart& part = out_.frames[out_.frame].parts[out_.part];
  SendableFile* const file = tls_ ? nullptr : sendable(*part.file);
  if (file == nullptr) return copyFile(part);
  for (int turn = 0; part.length > 0; ++turn) {
    if (turn == kTurns)
      return asio::post(strand_, [self = shared_from_this()] { self->writeFile(); });
    const auto sent = file->sendTo(socket_.native_handle(), part.position,
                                   static_cast<std::size_t>(std::min(part.length, kSentAtOnce)));
    // Half a frame is out: nothing but the end of the connection says that it is not whole.
    if (!sent.ok()) return end(fmt::format("records could not be sent: {}", sent.error().message));
    if (*sent == 0) {
      return socket_.async_wait(
          asio::ip::tcp::socket::wait_write,
          asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& error) {
            if (error) return self->end("");
            self->writeFile();
          }));
    }
    part.position += *sent;
    part.length -= *sent;
    active_ = std::chrono::steady_clock::now();
  }
  ++out_.part;
  writeBytes();
}

void Connection::copyFile(FilePart& part) {
  if (part.length == 0) {
    ++out_.part;
    return writeBytes();
  }
  out_.copied.resize(static_cast<std::size_t>(std::min(part.length, kCopiedAtOnce)));
  const auto read = part.file->readAt(part.position, out_.copied);
  if (!read.ok()) return end(fmt::format("records could not be read: {}", read.error().message));
  if (*read < out_.copied.size()) return end("records could not be read: the file is shorter");
  part.position += *read;
  part.length -= *read;
  withStream([&](auto& stream) {
    asio::async_write(stream, asio::buffer(out_.copied),
                      asio::bind_executor(strand_, [self = shared_from_this()](
                                                       const asio::error_code& error, std::size_t) {
                        if (error) return self->end("");
                        self->active_ = std::chrono::steady_clock::now();
                        self->writeFile();
                      }));
  });
}

void Connection::written() {
  if (closed_) return;
  writing_ = false;
  answerBytes_ -= out_.frameBytes;
  options_.onUnderWay(-static_cast<std::ptrdiff_t>(out_.frames.size()));
  out_ = {};
  active_ = std::chrono::steady_clock::now();
  flush();
}

}  // namespace millrace::log
