// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules that every source keeps, each as a function from a text to what is wrong with it, so
// that a test can show both: the tree keeps them, and a planted violation is found.

#include <QRegularExpression>
#include <QString>
#include <QStringList>
#include <algorithm>
#include <vector>

namespace architecture {

struct Layer {
  QString name;
  QString folder;
  QStringList mayUse;
};

/// The rows of MR_LAYERS at the head of CMakeLists.txt.
inline std::vector<Layer> layersOf(const QString& cmake) {
  std::vector<Layer> layers;
  const qsizetype start = cmake.indexOf("set(MR_LAYERS");
  const qsizetype end = cmake.indexOf("\n)", start);
  if (start < 0 || end < 0) return layers;
  static const QRegularExpression row(R"re("([^"|]+)\|([^"|]+)\|([^"|]*)")re");
  auto rows = row.globalMatch(cmake.mid(start, end - start));
  while (rows.hasNext()) {
    const auto match = rows.next();
    layers.push_back(
        {match.captured(1), match.captured(2), match.captured(3).split(' ', Qt::SkipEmptyParts)});
  }
  return layers;
}

/// The layer whose folder is the longest that holds a path; nullptr: none.
inline const Layer* layerOf(const std::vector<Layer>& layers, const QString& path) {
  const Layer* best = nullptr;
  for (const Layer& layer : layers) {
    if (path.startsWith(layer.folder + '/') &&
        (best == nullptr || layer.folder.size() > best->folder.size()))
      best = &layer;
  }
  return best;
}

/// Where the literal that begins at a quote ends, one past its last character.
inline qsizetype literalEnd(const QString& text, qsizetype at) {
  if (at > 0 && text[at - 1] == 'R' && text[at] == '"') {
    const qsizetype open = text.indexOf('(', at);
    const QString close = ')' + text.mid(at + 1, open - at - 1) + '"';
    const qsizetype end = text.indexOf(close, open);
    return end < 0 ? text.size() : end + close.size();
  }
  for (qsizetype i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[at] || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

/// A source without its comments; `keepLiterals` false: without what stands in quotes, too.
inline QString codeOf(const QString& text, bool keepLiterals) {
  QString code;
  qsizetype i = 0;
  while (i < text.size()) {
    const QStringView left = QStringView(text).mid(i);
    const bool separator = text[i] == '\'' && i > 0 && text[i - 1].isLetterOrNumber();
    if (left.startsWith(u"//")) {
      i = std::max(text.indexOf('\n', i), qsizetype(-1));
      if (i < 0) break;
    } else if (left.startsWith(u"/*")) {
      const qsizetype end = text.indexOf("*/", i + 2);
      if (end < 0) break;
      i = end + 2;
    } else if (text[i] == '"' || (text[i] == '\'' && !separator)) {
      const qsizetype end = literalEnd(text, i);
      if (keepLiterals) code += text.mid(i, end - i);
      if (!keepLiterals && text[end - 1] == '\n') code += '\n';
      i = end;
    } else {
      code += text[i++];
    }
  }
  return code;
}

/// Quoted includes that the table does not allow to a file of a layer.
inline QStringList wrongIncludes(const std::vector<Layer>& layers, const QString& path,
                                 const QString& text) {
  QStringList wrong;
  const Layer* from = layerOf(layers, path);
  if (from == nullptr) return wrong;
  static const QRegularExpression include(R"re(^[ \t]*#[ \t]*include[ \t]*"([^"]+)")re",
                                          QRegularExpression::MultilineOption);
  auto includes = include.globalMatch(codeOf(text, true));
  while (includes.hasNext()) {
    const QString target = includes.next().captured(1);
    const Layer* to = layerOf(layers, target);
    if (to == nullptr) {
      wrong += QString("%1 includes \"%2\", which is in no layer").arg(path, target);
    } else if (to != from && !from->mayUse.contains(to->name)) {
      wrong +=
          QString("%1 includes \"%2\": %3 must not use %4").arg(path, target, from->name, to->name);
    }
  }
  return wrong;
}

/// What a processor must ask its context for.
inline QStringList directSystemUse(const QString& path, const QString& text) {
  QStringList wrong;
  static const QRegularExpression use(
      R"re(#\s*include\s*<(?:unistd\.h|fcntl\.h|sys/[^>]*|fstream|filesystem|thread)>)re"
      R"re(|\bsystem_clock\b|\b(?:secure_)?getenv\b|\bsystem\s*\()re");
  auto uses = use.globalMatch(codeOf(text, false));
  while (uses.hasNext())
    wrong += QString("%1 touches the world past its context: %2").arg(path, uses.next().captured());
  return wrong;
}

/// What is wrong with the headings of a folder's README.md; empty: nothing.
inline QString wrongHeadings(const QString& readme) {
  QStringList headings;
  for (const QString& line : readme.split('\n')) {
    if (line.startsWith("## ")) headings += line.mid(3).trimmed();
  }
  if (headings == QStringList{"Flows in", "Flows out", "Invariants", "Proved by"}) return {};
  return "has the headings " + headings.join(", ");
}

inline bool hasLicence(const QString& text) {
  return text.startsWith("// SPDX-License-Identifier: Apache-2.0\n");
}

inline qsizetype lineCount(const QString& text) {
  return text.count('\n') + (text.isEmpty() || text.endsWith('\n') ? 0 : 1);
}

/// Absolute paths of some machine. Spelt in parts, since this file is searched as well.
inline QStringList machinePaths(const QString& text) {
  QStringList found;
  static const QRegularExpression path(QString("(?<![\\w.}~-])/(?:%1|%2)/[^\\s\"')]*")
                                           .arg(QString("ho") + "me", QString("wo") + "rk"));
  auto paths = path.globalMatch(text);
  while (paths.hasNext()) found += paths.next().captured();
  return found;
}

/// The folders that tests/CMakeLists.txt names.
inline QStringList registeredFolders(const QString& cmake) {
  QStringList folders;
  static const QRegularExpression line(R"re(^\s*millrace_tests\(\s*([^\s)]+))re",
                                       QRegularExpression::MultilineOption);
  auto lines = line.globalMatch(cmake);
  while (lines.hasNext()) folders += lines.next().captured(1);
  return folders;
}

}  // namespace architecture
