// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server in the test's hands, for a link without a thread. Threads: the test's.

#include "minifi-agent/c2/c2_link.h"

#include <QTest>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace c2_rig {

using namespace millrace;
using namespace millrace::agent;

/// Answers by address; what was sent is kept.
class FakeChannel final : public C2Channel {
 public:
  Result<C2Answer> post(const std::string& url, const std::string& body) override {
    sent.push_back(url + "\n" + body);
    return answer(url);
  }
  Result<C2Answer> get(const std::string& url) override {
    sent.push_back(url);
    return answer(url);
  }

  std::vector<std::string> sent;
  std::map<std::string, C2Answer> answers;  ///< status 0: nobody answers

 private:
  Result<C2Answer> answer(const std::string& url) {
    const auto found = answers.find(url);
    if (found == answers.end() || found->second.status == 0)
      return Error::environment("nobody is there");
    return found->second;
  }
};

const std::string kBase = "http://server.example:8082/c2/api";
const std::string kHeartbeat = kBase + "/c2-protocol/heartbeat";
const std::string kAcknowledge = kBase + "/c2-protocol/acknowledge";

struct LinkRig {
  VirtualClock clock;
  FakeChannel channel;
  C2Settings settings;
  std::unique_ptr<C2Link> link;
  std::vector<ServerWord> words;
  std::vector<std::string> said;
  bool onTrial = false;
  std::vector<bool> full;  ///< of each heartbeat

  LinkRig() {
    settings.url = "http://server.example:8082";
    settings.agent = "gauge-7";
    settings.agentClass = "rivers";
    channel.answers[kHeartbeat] = {200, "{\"requestedOperations\":[]}", "", "10.0.0.7"};
    channel.answers[kAcknowledge] = {200, "{}", "", ""};
  }
  void open() {
    if (const auto done = completeC2Settings(settings, C2SettingNames{}); !done.ok())
      qFatal("%s", done.error().message.c_str());
    C2Link::Hooks hooks;
    hooks.heartbeat = [this](bool whole, const std::string& address, std::uint64_t after) {
      full.push_back(whole);
      return C2Link::Beat{"beat " + address + " " + std::to_string(after), after + 1};
    };
    hooks.isOnTrial = [this] { return onTrial; };
    hooks.hear = [this](ServerWord word) { words.push_back(std::move(word)); };
    hooks.say = [this](const std::string& line) { said.push_back(line); };
    link = std::make_unique<C2Link>(clock, channel, settings, Random(7), std::move(hooks));
  }
  /// A round when the next one is due.
  Nanos round() {
    const Nanos wait = link->step();
    clock.advance(wait);
    return wait;
  }
  void request(const std::string& operations) {
    channel.answers[kHeartbeat].body = "{\"requestedOperations\":[" + operations + "]}";
  }
  std::vector<ServerWord> operations() const {
    std::vector<ServerWord> result;
    for (const ServerWord& each : words) {
      if (each.kind == ServerWord::Kind::kOperation) result.push_back(each);
    }
    return result;
  }
};

}  // namespace c2_rig
