// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the machine says of itself. Threads: any.

#include "engine/base/file_system.h"
#include "minifi-agent/c2/c2_message.h"

namespace millrace::agent {

/// The id is made of the machine's own (/etc/machine-id), which it does not give away.
DeviceFacts readDeviceFacts(FileSystem& files);

}  // namespace millrace::agent
