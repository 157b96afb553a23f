// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the values of a map, such as those of parameters by their names, as stars. Threads: any.

#include "server/logging/log_book.h"

namespace millrace::server {

template <typename Map>
void hideValues(LogBook& log, const Map& values) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : values) texts.push_back(value);
  log.hide(texts);
}

}  // namespace millrace::server
