// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/file_feeder.h"

#include "engine/base/assert.h"
#include "tests/harness/line_ledger.h"

#include <QDir>
#include <QFile>
#include <chrono>

namespace millrace::tests {
namespace {

constexpr int kLinesABurst = 60;
constexpr int kBurstsAFile = 3;
constexpr uint kMostDropped = 200;
constexpr std::chrono::milliseconds kPause(6);  // of the outside, between two bursts

}  // namespace

QByteArray FileFeeder::contentOf(int file) {
  // Some travel in the journal, some as files of their own.
  return QByteArray(50 + (file % 7) * 2000, static_cast<char>('a' + file % 26));
}

void FileFeeder::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { feed(stop); });
}

void FileFeeder::stop() {
  thread_.request_stop();
  thread_.join();
}

void FileFeeder::feed(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    burst();
    std::this_thread::sleep_for(kPause);
  }
}

void FileFeeder::burst() {
  std::string lines;
  for (int i = 0; i < kLinesABurst; ++i) lines += LineLedger::text(lines_++);
  QFile log(base_ + "/in.log");
  MR_ASSERT(log.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered));
  MR_ASSERT(log.write(lines.data(), static_cast<qint64>(lines.size())) ==
            static_cast<qint64>(lines.size()));
  // A folder that fills faster than it is emptied would only make listing it slow.
  if (++bursts_ % kBurstsAFile != 0 || QDir(base_ + "/drop").count() > kMostDropped) return;
  const QString name = "file" + QString::number(files_);
  QFile dropped(base_ + "/." + name);
  MR_ASSERT(dropped.open(QIODevice::WriteOnly));
  MR_ASSERT(dropped.write(contentOf(files_)) == contentOf(files_).size());
  dropped.close();
  MR_ASSERT(QFile::rename(base_ + "/." + name, base_ + "/drop/" + name));
  ++files_;
}

}  // namespace millrace::tests
