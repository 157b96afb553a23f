// SPDX-License-Identifier: Apache-2.0
#pragma once
// A display of its own with the real Studio on it, worked from outside as a person works it: keys
// and mouse by xdotool. There is no window manager, so the focus is given by hand.

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <memory>
#include <vector>

namespace stories {

constexpr int kSlow = 60000;  ///< milliseconds, for what is slow on a busy machine

class Desktop {
 public:
  static constexpr int kWidth = 1440;
  static constexpr int kHeight = 900;

  ~Desktop() {
    for (const auto& studio : studios_) end(*studio);
    end(screen_);
  }

  /// True when the display is there. Xvfb chooses a free one itself. Without -noreset it begins
  /// anew, and throws out who is just coming in, whenever its last client leaves: each xdotool that
  /// looks for the window of a Studio that is still starting is such a client.
  bool start() {
    screen_.setProcessChannelMode(QProcess::SeparateChannels);
    screen_.start("Xvfb", {"-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0",
                           QString("%1x%2x24").arg(kWidth).arg(kHeight)});
    if (!screen_.waitForStarted(kSlow)) return false;
    QByteArray said;
    while (!said.contains('\n') && screen_.waitForReadyRead(kSlow))
      said += screen_.readAllStandardOutput();
    display_ = ":" + QString::fromLatin1(said.trimmed());
    return said.contains('\n');
  }

  /// Starts a Studio and gives its window the keys; its id, or nothing: no window came, and why is
  /// said. A Studio that ended is not waited for.
  QString open(const QStringList& arguments) {
    auto studio = std::make_unique<QProcess>();
    QProcessEnvironment environment = environmentHere();
    environment.insert("QT_QPA_PLATFORM", "xcb");
    environment.insert("QT_SCALE_FACTOR", "1");
    environment.insert("XDG_CONFIG_HOME", home_.filePath("config"));
    environment.insert("XDG_DATA_HOME", home_.filePath("data"));
    environment.insert("XDG_RUNTIME_DIR", home_.path());
    studio->setProcessEnvironment(environment);
    studio->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    studio->start(QString(MR_BINARY_DIR) + "/bin/millrace-studio", arguments);
    if (!studio->waitForStarted(kSlow)) {
      qWarning("no Studio was started: %s", qPrintable(studio->errorString()));
      return {};
    }
    const QProcess& opened = *studio;
    studios_.push_back(std::move(studio));
    QElapsedTimer since;
    since.start();
    while (since.elapsed() < kSlow && opened.state() == QProcess::Running) {
      // --all: both must be true, else it is the window of any Studio.
      const QString found = out({"search", "--all", "--onlyvisible", "--pid",
                                 QString::number(opened.processId()), "--name", "Millrace Studio"});
      if (!found.isEmpty()) {
        const QString window = found.section('\n', 0, 0);
        out({"windowmove", "--sync", window, "0", "0"});
        out({"windowsize", window, QString::number(kWidth), QString::number(kHeight)});
        focus(window);
        return window;
      }
      QTest::qWait(100);
    }
    if (opened.state() == QProcess::Running)
      qWarning("Studio showed no window in %d s", kSlow / 1000);
    else
      qWarning("Studio ended before it had a window, with %d", opened.exitCode());
    return {};
  }
  QString title(const QString& window) const { return out({"getwindowname", window}); }
  void focus(const QString& window) {
    out({"windowraise", window, "windowfocus", "--sync", window});
  }
  /// A window of this title, once it is there, gets the keys.
  bool focusNamed(const QString& title, int atMost = kSlow) {
    QElapsedTimer since;
    since.start();
    while (since.elapsed() < atMost) {
      const QString found = out({"search", "--onlyvisible", "--name", title});
      if (!found.isEmpty()) {
        focus(found.section('\n', 0, 0));
        return true;
      }
      QTest::qWait(100);
    }
    return false;
  }

  void key(const QStringList& keys) { out(QStringList{"key", "--delay", "40"} + keys); }
  void type(const QString& text) { out({"type", "--delay", "15", text}); }
  void click(QPoint at) { out(moved(at) + QStringList{"click", "1"}); }
  void drag(QPoint from, QPoint to) {
    out(moved(from) + QStringList{"mousedown", "1"});
    // In steps, as a hand does it.
    for (int i = 1; i <= 8; ++i) out(moved(from + (to - from) * i / 8));
    out({"mouseup", "1"});
  }

 private:
  static QStringList moved(QPoint at) {
    return {"mousemove", "--sync", QString::number(at.x()), QString::number(at.y())};
  }
  QProcessEnvironment environmentHere() const {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("DISPLAY", display_);
    environment.remove("WAYLAND_DISPLAY");
    return environment;
  }
  QString out(const QStringList& arguments) const {
    QProcess tool;
    tool.setProcessEnvironment(environmentHere());
    tool.start("xdotool", arguments);
    if (!tool.waitForFinished(kSlow)) return {};
    return QString::fromLatin1(tool.readAllStandardOutput().trimmed());
  }
  static void end(QProcess& process) {
    if (process.state() == QProcess::NotRunning) return;
    process.kill();
    process.waitForFinished(kSlow);
  }

  QTemporaryDir home_;
  QProcess screen_;
  QString display_;
  std::vector<std::unique_ptr<QProcess>> studios_;
};

}  // namespace stories
