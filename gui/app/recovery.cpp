// SPDX-License-Identifier: Apache-2.0
#include "gui/app/recovery.h"

#include "gui/model/aside.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QStandardPaths>
#include <QUuid>
#include <algorithm>

namespace millrace::gui {
namespace {

constexpr const char* kFirstLine = "millrace-recovery 1";
constexpr const char* kEnding = ".recovery";

QByteArray jsonString(const QString& text) {
  const QByteArray list = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
  return list.mid(1, list.size() - 2);
}

QString fromJsonString(const QByteArray& text) {
  return QJsonDocument::fromJson('[' + text + ']').array().at(0).toString();
}

}  // namespace

Recovery::Recovery(QString folder, Text text, std::function<void(const QString&)> trouble)
    : folder_(std::move(folder)), text_(std::move(text)), trouble_(std::move(trouble)) {
  soon_.setSingleShot(true);
  soon_.setInterval(kAfterMillis);
  QObject::connect(&soon_, &QTimer::timeout, &soon_, [this] { makeText(); });
}

Recovery::~Recovery() { settled(); }

QString Recovery::usualFolder() {
  return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/recovery";
}

QByteArray Recovery::digest(const QByteArray& bytes) {
  return bytes.isEmpty() ? QByteArray("-")
                         : QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
}

void Recovery::edited(const QString& flow, const QByteArray& opened) {
  flow_ = flow;
  opened_ = opened;
  // Not started anew by each edit: an edit waits no longer because others follow.
  if (!soon_.isActive()) soon_.start();
}

void Recovery::settled() {
  soon_.stop();
  ++settled_;
  if (!file_.isEmpty()) QFile::remove(file_);
  file_.clear();
  lock_.reset();
}

void Recovery::makeText() {
  // Never two at once, of which the older could be there last.
  if (making_) return soon_.start();
  making_ = true;
  aside(&soon_, text_(),
        [this, flow = flow_, opened = opened_, before = settled_](const Result<QByteArray>& text) {
          making_ = false;
          // What has no text cannot be saved either, and that is said elsewhere.
          if (text.ok() && before == settled_) keep(*text, flow, opened);
        });
}

void Recovery::keep(const QByteArray& text, const QString& flow, const QByteArray& opened) {
  if (file_.isEmpty()) {
    QDir().mkpath(folder_);
    const QString file =
        folder_ + '/' + QUuid::createUuid().toString(QUuid::WithoutBraces) + kEnding;
    lock_ = std::make_unique<QLockFile>(file + ".lock");
    lock_->setStaleLockTime(0);
    if (lock_->tryLock()) file_ = file;
  }
  QSaveFile out(file_);
  const QByteArray bytes = QByteArray(kFirstLine) + "\nflow " + jsonString(flow) + "\nbase " +
                           digest(opened) + "\nedited " +
                           QByteArray::number(QDateTime::currentMSecsSinceEpoch()) + "\n\n" + text;
  const bool written = !file_.isEmpty() && out.open(QIODevice::WriteOnly) &&
                       out.write(bytes) == bytes.size() && out.commit();
  if (written) {
    complained_ = false;
  } else if (!complained_) {
    complained_ = true;
    trouble_("Unsaved edits would not outlive a crash: cannot write into " + folder_ +
             "; save often");
  }
}

std::vector<Leftover> Recovery::leftovers(const QString& folder) {
  std::vector<Leftover> list;
  for (const QString& name : QDir(folder).entryList({QString('*') + kEnding}, QDir::Files)) {
    Leftover left;
    left.file = folder + '/' + name;
    QLockFile lock(left.file + ".lock");
    lock.setStaleLockTime(0);
    if (!lock.tryLock()) continue;  // it lives
    QFile file(left.file);
    if (!file.open(QIODevice::ReadOnly)) continue;
    const QByteArray bytes = file.readAll();
    const qsizetype end = bytes.indexOf("\n\n");
    const QList<QByteArray> head = bytes.left(end).split('\n');
    if (end < 0 || head.size() != 4 || head[0] != kFirstLine || !head[1].startsWith("flow ") ||
        !head[2].startsWith("base ") || !head[3].startsWith("edited "))
      continue;
    left.flow = fromJsonString(head[1].mid(5));
    left.base = head[2].mid(5);
    left.when = QDateTime::fromMSecsSinceEpoch(head[3].mid(7).toLongLong());
    left.text = bytes.mid(end + 2);
    list.push_back(std::move(left));
  }
  std::sort(list.begin(), list.end(),
            [](const Leftover& a, const Leftover& b) { return a.when > b.when; });
  return list;
}

void Recovery::forget(const Leftover& leftover) {
  QFile::remove(leftover.file);
  QFile::remove(leftover.file + ".lock");
}

}  // namespace millrace::gui
