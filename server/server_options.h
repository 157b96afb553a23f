// SPDX-License-Identifier: Apache-2.0
#pragma once
// The options with which commands are told of a server that runs: --server and --ca.

#include <string>

namespace CLI {
class App;
}

namespace millrace::server {

/// Both texts are written while the command line is read, and must live until then; what `server`
/// holds is the default.
void addServerOptions(CLI::App& command, std::string& server, std::string& trust);

}  // namespace millrace::server
