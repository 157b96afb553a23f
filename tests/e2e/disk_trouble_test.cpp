// SPDX-License-Identifier: Apache-2.0
// The real program on a real disk that is full, and on one whose syncs fail. Both disks are made
// for the test and need the right to mount; without it the tests are skipped.

#include "tests/harness/small_disk.h"

#include <sys/mount.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>

using small_disk::fill;
using small_disk::SmallDisk;

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;
constexpr qint64 kMiB = 1 << 20;

/// A file with a file system in it, mounted while it is wanted.
class LoopDisk {
 public:
  LoopDisk(QString image, QString folder) : image_(std::move(image)), folder_(std::move(folder)) {}
  ~LoopDisk() {
    if (mounted_) ::umount2(folder_.toLocal8Bit().constData(), MNT_DETACH);
  }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;
  bool format() { return QProcess::execute("mkfs.ext4", {"-q", "-F", image_}) == 0; }
  bool mount() {
    mounted_ = QProcess::execute("mount", {"-o", "loop", image_, folder_}) == 0;
    return mounted_;
  }
  bool unmount() {
    mounted_ = QProcess::execute("umount", {folder_}) != 0;
    return !mounted_;
  }
  void repair() { QProcess::execute("e2fsck", {"-p", "-f", image_}); }

 private:
  const QString image_;
  const QString folder_;
  bool mounted_ = false;
};

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: trouble\n"
    "processors:\n"
    "  - {name: Take, type: GetFile, properties: {Input Directory: '#{base}/drop', Polling "
    "Interval: 0 sec}, schedule: {every: 10 ms}}\n"
    "  - name: Place\n"
    "    type: PutFile\n"
    "    state: STATE\n"
    "    properties: {Directory: '#{base}/placed', Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: Take, relationship: success, to: Place}\n";

QByteArray contentOf(int file, int size) {
  return QByteArray::number(file) + QByteArray(size, static_cast<char>('a' + file % 26));
}

}  // namespace

class DiskTroubleTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QDir base_;

  void drop(int from, int count, int size) {
    for (int n = from; n < from + count; ++n) {
      QFile file(base_.filePath("file" + QString::number(n)));
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(contentOf(n, size));
      file.close();
      QVERIFY(QFile::rename(file.fileName(), base_.filePath("drop/file" + QString::number(n))));
    }
  }
  int dropped() const {
    return static_cast<int>(QDir(base_.filePath("drop")).entryList(QDir::Files).size());
  }
  QString flow(const QByteArray& state) {
    const QString path = base_.filePath(state + ".yaml");
    QFile file(path);
    if (file.open(QIODevice::WriteOnly)) file.write(QByteArray(kFlow).replace("STATE", state));
    return path;
  }
  QStringList run(const QString& flow, const QString& data) const {
    return {"run",     flow,
            "--data",  data,
            "--param", "base=" + base_.path(),
            "--json",  "--journal-segment",
            "256 KB",  "--snapshot-every",
            "1 MB",    "--content-segment",
            "1 MB"};
  }
  /// Runs the program to its end.
  QByteArray call(const QStringList& arguments, int code) {
    QProcess program;
    program.start(kProgram, arguments);
    if (!program.waitForFinished(kPatience)) qWarning("it did not end");
    const QByteArray said = program.readAllStandardOutput();
    if (program.exitCode() != code) {
      qWarning("%s%s", said.constData(), program.readAllStandardError().constData());
      QTest::qFail("another exit code was expected", __FILE__, __LINE__);
    }
    return said;
  }
  /// A bulletin of the source names the full disk.
  static bool saysWhyItStopped(QProcess& engine, QByteArray& said) {
    engine.waitForReadyRead(10);
    said += engine.readAllStandardError();
    for (const QByteArray& line : said.split('\n')) {
      if (line.contains("No space left on device") && line.contains("\"component\":\"Take\""))
        return true;
    }
    return false;
  }
  void checkPlaced(int count, int size) {
    for (int n = 0; n < count; ++n) {
      QFile file(base_.filePath("placed/file" + QString::number(n)));
      QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
      QCOMPARE(file.readAll(), contentOf(n, size));
    }
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
    base_ = QDir(folder_->path());
    QVERIFY(base_.mkdir("drop") && base_.mkdir("placed"));
  }

  void aFullDiskStopsSourcesUntilThereIsSpace_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("size");
    // Larger ones lie in content files, smaller ones travel in the journal and the snapshot.
    QTest::newRow("filled by content") << 120 << 100000;
    QTest::newRow("filled by the journal") << 1500 << 3000;
  }
  void aFullDiskStopsSourcesUntilThereIsSpace() {
    QFETCH(int, count);
    QFETCH(int, size);
    const SmallDisk disk(32 * kMiB);
    if (!disk.mounted()) QSKIP("making a small disk needs the right to mount (root)");
    fill(disk.at("filler"), 28 * kMiB);
    drop(0, count, size);
    QProcess engine;
    engine.start(kProgram, run(flow("stopped"), disk.at("data")));
    QByteArray said;
    const auto hasBulletin = [&] { return saysWhyItStopped(engine, said); };
    QTRY_VERIFY_WITH_TIMEOUT(hasBulletin(), kPatience);
    // It goes on trying, and takes nothing that it could not keep.
    QTest::qWait(1500);
    const int left = dropped();
    QVERIFY(left > 0);
    QVERIFY2(engine.state() == QProcess::Running, engine.readAllStandardError().constData());

    QVERIFY(QFile::remove(disk.at("filler")));
    QTRY_VERIFY_WITH_TIMEOUT(dropped() == 0, kPatience);
    engine.terminate();
    QVERIFY(engine.waitForFinished(kPatience));
    QVERIFY2(engine.exitCode() == 0, engine.readAllStandardError().constData());
    const QByteArray found = call({"repo", "verify", disk.at("data")}, 0);
    QVERIFY2(found.contains(QByteArray::number(count) + " FlowFiles"), found.constData());
    call(run(flow("running"), disk.at("data")) + QStringList{"--until-idle"}, 0);
    checkPlaced(count, size);
  }

  void killedOnAFullDiskItOpensAgainAndLosesNothing() {
    constexpr int kCount = 120;
    constexpr int kSize = 100000;
    const SmallDisk disk(32 * kMiB);
    if (!disk.mounted()) QSKIP("making a small disk needs the right to mount (root)");
    fill(disk.at("filler"), 28 * kMiB);
    drop(0, kCount, kSize);
    QProcess engine;
    engine.start(kProgram, run(flow("stopped"), disk.at("data")));
    QByteArray said;
    const auto hasBulletin = [&] { return saysWhyItStopped(engine, said); };
    QTRY_VERIFY_WITH_TIMEOUT(hasBulletin(), kPatience);
    engine.kill();
    QVERIFY(engine.waitForFinished(kPatience));
    call({"repo", "verify", disk.at("data")}, 0);
    QVERIFY(QFile::remove(disk.at("filler")));
    call(run(flow("running"), disk.at("data")) + QStringList{"--until-idle"}, 0);
    checkPlaced(kCount, kSize);
  }

  /// A file system whose own disk has less room than it says: its writes succeed, its syncs fail.
  void aFailingSyncStopsEverythingAndReopeningGivesTheDurablePrefix() {
    constexpr int kFirst = 40;
    constexpr int kCount = 200;
    constexpr int kSize = 100000;
    const SmallDisk disk(24 * kMiB);
    if (!disk.mounted()) QSKIP("making a small disk needs the right to mount (root)");
    QFile image(disk.at("image"));
    QVERIFY(image.open(QIODevice::WriteOnly) && image.resize(64 * kMiB));
    image.close();
    QVERIFY(base_.mkdir("disk"));
    const QString folder = base_.filePath("disk");
    LoopDisk loop(image.fileName(), folder);
    if (!loop.format() || !loop.mount()) QSKIP("this machine has no loop devices or no mkfs.ext4");
    const QString data = folder + "/data";
    drop(0, kFirst, kSize);
    QByteArray said;
    {
      QProcess engine;
      engine.start(kProgram, run(flow("stopped"), data));
      QTRY_VERIFY_WITH_TIMEOUT(dropped() == 0, kPatience);  // durable: its sources are gone
      fill(disk.at("filler"), 64 * kMiB);
      drop(kFirst, kCount - kFirst, kSize);
      const bool ended = engine.waitForFinished(kPatience);
      said = engine.readAllStandardError();
      if (!ended) engine.kill();
      QVERIFY2(ended, said.constData());
      QVERIFY2(engine.exitStatus() == QProcess::NormalExit && engine.exitCode() == 1,
               said.constData());
    }
    QVERIFY2(said.contains("everything stops"), said.constData());
    const int left = dropped();
    QVERIFY(left > 0);
    // The disk is repaired, as an operator would.
    QVERIFY(loop.unmount());
    QVERIFY(QFile::remove(disk.at("filler")));
    loop.repair();
    QVERIFY(loop.mount());
    call({"repo", "verify", data}, 0);
    call(run(flow("running"), data) + QStringList{"--until-idle"}, 0);
    checkPlaced(kCount, kSize);
  }
};

QTEST_GUILESS_MAIN(DiskTroubleTest)
#include "disk_trouble_test.moc"
