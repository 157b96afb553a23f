// SPDX-License-Identifier: Apache-2.0
#pragma once
// The world of a component as it can be taken away from threads that do not come back: every call
// is handed on until the flag is set, and refused from then on. A file or a connection that was
// opened before stays as usable as it was.
// Owner: a ComponentContext; the flag outlives them. Threads: as the interfaces.

#include "engine/base/file_system.h"
#include "engine/base/process_runner.h"
#include "engine/net/network.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace millrace::engine {

/// What a terminated task is answered.
Error refusedToTerminated();

class RevocableFiles final : public FileSystem {
 public:
  RevocableFiles(FileSystem& files, const std::atomic<bool>& revoked)
      : files_(files), revoked_(revoked) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<FileInfo> describe(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<> createDirectories(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> link(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> removeAll(const std::string& path) override;
  Result<> syncDirectory(const std::string& path) override;
  Result<std::uint64_t> freeBytes(const std::string& path) override;
  Result<> setPermissions(const std::string& path, std::uint32_t mode) override;
  Result<> setModified(const std::string& path, Nanos time) override;
  Result<> setOwner(const std::string& path, const std::string& owner,
                    const std::string& group) override;
  bool exists(const std::string& path) override;

 private:
  FileSystem& files_;
  const std::atomic<bool>& revoked_;
};

class RevocableNetwork final : public net::Network {
 public:
  RevocableNetwork(net::Network& network, const std::atomic<bool>& revoked)
      : network_(network), revoked_(revoked) {}
  Result<std::unique_ptr<net::Stream>> connect(const net::Endpoint& to, Nanos atMost) override;
  Result<std::unique_ptr<net::Listener>> listen(const net::ListenOptions& options,
                                                net::Accept accept) override;
  Result<std::unique_ptr<net::DatagramPort>> receiveDatagrams(const net::DatagramOptions& options,
                                                              net::Receive receive) override;
  Result<std::unique_ptr<net::DatagramSender>> sendDatagrams(const net::Endpoint& to,
                                                             std::uint64_t sendBuffer) override;

 private:
  net::Network& network_;
  const std::atomic<bool>& revoked_;
};

class RevocableProcesses final : public ProcessRunner {
 public:
  RevocableProcesses(ProcessRunner& processes, const std::atomic<bool>& revoked)
      : processes_(processes), revoked_(revoked) {}
  Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) override;

 private:
  ProcessRunner& processes_;
  const std::atomic<bool>& revoked_;
};

}  // namespace millrace::engine
