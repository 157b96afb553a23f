// SPDX-License-Identifier: Apache-2.0
// millrace-studio [FLOW | --server URL] · --render FLOW OUT.(svg|png) [--diff OTHER]

#include "engine/flow/yaml_reader.h"
#include "gui/app/descriptors.h"
#include "gui/app/headless_render.h"
#include "gui/app/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QIcon>
#include <QPixmapCache>
#include <QProcess>
#include <QSettings>
#include <QStyleFactory>
#include <cstdio>

namespace {

using namespace millrace;
using namespace millrace::gui;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kPixmapCacheKilobytes = 96 * 1024;

int complain(const Error& error) {
  std::fprintf(stderr, "millrace-studio: %s\n", error.message.c_str());
  return error.fault == Fault::kUser ? kBadUsage : kFailed;
}

/// The example flows: beside the sources, or where a package puts them.
QString examplesFolder() {
  const QDir here(QCoreApplication::applicationDirPath());
  for (const char* place : {"../../flows", "../../../flows", "../share/millrace/flows"}) {
    if (QFileInfo::exists(here.filePath(QString(place) + "/flight-status.yaml")))
      return QDir::cleanPath(here.filePath(place));
  }
  return {};
}

int render(const QString& flow, const QString& out, const QString& older, TypeCatalog& types,
           const Theme& theme) {
  Session session(types);
  const Result<> opened = session.open(flow);
  if (!opened.ok()) return complain(opened.error());
  FlowScene scene(session.model(), types, session.status(), theme, Purpose::kPicture);
  Problems problems;
  for (const auto& [id, list] : session.problems()) {
    for (const Problem& problem : list) problems[id].push_back(problem.text);
  }
  scene.setProblems(std::move(problems));
  if (!older.isEmpty()) {
    QFile file(older);
    if (!file.open(QIODevice::ReadOnly))
      return complain(Error::user("cannot read " + older.toStdString() + ": " +
                                  file.errorString().toStdString() + "; name a flow file"));
    const std::string text = file.readAll().toStdString();
    const Result<flow::Flow> before = flow::parseFlow(text, older.toStdString());
    if (!before.ok()) return complain(before.error());
    scene.setComparison(FlowComparison(*before, session.model()));
  }
  const Result<> done = renderPicture(scene, out);
  return done.ok() ? 0 : complain(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  // Qt ends the program with a list of plug-ins where there is no display; say it in one line.
  const bool headless = [&] {
    for (int i = 1; i < argc; ++i) {
      const QByteArray word(argv[i]);
      if (word == "--render" || word == "--help" || word == "-h" || word == "--version")
        return true;
    }
    return false;
  }();
  const bool display = qEnvironmentVariableIsSet("DISPLAY") ||
                       qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
                       qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
  if (!display && !headless) {
    std::fprintf(stderr,
                 "millrace-studio: there is no display to show a window on; set DISPLAY or "
                 "WAYLAND_DISPLAY, or use --render FLOW OUT.svg\n");
    return kFailed;
  }
  if (!display) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication::setStyle(QStyleFactory::create("Fusion"));
  QApplication app(argc, argv);
  QApplication::setOrganizationName("Millrace");
  QApplication::setApplicationName("Studio");
  QApplication::setApplicationVersion(MR_VERSION);
  // What packaging/ installs: so a desktop knows whose window it is.
  QApplication::setDesktopFileName("millrace-studio");
  QApplication::setWindowIcon(QIcon::fromTheme("millrace-studio"));
  QPixmapCache::setCacheLimit(kPixmapCacheKilobytes);

  QCommandLineParser arguments;
  arguments.setApplicationDescription("Design flows by drag and drop.");
  arguments.addHelpOption();
  arguments.addVersionOption();
  const QCommandLineOption renderOption("render", "Paint FLOW into the picture OUT and end.");
  const QCommandLineOption darkOption("dark", "Dark colours, whatever the settings say.");
  const QCommandLineOption lightOption("light", "Light colours, whatever the settings say.");
  const QCommandLineOption serverOption("server", "Work on the flow of a server.", "URL");
  const QCommandLineOption diffOption(
      "diff", "With --render: mark what differs from the older flow OTHER.", "OTHER");
  arguments.addOptions({renderOption, diffOption, serverOption, darkOption, lightOption});
  arguments.addPositionalArgument("FLOW", "A flow file; with --render also OUT.(svg|png).");
  arguments.process(app);
  const QStringList files = arguments.positionalArguments();

  const Theme& theme = arguments.isSet(darkOption) ? darkTheme()
                       : arguments.isSet(lightOption)
                           ? lightTheme()
                           : themeNamed(QSettings().value("theme").toString());
  TypeCatalog types;
  const Result<> described = readDescriptors(engineProgram(), types);
  if (arguments.isSet(renderOption)) {
    if (files.size() != 2)
      return complain(Error::user("--render takes a flow and a picture: --render FLOW OUT.svg"));
    return render(files[0], files[1], arguments.value(diffOption), types,
                  arguments.isSet(darkOption) ? darkTheme() : lightTheme());
  }
  if (arguments.isSet(diffOption))
    return complain(Error::user("--diff goes with --render; in the window it is File › Compare"));
  if (files.size() > 1)
    return complain(Error::user("one flow at a time; start Studio again for another"));
  const QUrl server = serverAddress(arguments.value(serverOption));
  if (arguments.isSet(serverOption)) {
    if (!files.isEmpty())
      return complain(Error::user("a flow file or --server, not both: a server has its own flow"));
    if (!server.isValid())
      return complain(Error::user("'" + arguments.value(serverOption).toStdString() +
                                  "' is no address of a server; write it as localhost:8080"));
  }
  MainWindow window(types, examplesFolder());
  window.setTheme(theme);
  window.restoreGeometry(QSettings().value("geometry").toByteArray());
  window.restoreDocks(QSettings().value("docks").toByteArray());
  // A Studio of its own: one that crashes takes no other with it.
  window.setNewWindow([&window] {
    if (!QProcess::startDetached(QApplication::applicationFilePath(), {}))
      window.tell("No other window: " + QApplication::applicationFilePath() + " cannot be started");
  });
  window.session().keepRecovery(Recovery::usualFolder());
  if (!described.ok()) window.tell(QString::fromStdString(described.error().message));
  window.session().link().setToken(qgetenv("MILLRACE_TOKEN"));
  if (server.isValid()) {
    window.session().connectTo(server);
    window.showCanvas();
  } else {
    window.session().setEngine(engineProgram());
  }
  if (server.isValid()) {
    // The canvas fills when the server answers.
  } else if (files.isEmpty()) {
    window.showStartPage();
  } else if (!window.openFile(files[0])) {
    window.showStartPage();
  }
  window.show();
  window.offerRecovery(Recovery::leftovers(Recovery::usualFolder()));
  return QApplication::exec();
}
