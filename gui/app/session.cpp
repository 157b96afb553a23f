// SPDX-License-Identifier: Apache-2.0
#include "gui/app/session.h"

#include "engine/expression/compiled_expression.h"
#include "engine/flow/validator.h"
#include "engine/flow/yaml_reader.h"
#include "gui/model/flow_text.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace millrace::gui {
namespace {

constexpr int kValidateAfterMillis = 120;

flow::ExpressionReport lookInto(std::string_view text, flow::ExpressionScope scope) {
  const expression::Scope where =
      scope == flow::ExpressionScope::kFlowFile      ? expression::Scope::kAttributes
      : scope == flow::ExpressionScope::kEnvironment ? expression::Scope::kEnvironment
                                                     : expression::Scope::kNone;
  bool assumed = false;
  const auto anyValue = [&](std::string_view) -> std::optional<std::string> {
    assumed = true;
    return "1";
  };
  const auto compiled = expression::CompiledExpression::compile(text, {where, anyValue});
  flow::ExpressionReport report;
  if (!compiled.ok()) {
    // With a parameter inside, its true value decides: the server says so then.
    if (!assumed) report.error = compiled.error().message;
    return report;
  }
  report.attributes = compiled->referencedAttributes();
  return report;
}

Error unreadable(const QString& path, const QString& why) {
  return Error::environment("cannot read " + path.toStdString() + ": " + why.toStdString() +
                            "; choose another file");
}

}  // namespace

Session::Session(const TypeCatalog& types)
    : types_(types), editor_(model_, undo_, types, Random::fromEntropy()) {
  soon_.setSingleShot(true);
  soon_.setInterval(kValidateAfterMillis);
  connect(&soon_, &QTimer::timeout, this, &Session::validate);
  connect(&model_, &FlowModel::changed, this, [this] { soon_.start(); });
  startNew();
}

QString Session::title() const {
  if (!path_.isEmpty()) return QFileInfo(path_).fileName();
  const Component* root = model_.find(kRootGroup);
  return root == nullptr || root->name().empty() ? "Untitled"
                                                 : QString::fromStdString(root->name());
}

void Session::startNew() {
  flow::Flow flow;
  flow.name = "Untitled";
  base_.clear();
  onDisk_.clear();
  path_.clear();
  undo_.clear();
  status_.clear();
  model_.reset(flow);
  validate();
}

Result<> Session::take(const std::string& text) {
  const flow::Flow flow = MR_TRY(flow::parseFlow(text, "the flow"));
  base_ = text;
  undo_.clear();
  status_.clear();
  model_.reset(flow);
  validate();
  return Done{};
}

Result<> Session::open(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return unreadable(path, file.errorString());
  const QByteArray bytes = file.readAll();
  if (file.error() != QFile::NoError) return unreadable(path, file.errorString());
  const flow::Flow flow =
      MR_TRY(flow::parseFlow({bytes.constData(), static_cast<std::size_t>(bytes.size())},
                             QFileInfo(path).fileName().toStdString()));
  base_ = bytes.toStdString();
  onDisk_ = bytes;
  path_ = QFileInfo(path).absoluteFilePath();
  undo_.clear();
  status_.clear();
  model_.reset(flow);
  validate();
  return Done{};
}

Result<QByteArray> Session::text(bool* commentsKept) const {
  const FlowText text = MR_TRY(flowText(base_, model_.toFlow()));
  if (commentsKept != nullptr) *commentsKept = text.commentsKept;
  return QByteArray::fromStdString(text.text);
}

bool Session::changedOnDisk() const {
  if (path_.isEmpty()) return false;
  QFile file(path_);
  return file.open(QIODevice::ReadOnly) && file.readAll() != onDisk_;
}

Result<> Session::save(const QString& path, Overwrite overwrite) {
  if (overwrite == Overwrite::kNo && QFileInfo(path).absoluteFilePath() == path_ && changedOnDisk())
    return Error::user(path.toStdString() +
                       " was changed by another program since it was opened; save under another "
                       "name, or overwrite it");
  bool kept = true;
  const QByteArray bytes = MR_TRY(text(&kept));
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return Error::environment("cannot write " + path.toStdString() + ": " +
                              file.errorString().toStdString() + "; save it elsewhere");
  path_ = QFileInfo(path).absoluteFilePath();
  onDisk_ = bytes;
  undo_.setClean();
  emit told(kept ? "Saved " + QFileInfo(path).fileName()
                 : "Saved; comments of the old text could not be kept");
  return Done{};
}

void Session::validate() {
  soon_.stop();
  problems_.clear();
  if (!types_.empty()) {
    const flow::Flow flow = model_.toFlow();
    std::unordered_map<std::string, flow::ElementId> byPath;
    for (const auto& [id, component] : model_.components()) byPath.emplace(model_.pathOf(id), id);
    flow::ValidationOptions options;
    options.expressions = lookInto;
    for (const flow::Finding& finding : flow::validateFlow(flow, types_.catalog(), options)) {
      if (finding.severity != flow::Severity::kError) continue;
      const auto id = byPath.find(finding.component);
      if (id == byPath.end()) continue;
      QString text = QString::fromStdString(finding.message);
      if (!finding.property.empty() && text.startsWith("this property"))
        text = "“" + QString::fromStdString(finding.property) + "”" + text.mid(13);
      if (!text.isEmpty()) text[0] = text[0].toUpper();
      problems_[id->second].push_back({text, QString::fromStdString(finding.property)});
    }
  }
  emit validated();
}

}  // namespace millrace::gui
