// SPDX-License-Identifier: Apache-2.0
// Content in a session: small content goes into the commit's own buffer, large content to the
// content repository.
#include "engine/base/crc32c.h"
#include "engine/session/engine_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace millrace::engine {

namespace {
constexpr std::size_t kInlineBufferBytes = 64 * 1024;
constexpr std::size_t kReadStep = 64 * 1024;
}  // namespace

void EngineSession::releaseContent(const Content& content, Lsn at) {
  if (content.kind == Content::Kind::kInline) content.buffer->releaseAt(at);
  if (content.kind == Content::Kind::kStored) store_.content.release(content.claim, at);
}

void EngineSession::retainContent(const Content& content) {
  if (content.kind == Content::Kind::kInline) content.buffer->retain();
  if (content.kind == Content::Kind::kStored) store_.content.retain(content.claim);
}

/// The new content counts this FlowFile already. The content that the FlowFile came with is
/// released with the commit; one that this session made meanwhile is released now.
void EngineSession::setContent(SessionEntry& entry, Content content) {
  entry.keepOriginal();
  const Content& present = entry.file.content;
  const bool cameWithIt = entry.original && present.buffer == entry.original->content.buffer &&
                          present.claim == entry.original->content.claim;
  if (!cameWithIt) releaseContent(present, Lsn(0));
  entry.file.content = std::move(content);
}

Result<Content> EngineSession::storeInline(ByteView bytes) {
  Content content;
  if (bytes.empty()) return content;
  if (inline_ == nullptr || inline_->bytes().size() + bytes.size() > kInlineBufferBytes) {
    std::vector<std::byte> room;
    room.reserve(kInlineBufferBytes);  // never reallocated: views into it stay good
    inline_ = std::make_shared<InlineBuffer>(std::move(room));
  }
  content.kind = Content::Kind::kInline;
  content.length = bytes.size();
  content.crc = crc32c(bytes);
  content.offset = inline_->add(bytes);
  content.buffer = inline_;
  inline_->retain();
  return content;
}

Result<ContentAppender*> EngineSession::appender() {
  if (appender_ == nullptr) appender_ = MR_TRY(store_.content.appender());
  return appender_.get();
}

namespace {
Error staleStream() { return Error::bug("a stream was used after the trigger that opened it"); }
}  // namespace

/// Counts a stream as open at its FlowFile. A processor may wrongly keep a stream: once its trigger
/// is over, the stream knows that it is stale, and touches neither session nor FlowFile.
class OpenStream {
 public:
  OpenStream(const std::shared_ptr<std::atomic<std::uint64_t>>& epoch, SessionEntry& entry)
      : epoch_(epoch), mine_(epoch->load()), entry_(&entry) {
    ++entry_->openStreams;
  }
  ~OpenStream() { close(); }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;

  bool isStale() const { return epoch_->load() != mine_; }
  void close() {
    if (entry_ != nullptr && !isStale()) --entry_->openStreams;
    entry_ = nullptr;
  }

 private:
  const std::shared_ptr<std::atomic<std::uint64_t>> epoch_;
  const std::uint64_t mine_;
  SessionEntry* entry_;
};

class SessionContentReader final : public ContentReader {
 public:
  SessionContentReader(EngineSession& session, const SessionEntry& entry)
      : session_(session),
        entry_(const_cast<SessionEntry&>(entry)),
        open_(session.streamEpoch_, entry_),
        content_(entry.file.content) {}

  Result<> open() {
    if (content_.kind == Content::Kind::kStored)
      lease_ = MR_TRY(session_.store_.content.lease(content_.claim));
    return Done{};
  }

  std::uint64_t size() const override { return content_.length; }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (open_.isStale()) return staleStream();
    const Revocation::Stay stay(session_.revocation_);
    if (!stay.granted()) return staleStream();
    const auto most =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), content_.length - at_));
    if (most == 0) return std::size_t{0};
    if (content_.kind == Content::Kind::kInline) {
      const ByteView bytes = MR_TRY(inlineBytes());
      std::memcpy(into.data(), bytes.data() + at_, most);
    } else {
      const std::size_t got = MR_TRY(session_.store_.content.read(
          content_.claim, content_.offset + at_, into.subspan(0, most)));
      if (got != most) return Error::environment("content ends before its length", false);
    }
    at_ += most;
    session_.bytesRead_ += most;
    return most;
  }

  Result<ByteView> next(std::size_t most) override {
    if (open_.isStale()) return staleStream();
    const Revocation::Stay stay(session_.revocation_);
    if (!stay.granted()) return staleStream();
    most = static_cast<std::size_t>(std::min<std::uint64_t>(most, content_.length - at_));
    if (most == 0) return ByteView{};
    if (content_.kind == Content::Kind::kInline) {
      const ByteView bytes = MR_TRY(inlineBytes());
      const ByteView part = bytes.subspan(static_cast<std::size_t>(at_), most);
      at_ += most;
      session_.bytesRead_ += most;
      return part;
    }
    buffer_.resize(std::min(most, kReadStep));
    const std::size_t got = MR_TRY(read(buffer_));
    return ByteView(buffer_).subspan(0, got);
  }

 private:
  Result<ByteView> inlineBytes() {
    const ByteView bytes = content_.inlineBytes();
    if (!checked_) {
      if (crc32c(bytes) != content_.crc) {
        return Error::environment(
            fmt::format("content of FlowFile {} is damaged in memory", entry_.uuid()), false);
      }
      checked_ = true;
    }
    return bytes;
  }
  EngineSession& session_;
  SessionEntry& entry_;
  const OpenStream open_;
  const Content content_;
  std::unique_ptr<ContentLease> lease_;
  std::vector<std::byte> buffer_;
  std::uint64_t at_ = 0;
  bool checked_ = false;
};

class SessionContentWriter final : public ContentWriter {
 public:
  SessionContentWriter(EngineSession& session, SessionEntry& entry)
      : session_(session), entry_(entry), open_(session.streamEpoch_, entry) {}
  ~SessionContentWriter() override {
    if (finished_ || open_.isStale() || stored_ == nullptr) return;
    const Revocation::Stay stay(session_.revocation_);
    if (!stay.granted() || open_.isStale()) return;
    stored_->abandon();
    if (own_ == nullptr) session_.appenderBusy_ = false;
  }

  using ContentWriter::write;
  Result<> write(ByteView bytes) override {
    MR_ASSERT(!finished_);
    if (open_.isStale()) return staleStream();
    const Revocation::Stay stay(session_.revocation_);
    if (!stay.granted()) return staleStream();
    session_.bytesWritten_ += bytes.size();
    if (stored_ == nullptr && small_.size() + bytes.size() <= kInlineLimit) {
      small_.insert(small_.end(), bytes.begin(), bytes.end());
      return Done{};
    }
    if (stored_ == nullptr) {
      // A second large content written at the same time gets an appender of its own.
      if (session_.appenderBusy_) {
        own_ = MR_TRY(session_.store_.content.appender());
        stored_ = own_.get();
      } else {
        stored_ = MR_TRY(session_.appender());
        session_.appenderBusy_ = true;
      }
      MR_TRY(stored_->write(small_));
      small_.clear();
    }
    return stored_->write(bytes);
  }

  Result<> finish() override {
    MR_ASSERT(!finished_);
    if (open_.isStale()) return staleStream();
    const Revocation::Stay stay(session_.revocation_);
    if (!stay.granted()) return staleStream();
    Content content;
    if (stored_ == nullptr) {
      content = MR_TRY(session_.storeInline(small_));
    } else {
      content.kind = Content::Kind::kStored;
      content.claim = MR_TRY(stored_->finish());
      content.length = content.claim.length;
      if (own_ != nullptr) {
        for (auto& participant : own_->takeParticipants())
          session_.syncs_.push_back(std::move(participant));
      } else {
        session_.appenderBusy_ = false;
      }
    }
    finished_ = true;
    open_.close();
    session_.setContent(entry_, std::move(content));
    return Done{};
  }

 private:
  friend class EngineSession;
  EngineSession& session_;
  SessionEntry& entry_;
  OpenStream open_;
  std::vector<std::byte> small_;
  std::unique_ptr<ContentAppender> own_;
  ContentAppender* stored_ = nullptr;  // the session's, or own_
  bool finished_ = false;
};

Result<std::unique_ptr<ContentReader>> EngineSession::read(const SessionFlowFile& file) {
  auto reader = std::make_unique<SessionContentReader>(*this, mine(file));
  MR_TRY(reader->open());
  return std::unique_ptr<ContentReader>(std::move(reader));
}

Result<ByteView> EngineSession::readAll(const SessionFlowFile& file, std::uint64_t limit) {
  const SessionEntry& entry = mine(file);
  if (entry.size() > limit) {
    return Error::user(
        fmt::format("content of FlowFile {} has {} bytes, more than the {} allowed here",
                    entry.uuid(), entry.size(), limit));
  }
  SessionContentReader reader(*this, entry);
  MR_TRY(reader.open());
  if (entry.file.content.kind == Content::Kind::kInline)
    return reader.next(static_cast<std::size_t>(entry.size()));
  readBuffers_.emplace_back(static_cast<std::size_t>(entry.size()));
  const std::size_t got = MR_TRY(reader.read(readBuffers_.back()));
  if (got != entry.size()) return Error::environment("content ends before its length", false);
  return ByteView(readBuffers_.back());
}

Result<std::unique_ptr<ContentWriter>> EngineSession::write(SessionFlowFile& file) {
  SessionEntry& entry = mine(file);
  if (entry.state != SessionEntry::State::kInHand)
    throw std::logic_error("content was written after the FlowFile had left");
  return std::unique_ptr<ContentWriter>(std::make_unique<SessionContentWriter>(*this, entry));
}

Result<std::unique_ptr<ContentWriter>> EngineSession::append(SessionFlowFile& file) {
  auto writer = MR_TRY(write(file));
  SessionContentReader reader(*this, mine(file));
  MR_TRY(reader.open());
  while (true) {
    const ByteView part = MR_TRY(reader.next(kReadStep));
    if (part.empty()) break;
    MR_TRY(writer->write(part));
  }
  return writer;
}

Result<> EngineSession::writeAll(SessionFlowFile& file, ByteView bytes) {
  SessionEntry& entry = mine(file);
  if (entry.state != SessionEntry::State::kInHand)
    throw std::logic_error("content was written after the FlowFile had left");
  if (bytes.size() <= kInlineLimit) {
    bytesWritten_ += bytes.size();
    setContent(entry, MR_TRY(storeInline(bytes)));
    return Done{};
  }
  auto writer = MR_TRY(write(file));
  MR_TRY(writer->write(bytes));
  return writer->finish();
}

Result<SessionFlowFile*> EngineSession::replay(const FlowFile& past) {
  Content content;
  if (past.content.kind == Content::Kind::kStored) {
    MR_TRY(store_.content.revive(past.content.claim));
    content = past.content;
  } else if (past.content.length > 0) {
    const std::uint64_t there = past.content.buffer->bytes().size();
    if (past.content.length > there || past.content.offset > there - past.content.length)
      return Error::user("the content was not kept; run the flow with --archive to keep contents");
    content = MR_TRY(storeInline(past.content.inlineBytes()));
  }
  SessionEntry& entry = addCreated();
  entry.file.content = std::move(content);
  entry.file.lineageStart = past.lineageStart;
  constexpr std::string_view kOwn[] = {"uuid"};
  entry.file.attributes = past.attributes.with({}, kOwn);
  if (past.defaultFilename && !past.attributes.find("filename")) {
    entry.file.attributes =
        entry.file.attributes.with("filename", Uuid::ofFlowFile(store_.id, past.id.raw()).text());
  }
  facts_.push_back({FactKind::kReplay, past.id, {}, {}, {past.id}, {entry.file.id}});
  return static_cast<SessionFlowFile*>(&entry);
}

void EngineSession::shareContent(SessionFlowFile& to, const SessionFlowFile& from) {
  const Content& content = mine(from).file.content;
  retainContent(content);
  setContent(mine(to), content);
}

Result<SessionFlowFile*> EngineSession::clone(const SessionFlowFile& original, std::uint64_t offset,
                                              std::uint64_t size) {
  if (offset > original.size() || size > original.size() - offset) {
    return Error::bug(fmt::format("a range of {} bytes at {} is outside content of {} bytes", size,
                                  offset, original.size()));
  }
  auto& copy = static_cast<SessionEntry&>(clone(original));
  if (size != original.size()) {
    // A part of a content is no copy of the FlowFile: the parts of one parent are one FORK.
    const FlowFileId parent = facts_.back().flowFile;
    facts_.pop_back();
    const auto first = facts_.begin() + static_cast<std::ptrdiff_t>(savepoint_.facts);
    const auto fork = std::find_if(first, facts_.end(), [&](const StoredFact& fact) {
      return fact.kind == FactKind::kFork && fact.flowFile == parent;
    });
    if (fork == facts_.end()) {
      facts_.push_back({FactKind::kFork, parent, {}, {}, {parent}, {copy.file.id}});
    } else {
      fork->children.push_back(copy.file.id);
    }
  }
  Content& content = copy.file.content;
  if (size == 0) {
    releaseContent(content, Lsn(0));
    content = Content{};
  } else {
    content.offset += offset;
    content.length = size;
    if (content.kind == Content::Kind::kInline) content.crc = crc32c(content.inlineBytes());
  }
  return static_cast<SessionFlowFile*>(&copy);
}

Result<> EngineSession::importFile(SessionFlowFile& file, const std::string& path,
                                   std::uint64_t inode, std::uint64_t size, Nanos modified) {
  SessionEntry& entry = mine(file);
  if (size > kInlineLimit) {
    ContentAppender* link = MR_TRY(appender());
    auto adopted = link->adopt({path, inode, size, modified});
    if (adopted.ok()) {
      Content content;
      content.kind = Content::Kind::kStored;
      content.claim = *adopted;
      content.length = adopted->length;
      setContent(entry, std::move(content));
      return Done{};
    }
    // Another file system, or a file that changed: the copy below tells the one from the other.
  }
  auto source = MR_TRY(store_.files.open(path, OpenMode::kRead));
  const FileInfo facts = MR_TRY(source->info());
  if (facts.inode != inode || facts.size < size) {
    return Error::environment(
        fmt::format("{} was replaced or became shorter since it was listed", path));
  }
  auto writer = MR_TRY(write(file));
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, kReadStep)));
  std::uint64_t at = 0;
  while (at < size) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    const std::size_t got = MR_TRY(source->readAt(at, std::span(buffer).subspan(0, want)));
    if (got == 0)
      return Error::environment(fmt::format("{} became shorter while it was read", path));
    MR_TRY(writer->write(ByteView(buffer).subspan(0, got)));
    at += got;
  }
  return writer->finish();
}

}  // namespace millrace::engine
