// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "engine/site_to_site/raw_sender.h"
#include "processors/remote/http_peer.h"
#include "processors/remote/peer_line.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace millrace::processors {
namespace {

using site_to_site::RawSender;

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
constexpr auto kProperties = peerProperties(kCount.info, kSize.info, kTime.info);

constexpr Relationship kSuccess{"success", "FlowFiles that the other side has confirmed."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 4> kTags{"site-to-site", "nifi", "send", "remote"};

class PutSiteToSite final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    closeAll();
    settings_ = MR_TRY(PeerSettings::read(context));
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
      // Nobody is to blame for a peer that is away: all wait where they were, without a penalty.
      context.log(BulletinLevel::kError,
                  fmt::format("{}; it is tried again", sent.error().message));
      // The last first, so that each finds its place free.
      for (auto one = taken.rbegin(); one != taken.rend(); ++one) session.giveBack(**one);
      // A fleet that lost its server shall not come back to it in one moment.
      context.yieldAbout();
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
    std::unique_ptr<RawSender> raw;
    std::unique_ptr<HttpPeer> http;  // instead
    std::string url;
    bool isUsable() const { return raw == nullptr || raw->isOpen(); }
    Result<RawSender::End> deliver(
        const std::function<Result<>(const HttpPeer::Send& send)>& produce) const {
      if (http != nullptr) return http->deliver(produce);
      MR_TRY(raw->begin());
      MR_TRY(produce([this](const auto& attributes, std::uint64_t size, const auto& next) {
        return raw->send(attributes, size, next);
      }));
      return raw->finish();
    }
  };

  /// Sends what is taken and takes more, until the transaction is large enough.
  Result<Sent> sendBatch(ProcessContext& context, ProcessSession& session,
                         std::vector<SessionFlowFile*>& taken) {
    Open open = MR_TRY(borrow(context));
    const Nanos begin = context.clock().monotonic();
    const auto most = static_cast<std::size_t>(context.get(kCount));
    const auto sendAll = [&](const HttpPeer::Send& send) -> Result<> {
      std::uint64_t bytes = 0;
      for (std::size_t next = 0; next < taken.size(); ++next) {
        MR_TRY(sendOne(session, send, *taken[next]));
        bytes += taken[next]->size();
        const bool isFull = taken.size() >= most || bytes >= context.get(kSize) ||
                            context.clock().monotonic() - begin >= context.get(kTime);
        SessionFlowFile* more = isFull || next + 1 < taken.size() ? nullptr : session.get();
        if (more != nullptr) taken.push_back(more);
      }
      return Done{};
    };
    auto end = open.deliver(sendAll);
    if (!end.ok()) return at(open.url, std::move(end).error());
    Sent sent{*end, open.url};
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(open));
    return sent;
  }

  static Result<> sendOne(ProcessSession& session, const HttpPeer::Send& send,
                          const SessionFlowFile& file) {
    RawSender::AttributeList attributes;
    const auto add = [&](std::string_view name, std::string_view value) {
      attributes.emplace_back(name, value);
    };
    file.forEachAttribute(add);
    const auto reader = MR_TRY(session.read(file));
    return send(attributes, reader->size(), [&] { return reader->next(); });
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
      if (open.isUsable()) return open;
    }
    return openFirst(
        context, settings_, site_to_site::Direction::kIncoming, [&](PeerLine line) -> Result<Open> {
          const std::string url = line.agreement.url;
          line.agreement.compression = context.get(kPeerCompression)
                                           ? site_to_site::Compression::kBlocks
                                           : site_to_site::Compression::kNone;
          Open open;
          open.url = url;
          if (line.stream == nullptr)
            open.http = std::make_unique<HttpPeer>(context.network(), context.clock(),
                                                   settings_.access, line.base, line.agreement);
          else
            open.raw = MR_TRY(RawSender::open(std::move(line.stream), line.agreement));
          return open;
        });
  }

  void closeAll() {
    std::vector<Open> closed;
    const MutexLock lock(mutex_);
    closed.swap(idle_);
  }

  PeerSettings settings_;  // constant between two calls of onScheduled()
  Mutex mutex_;
  std::vector<Open> idle_ MR_GUARDED_BY(mutex_);
};

}  // namespace

MR_PROCESSOR(put_site_to_site){
    .type = "PutSiteToSite",
    .summary =
        "Sends FlowFiles, attributes and all, to an input port of another NiFi or Millrace by "
        "NiFi's site-to-site protocol. Remote groups send with it.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .validate = checkPeer,
    .make = make<PutSiteToSite>,
};

}  // namespace millrace::processors
