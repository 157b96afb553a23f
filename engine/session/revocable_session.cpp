// SPDX-License-Identifier: Apache-2.0
#include "engine/session/revocable_session.h"

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace millrace::engine {
namespace {

constexpr const char* kTerminated =
    "the task was terminated: what it had in hand is back in its queues";

template <typename T>
struct IsResult : std::false_type {};
template <typename T>
struct IsResult<Result<T>> : std::true_type {};

/// Calls inside the session, if it lets us in.
template <typename Call>
auto inside(EngineSession& session, Call&& call) -> decltype(call()) {
  const Revocation::Stay stay(session.revocation());
  if (!stay.granted()) {
    if constexpr (IsResult<decltype(call())>::value) {
      return Error::bug(kTerminated);
    } else {
      throw std::runtime_error(kTerminated);
    }
  }
  return call();
}

}  // namespace

SessionFlowFile* RevocableSession::get() {
  return inside(session_, [&] { return session_.get(); });
}
std::vector<SessionFlowFile*> RevocableSession::get(std::size_t most) {
  return inside(session_, [&] { return session_.get(most); });
}
std::vector<SessionFlowFile*> RevocableSession::get(
    const std::function<Choice(const SessionFlowFile&)>& filter) {
  return inside(session_, [&] { return session_.get(filter); });
}
std::uint64_t RevocableSession::queuedCount() const {
  return inside(session_, [&] { return session_.queuedCount(); });
}
SessionFlowFile& RevocableSession::create() {
  return inside(session_, [&]() -> SessionFlowFile& { return session_.create(); });
}
SessionFlowFile& RevocableSession::create(const SessionFlowFile& parent) {
  return inside(session_, [&]() -> SessionFlowFile& { return session_.create(parent); });
}
SessionFlowFile& RevocableSession::create(std::span<const SessionFlowFile* const> parents) {
  return inside(session_, [&]() -> SessionFlowFile& { return session_.create(parents); });
}
SessionFlowFile& RevocableSession::clone(const SessionFlowFile& original) {
  return inside(session_, [&]() -> SessionFlowFile& { return session_.clone(original); });
}
void RevocableSession::shareContent(SessionFlowFile& to, const SessionFlowFile& from) {
  return inside(session_, [&] { return session_.shareContent(to, from); });
}
Result<SessionFlowFile*> RevocableSession::clone(const SessionFlowFile& original,
                                                 std::uint64_t offset, std::uint64_t size) {
  return inside(session_, [&] { return session_.clone(original, offset, size); });
}
void RevocableSession::putAttribute(SessionFlowFile& file, std::string_view name,
                                    std::string_view value) {
  return inside(session_, [&] { return session_.putAttribute(file, name, value); });
}
void RevocableSession::putAttributes(SessionFlowFile& file,
                                     std::span<const Attributes::Pair> pairs) {
  return inside(session_, [&] { return session_.putAttributes(file, pairs); });
}
void RevocableSession::removeAttribute(SessionFlowFile& file, std::string_view name) {
  return inside(session_, [&] { return session_.removeAttribute(file, name); });
}
Result<std::unique_ptr<ContentReader>> RevocableSession::read(const SessionFlowFile& file) {
  return inside(session_, [&] { return session_.read(file); });
}
Result<ByteView> RevocableSession::readAll(const SessionFlowFile& file, std::uint64_t limit) {
  return inside(session_, [&] { return session_.readAll(file, limit); });
}
Result<std::unique_ptr<ContentWriter>> RevocableSession::write(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.write(file); });
}
Result<std::unique_ptr<ContentWriter>> RevocableSession::append(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.append(file); });
}
Result<> RevocableSession::writeAll(SessionFlowFile& file, ByteView bytes) {
  return inside(session_, [&] { return session_.writeAll(file, bytes); });
}
Result<> RevocableSession::importFile(SessionFlowFile& file, const std::string& path,
                                      std::uint64_t inode, std::uint64_t size, Nanos modified) {
  return inside(session_, [&] { return session_.importFile(file, path, inode, size, modified); });
}
void RevocableSession::transfer(SessionFlowFile& file, const Relationship& relationship) {
  return inside(session_, [&] { return session_.transfer(file, relationship); });
}
void RevocableSession::transfer(SessionFlowFile& file, RelationshipIndex relationship) {
  return inside(session_, [&] { return session_.transfer(file, relationship); });
}
void RevocableSession::transferToSelf(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.transferToSelf(file); });
}
void RevocableSession::giveBack(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.giveBack(file); });
}
void RevocableSession::remove(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.remove(file); });
}
void RevocableSession::penalize(SessionFlowFile& file, std::optional<Nanos> duration) {
  return inside(session_, [&] { return session_.penalize(file, duration); });
}
std::unique_ptr<HeldFlowFile> RevocableSession::hold(SessionFlowFile& file) {
  return inside(session_, [&] { return session_.hold(file); });
}
SessionFlowFile& RevocableSession::take(std::unique_ptr<HeldFlowFile> held) {
  return inside(session_, [&]() -> SessionFlowFile& { return session_.take(std::move(held)); });
}
void RevocableSession::adjustCounter(std::string_view name, std::int64_t delta, bool immediate) {
  return inside(session_, [&] { return session_.adjustCounter(name, delta, immediate); });
}
void RevocableSession::report(ProvenanceType type, const SessionFlowFile& file,
                              std::string_view transitUri, std::string_view details) {
  return inside(session_, [&] { return session_.report(type, file, transitUri, details); });
}
const StateMap& RevocableSession::state() {
  return inside(session_, [&]() -> const StateMap& { return session_.state(); });
}
void RevocableSession::putState(std::string_view key, std::string_view value) {
  return inside(session_, [&] { return session_.putState(key, value); });
}
void RevocableSession::removeState(std::string_view key) {
  return inside(session_, [&] { return session_.removeState(key); });
}
void RevocableSession::onDurable(Effect effect) {
  return inside(session_, [&] { return session_.onDurable(std::move(effect)); });
}
void RevocableSession::onDurable(std::function<void()> callback) {
  return inside(session_, [&] { return session_.onDurable(std::move(callback)); });
}
void RevocableSession::onCommit(CommitLog& log, std::unique_ptr<LogWork> work) {
  return inside(session_, [&] { return session_.onCommit(log, std::move(work)); });
}
Result<> RevocableSession::commit() {
  return inside(session_, [&] { return session_.commit(); });
}

}  // namespace millrace::engine
