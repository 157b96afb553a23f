// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real disk that is soon full. It needs the right to mount.

#include <sys/mount.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

namespace small_disk {

/// A file system in memory of that many bytes. Its folder and mount go with the object.
class SmallDisk {
 public:
  explicit SmallDisk(qint64 bytes) {
    mounted_ = ::mount("millrace-test", folder_.path().toLocal8Bit().constData(), "tmpfs", 0,
                       ("size=" + QByteArray::number(bytes)).constData()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().toLocal8Bit().constData(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  QString at(const QString& name) const { return folder_.filePath(name); }

 private:
  QTemporaryDir folder_;
  bool mounted_ = false;
};

/// Takes that many bytes.
inline void fill(const QString& path, qint64 bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Append));
  const QByteArray part(64 * 1024, '#');
  while (bytes > 0) {
    const qint64 got = file.write(part.constData(), std::min<qint64>(bytes, part.size()));
    if (got <= 0 || !file.flush()) return;  // there was less room than that
    bytes -= got;
  }
}

}  // namespace small_disk
