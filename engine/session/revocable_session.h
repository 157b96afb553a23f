// SPDX-License-Identifier: Apache-2.0
#pragma once
// RevocableSession: the ProcessSession that a processor is handed: an EngineSession that it enters
// for each call. Once the session is revoked every call ends in an Error, or in an exception where
// the call cannot return one, and does nothing.
// Owner: a trigger; as long as it lives, so does the session. Threads: the trigger's.

#include "engine/session/engine_session.h"

namespace millrace::engine {

class RevocableSession final : public ProcessSession {
 public:
  explicit RevocableSession(EngineSession& session) : session_(session) {}

  SessionFlowFile* get() override;
  std::vector<SessionFlowFile*> get(std::size_t most) override;
  std::vector<SessionFlowFile*> get(
      const std::function<Choice(const SessionFlowFile&)>& filter) override;
  std::uint64_t queuedCount() const override;
  SessionFlowFile& create() override;
  SessionFlowFile& create(const SessionFlowFile& parent) override;
  SessionFlowFile& create(std::span<const SessionFlowFile* const> parents) override;
  SessionFlowFile& clone(const SessionFlowFile& original) override;
  void shareContent(SessionFlowFile& to, const SessionFlowFile& from) override;
  Result<SessionFlowFile*> clone(const SessionFlowFile& original, std::uint64_t offset,
                                 std::uint64_t size) override;
  void putAttribute(SessionFlowFile& file, std::string_view name, std::string_view value) override;
  void putAttributes(SessionFlowFile& file, std::span<const Attributes::Pair> pairs) override;
  void removeAttribute(SessionFlowFile& file, std::string_view name) override;
  Result<std::unique_ptr<ContentReader>> read(const SessionFlowFile& file) override;
  Result<ByteView> readAll(const SessionFlowFile& file, std::uint64_t limit) override;
  Result<std::unique_ptr<ContentWriter>> write(SessionFlowFile& file) override;
  Result<std::unique_ptr<ContentWriter>> append(SessionFlowFile& file) override;
  Result<> writeAll(SessionFlowFile& file, ByteView bytes) override;
  Result<> importFile(SessionFlowFile& file, const std::string& path, std::uint64_t inode,
                      std::uint64_t size, Nanos modified) override;
  void transfer(SessionFlowFile& file, const Relationship& relationship) override;
  void transfer(SessionFlowFile& file, RelationshipIndex relationship) override;
  void transferToSelf(SessionFlowFile& file) override;
  void giveBack(SessionFlowFile& file) override;
  void remove(SessionFlowFile& file) override;
  void penalize(SessionFlowFile& file, std::optional<Nanos> duration) override;
  std::unique_ptr<HeldFlowFile> hold(SessionFlowFile& file) override;
  SessionFlowFile& take(std::unique_ptr<HeldFlowFile> held) override;
  void adjustCounter(std::string_view name, std::int64_t delta, bool immediate) override;
  void report(ProvenanceType type, const SessionFlowFile& file, std::string_view transitUri,
              std::string_view details) override;
  const StateMap& state() override;
  void putState(std::string_view key, std::string_view value) override;
  void removeState(std::string_view key) override;
  void onDurable(Effect effect) override;
  void onDurable(std::function<void()> callback) override;
  void onCommit(CommitLog& log, std::unique_ptr<LogWork> work) override;
  Result<> commit() override;

 private:
  EngineSession& session_;
};

}  // namespace millrace::engine
