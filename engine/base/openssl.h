// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whoever is about to call OpenSSL for the first time asks here first. Programs that are linked
// with it have it (openssl_linked.cpp); the small agent opens it now (openssl_loaded.cpp), so that
// a flow without TLS needs neither its memory nor its presence. Threads: any.

#include "engine/base/result.h"

namespace millrace {

/// Done when OpenSSL can be called; else an Error of the environment that says what to install.
Result<> requireOpenSsl();

}  // namespace millrace
