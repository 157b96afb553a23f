// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "processors/sockets/send_properties.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr Property<DataSize> kBuffer{
    {.name = "Max Size of Socket Send Buffer",
     .description = "How much the operating system shall keep, as far as its own limit allows.",
     .defaultValue = "1 MB",
     .required = true,
     .atLeast = 1}};
constexpr Property<Duration> kTimeout{{.name = "Timeout",
                                       .description = "How long the sending of one may take.",
                                       .defaultValue = "10 seconds",
                                       .required = true,
                                       .scope = ExpressionScope::kEnvironment,
                                       .atLeast = kMillisecond}};
constexpr std::array kProperties{&kSendHost.info, &kSendPort.info, &kBuffer.info, &kTimeout.info};

constexpr Relationship kSuccess{"success", "FlowFiles that were sent; nobody knows who got them."};
constexpr Relationship kFailure{"failure",
                                "FlowFiles that could not be sent, or are no datagram, penalized."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 3> kTags{"udp", "send", "remote"};

/// What IPv4 can carry, less its own head and that of UDP.
constexpr std::uint64_t kMostBytes = 65'507;

class PutUdp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    to_ = {MR_TRY(context.evaluate(kSendHost)),
           static_cast<std::uint16_t>(MR_TRY(context.evaluate(kSendPort)))};
    timeout_ = MR_TRY(context.evaluate(kTimeout));
    closeSocket();
    return Done{};
  }

  void onStopped(ProcessContext&) override { closeSocket(); }

  /// For a name alone; a datagram to an address waits for nobody but this machine.
  bool mayWait() const override { return !net::isAddress(to_.host); }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::uint64_t size = file->size();
    if (size > kMostBytes) {
      fail(context, session, *file,
           fmt::format("{} bytes do not fit into one datagram; {} do", size, kMostBytes));
      return Done{};
    }
    const ByteView content = MR_TRY(session.readAll(*file, kMostBytes));
    const auto sent = send(context, content);
    if (!sent.ok()) {
      fail(context, session, *file, sent.error().message);
      return Done{};
    }
    session.report(ProvenanceType::kSend, *file, fmt::format("udp://{}:{}", to_.host, to_.port));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static void fail(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                   std::string_view why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.penalize(file);
    session.transfer(file, kFailure);
  }

  Result<> send(ProcessContext& context, ByteView bytes) {
    std::unique_ptr<net::DatagramSender> sender;
    {
      MutexLock lock(mutex_);
      sender = std::move(sender_);
    }
    if (sender == nullptr)
      sender = MR_TRY(context.network().sendDatagrams(to_, context.get(kBuffer)));
    MR_TRY(sender->send(bytes, timeout_));  // after an Error a new one looks the name up again
    MutexLock lock(mutex_);
    sender_ = std::move(sender);
    return Done{};
  }

  void closeSocket() {
    MutexLock lock(mutex_);
    sender_.reset();
  }

  // Constant between two calls of onScheduled().
  net::Endpoint to_;
  Nanos timeout_ = 0;
  Mutex mutex_;
  std::unique_ptr<net::DatagramSender> sender_ MR_GUARDED_BY(mutex_);  // null while in use
};

}  // namespace

MR_PROCESSOR(put_udp){
    .type = "PutUDP",
    .summary = "Sends each content as a datagram.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .make = make<PutUdp>,
};

}  // namespace millrace::processors
