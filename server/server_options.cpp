// SPDX-License-Identifier: Apache-2.0
#include "server/server_options.h"

#include <CLI/CLI.hpp>

namespace millrace::server {

void addServerOptions(CLI::App& command, std::string& server, std::string& trust) {
  command.add_option("--server", server, "where it runs: http://HOST:PORT or https://HOST:PORT")
      ->capture_default_str();
  command.add_option("--ca", trust,
                     "file (PEM) of the certificates to trust; default: the system's");
}

}  // namespace millrace::server
