// SPDX-License-Identifier: Apache-2.0
#include "gui/app/session.h"

#include "engine/expression/compiled_expression.h"
#include "engine/flow/validator.h"
#include "engine/flow/yaml_reader.h"
#include "gui/model/flow_text.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <algorithm>
#include <set>
#include <utility>

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

/// Some line is a comment in `now` and nowhere in `before`.
bool hasNewComments(const std::string& before, const std::string& now) {
  const auto commentsOf = [](std::string_view text) {
    std::set<std::string_view> comments;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      if (line.starts_with('#')) comments.insert(line);
    }
    return comments;
  };
  const auto old = commentsOf(before);
  const auto comments = commentsOf(now);
  return !std::includes(old.begin(), old.end(), comments.begin(), comments.end());
}

}  // namespace

// A stack that goes says that it is clean, when there is nothing left that could hear it.
Session::~Session() { undo_.disconnect(this); }

Session::Session(TypeCatalog& types)
    : types_(types), editor_(model_, undo_, types, Random::fromEntropy()), link_(model_, status_) {
  soon_.setSingleShot(true);
  soon_.setInterval(kValidateAfterMillis);
  connect(&soon_, &QTimer::timeout, this, &Session::validate);
  connect(&model_, &FlowModel::changed, this, [this] { soon_.start(); });
  link_.setText([this] { return textWork(); });
  connect(&link_, &LiveLink::told, this, &Session::told);
  connect(&link_, &LiveLink::baseChanged, this, &Session::rebase);
  connect(&link_, &LiveLink::textSent, this,
          [this](const QByteArray& text) { there_ = text.toStdString(); });
  connect(&link_, &LiveLink::flowRead, this, [this](const QByteArray& text) {
    const Result<> taken = take(text.toStdString());
    if (!taken.ok()) emit told(QString::fromStdString(taken.error().message));
  });
  connect(&link_, &LiveLink::findingsCame, this, [this](const std::vector<RemoteFinding>& said) {
    serverFindings_ = said;
    soon_.start();
  });
  connect(&link_, &LiveLink::serviceTypesCame, this, [this](const QByteArray& json) {
    if (knowsServices()) return;
    const Result<> read = types_.read(json, flow::ComponentKind::kService);
    if (!read.ok()) emit told(QString::fromStdString(read.error().message));
    emit typesCame();
    validate();
  });
  startNew();
}

bool Session::knowsServices() const {
  return !types_.catalog().types(flow::ComponentKind::kService).empty();
}

void Session::keepRecovery(const QString& folder) {
  recovery_ = std::make_unique<Recovery>(
      folder, [this] { return textWork(); },
      [this](const QString& trouble) { emit told(trouble); });
  connect(&model_, &FlowModel::changed, this, [this](const Edit&, Origin origin) {
    const bool servers = link_.isRemote() && link_.state() != LinkState::kOff;
    if (origin == Origin::kLocal && !servers) recovery_->edited(path_, onDisk_);
  });
  connect(&undo_, &QUndoStack::cleanChanged, this, [this](bool clean) {
    if (clean) recovery_->settled();
  });
}

Result<> Session::restore(const Leftover& leftover) {
  const flow::Flow flow = MR_TRY(flow::parseFlow(
      {leftover.text.constData(), std::size_t(leftover.text.size())}, "what was recovered"));
  QFile file(leftover.flow);
  const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  // A file that changed since is not overwritten unasked: it is not what was opened.
  onDisk_ = Recovery::digest(bytes) == leftover.base ? bytes : QByteArray();
  base_ = leftover.text.toStdString();
  path_ = leftover.flow;
  undo_.clear();
  undo_.resetClean();
  status_.clear();
  model_.reset(flow);
  validate();
  takenOver();
  if (recovery_) recovery_->edited(path_, onDisk_);
  return Done{};
}

void Session::setEngine(const QString& program) {
  engine_ = program;
  takenOver();
}

void Session::connectTo(const QUrl& server) {
  // What was open before is nothing of that server's: until its flow is there, there is none.
  link_.close();
  path_.clear();
  onDisk_.clear();
  base_.clear();
  serverFindings_.clear();
  undo_.clear();
  status_.clear();
  flow::Flow none;
  none.name = server.authority().toStdString();
  model_.reset(none);
  validate();
  link_.openRemote(server);
}

/// The model has another flow now: it gets a server of its own.
void Session::takenOver() {
  serverFindings_.clear();
  if (engine_.isEmpty()) {
    link_.close();
  } else {
    link_.openPrivate(engine_);
  }
}

QString Session::title() const {
  if (!path_.isEmpty()) return QFileInfo(path_).fileName();
  if (link_.isRemote() && link_.state() != LinkState::kOff)
    return (link_.hasFlow() ? QString() : QString("Connecting to ")) + link_.base().authority();
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
  takenOver();
}

Result<> Session::take(const std::string& text) {
  const flow::Flow flow = MR_TRY(flow::parseFlow(text, "the flow"));
  base_ = there_ = text;
  undo_.clear();
  status_.clear();
  model_.reset(flow);
  validate();
  return Done{};
}

// Edits are written into the text that was read first, whatever another Studio makes of it: so that
// undoing gives it back to the byte, with the comments that went with their components. What a
// person did to the text itself (in the file, or with new comments) is taken as it is.
void Session::rebase(const QByteArray& theirs, const QString& who) {
  const std::string before = std::exchange(there_, theirs.toStdString());
  if (there_ == before) return;
  const Result<flow::Flow> known = flow::parseFlow(before, "what was sent");
  const Result<flow::Flow> now = flow::parseFlow(there_, "the server's flow");
  if (!known.ok() || !now.ok()) return;
  FlowModel model;
  model.reset(*known);
  const bool onlyText = !differs(model, componentsOf(*now)) &&
                        !contextsDiffer(known->parameterContexts, now->parameterContexts);
  if (who == "file" || onlyText || hasNewComments(before + '\n' + base_, there_)) base_ = there_;
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
  takenOver();
  return Done{};
}

Result<QByteArray> Session::text(bool* commentsKept) const {
  const FlowText text = MR_TRY(flowText(base_, model_.toFlow()));
  if (commentsKept != nullptr) *commentsKept = text.commentsKept;
  return QByteArray::fromStdString(text.text);
}

std::function<Result<QByteArray>()> Session::textWork() const {
  return [base = base_, flow = model_.toFlow()]() -> Result<QByteArray> {
    const FlowText text = MR_TRY(flowText(base, flow));
    return QByteArray::fromStdString(text.text);
  };
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

void Session::addProblem(flow::ElementId id, QString text, const QString& property) {
  if (!property.isEmpty() && text.startsWith("this property"))
    text = "“" + property + "”" + text.mid(13);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  std::vector<Problem>& problems = problems_[id];
  for (Problem& there : problems) {
    if (there.property != property) continue;
    // The server says so, too, perhaps with what to do about it.
    if (there.text.startsWith(text)) return;
    if (!text.startsWith(there.text)) continue;
    there.text = text;
    return;
  }
  problems.push_back({text, property});
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
      // Until a server has said which services there are, it is not known whether one is missing.
      if (!knowsServices() && model_.find(id->second)->kind == flow::ElementKind::kService)
        continue;
      addProblem(id->second, QString::fromStdString(finding.message),
                 QString::fromStdString(finding.property));
    }
  }
  if (!serverFindings_.empty()) {
    std::unordered_map<std::string, flow::ElementId> byPath;
    for (const auto& [id, component] : model_.components()) byPath.emplace(model_.pathOf(id), id);
    for (const RemoteFinding& finding : serverFindings_) {
      const auto id = byPath.find(finding.component);
      if (id == byPath.end() || id->second == kRootGroup) continue;
      addProblem(id->second, finding.message, finding.property);
    }
  }
  emit validated();
}

}  // namespace millrace::gui
