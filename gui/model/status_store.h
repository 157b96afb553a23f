// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusStore: the latest figures of every component and connection, as the server's status says
// them (sums over the last five minutes, and rates made of two reports). Frequent and lossy, apart
// from the flow's structure: it never touches undo or geometry. Signals at most once a report.
// Threads: the GUI thread.

#include "gui/model/component.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QString>
#include <QTimer>
#include <array>
#include <deque>
#include <optional>
#include <unordered_map>

namespace millrace::gui {

inline constexpr std::size_t kTrailLength = 40;

enum class Lamp : unsigned char { kUnknown, kRunning, kStopped, kStopping, kDisabled, kInvalid };

struct ComponentStatus {
  Lamp lamp = Lamp::kUnknown;
  double in = 0;  ///< FlowFiles of the last five minutes
  double out = 0;
  double bytesIn = 0;
  double bytesOut = 0;
  double inRate = 0;  ///< FlowFiles a second, between the last two reports
  double outRate = 0;
  std::array<float, kTrailLength> trail{};  ///< the larger rate of the last reports, oldest first
  double taskMillis = 0;                    ///< what a task took, on average over five minutes
  double busy = 0;  ///< tasks at work at a time, between the last two reports; 1: one all the time
  int activeThreads = 0;
  int bulletins = 0;
};

struct QueueStatus {
  double count = 0;
  double bytes = 0;
  double share = 0;  ///< 0..1 of the back-pressure limit
};

struct Bulletin {
  quint64 id = 0;
  QString at;
  QString level;
  flow::ElementId component;
  QString message;
};

class StatusStore : public QObject {
  Q_OBJECT

 public:
  explicit StatusStore(QObject* parent = nullptr);

  /// Of what a report of changes does not name nothing has moved.
  enum class Report : unsigned char { kWhole, kChanges };
  /// A report of the server: `components` and `connections`. `atMillis` is its time, for rates.
  /// One that names more than kAtOnce is taken piece by piece between the frames of the program;
  /// changed() comes when all of it is there. Another report that comes meanwhile waits its turn.
  void take(const QJsonObject& report, qint64 atMillis, Report kind = Report::kWhole);
  /// The server is out of reach: the figures stay, and are no longer live.
  void goStale();
  void takeBulletin(const Bulletin& bulletin);
  void clear();

  bool isLive() const { return live_; }
  const ComponentStatus* component(flow::ElementId id) const;
  const QueueStatus* queue(flow::ElementId id) const;
  /// The newest last; at most kMostBulletins.
  const std::vector<Bulletin>& bulletins() const { return bulletins_; }
  static constexpr std::size_t kMostBulletins = 1000;
  static constexpr qsizetype kAtOnce = 1500;
  /// Whether some of a report is still to be taken.
  bool isTaking() const { return !pending_.empty(); }

 signals:
  void changed();
  void bulletinCame(const millrace::gui::Bulletin& bulletin);

 private:
  struct Totals {
    double in = 0;
    double out = 0;
    double busyNanos = 0;
    qint64 at = 0;
  };

  struct Pending {
    QJsonArray components;
    QJsonArray connections;
    qint64 at = 0;
    Report kind = Report::kWhole;
    qsizetype next = 0;  ///< of both, one after the other
  };

  void calm(qint64 atMillis);
  /// At most so many entries of what waits.
  void takeSome(qsizetype most);
  void takeComponent(const QJsonObject& object, qint64 atMillis);

  bool live_ = false;
  std::unordered_map<flow::ElementId, ComponentStatus> components_;
  std::unordered_map<flow::ElementId, QueueStatus> queues_;
  std::unordered_map<flow::ElementId, Totals> totals_;
  std::vector<Bulletin> bulletins_;
  std::deque<Pending> pending_;
  QTimer soon_;
};

/// The id that a server's JSON has: UUID text whose last sixteen digits are the id; also the plain
/// hexadecimal number of a flow file.
std::optional<flow::ElementId> idFromJson(const QString& text);
QString idToJson(flow::ElementId id);

/// "1.2k", "3.4M": at most four characters for a count; "12 MB" for bytes.
QString shortCount(double count);
QString shortBytes(double bytes);

}  // namespace millrace::gui
