// SPDX-License-Identifier: Apache-2.0
#include "server/run_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace millrace::server {
namespace {

double seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

std::string bytesText(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

bool isShown(const engine::ComponentSnapshot& component) {
  return component.type != "Port" && component.type != "Funnel";
}

}  // namespace

std::string describeBulletin(const engine::Bulletin& bulletin, bool json) {
  constexpr const char* kLevels[] = {"debug", "info", "warning", "error", "none"};
  const char* level = kLevels[static_cast<std::size_t>(bulletin.level)];
  if (json) {
    return nlohmann::json{{"bulletin", bulletin.message},
                          {"level", level},
                          {"component", bulletin.componentName},
                          {"time", bulletin.time}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return fmt::format("{}: {}: {}", level,
                     bulletin.componentName.empty() ? "engine" : bulletin.componentName,
                     bulletin.message);
}

RunReport::RunReport(FlowHost& host, std::string flowName, bool json)
    : host_(host),
      flowName_(std::move(flowName)),
      json_(json),
      terminal_(!json && ::isatty(STDOUT_FILENO) == 1) {}

void RunReport::clearLive() {
  for (; linesDrawn_ > 0; --linesDrawn_) std::cout << "\x1b[1A\x1b[2K";
}

void RunReport::live(Nanos passed) {
  constexpr Nanos kEvery = 500 * kMillisecond;
  if (!terminal_ || passed - lastDrawn_ < kEvery) return;
  std::uint64_t out = 0;
  for (const auto& component : host_.controller().components()) out += component.out;
  const double rate = static_cast<double>(out - lastOut_) / seconds(passed - lastDrawn_);
  lastOut_ = out;
  lastDrawn_ = passed;
  clearLive();
  std::cout << fmt::format("{}  {:.1f} s  {:.0f} FlowFiles/s moved\n", flowName_, seconds(passed),
                           rate);
  linesDrawn_ = 1;
  auto connections = host_.controller().connections();
  std::stable_sort(connections.begin(), connections.end(),
                   [](const auto& a, const auto& b) { return a.queue.count > b.queue.count; });
  constexpr std::size_t kMost = 12;
  for (std::size_t i = 0; i < std::min(connections.size(), kMost); ++i) {
    if (connections[i].queue.count == 0) break;
    std::cout << fmt::format("  {:>9} queued  {:>10}  {}\n", connections[i].queue.count,
                             bytesText(connections[i].queue.bytes), connections[i].path);
    ++linesDrawn_;
  }
  std::cout.flush();
}

void RunReport::end(Nanos took) {
  if (terminal_) clearLive();
  const auto components = host_.controller().components();
  const auto connections = host_.controller().connections();
  std::uint64_t queued = 0;
  for (const auto& connection : connections) queued += connection.queue.count;
  if (json_) {
    for (const auto& component : components) {
      if (!isShown(component)) continue;
      std::cout << nlohmann::json{{"component", component.path},
                                  {"type", component.type},
                                  {"in", component.in},
                                  {"inBytes", component.inBytes},
                                  {"out", component.out},
                                  {"outBytes", component.outBytes},
                                  {"removed", component.removed},
                                  {"failures", component.failures},
                                  {"seconds", seconds(component.busy)}}
                       .dump()
                << '\n';
    }
    for (const auto& [key, value] : host_.counters().all()) {
      std::cout << nlohmann::json{{"counter", key.second},
                                  {"component", key.first},
                                  {"value", value}}
                       .dump()
                << '\n';
    }
    std::cout << nlohmann::json{{"flow", flowName_},
                                {"seconds", seconds(took)},
                                {"queued", queued},
                                {"recovered", host_.recovered()}}
                     .dump()
              << '\n';
    return;
  }
  std::size_t width = 9;
  for (const auto& component : components) width = std::max(width, component.path.size());
  std::cout << fmt::format("\n{}: {:.2f} s, {} FlowFiles left in queues\n\n", flowName_,
                           seconds(took), queued);
  std::cout << fmt::format("{:<{}}  {:<22} {:>10} {:>10} {:>10} {:>10} {:>9}\n", "Processor", width,
                           "Type", "In", "Out", "Removed", "Bytes out", "Time");
  for (const auto& component : components) {
    if (!isShown(component)) continue;
    std::cout << fmt::format("{:<{}}  {:<22} {:>10} {:>10} {:>10} {:>10} {:>7.2f} s\n",
                             component.path, width, component.type, component.in, component.out,
                             component.removed, bytesText(component.outBytes),
                             seconds(component.busy));
  }
  const auto counters = host_.counters().all();
  if (!counters.empty()) std::cout << "\nCounters\n";
  for (const auto& [key, value] : counters)
    std::cout << fmt::format("{:>12}  {} ({})\n", value, key.second, key.first);
}

}  // namespace millrace::server
