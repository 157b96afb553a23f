// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpDesk: site-to-site over HTTP (engine/site_to_site/FORMAT.md, "Over HTTP"): answers requests
// and keeps transactions between them.
//
// Promise: a transaction that nobody goes on with within its time never was; so is every other when
// the desk is destroyed. Ownership: ports and clock outlive it. Threads: answer() from any, and it
// waits for its client; a thread of its own lets transactions go.

#include "engine/base/mutex.h"
#include "host/remote_access/http_paths.h"
#include "processors/http/http_exchange.h"

#include <map>
#include <memory>
#include <string>
#include <thread>

namespace millrace::host {

class HttpDesk {
 public:
  HttpDesk(site_to_site::Ports& ports, const Clock& clock, std::string seed);
  ~HttpDesk();
  HttpDesk(const HttpDesk&) = delete;
  HttpDesk& operator=(const HttpDesk&) = delete;

  /// The Error is one for the operator; the client has its answer anyway.
  Result<> answer(processors::HttpExchange& exchange);

 private:
  struct Transaction;
  using Held = std::unique_ptr<Transaction>;

  Result<> create(const HttpPath& path, processors::HttpExchange& exchange);
  Result<> extend(const HttpPath& path, processors::HttpExchange& exchange);
  Result<> receive(const HttpPath& path, processors::HttpExchange& exchange);
  Result<> send(const HttpPath& path, processors::HttpExchange& exchange);
  Result<> end(const HttpPath& path, processors::HttpExchange& exchange);
  Result<> commit(Transaction& transaction, const HttpPath& path,
                  processors::HttpExchange& exchange);

  /// Takes it out, so that nobody else works on it; null: there is none at this path.
  Held take(const HttpPath& path);
  void giveBack(const std::string& id, Held transaction);
  void letGo(const std::stop_token& stop);

  site_to_site::Ports& ports_;
  const Clock& clock_;
  const std::string seed_;
  Mutex mutex_;
  Condition changed_;
  std::map<std::string, Held> held_ MR_GUARDED_BY(mutex_);
  std::uint64_t count_ MR_GUARDED_BY(mutex_) = 0;
  std::jthread keeper_;
};

}  // namespace millrace::host
