// SPDX-License-Identifier: Apache-2.0
#include "engine/control/revocable_world.h"

namespace millrace::engine {

Error refusedToTerminated() {
  return Error::bug("the task was terminated: it may not touch the world any more");
}

Result<std::unique_ptr<File>> RevocableFiles::open(const std::string& path, OpenMode mode) {
  if (revoked_) return refusedToTerminated();
  return files_.open(path, mode);
}
Result<std::unique_ptr<FileLock>> RevocableFiles::lock(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.lock(path);
}
Result<FileInfo> RevocableFiles::info(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.info(path);
}
Result<FileInfo> RevocableFiles::describe(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.describe(path);
}
Result<std::vector<DirectoryEntry>> RevocableFiles::list(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.list(path);
}
Result<> RevocableFiles::createDirectories(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.createDirectories(path);
}
Result<> RevocableFiles::rename(const std::string& from, const std::string& to) {
  if (revoked_) return refusedToTerminated();
  return files_.rename(from, to);
}
Result<> RevocableFiles::link(const std::string& from, const std::string& to) {
  if (revoked_) return refusedToTerminated();
  return files_.link(from, to);
}
Result<> RevocableFiles::remove(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.remove(path);
}
Result<> RevocableFiles::removeAll(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.removeAll(path);
}
Result<> RevocableFiles::syncDirectory(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.syncDirectory(path);
}
Result<std::uint64_t> RevocableFiles::freeBytes(const std::string& path) {
  if (revoked_) return refusedToTerminated();
  return files_.freeBytes(path);
}
Result<> RevocableFiles::setPermissions(const std::string& path, std::uint32_t mode) {
  if (revoked_) return refusedToTerminated();
  return files_.setPermissions(path, mode);
}
Result<> RevocableFiles::setModified(const std::string& path, Nanos time) {
  if (revoked_) return refusedToTerminated();
  return files_.setModified(path, time);
}
Result<> RevocableFiles::setOwner(const std::string& path, const std::string& owner,
                                  const std::string& group) {
  if (revoked_) return refusedToTerminated();
  return files_.setOwner(path, owner, group);
}
bool RevocableFiles::exists(const std::string& path) { return !revoked_ && files_.exists(path); }

Result<std::unique_ptr<net::Stream>> RevocableNetwork::connect(const net::Endpoint& to,
                                                               Nanos atMost) {
  if (revoked_) return refusedToTerminated();
  return network_.connect(to, atMost);
}
Result<std::unique_ptr<net::Listener>> RevocableNetwork::listen(const net::ListenOptions& options,
                                                                net::Accept accept) {
  if (revoked_) return refusedToTerminated();
  return network_.listen(options, std::move(accept));
}
Result<std::unique_ptr<net::DatagramPort>> RevocableNetwork::receiveDatagrams(
    const net::DatagramOptions& options, net::Receive receive) {
  if (revoked_) return refusedToTerminated();
  return network_.receiveDatagrams(options, std::move(receive));
}
Result<std::unique_ptr<net::DatagramSender>> RevocableNetwork::sendDatagrams(
    const net::Endpoint& to, std::uint64_t sendBuffer) {
  if (revoked_) return refusedToTerminated();
  return network_.sendDatagrams(to, sendBuffer);
}

Result<std::unique_ptr<ChildProcess>> RevocableProcesses::start(const ProcessRequest& request) {
  if (revoked_) return refusedToTerminated();
  return processes_.start(request);
}

}  // namespace millrace::engine
