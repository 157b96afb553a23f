// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "engine/site_to_site/raw_sender.h"
#include "processors/http/shared_services.h"
#include "processors/remote/peer_address.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace millrace::processors {
namespace {

using site_to_site::RawSender;

constexpr Property<std::string> kUrls{
    {.name = "URLs",
     .description = "Where the other program is, separated by commas: nifi://HOST:PORT is where it "
                    "speaks the protocol; with http or https it is asked for that. The first that "
                    "answers is used.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kPort{
    {.name = "Port",
     .description = "The id of the port there; with an http URL its name does as well.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<bool> kCompression{{.name = "Compression",
                                       .description = "Whether what is sent is compressed.",
                                       .defaultValue = "false",
                                       .required = true}};
constexpr Property<std::int64_t> kCount{
    {.name = "Batch Count",
     .description = "The most FlowFiles that are sent in one transaction.",
     .defaultValue = "1000",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr Property<DataSize> kSize{
    {.name = "Batch Size",
     .description = "A transaction ends once it has so many bytes of content.",
     .defaultValue = "16 MB",
     .required = true}};
constexpr Property<Duration> kTime{{.name = "Batch Duration",
                                    .description = "A transaction ends once it took so long.",
                                    .defaultValue = "500 ms",
                                    .required = true,
                                    .atLeast = kMillisecond}};
constexpr Property<Duration> kTimeout{
    {.name = "Timeout",
     .description = "How long connecting, and each wait for the other side, may take.",
     .defaultValue = "30 sec",
     .required = true,
     .atLeast = kMillisecond}};
constexpr Property<ServiceName> kTls{{.name = "SSL Context Service",
                                      .description = "Keys and trust for TLS; without it, none.",
                                      .serviceType = SslContextProvider::kType}};
constexpr std::array kProperties{&kUrls.info, &kPort.info, &kCompression.info, &kCount.info,
                                 &kSize.info, &kTime.info, &kTimeout.info,     &kTls.info};

constexpr Relationship kSuccess{"success", "FlowFiles that the other side has confirmed."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 4> kTags{"site-to-site", "nifi", "send", "remote"};

class PutSiteToSite final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    closeAll();
    addresses_ = MR_TRY(PeerAddress::parseAll(MR_TRY(context.evaluate(kUrls))));
    port_ = MR_TRY(context.evaluate(kPort));
    auto* provider = MR_TRY(serviceOf<SslContextProvider>(context, kTls));
    tls_ = provider == nullptr ? nullptr : provider->context();
    return Done{};
  }

  void onStopped(ProcessContext&) override { closeAll(); }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::vector<SessionFlowFile*> taken{file};
    auto sent = sendBatch(context, session, taken);
    if (!sent.ok() && sent.error().fault == Fault::kUser) return std::move(sent).error();
    if (!sent.ok()) {
      // Nobody is to blame for a peer that is away: all wait as they were, without a penalty.
      context.log(BulletinLevel::kError,
                  fmt::format("{}; it is tried again", sent.error().message));
      for (SessionFlowFile* one : taken) session.transferToSelf(*one);
      context.yield();
      return Done{};
    }
    for (SessionFlowFile* one : taken) {
      session.report(ProvenanceType::kSend, *one, sent->url);
      session.transfer(*one, kSuccess);
    }
    if (sent->end == RawSender::End::kFinishedButFull) context.yield();
    return Done{};
  }

 private:
  struct Sent {
    RawSender::End end = RawSender::End::kFinished;
    std::string url;
  };
  struct Open {
    std::unique_ptr<RawSender> sender;
    std::string url;
  };

  /// Sends what is taken and takes more, until the transaction is large enough.
  Result<Sent> sendBatch(ProcessContext& context, ProcessSession& session,
                         std::vector<SessionFlowFile*>& taken) {
    Open open = MR_TRY(borrow(context));
    const auto named = [&](Error error) {
      error.message = fmt::format("{}: {}", open.url, error.message);
      return error;
    };
    const Nanos begin = context.clock().monotonic();
    const auto most = static_cast<std::size_t>(context.get(kCount));
    std::uint64_t bytes = 0;
    if (auto begun = open.sender->begin(); !begun.ok()) return named(std::move(begun).error());
    for (std::size_t next = 0; next < taken.size(); ++next) {
      if (auto one = sendOne(session, *open.sender, *taken[next]); !one.ok())
        return named(std::move(one).error());
      bytes += taken[next]->size();
      const bool isFull = taken.size() >= most || bytes >= context.get(kSize) ||
                          context.clock().monotonic() - begin >= context.get(kTime);
      SessionFlowFile* more = isFull ? nullptr : session.get();
      if (more != nullptr) taken.push_back(more);
    }
    auto end = open.sender->finish();
    if (!end.ok()) return named(std::move(end).error());
    Sent sent{*end, open.url};
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(open));
    return sent;
  }

  static Result<> sendOne(ProcessSession& session, RawSender& sender, const SessionFlowFile& file) {
    RawSender::AttributeList attributes;
    const auto add = [&](std::string_view name, std::string_view value) {
      attributes.emplace_back(name, value);
    };
    file.forEachAttribute(add);
    const auto reader = MR_TRY(session.read(file));
    return sender.send(attributes, reader->size(), [&] { return reader->next(); });
  }

  Result<Open> borrow(ProcessContext& context) {
    for (;;) {
      Open open;
      {
        const MutexLock lock(mutex_);
        if (idle_.empty()) break;
        open = std::move(idle_.back());
        idle_.pop_back();
      }
      if (open.sender->isOpen()) return open;
    }
    Error last = Error::environment("no address answers");
    for (const PeerAddress& address : addresses_) {
      auto open = connect(context, address);
      if (open.ok()) return open;
      last = std::move(open).error();
    }
    return last;
  }

  Result<Open> connect(ProcessContext& context, const PeerAddress& address) {
    const Nanos timeout = context.get(kTimeout);
    const RemotePlace place =
        MR_TRY(address.find(context.network(), context.clock(), tls_, timeout, port_));
    const std::string url = fmt::format("nifi://{}:{}", place.at.host, place.at.port);
    const auto named = [&](Error error) {
      error.message = fmt::format("{}: {}", url, error.message);
      return error;
    };
    if (place.secure && tls_ == nullptr)
      return Error::environment(fmt::format(
          "{}: the other side wants TLS; send with PutSiteToSite and an SSL Context Service", url));
    auto stream = context.network().connect(place.at, timeout);
    if (!stream.ok()) return std::move(stream).error();
    if (tls_ != nullptr) MR_TRY((*stream)->startTls(*tls_, place.at.host, timeout));
    site_to_site::Agreement agreement;
    agreement.communicationId = context.randomUuid();
    agreement.url = url;
    agreement.port = place.portId;
    agreement.compression = context.get(kCompression) ? site_to_site::Compression::kBlocks
                                                      : site_to_site::Compression::kNone;
    agreement.requestExpiration = timeout / kMillisecond;
    agreement.timeout = timeout;
    auto sender = RawSender::open(std::move(*stream), agreement);
    if (!sender.ok()) return named(std::move(sender).error());
    return Open{std::move(*sender), url};
  }

  void closeAll() {
    std::vector<Open> closed;
    const MutexLock lock(mutex_);
    closed.swap(idle_);
  }

  // Constant between two calls of onScheduled().
  std::vector<PeerAddress> addresses_;
  std::string port_;
  std::shared_ptr<const net::TlsContext> tls_;  // the service keeps it, too
  Mutex mutex_;
  std::vector<Open> idle_ MR_GUARDED_BY(mutex_);
};

}  // namespace

MR_PROCESSOR(put_site_to_site){
    .type = "PutSiteToSite",
    .summary =
        "Sends FlowFiles, attributes and all, to an input port of another NiFi or Millrace by "
        "NiFi's site-to-site protocol over a socket. Remote groups send with it.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .make = make<PutSiteToSite>,
};

}  // namespace millrace::processors
