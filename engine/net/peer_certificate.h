// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who the other side of an established TLS session is, by the certificate that it showed.
// Threads: functions of their arguments.

#include <string>

struct ssl_st;

namespace millrace::net {

/// The subject of the peer's certificate, as RFC 2253 writes names; empty: it showed none.
std::string peerSubject(ssl_st* session);

}  // namespace millrace::net
