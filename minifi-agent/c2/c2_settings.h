// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2Settings: where an agent reports to, as whom, and what it trusts. Threads: plain values.

#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace millrace::agent {

struct C2Settings {
  /// Where heartbeats go, whole, or the server: http://HOST:PORT means its /c2/api. Empty: nowhere.
  std::string url;
  std::string acknowledgeUrl;  ///< empty: beside `url`
  std::string flowBase;        ///< of addresses of flows that are not whole; empty: as `url`
  std::string agentClass;
  std::string agent;  ///< its name; empty: one is made up at the first start and kept
  std::string token;  ///< a secret, shown to the server; empty: none
  std::string key;    ///< 64 hexadecimal digits: flows must be signed by it; empty: need not be
  std::string authorities;     ///< file (PEM) of the certificates to trust; empty: the system's
  std::string certificate;     ///< file (PEM) of ours; empty: none is shown
  std::string certificateKey;  ///< file (PEM) of its key; empty: in the same file
  std::string passphrase;      ///< of that key
  Nanos period = 30 * kSecond;
  /// A flow on trial must have reached the server within so much time.
  Nanos trial = 3 * kMinute;
  bool alwaysFull = false;  ///< the manifest is in each heartbeat, not only the first

  bool isOn() const { return !url.empty(); }
};

/// Fills in what follows from the rest. Errors say what is wrong and what to write; `whose` is how
/// messages call a setting: the name of an option or of a key.
struct C2SettingNames {
  std::string_view url = "--c2";
  std::string_view key = "--c2-key";
  std::string_view token = "--c2-token";
};
Result<> completeC2Settings(C2Settings& settings, const C2SettingNames& names);

/// What is unsafe, though it works; empty: nothing.
std::string c2Warning(const C2Settings& settings);

}  // namespace millrace::agent
