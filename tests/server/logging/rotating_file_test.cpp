// SPDX-License-Identifier: Apache-2.0
// A file of lines that is rotated: sizes and numbers, ends in the middle, disks that are full.

#include "server/logging/rotating_file.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

const std::string kPath = "/logs/server.log";
constexpr std::uint64_t kMost = 100;

std::string lineOf(int number) { return "line " + std::to_string(1000 + number) + "\n"; }

/// All that is in the files, oldest first.
std::string everything(FileSystem& files, int kept) {
  std::string text;
  for (int number = kept; number >= 0; --number) {
    const std::string path = number == 0 ? kPath : kPath + "." + std::to_string(number);
    if (const auto part = files.readAll(path); part.ok()) text += *part;
  }
  return text;
}

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

}  // namespace

class RotatingFileTest : public QObject {
  Q_OBJECT
 private slots:
  void itKeepsSoManyFilesOfThatSize() {
    MemoryFileSystem files;
    RotatingFile file(files, kPath, kMost, 3);
    for (int i = 0; i < 50; ++i) require(file.append(lineOf(i)));
    for (const std::string& path : {kPath, kPath + ".1", kPath + ".2", kPath + ".3"}) {
      const auto text = files.readAll(path);
      QVERIFY2(text.ok(), path.c_str());
      QVERIFY(!text->empty() && text->size() <= kMost);
    }
    QVERIFY(!files.exists(kPath + ".4"));
    // The newest lines, each once and in order: ten a file, the last file full, too.
    std::string expected;
    for (int i = 10; i < 50; ++i) expected += lineOf(i);
    QCOMPARE(everything(files, 3), expected);
  }

  void oneThatIsThereGoesOnAndIsNotReadAsLonger() {
    MemoryFileSystem files;
    {
      RotatingFile file(files, kPath, kMost, 2);
      require(file.append(lineOf(1)));
    }
    RotatingFile again(files, kPath, kMost, 2);
    require(again.append(lineOf(2)));
    QCOMPARE(*files.readAll(kPath), lineOf(1) + lineOf(2));
  }

  void aLineWithoutItsEndIsEnded() {
    MemoryFileSystem files;
    require(files.createDirectories("/logs"));
    require(files.replaceAll(kPath, "half a li"));
    RotatingFile file(files, kPath, kMost, 2);
    require(file.append(lineOf(1)));
    QCOMPARE(*files.readAll(kPath), "half a li\n" + lineOf(1));
  }

  // The process is killed in each of the operations; what had been written is there once.
  void noLineIsLostWhereverTheProcessEnds() {
    constexpr int kFiles = 4;
    int rotatedHalfway = 0;
    for (std::uint64_t cut = 1; cut < 60; ++cut) {
      auto files = std::make_unique<MemoryFileSystem>(cut);
      std::string written;
      int number = 0;
      {
        RotatingFile file(*files, kPath, kMost, kFiles);
        for (; number < 25; ++number) {
          require(file.append(lineOf(number)));
          written += lineOf(number);
        }
        files->cutPowerAt(cut);
        while (file.append(lineOf(number)).ok()) written += lineOf(number++);
      }
      files = files->crash(MemoryFileSystem::Crash::kProcess);
      if (!files->exists(kPath)) ++rotatedHalfway;
      RotatingFile file(*files, kPath, kMost, kFiles);
      // Of the line at which it ended a part may be there.
      const std::string found = everything(*files, kFiles);
      const std::string newest = written.substr(written.size() > 300 ? written.size() - 300 : 0);
      QVERIFY2(found.find(newest) != std::string::npos,
               qPrintable(QString("cut %1: %2").arg(cut).arg(QString::fromStdString(found))));
      for (int more = 0; more < 15; ++more) require(file.append(lineOf(5000 + more)));
      const std::string later = everything(*files, kFiles);
      for (int i = number - 5; i < number; ++i)
        QCOMPARE(QString::fromStdString(later).count(QString::fromStdString(lineOf(i))), 1);
    }
    QVERIFY(rotatedHalfway > 0);
  }

  void aFullDiskLeavesWholeLinesAndItGoesOn() {
    MemoryFileSystem files;
    RotatingFile file(files, kPath, 1 << 20, 2);
    require(file.append(lineOf(1)));
    files.fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kForEver, kPath);
    QVERIFY(!file.append(lineOf(2)).ok());
    QVERIFY(!file.append(lineOf(3)).ok());
    files.clearFaults();
    require(file.append(lineOf(4)));
    const auto text = files.readAll(kPath);
    QVERIFY(text.ok() && text->starts_with(lineOf(1)) && text->ends_with("\n" + lineOf(4)));
    QVERIFY(text->find(lineOf(3)) == std::string::npos);
  }

  void whatSomebodyElseMovesIsBegunAnew() {
    MemoryFileSystem files;
    RotatingFile file(files, kPath, kMost, 2);
    require(file.append(lineOf(1)));
    require(files.rename(kPath, "/logs/taken"));
    require(file.append(lineOf(2)));
    QCOMPARE(*files.readAll("/logs/taken"), lineOf(1));
    QCOMPARE(*files.readAll(kPath), lineOf(2));
  }
};

QTEST_GUILESS_MAIN(RotatingFileTest)
#include "rotating_file_test.moc"
