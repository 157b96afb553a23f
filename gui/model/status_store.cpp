// SPDX-License-Identifier: Apache-2.0
#include "gui/model/status_store.h"

#include <algorithm>
#include <cmath>

namespace millrace::gui {
namespace {

Lamp lampOf(const QString& state) {
  if (state == "running") return Lamp::kRunning;
  if (state == "stopped") return Lamp::kStopped;
  if (state == "stopping") return Lamp::kStopping;
  if (state == "disabled") return Lamp::kDisabled;
  if (state == "invalid") return Lamp::kInvalid;
  return Lamp::kUnknown;
}

}  // namespace

StatusStore::StatusStore(QObject* parent) : QObject(parent) {
  soon_.setInterval(0);
  connect(&soon_, &QTimer::timeout, this, [this] { takeSome(kAtOnce); });
}

void StatusStore::take(const QJsonObject& report, qint64 atMillis, Report kind) {
  pending_.push_back(
      {report["components"].toArray(), report["connections"].toArray(), atMillis, kind, 0});
  const Pending& last = pending_.back();
  if (pending_.size() == 1 && last.components.size() + last.connections.size() <= kAtOnce)
    return takeSome(kAtOnce);
  soon_.start();
}

void StatusStore::takeSome(qsizetype most) {
  Pending& report = pending_.front();
  if (report.next == 0) {
    live_ = true;
    if (report.kind == Report::kChanges) calm(report.at);
  }
  const qsizetype components = report.components.size();
  const qsizetype all = components + report.connections.size();
  for (const qsizetype end = std::min(all, report.next + most); report.next < end; ++report.next) {
    if (report.next < components) {
      takeComponent(report.components[report.next].toObject(), report.at);
      continue;
    }
    const QJsonObject object = report.connections[report.next - components].toObject();
    if (const auto id = idFromJson(object["id"].toString()))
      queues_[*id] = {object["count"].toDouble(), object["bytes"].toDouble(),
                      std::clamp(object["share"].toDouble(), 0.0, 1.0)};
  }
  if (report.next < all) return;
  pending_.pop_front();
  if (pending_.empty()) soon_.stop();
  emit changed();
}

void StatusStore::takeComponent(const QJsonObject& object, qint64 atMillis) {
  const auto id = idFromJson(object["id"].toString());
  if (!id) return;
  ComponentStatus& status = components_[*id];
  status.lamp = lampOf(object["state"].toString());
  status.in = object["in"].toDouble();
  status.out = object["out"].toDouble();
  status.bytesIn = object["bytesIn"].toDouble();
  status.bytesOut = object["bytesOut"].toDouble();
  status.activeThreads = object["activeThreads"].toInt();
  status.bulletins = object["bulletins"].toInt();
  const double tasks = object["tasks"].toDouble();
  status.taskMillis = tasks > 0 ? object["busyNanos"].toDouble() / tasks / 1e6 : 0;
  const double totalBusy = object["totalBusyNanos"].toDouble();
  const double totalIn = object["totalIn"].toDouble();
  const double totalOut = object["totalOut"].toDouble();
  Totals& totals = totals_[*id];
  const double seconds = static_cast<double>(atMillis - totals.at) / 1000.0;
  // Two reports within a moment say nothing about a rate.
  if (totals.at != 0 && seconds < 0.2) return;
  if (totals.at != 0) {
    status.inRate = std::max(0.0, (totalIn - totals.in) / seconds);
    status.outRate = std::max(0.0, (totalOut - totals.out) / seconds);
    status.busy = std::max(0.0, (totalBusy - totals.busyNanos) / 1e9 / seconds);
    status.trail.back() = static_cast<float>(std::max(status.inRate, status.outRate));
  }
  totals = {totalIn, totalOut, totalBusy, atMillis};
}

// Those that the report names get their figures after this.
void StatusStore::calm(qint64 atMillis) {
  for (auto& [id, status] : components_) {
    status.inRate = status.outRate = status.busy = 0;
    std::move(status.trail.begin() + 1, status.trail.end(), status.trail.begin());
    status.trail.back() = 0;
  }
  for (auto& [id, totals] : totals_) {
    // The next figures are measured from about here, not from when it last moved.
    constexpr qint64 kBetweenReports = 1000;
    if (totals.at != 0) totals.at = std::max(totals.at, atMillis - kBetweenReports);
  }
}

void StatusStore::goStale() {
  pending_.clear();
  soon_.stop();
  live_ = false;
  for (auto& [id, status] : components_) {
    status.inRate = status.outRate = status.busy = 0;
    status.lamp = Lamp::kUnknown;
  }
  totals_.clear();
  emit changed();
}

void StatusStore::takeBulletin(const Bulletin& bulletin) {
  bulletins_.push_back(bulletin);
  if (bulletins_.size() > kMostBulletins) bulletins_.erase(bulletins_.begin());
  emit bulletinCame(bulletin);
}

void StatusStore::clear() {
  pending_.clear();
  soon_.stop();
  live_ = false;
  components_.clear();
  queues_.clear();
  totals_.clear();
  emit changed();
}

const ComponentStatus* StatusStore::component(flow::ElementId id) const {
  const auto found = components_.find(id);
  return found == components_.end() ? nullptr : &found->second;
}

const QueueStatus* StatusStore::queue(flow::ElementId id) const {
  const auto found = queues_.find(id);
  return found == queues_.end() ? nullptr : &found->second;
}

std::optional<flow::ElementId> idFromJson(const QString& text) {
  // Twenty thousand of them come in a report, so no string is made on the way.
  quint64 number = 0;
  int digits = 0;
  for (qsizetype i = text.size() - 1; i >= 0 && digits < 16; --i) {
    const char16_t c = text[i].unicode();
    if (c == u'-') continue;
    const int value = c >= u'0' && c <= u'9'   ? c - u'0'
                      : c >= u'a' && c <= u'f' ? c - u'a' + 10
                      : c >= u'A' && c <= u'F' ? c - u'A' + 10
                                               : -1;
    if (value < 0) return std::nullopt;
    number |= static_cast<quint64>(value) << (4 * digits++);
  }
  if (digits == 0) return std::nullopt;
  return flow::ElementId(number);
}

QString idToJson(flow::ElementId id) {
  const QString digits = QString("%1").arg(id.raw(), 16, 16, QChar('0'));
  return "00000000-0000-0000-" + digits.left(4) + '-' + digits.mid(4);
}

QString shortCount(double count) {
  const char* units[] = {"", "k", "M", "G", "T"};
  int unit = 0;
  while (std::abs(count) >= 999.5 && unit < 4) {
    count /= 1000;
    ++unit;
  }
  const bool whole = unit == 0 ? count == std::floor(count) || count >= 10 : count >= 99.95;
  return QString::number(count, 'f', whole ? 0 : 1) + units[unit];
}

QString shortBytes(double bytes) {
  const char* units[] = {"B", "KB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1023.5 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  return QString::number(bytes, 'f', unit == 0 || bytes >= 99.95 ? 0 : 1) + ' ' + units[unit];
}

}  // namespace millrace::gui
