// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "engine/site_to_site/raw_fetcher.h"
#include "processors/remote/http_peer.h"
#include "processors/remote/peer_line.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <vector>

namespace millrace::processors {
namespace {

using site_to_site::RawFetcher;

constexpr int kMostWaiting = 4;  // transactions that came and are not durable yet

constexpr Property<std::int64_t> kCount{
    {.name = "Batch Count",
     .description = "The most FlowFiles that are asked for in one transaction.",
     .defaultValue = "1000",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr Property<DataSize> kSize{
    {.name = "Batch Size",
     .description = "The other side is asked to end a transaction once it has so many bytes.",
     .defaultValue = "16 MB",
     .required = true}};
constexpr Property<Duration> kTime{
    {.name = "Batch Duration",
     .description = "The other side is asked to end a transaction once it took so long.",
     .defaultValue = "500 ms",
     .required = true,
     .atLeast = kMillisecond}};
constexpr auto kProperties = peerProperties(kCount.info, kSize.info, kTime.info);

constexpr Relationship kSuccess{"success", "What was fetched."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"s2s.host", "The address of the other side."},
    AttributeInfo{"s2s.address", "The address and the port of the other side."},
    AttributeInfo{"<attribute>", "Each attribute that it had there, but uuid."}};
constexpr std::array<std::string_view, 4> kTags{"site-to-site", "nifi", "fetch", "remote"};

/// A conversation with the other side.
struct Line {
  std::unique_ptr<RawFetcher> raw;
  std::unique_ptr<HttpPeer> http;  // instead
  std::string url;
  std::string host;
  std::string address;

  bool isUsable() const { return raw == nullptr || raw->isOpen(); }
  Result<bool> fetch(site_to_site::FlowFileSink& into) const {
    return http != nullptr ? http->fetch(into) : raw->fetch(into);
  }
};

/// Makes FlowFiles of what comes.
class Arrivals final : public site_to_site::FlowFileSink {
 public:
  Arrivals(ProcessSession& session, const Line& line) : session_(session), line_(line) {}

  Result<> begin(const site_to_site::AttributeTexts& attributes) override {
    file_ = &session_.create();
    made_.push_back(file_);
    details_.clear();
    for (const auto& [key, value] : attributes) {
      if (key == "uuid") details_ = "Source=urn:nifi:" + value;
      session_.putAttribute(*file_, key, value);
    }
    session_.putAttribute(*file_, "s2s.host", line_.host);
    session_.putAttribute(*file_, "s2s.address", line_.address);
    writer_ = MR_TRY(session_.write(*file_));
    return Done{};
  }
  Result<> write(ByteView part) override { return writer_->write(part); }
  Result<> end() override {
    MR_TRY(writer_->finish());
    writer_.reset();
    session_.report(ProvenanceType::kReceive, *file_, line_.url, details_);
    return Done{};
  }
  /// All that was made, for good or for nothing.
  void transferAll() {
    for (SessionFlowFile* const file : made_) session_.transfer(*file, kSuccess);
  }
  void removeAll() {
    writer_.reset();
    for (SessionFlowFile* const file : made_) session_.remove(*file);
  }

 private:
  ProcessSession& session_;
  const Line& line_;
  std::vector<SessionFlowFile*> made_;  // the session's
  SessionFlowFile* file_ = nullptr;
  std::string details_;
  std::unique_ptr<ContentWriter> writer_;
};

/// Conversations that nobody uses, and how many others wait for the disk.
class Lines {
 public:
  /// One that waits, for as long as it lives.
  class Waiting {
   public:
    explicit Waiting(Lines& lines) : lines_(lines) { ++lines_.waiting_; }
    ~Waiting() { --lines_.waiting_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Lines& lines_;
  };
  int waiting() const { return waiting_; }

  void give(std::shared_ptr<Line> line) {
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(line));
  }
  std::shared_ptr<Line> take() {
    const MutexLock lock(mutex_);
    return takeFrom(idle_);
  }
  /// Whose FlowFiles are durable here, which is still to be told.
  void giveSafe(std::shared_ptr<Line> line) {
    const MutexLock lock(mutex_);
    safe_.push_back(std::move(line));
  }
  std::shared_ptr<Line> takeSafe() {
    const MutexLock lock(mutex_);
    return takeFrom(safe_);
  }
  void clear() {
    std::vector<std::shared_ptr<Line>> closed;
    std::vector<std::shared_ptr<Line>> more;
    const MutexLock lock(mutex_);
    closed.swap(idle_);
    more.swap(safe_);
  }

 private:
  static std::shared_ptr<Line> takeFrom(std::vector<std::shared_ptr<Line>>& lines) {
    if (lines.empty()) return nullptr;
    auto line = std::move(lines.back());
    lines.pop_back();
    return line;
  }

  std::atomic<int> waiting_{0};
  Mutex mutex_;
  std::vector<std::shared_ptr<Line>> idle_ MR_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Line>> safe_ MR_GUARDED_BY(mutex_);
};

class GetSiteToSite final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    lines_->clear();
    settings_ = MR_TRY(PeerSettings::read(context));
    return Done{};
  }

  void onStopped(ProcessContext&) override {
    finishSafe();
    lines_->clear();
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    finishSafe();
    // Others may be fetched while the disk works, but not without end.
    if (lines_->waiting() >= kMostWaiting) {
      context.yield(kMillisecond);
      return Done{};
    }
    auto fetched = fetch(context, session);
    if (!fetched.ok() && fetched.error().fault == Fault::kUser) return std::move(fetched).error();
    if (!fetched.ok())
      context.log(BulletinLevel::kError,
                  fmt::format("{}; it is tried again", fetched.error().message));
    if (!fetched.ok() || !*fetched) context.yieldAbout();
    return Done{};
  }

 private:
  /// Over HTTP the other side is told by a request, which waits for its answer.
  void finishSafe() {
    while (auto line = lines_->takeSafe()) {
      if (line->http->finish().ok()) lines_->give(std::move(line));
    }
  }

  /// False when nothing waits there.
  Result<bool> fetch(ProcessContext& context, ProcessSession& session) {
    auto line = lines_->take();
    if (line == nullptr || !line->isUsable()) line = MR_TRY(open(context));
    Arrivals arrivals(session, *line);
    auto found = line->fetch(arrivals);
    if (!found.ok()) {
      arrivals.removeAll();
      return at(line->url, std::move(found).error());
    }
    if (!*found) {
      lines_->give(std::move(line));
      return false;
    }
    arrivals.transferAll();
    // The other side forgets what is durable here; if it does not hear that, it comes twice. The
    // few bytes wait for nobody: everything before them has been answered. Where the commit fails,
    // its callbacks are dropped, and with them the conversation: the other side keeps everything.
    session.onDurable([waiting = std::make_shared<Lines::Waiting>(*lines_), lines = lines_, line] {
      using Room = site_to_site::IncomingTransaction::Room;
      if (line->http != nullptr)
        lines->giveSafe(line);
      else if (line->raw->finish(Room::kLeft).ok())
        lines->give(line);
    });
    return true;
  }

  Result<std::shared_ptr<Line>> open(ProcessContext& context) const {
    const auto openLine = [&](PeerLine peer) -> Result<std::shared_ptr<Line>> {
      const bool isRaw = peer.stream != nullptr;
      const net::Ends ends = isRaw ? peer.stream->ends() : net::Ends{};
      site_to_site::Agreement agreement = peer.agreement;
      agreement.compression = context.get(kPeerCompression) ? site_to_site::Compression::kBlocks
                                                            : site_to_site::Compression::kNone;
      agreement.batchCount = static_cast<std::uint64_t>(context.get(kCount));
      agreement.batchSize = context.get(kSize);
      agreement.batchDuration = context.get(kTime) / kMillisecond;
      auto line = std::make_shared<Line>();
      line->url = agreement.url;
      line->host = isRaw ? ends.remoteAddress : peer.base.host;
      line->address = fmt::format("{}:{}", line->host, isRaw ? ends.remotePort : peer.base.port);
      if (isRaw)
        line->raw = MR_TRY(RawFetcher::open(std::move(peer.stream), agreement));
      else
        line->http = std::make_unique<HttpPeer>(context.network(), context.clock(),
                                                settings_.access, peer.base, agreement);
      return line;
    };
    return openFirst(context, settings_, site_to_site::Direction::kOutgoing, openLine);
  }

  PeerSettings settings_;  // constant between two calls of onScheduled()
  // Shared with commits under way, which may outlive the processor.
  const std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

}  // namespace

MR_PROCESSOR(get_site_to_site){
    .type = "GetSiteToSite",
    .summary =
        "Fetches FlowFiles, attributes and all, from an output port of another NiFi or Millrace by "
        "NiFi's site-to-site protocol. Remote groups fetch with it.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .blocking = true,
    .endless = true,
    .validate = checkPeer,
    .make = make<GetSiteToSite>,
};

}  // namespace millrace::processors
