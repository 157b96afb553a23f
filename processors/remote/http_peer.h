// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpPeer: a client of site-to-site over HTTP (engine/site_to_site/FORMAT.md, "Over HTTP"): sends
// FlowFiles to a port of another program, or fetches them, transaction by transaction.
//
// Promise: as RawSender and RawFetcher. Owner: the caller, who keeps network and clock for as long.
// Threads: one at a time.

#include "engine/site_to_site/raw_fetcher.h"
#include "engine/site_to_site/raw_sender.h"
#include "processors/http/http_client.h"
#include "processors/remote/peer_address.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::processors {

class HttpPeer {
 public:
  /// `base`: http://HOST:PORT of the other side; `agreement.port` is the port's id.
  HttpPeer(net::Network& network, const Clock& clock, const PeerAccess& access, Url base,
           site_to_site::Agreement agreement);

  using End = site_to_site::RawSender::End;
  using Send =
      std::function<Result<>(const site_to_site::RawSender::AttributeList& attributes,
                             std::uint64_t size, const std::function<Result<ByteView>()>& next)>;
  /// `produce` sends each FlowFile; it may be called a second time, from the start.
  Result<End> deliver(const std::function<Result<>(const Send& send)>& produce);

  /// False when nothing waits there.
  Result<bool> fetch(site_to_site::FlowFileSink& into);
  /// The other side forgets what was fetched.
  Result<> finish();

 private:
  Result<> begin(std::string_view ports);
  Result<std::unique_ptr<HttpResponse>> ask(std::string method, const std::string& target);
  HttpRequest requestOf(std::string method, const std::string& target) const;
  Result<site_to_site::ResponseCode> end(std::string_view query);

  const Url base_;
  const site_to_site::Agreement agreement_;
  HttpClient client_;
  std::string transaction_;  // its path
  std::uint32_t checksum_ = 0;
};

}  // namespace millrace::processors
