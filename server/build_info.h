// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this program is made of: its version, the commit, and the libraries that it runs with.
// Threads: pure functions.

#include <string>
#include <utility>
#include <vector>

namespace millrace::server {

/// As `millrace --version` says it.
std::string versionText();
/// A commit of git, with `-changed` where files were edited since; `unknown` outside of one.
std::string commitText();
/// Names and versions; of those that are loaded when the program runs, the loaded ones.
std::vector<std::pair<std::string, std::string>> libraryVersions();
/// {"version":…,"commit":…,"compiler":…,"libraries":{…}}, in one line.
std::string versionJson();

}  // namespace millrace::server
