// SPDX-License-Identifier: Apache-2.0
#pragma once
// Transcript: a conversation from a file (transcripts/README.md), and the stream of one side of it:
// it gives the other side's bytes, once everything that stands before them was written as it
// should. Threads: one.

#include "engine/net/network.h"

#include <QByteArray>
#include <QFile>
#include <QList>
#include <QString>

namespace transcript {

struct Turn {
  bool ours = false;
  QByteArray bytes;
};

inline void readInto(const QString& folder, const QString& name, bool client, QList<Turn>& turns) {
  QFile file(folder + name);
  if (!file.open(QIODevice::ReadOnly)) qFatal("no transcript %s", qPrintable(name));
  for (QByteArray line : file.readAll().split('\n')) {
    line = line.trimmed();
    if (line.startsWith("include ")) {
      readInto(folder, QString::fromLatin1(line.mid(8)), client, turns);
      continue;
    }
    if (line.isEmpty() || line.startsWith('#')) continue;
    const bool ours = line.startsWith('>') == client;
    if (turns.isEmpty() || turns.last().ours != ours) turns.append(Turn{ours, {}});
    QByteArray& bytes = turns.last().bytes;
    for (qsizetype at = 1; at < line.size();) {
      if (line[at] == ' ') {
        ++at;
      } else if (line[at] == '\'') {
        const qsizetype end = line.indexOf('\'', at + 1);
        bytes += line.mid(at + 1, end - at - 1);
        at = end + 1;
      } else {
        bytes += QByteArray::fromHex(line.mid(at, 2));
        at += 2;
      }
    }
  }
}

/// What a stream was given and has still to give; kept when the stream is gone.
struct Conversation {
  QList<Turn> turns;
  QByteArray written;
  QString wrong;             // the first difference
  millrace::net::Ends ends;  // what the stream says of itself
  /// Nothing is missing and nothing was too much.
  bool isOver() const { return wrong.isEmpty() && turns.isEmpty() && written.isEmpty(); }

  void accept() {
    while (!turns.isEmpty() && turns.first().ours && wrong.isEmpty()) {
      const QByteArray& expected = turns.first().bytes;
      const QByteArray same = written.left(expected.size());
      if (!expected.startsWith(same))
        wrong = "written " + same.toHex(' ') + " where " + expected.toHex(' ') + " should be";
      if (written.size() < expected.size()) return;
      written.remove(0, expected.size());
      turns.removeFirst();
    }
    if (!written.isEmpty() && wrong.isEmpty()) wrong = "too much: " + written.toHex(' ');
  }
};

class Stream final : public millrace::net::Stream {
 public:
  /// `most`: bytes that a read gives at once.
  Stream(Conversation& conversation, std::size_t most) : talk_(conversation), most_(most) {}

  millrace::Result<std::size_t> read(std::span<std::byte> into, millrace::Nanos) override {
    talk_.accept();
    if (!talk_.wrong.isEmpty() || talk_.turns.isEmpty()) return std::size_t{0};
    if (talk_.turns.first().ours) {
      talk_.wrong = "waits, where it should write " + talk_.turns.first().bytes.toHex(' ');
      return std::size_t{0};
    }
    QByteArray& bytes = talk_.turns.first().bytes;
    const std::size_t count =
        std::min({into.size(), most_, static_cast<std::size_t>(bytes.size())});
    std::memcpy(into.data(), bytes.constData(), count);
    bytes.remove(0, static_cast<qsizetype>(count));
    if (bytes.isEmpty()) talk_.turns.removeFirst();
    return count;
  }
  millrace::Result<> write(millrace::ByteView bytes, millrace::Nanos) override {
    talk_.written += QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                static_cast<qsizetype>(bytes.size()));
    talk_.accept();
    return millrace::Done{};
  }
  millrace::Result<> startTls(const millrace::net::TlsContext&, const std::string&,
                              millrace::Nanos) override {
    return millrace::Done{};
  }
  bool isQuiet() override { return true; }
  bool timedOut() const override { return false; }
  const millrace::net::Ends& ends() const override { return talk_.ends; }

 private:
  Conversation& talk_;
  const std::size_t most_;
};

}  // namespace transcript
