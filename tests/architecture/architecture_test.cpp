// SPDX-License-Identifier: Apache-2.0
// The tree keeps its own rules: layers, sizes, headings, registration, licence.

#include "tests/architecture/source_rules.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QSet>
#include <QTest>

using namespace architecture;

namespace {

const QString kRoot = MR_SOURCE_DIR;

QString read(const QString& path) {
  QFile file(kRoot + '/' + path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  return QString::fromUtf8(file.readAll());
}

bool isSource(const QString& path) { return path.endsWith(".cpp") || path.endsWith(".h"); }

/// All files of the tree, relative to its root, without what builds and git leave there.
QStringList allFiles() {
  QStringList files;
  const QDir root(kRoot);
  for (const QFileInfo& top :
       root.entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)) {
    const QString name = top.fileName();
    if (name == ".git" || name == ".cache" || name.startsWith("build")) continue;
    if (!top.isDir()) {
      files += name;
      continue;
    }
    QDirIterator entries(top.filePath(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (entries.hasNext()) files += root.relativeFilePath(entries.next());
  }
  files.sort();
  return files;
}

}  // namespace

class ArchitectureTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    layers_ = layersOf(read("CMakeLists.txt"));
    files_ = allFiles();
    for (const QString& path : files_) {
      if (isSource(path)) sources_ += path;
    }
    QVERIFY(layers_.size() >= 10);
    QVERIFY(sources_.contains("tests/architecture/architecture_test.cpp"));
    QVERIFY(sources_.contains("engine/base/result.h"));
  }

  void theTableNamesOnlyLayersAboveALine() {
    QSet<QString> known;
    for (const Layer& layer : layers_) {
      QVERIFY2(!known.contains(layer.name), qPrintable(layer.name + " stands twice"));
      for (const QString& used : layer.mayUse)
        QVERIFY2(known.contains(used), qPrintable(layer.name + " uses " + used + ", a later one"));
      known += layer.name;
    }
  }

  void everyIncludeFollowsTheTable() {
    QStringList wrong;
    int seen = 0;
    for (const QString& path : sources_) {
      if (layerOf(layers_, path) == nullptr) continue;
      ++seen;
      wrong += wrongIncludes(layers_, path, read(path));
    }
    QVERIFY(seen > 50);
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void everyLayerHasAReadmeOfFourHeadings() {
    QSet<QString> folders;
    for (const QString& path : sources_) {
      if (const Layer* layer = layerOf(layers_, path)) folders += layer->folder;
    }
    QStringList wrong;
    for (const QString& folder : folders) {
      const QString readme = folder + "/README.md";
      if (!files_.contains(readme)) {
        wrong += readme + " is missing";
      } else if (const QString why = wrongHeadings(read(readme)); !why.isEmpty()) {
        wrong += readme + ' ' + why;
      }
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void noSourceIsTooLong() {
    QStringList wrong;
    for (const QString& path : sources_) {
      const qsizetype lines = lineCount(read(path));
      const qsizetype most = path.startsWith("tests/") ? 600 : 400;
      if (lines > most)
        wrong += QString("%1 has %2 lines; %3 may be").arg(path).arg(lines).arg(most);
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void processorsTouchTheWorldOnlyThroughTheirContext() {
    QStringList wrong;
    for (const QString& path : sources_) {
      if (path.startsWith("processors/")) wrong += directSystemUse(path, read(path));
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void everyTestIsRegistered() {
    const QStringList folders = registeredFolders(read("tests/CMakeLists.txt"));
    QStringList wrong;
    int seen = 0;
    for (const QString& path : sources_) {
      if (!path.startsWith("tests/") || !path.endsWith("_test.cpp")) continue;
      ++seen;
      if (!folders.contains(QFileInfo(path).path().mid(6)))
        wrong += path + " is in a folder that tests/CMakeLists.txt does not name";
    }
    QVERIFY(seen > 20);
    for (const QString& folder : folders) {
      if (!QDir(kRoot + "/tests/" + folder).exists())
        wrong += folder + " is registered and missing";
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void everySourceNamesItsLicence() {
    QStringList wrong;
    for (const QString& path : sources_) {
      if (!hasLicence(read(path))) wrong += path + " has no SPDX line on top";
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  void noFileNamesAMachine() {
    QStringList wrong;
    for (const QString& path : files_) {
      for (const QString& found : machinePaths(read(path))) wrong += path + " holds " + found;
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }

  // The rules themselves: what is planted is found, what is allowed is not.

  void aForbiddenIncludeIsFound() {
    const auto layers = layersOf(
        "set(MR_LAYERS\n    \"base|a/base|\"\n    \"deep|a/base/deep|base\"\n"
        "    \"top|a/top|base\"\n)\nset(OTHER \"x|y|z\")");
    QCOMPARE(layers.size(), std::size_t(3));
    const auto count = [&](const char* path, const char* text) {
      return wrongIncludes(layers, path, text).size();
    };
    QCOMPARE(count("a/top/x.h", "#include \"a/base/y.h\"\n#include \"a/top/z.h\"\n"), 0);
    QCOMPARE(count("a/top/x.h", "#include <a/base/deep/y.h>\n// #include \"a/base/deep/y.h\"\n"),
             0);
    QCOMPARE(count("a/top/x.h", "#include \"a/base/deep/y.h\"\n"), 1);
    QCOMPARE(count("a/base/x.h", "  #  include \"a/top/y.h\"\n#include \"a/base/deep/y.h\"\n"), 2);
    QCOMPARE(count("a/base/deep/x.h", "#include \"a/base/y.h\"\n#include \"a/base/deep/y.h\"\n"),
             0);
    QCOMPARE(count("a/top/x.h", "#include \"y.h\"\n"), 1);
    QCOMPARE(count("tests/x.h", "#include \"a/top/y.h\"\n"), 0);
  }

  void aDirectSystemCallIsFound() {
    const auto count = [](const char* text) { return directSystemUse("p.cpp", text).size(); };
    for (const char* text :
         {"#include <unistd.h>", "#include <fcntl.h>", "# include <sys/stat.h>",
          "#include <fstream>", "#include <filesystem>", "#include <thread>",
          "auto t = std::chrono::system_clock::now();", "std::getenv(name)", "::system (command);",
          "const int n = 1'000; // \"\nsystem(x);", "auto q = R\"(a\"b)\"; getenv(q);"})
      QVERIFY2(count(text) == 1, text);
    for (const char* text :
         {"// system(x)", "/* getenv */", "\"the file system (of the host)\"", "fileSystem(x)",
          "#include <string>", "'\"'; \"getenv\"", "R\"x(getenv() )\" )x\""})
      QVERIFY2(count(text) == 0, text);
  }

  void wrongTextsAreFound() {
    QVERIFY(wrongHeadings("# a\nB.\n\n## Flows in\n## Flows out\n## Invariants\n## Proved by\n")
                .isEmpty());
    QVERIFY(!wrongHeadings("## Flows in\n## Flows out\n## Invariants\n").isEmpty());
    QVERIFY(!wrongHeadings("## Flows in\n## Flows out\n## Invariants\n## Proved by\n## Also\n")
                 .isEmpty());
    QVERIFY(hasLicence("// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"));
    QVERIFY(!hasLicence("#pragma once\n// SPDX-License-Identifier: Apache-2.0\n"));
    QCOMPARE(lineCount(""), 0);
    QCOMPARE(lineCount("a\nb"), 2);
    QCOMPARE(lineCount("a\nb\n"), 2);
    const QString home = QString("/ho") + "me/x";
    const QString work = QString("/wo") + "rk/x";
    QCOMPARE(machinePaths("a " + home + " b \"" + work + "\""), (QStringList{home, work}));
    QCOMPARE(machinePaths("at" + work + " https://host" + home), QStringList());
    QCOMPARE(
        registeredFolders("millrace_tests(a/b USES c)\n# millrace_tests(d)\nmillrace_tests(e)"),
        (QStringList{"a/b", "e"}));
  }

 private:
  std::vector<Layer> layers_;
  QStringList files_;
  QStringList sources_;
};

QTEST_GUILESS_MAIN(ArchitectureTest)
#include "architecture_test.moc"
