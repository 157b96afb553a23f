// SPDX-License-Identifier: Apache-2.0
#pragma once
// What processors that serve HTTP have in common: TLS for the port, and the FlowFiles of a
// multipart body. Threads: those of the caller.

#include "engine/net/network.h"
#include "engine/processor/process_session.h"
#include "processors/formats/flowfile_v3.h"
#include "processors/http/http_exchange.h"
#include "processors/http/shared_services.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace millrace::processors {

/// Sets the TLS of a port from the service, which may be null: no TLS.
Result<> useTls(net::ListenOptions& options, SslContextProvider* provider,
                net::ClientCertificate clientCertificate);

/// Why a request could not be received, and the status that says so to the client. Without a
/// status it is our fault: the Error ends the trigger.
struct NotReceived {
  int status = 0;
  Error why;
};

/// Makes a FlowFile of each part of a multipart/form-data body, with the attributes of parts. On
/// failure those made so far are still in `made`.
std::optional<NotReceived> receiveParts(ProcessSession& session, ContentReader& body,
                                        std::string_view boundary, std::uint64_t limit,
                                        std::vector<SessionFlowFile*>& made);

/// Makes a FlowFile of each FlowFile package in a body; one without a name gets `fileName`, if that
/// is not empty. On failure those made so far are still in `made`.
std::optional<NotReceived> receivePackages(ProcessSession& session, ContentReader& body,
                                           PackageVersion version, std::string_view fileName,
                                           std::vector<SessionFlowFile*>& made);

/// Fills the content of a FlowFile, telling the peer's faults from the disk's.
std::optional<NotReceived> receiveContent(ProcessSession& session, SessionFlowFile& file,
                                          const std::function<Result<ByteView>()>& next);

/// The URL by which a client reached us.
std::string requestUrl(const HttpExchange& exchange);

}  // namespace millrace::processors
