// SPDX-License-Identifier: Apache-2.0
// OpenSSL is linked: it is there before main().
#include "engine/base/openssl.h"

namespace millrace {

Result<> requireOpenSsl() { return Done{}; }

}  // namespace millrace
