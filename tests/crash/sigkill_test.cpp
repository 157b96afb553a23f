// SPDX-License-Identifier: Apache-2.0
// Kills the real program, at random moments and at chosen ones, while it tails a growing log,
// splits, routes, merges and writes lines and takes files from a folder. After every kill the data
// directory must be sound, and every line that was taken in must lie in a queue or in the output,
// once. Where the kills fell is counted.

#include "engine/base/posix_file_system.h"
#include "engine/base/random.h"
#include "processors/files/tailed_lines.h"
#include "tests/harness/crash_watch.h"
#include "tests/harness/file_feeder.h"
#include "tests/harness/line_ledger.h"
#include "tests/harness/store_reading.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: sigkill\n"
    "processors:\n"
    "  - {name: Tail, type: TailFile, properties: {Files to Tail: '#{base}/in.log'}, schedule: "
    "{every: 2 ms}}\n"
    "  - {name: Split, type: SplitText, properties: {Line Split Count: 1, Remove Trailing "
    "Newlines: 'false'}, auto-terminate: [original, failure]}\n"
    "  - name: Mark\n"
    "    type: UpdateAttribute\n"
    "    properties: {filename: lines.txt}\n"
    "  - name: Route\n"
    "    type: RouteOnAttribute\n"
    "    properties: {even: '${fragment.index:mod(2):equals(0)}'}\n"
    "  - name: Write\n"
    "    type: PutFile\n"
    "    properties: {Directory: '#{base}/out', Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Merge\n"
    "    type: MergeContent\n"
    "    properties: {Minimum Number of Entries: '200', Maximum Number of Entries: '200', Max Bin "
    "Age: 1 sec}\n"
    "    auto-terminate: [original]\n"
    "  - {name: Name, type: UpdateAttribute, properties: {filename: '${uuid}'}}\n"
    "  - name: Place\n"
    "    type: PutFile\n"
    "    properties: {Directory: '#{base}/merged', Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "  - {name: Take, type: GetFile, properties: {Input Directory: '#{base}/drop', Polling "
    "Interval: 0 sec}, schedule: {every: 2 ms}}\n"
    "  - name: Deliver\n"
    "    type: PutFile\n"
    "    properties: {Directory: '#{base}/placed', Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: Tail, relationship: success, to: Split}\n"
    "  - {from: Split, relationship: splits, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Route}\n"
    "  - {from: Route, relationships: [even], to: Write}\n"
    "  - {from: Route, relationships: [unmatched], to: Merge}\n"
    "  - {from: Merge, relationships: [merged, failure], to: Name}\n"
    "  - {from: Name, relationship: success, to: Place}\n"
    "  - {from: Take, relationship: success, to: Deliver}\n";

constexpr const char* kIntoBins = "Route [unmatched] -> Merge";
constexpr int kPatience = 120000;
constexpr int kKillsARow = 10;
const QString kProgram = MR_BINARY_DIR "/bin/millrace";

/// What a kill fell into; one may fall into several.
struct Fallen {
  int all = 0;
  int snapshot = 0;
  int roll = 0;
  int paging = 0;
  int merge = 0;
  int reclaim = 0;
  int queued = 0;
};

}  // namespace

class SigkillTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QDir base_{folder_.path()};
  std::unique_ptr<FileSystem> files_ = makePosixFileSystem();
  LineLedger ledger_;
  qint64 appended_ = 0;     // of out/lines.txt, in the ledger
  int filesDelivered_ = 0;  // seen in placed/ and taken away
  Fallen fallen_;
  Random random_{20261122};
  FileFeeder feeder_{base_.path()};
  std::unique_ptr<CrashWatch> watch_;
  bool spoilt_ = false;

  QString at(const char* name) const { return base_.filePath(name); }

  QStringList run(const QStringList& more = {}) const {
    return QStringList{"run",
                       at("flow.yaml"),
                       "--data",
                       at("data"),
                       "--param",
                       "base=" + base_.path(),
                       "--journal-segment",
                       "64 KB",
                       "--snapshot-every",
                       "512 KB",
                       "--content-segment",
                       "64 KB",
                       "--queue-memory",
                       "256 KB"} +
           more;
  }

  /// The program, to its end; its lines of JSON.
  void call(const QStringList& arguments, QList<QJsonObject>& lines) {
    QProcess program;
    program.start(kProgram, arguments);
    QVERIFY(program.waitForFinished(kPatience));
    const QByteArray said = program.readAllStandardOutput();
    QVERIFY2(program.exitStatus() == QProcess::NormalExit && program.exitCode() == 0,
             (said + program.readAllStandardError()).constData());
    for (const QByteArray& line : said.split('\n')) {
      if (!line.isEmpty()) lines.append(QJsonDocument::fromJson(line).object());
    }
  }

  /// `repo verify` finds the directory sound and as many FlowFiles in each queue as we do.
  void verify(const StoreReading& reading, std::uint64_t& inBins) {
    QList<QJsonObject> lines;
    call({"repo", "verify", at("data"), "--flow", at("flow.yaml"), "--json"}, lines);
    if (QTest::currentTestFailed()) return;
    QVERIFY(lines.last()["sound"].toBool());
    std::uint64_t sum = 0;
    for (const QJsonObject& line : lines) {
      if (!line.contains("flowFiles")) continue;
      const auto id = line["id"].toString().toULongLong(nullptr, 16);
      const auto found = reading.queues.find(id);
      QVERIFY2(found != reading.queues.end(), qPrintable(line["connection"].toString()));
      QCOMPARE(line["flowFiles"].toVariant().toULongLong(),
               static_cast<qulonglong>(found->second.size()));
      QVERIFY2(!line["connection"].toString().isEmpty(), "a connection has no name");
      if (line["connection"] == kIntoBins) inBins = found->second.size();
      sum += found->second.size();
    }
    QCOMPARE(sum, reading.count());
  }

  /// Every line taken in waits or was delivered, once; every file waits, was delivered, or is still
  /// where it was dropped.
  void recount(const StoreReading& reading, const FileFeeder& feeder) {
    QSet<QString> waitingNames;
    ledger_.clearWaiting();
    for (const auto& [connection, waiting] : reading.queues) {
      for (const auto& each : waiting) {
        const QString name = QString::fromStdString(each.filename);
        const bool isFile = name.startsWith("file");
        QVERIFY2(
            !isFile || (!waitingNames.contains(name) && name.mid(4).toInt() >= filesDelivered_),
            qPrintable(name + " was taken twice"));
        waitingNames.insert(name);
        if (!isFile) QVERIFY2(ledger_.wait(each.content), "something else than lines waits");
      }
    }
    std::size_t taken = 0;
    const std::string base = base_.path().toStdString();
    if (const auto tail = reading.state.find("file." + base + "/in.log");
        tail != reading.state.end()) {
      const auto position = processors::TailPosition::parse(tail->second);
      QVERIFY(position && position->position % LineLedger::kLength == 0);
      taken = static_cast<std::size_t>(position->position) / LineLedger::kLength;
    }
    QVERIFY(taken <= feeder.lines());
    countAppended(reading, base + "/out/lines.txt");
    if (QTest::currentTestFailed()) return;
    // A file of a FlowFile that still waits will be written again, the same: it does not count yet.
    for (const QString& name : QDir(at("merged")).entryList(QDir::Files)) {
      if (waitingNames.contains(name)) continue;
      QFile file(at("merged") + "/" + name);
      QVERIFY(file.open(QIODevice::ReadOnly));
      const QByteArray lines = file.readAll();
      QVERIFY2(ledger_.deliver({lines.constData(), static_cast<std::size_t>(lines.size())}),
               qPrintable(name));
      QVERIFY(file.remove());
    }
    const std::string wrong = ledger_.check(taken);
    QVERIFY2(wrong.empty(), wrong.c_str());
    countFiles(waitingNames, feeder.files());
  }

  /// What is in the file up to the length that the last commit gives it.
  void countAppended(const StoreReading& reading, const std::string& path) {
    const auto entry = reading.state.find("append." + path);
    if (entry == reading.state.end()) return;
    const qint64 length = QByteArray::fromStdString(entry->second).split(' ').last().toLongLong();
    QFile out(QString::fromStdString(path));
    QVERIFY(out.open(QIODevice::ReadOnly) && out.seek(appended_));
    QVERIFY(length >= appended_);
    const QByteArray lines = out.read(length - appended_);
    QCOMPARE(lines.size(), length - appended_);
    QVERIFY(ledger_.deliver({lines.constData(), static_cast<std::size_t>(lines.size())}));
    appended_ = length;
  }

  void countFiles(const QSet<QString>& waiting, int fed) {
    const QDir dropped(at("drop"));
    const QDir placed(at("placed"));
    QSet<QString> found = waiting;
    for (const QString& name : dropped.entryList(QDir::Files)) found.insert(name);
    for (const QString& name : placed.entryList(QDir::Files)) {
      QFile file(placed.filePath(name));
      QVERIFY(file.open(QIODevice::ReadOnly));
      QCOMPARE(file.readAll(), FileFeeder::contentOf(name.mid(4).toInt()));
      if (found.contains(name)) continue;  // it will be placed again, the same
      found.insert(name);
    }
    for (int n = filesDelivered_; n < fed; ++n) {
      const QString name = "file" + QString::number(n);
      QVERIFY2(found.contains(name), qPrintable(name + " is nowhere"));
    }
    // Files are taken in no order: only a prefix that is through for good is forgotten.
    while (filesDelivered_ < fed) {
      const QString name = "file" + QString::number(filesDelivered_);
      if (waiting.contains(name) || dropped.exists(name)) break;
      QVERIFY(QFile::remove(placed.filePath(name)));
      ++filesDelivered_;
    }
  }

  /// A life that ends as asked to: what it says it found and left is what lies there.
  void quietLife(const StoreReading& before, FileFeeder& feeder) {
    QList<QJsonObject> lines;
    call(run({"--for", "100 ms", "--json"}), lines);
    if (QTest::currentTestFailed()) return;
    QCOMPARE(lines.last()["recovered"].toVariant().toULongLong(),
             static_cast<qulonglong>(before.count()));
    auto after = StoreReading::of(*files_, at("data").toStdString());
    QVERIFY2(after.ok(), after.ok() ? "" : after.error().message.c_str());
    QCOMPARE(lines.last()["queued"].toVariant().toULongLong(),
             static_cast<qulonglong>(after->count()));
    recount(*after, feeder);
  }

  /// One life that a kill ends, and what is to be said afterwards.
  void killOnce(int number) {
    QProcess engine;
    engine.setProcessChannelMode(QProcess::MergedChannels);
    watch_->begin();
    feeder_.start();
    engine.start(kProgram, run());
    const bool opened =
        watch_->await(CrashWatch::Moment::kOpen, std::chrono::milliseconds(kPatience));
    // A quarter falls where it falls, recovery included; the others are aimed, and may miss.
    QTest::qWait(static_cast<int>(random_.below(random_.oneIn(4) ? 800 : 150)));
    constexpr std::chrono::milliseconds kPatienceToAim(1500);
    if (number % 4 == 1) (void)watch_->await(CrashWatch::Moment::kSnapshot, kPatienceToAim);
    if (number % 4 == 2) (void)watch_->await(CrashWatch::Moment::kRoll, kPatienceToAim);
    if (number % 4 == 3) (void)watch_->await(CrashWatch::Moment::kReclaim, kPatienceToAim);
    const auto struck = CrashWatch::Time::clock::now();
    engine.kill();  // SIGKILL
    const bool ended = engine.waitForFinished();
    feeder_.stop();
    watch_->drain();
    QByteArray said;
    for (const QByteArray& line : engine.readAll().split('\n')) {
      if (!line.contains("flow.yaml:")) said += line;  // warnings about the flow
    }
    QVERIFY2(opened && ended && engine.exitStatus() == QProcess::CrashExit && said.isEmpty(),
             said.constData());

    auto reading = StoreReading::of(*files_, at("data").toStdString());
    QVERIFY2(reading.ok(), reading.ok() ? "" : reading.error().message.c_str());
    std::uint64_t inBins = 0;
    verify(*reading, inBins);
    if (!QTest::currentTestFailed()) recount(*reading, feeder_);
    if (QTest::currentTestFailed()) return;
    ++fallen_.all;
    if (QFile::exists(at("data/snapshot.part"))) ++fallen_.snapshot;
    if (reading->rolling && watch_->lastRoll()) ++fallen_.roll;
    if (!QDir(at("data/pages")).isEmpty(QDir::Files)) ++fallen_.paging;
    if (inBins > 0) ++fallen_.merge;
    // Content files were going, and not all dead ones were gone yet.
    if (watch_->lastReclaim() && !reading->deadContents.empty() &&
        struck - *watch_->lastReclaim() < std::chrono::milliseconds(1))
      ++fallen_.reclaim;
    if (reading->count() > 0) ++fallen_.queued;
    if (number % kKillsARow == kKillsARow - 1) quietLife(*reading, feeder_);
  }

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    for (const char* name : {"out", "drop", "placed", "merged", "data/journal", "data/content"})
      QVERIFY(base_.mkpath(name));
    QFile flow(at("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(kFlow);
    flow.close();
    watch_ = std::make_unique<CrashWatch>(at("data").toStdString());
  }

  // In rows, as Qt Test bounds the time of each call.
  void everyLineIsThereOnceAfterEveryKill_data() {
    const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
    const int kills = static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble()));
    QTest::addColumn<int>("first");
    for (int first = 0; first < std::max(1, kills); first += kKillsARow)
      QTest::addRow("kills from %d", first) << first;
  }
  void everyLineIsThereOnceAfterEveryKill() {
    QFETCH(int, first);
    if (spoilt_) QSKIP("an earlier kill spoilt the directory");
    for (int number = first; number < first + kKillsARow; ++number) {
      killOnce(number);
      spoilt_ = QTest::currentTestFailed();
      if (spoilt_) qWarning("with kill %d", number);
      if (spoilt_) return;
    }
  }

  void inTheEndEveryLineAndFileIsThereOnce() {
    if (spoilt_) QSKIP("an earlier kill spoilt the directory");
    QList<QJsonObject> lines;
    call(run({"--until-idle", "--json"}), lines);
    if (QTest::currentTestFailed()) return;
    QCOMPARE(lines.last()["queued"].toInt(), 0);
    auto last = StoreReading::of(*files_, at("data").toStdString());
    QVERIFY(last.ok());
    QCOMPARE(last->count(), std::uint64_t{0});
    recount(*last, feeder_);
    const std::string wrong = ledger_.check(feeder_.lines());
    QVERIFY2(wrong.empty(), wrong.c_str());
    QCOMPARE(filesDelivered_, feeder_.files());
    QVERIFY(QDir(at("drop")).isEmpty(QDir::Files | QDir::Hidden));
    // Fewer kills may all miss.
    for (const int count :
         {fallen_.snapshot, fallen_.roll, fallen_.paging, fallen_.merge, fallen_.reclaim})
      QVERIFY(fallen_.all < 300 || count >= 10);
  }

  void cleanupTestCase() {
    qInfo(
        "%d kills, %zu lines, %d files; with FlowFiles in queues %d; in a snapshot %d, a segment "
        "roll %d, with pages of queues on disk %d, in a merge %d, reclaim %d",
        fallen_.all, feeder_.lines(), feeder_.files(), fallen_.queued, fallen_.snapshot,
        fallen_.roll, fallen_.paging, fallen_.merge, fallen_.reclaim);
  }
};

QTEST_GUILESS_MAIN(SigkillTest)
#include "sigkill_test.moc"
