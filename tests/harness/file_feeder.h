// SPDX-License-Identifier: Apache-2.0
#pragma once
// FileFeeder: appends lines to a log and drops files into a folder from a thread of its own, as the
// outside does while a flow runs.
//
// Promise: after stop(), lines() and files() are exactly what is there. Threads: one commands it.

#include <QByteArray>
#include <QString>
#include <stop_token>
#include <thread>

namespace millrace::tests {

class FileFeeder {
 public:
  /// Appends to base/in.log and drops base/drop/fileN, which appear whole.
  explicit FileFeeder(QString base) : base_(std::move(base)) {}

  void start();
  void stop();
  std::size_t lines() const { return lines_; }
  int files() const { return files_; }
  static QByteArray contentOf(int file);

 private:
  void feed(const std::stop_token& stop);
  void burst();

  const QString base_;
  std::size_t lines_ = 0;
  int files_ = 0;
  int bursts_ = 0;
  std::jthread thread_;
};

}  // namespace millrace::tests
