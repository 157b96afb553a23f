// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"
#include "processors/sockets/listen_properties.h"
#include "processors/sockets/send_properties.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace millrace::processors {
namespace {

constexpr Property<Duration> kIdle{
    {.name = "Idle Connection Expiration",
     .description = "A connection that was not used for so long is not used again; 0: all are.",
     .defaultValue = "15 seconds",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .atLeast = 0}};
constexpr Property<Duration> kTimeout{
    {.name = "Timeout",
     .description = "How long connecting, and the sending of each part, may take.",
     .defaultValue = "10 seconds",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .atLeast = kMillisecond}};
constexpr Property<bool> kOneEach{
    {.name = "Connection Per FlowFile",
     .description = "Whether each FlowFile has a connection of its own, which ends with it.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<ServiceName> kTls{{.name = "SSL Context Service",
                                      .description = "Keys and trust for TLS; without it, none.",
                                      .serviceType = SslContextProvider::kType}};
constexpr Property<std::string> kDelimiter{
    {.name = "Outgoing Message Delimiter",
     .description = "What is sent behind each content; \\n, \\r and \\t may be written so. Without "
                    "it, nothing is.",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the delimiter.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr std::array kProperties{&kSendHost.info,  &kSendPort.info, &kIdle.info,
                                 &kTimeout.info,   &kOneEach.info,  &kTls.info,
                                 &kDelimiter.info, &kCharset.info};

constexpr Relationship kSuccess{"success", "FlowFiles that were handed to the peer's system."};
constexpr Relationship kFailure{"failure", "FlowFiles that could not be sent, penalized."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 4> kTags{"tcp", "tls", "send", "remote"};

class PutTcp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    closeAll();
    to_ = {MR_TRY(context.evaluate(kSendHost)),
           static_cast<std::uint16_t>(MR_TRY(context.evaluate(kSendPort)))};
    expiration_ = MR_TRY(context.evaluate(kIdle));
    timeout_ = MR_TRY(context.evaluate(kTimeout));
    auto* provider = MR_TRY(serviceOf<SslContextProvider>(context, kTls));
    tls_ = provider == nullptr ? nullptr : provider->context();
    return Done{};
  }

  void onStopped(ProcessContext&) override { closeAll(); }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string delimiter =
        MR_TRY(delimiterOf(MR_TRY(context.evaluate(kDelimiter, *file)), context.get(kCharset)));
    const auto reader = MR_TRY(session.read(*file));
    std::optional<Error> ours;
    const auto sent = send(context, *reader, delimiter, ours);
    if (ours) return std::move(*ours);
    if (!sent.ok()) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file->value("filename"), sent.error().message));
      session.penalize(*file);
      session.transfer(*file, kFailure);
      return Done{};
    }
    session.report(ProvenanceType::kSend, *file, fmt::format("tcp://{}:{}", to_.host, to_.port));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  struct Idle {
    std::unique_ptr<net::Stream> stream;
    Nanos since = 0;
  };

  /// An Error of content is `ours`: it is no fault of the peer.
  Result<> send(ProcessContext& context, ContentReader& content, std::string_view delimiter,
                std::optional<Error>& ours) {
    auto stream = MR_TRY(borrow(context));
    for (;;) {
      const auto part = content.next();
      if (!part.ok()) {
        ours = part.error();
        return Done{};
      }
      if (part->empty()) break;
      MR_TRY(stream->write(*part, timeout_));
    }
    if (!delimiter.empty()) MR_TRY(stream->write(asBytes(delimiter), timeout_));
    if (context.get(kOneEach)) return Done{};
    MutexLock lock(mutex_);
    idle_.push_back({std::move(stream), context.clock().monotonic()});
    return Done{};
  }

  Result<std::unique_ptr<net::Stream>> borrow(ProcessContext& context) {
    for (;;) {
      Idle idle;
      {
        MutexLock lock(mutex_);
        if (idle_.empty()) break;
        idle = std::move(idle_.back());
        idle_.pop_back();
      }
      const bool expired =
          expiration_ > 0 && context.clock().monotonic() - idle.since >= expiration_;
      if (!expired && idle.stream->isQuiet()) return std::move(idle.stream);
    }
    auto stream = MR_TRY(context.network().connect(to_, timeout_));
    if (tls_ != nullptr) MR_TRY(stream->startTls(*tls_, to_.host, timeout_));
    return stream;
  }

  void closeAll() {
    std::vector<Idle> closed;
    MutexLock lock(mutex_);
    closed.swap(idle_);
  }

  // Constant between two calls of onScheduled().
  net::Endpoint to_;
  Nanos expiration_ = 0;
  Nanos timeout_ = 0;
  std::shared_ptr<const net::TlsContext> tls_;  // the service keeps it, too
  Mutex mutex_;
  std::vector<Idle> idle_ MR_GUARDED_BY(mutex_);
};

}  // namespace

MR_PROCESSOR(put_tcp){
    .type = "PutTCP",
    .summary =
        "Sends content over TCP or TLS, one after the other or each on a connection of its "
        "own.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .make = make<PutTcp>,
};

}  // namespace millrace::processors
