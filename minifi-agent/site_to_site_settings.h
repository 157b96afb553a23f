// SPDX-License-Identifier: Apache-2.0
#pragma once
// SiteToSiteSettings: where others reach the public ports of the agent's flow, as its options say
// it, and what of it the network is told. Threads: plain values.

#include "engine/base/file_system.h"
#include "engine/net/network.h"

#include <string>

namespace millrace::agent {

struct SiteToSiteSettings {
  std::string at;              ///< ADDR:PORT; empty: nobody is served
  std::string certificate;     ///< file (PEM), with its key or without
  std::string certificateKey;  ///< file (PEM); empty: it is with the certificate
  std::string trust;           ///< file (PEM) of those whose certificates clients show
};

/// Reads the certificates. Errors of the user name the option, and say what to write: nobody on
/// another machine is served without a certificate of both sides.
Result<net::ListenOptions> listenOptionsOf(FileSystem& files, const SiteToSiteSettings& settings);

}  // namespace millrace::agent
