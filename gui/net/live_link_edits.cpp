// SPDX-License-Identifier: Apache-2.0
// How LiveLink sends edits and takes those of others.

#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"
#include "gui/model/aside.h"
#include "gui/net/live_link.h"

#include <QJsonArray>
#include <utility>

namespace millrace::gui {

using flow::ElementId;

namespace {

/// Runs nothing but what `running` names.
void takeStates(flow::Group& group, const std::unordered_map<ElementId, flow::RunState>& running) {
  const auto set = [&](auto& list) {
    for (auto& element : list) {
      if (const auto found = running.find(element.id); found != running.end()) {
        element.state = found->second;
      } else if (element.state == flow::RunState::kRunning) {
        element.state = flow::RunState::kStopped;
      }
    }
  };
  set(group.processors);
  set(group.inputs);
  set(group.outputs);
  for (flow::RemoteGroup& remote : group.remoteGroups) {
    set(remote.inputs);
    set(remote.outputs);
  }
  for (flow::Group& inner : group.groups) takeStates(inner, running);
}

/// What people call the first thing that an edit concerns.
std::string firstOf(const Edit& edit) {
  return edit.changes.empty() ? edit.contexts.front().any().name
                              : titleOf(edit.changes.front().any());
}

}  // namespace

LiveLink::Work LiveLink::textToSend() const {
  if (remote_) return text_ ? text_() : Work([] { return Result<QByteArray>(QByteArray()); });
  return [flow = model_.toFlow(), running = running_]() mutable {
    takeStates(flow.root, running);
    return Result<QByteArray>(QByteArray::fromStdString(flow::writeFlow(flow)));
  };
}

void LiveLink::sendSoon() {
  unsent_ = true;
  soon_.start();
}

void LiveLink::send() {
  soon_.stop();
  // Not beside a question for the flow either: its answer could be older than what is sent, and
  // what was sent would look as if somebody had taken it away.
  if (!unsent_ || sending_ || asking_ || state_ != LinkState::kLive || (remote_ && !known_)) return;
  unsent_ = false;
  sending_ = true;
  aside(this, textToSend(),
        [this, components = remote_ ? model_.components() : Components(),
         contexts = model_.parameterContexts(), line = line_](const Result<QByteArray>& text) {
          if (line != line_) return;
          if (text.ok() && state_ == LinkState::kLive) return put(*text, components, contexts);
          // The line broke meanwhile, or what was edited cannot be written.
          sending_ = false;
          unsent_ = true;
          if (!text.ok()) {
            trouble_ = QString::fromStdString(text.error().message);
            emit stateChanged();
          }
          if (askAgain_) return fetch(by_);
          release();
        });
}

void LiveLink::put(const QByteArray& text, const Components& components, const Contexts& contexts) {
  const QByteArray match =
      remote_ ? '"' + QByteArray::number(qulonglong(revision_)) + '"' : QByteArray();
  if (remote_) emit textSent(text);
  api_.put("/flow?who=Studio", text, "application/yaml", match,
           [this, components, contexts, line = line_](const ApiAnswer& answer) {
             if (line != line_) return;
             sending_ = false;
             if (answer.ok() && remote_) {
               shared_ = components;
               sharedContexts_ = contexts;
             } else if (answer.status == 0 && remote_) {
               perhaps_ = components;
               perhapsContexts_ = contexts;
             }
             sent(answer);
           });
}

void LiveLink::sent(const ApiAnswer& answer) {
  if (answer.ok()) {
    const QJsonObject json = answer.json();
    revision_ = static_cast<quint64>(json["revision"].toDouble());
    takeFindings(json["findings"].toArray());
    if (!trouble_.isEmpty()) {
      trouble_.clear();
      emit stateChanged();
    }
    if (askAgain_ || newest_ > revision_) return fetch(by_);
    if (!unsent_) return release();
    // Somebody waits for it: then at once.
    return waiting_.empty() ? soon_.start() : send();
  }
  unsent_ = true;
  if (answer.status == 409 || answer.status == 412) return fetch(by_);
  // The stream of events says when the server is back, or has said so meanwhile.
  if (answer.status == 0) return askAgain_ ? fetch(by_) : release();
  trouble_ = "The server did not take the last change: " + answer.error;
  emit stateChanged();
  takeFindings(answer.json()["findings"].toArray());
  if (askAgain_ || newest_ > revision_) return fetch(by_);
  release();
}

void LiveLink::whenSent(std::function<void()> then) {
  if (!hasUnsent() || state_ != LinkState::kLive) return then();
  waiting_.push_back(std::move(then));
  send();
}

void LiveLink::release() {
  for (const auto& then : std::exchange(waiting_, {})) then();
}

void LiveLink::fetch(const QString& who) {
  if (sending_ || asking_) {
    askAgain_ = true;
    by_ = who;
    return;
  }
  asking_ = true;
  askAgain_ = false;
  api_.get(
      "/flow",
      [this, who, line = line_](const ApiAnswer& answer) {
        if (line != line_) return;
        asking_ = false;
        fetched(answer, who);
      },
      "application/yaml");
}

void LiveLink::fetched(const ApiAnswer& answer, const QString& who) {
  if (!remote_ || state_ == LinkState::kOff) return;
  if (!answer.ok()) {
    if (!known_) setState(LinkState::kLost, answer.error);
    if (askAgain_) return fetch(by_);
    return release();
  }
  QByteArray tag = answer.etag;
  tag.replace('"', "");
  const flow::ReadFlow read = flow::readFlow(answer.body.toStdString());
  if (!read.ok())
    return setState(LinkState::kLost, "the server's flow cannot be read by this Studio: " +
                                          QString::fromStdString(read.findings.front().message));
  // What could not be read before can be now.
  if (state_ == LinkState::kLost && events_.isUp()) setState(LinkState::kLive, {});
  revision_ = tag.isEmpty() ? newest_ : tag.toULongLong();
  newest_ = std::max(newest_, revision_);
  Components theirs = componentsOf(read.flow);
  if (!known_) {
    known_ = true;
    shared_ = std::move(theirs);
    sharedContexts_ = read.flow.parameterContexts;
    emit flowRead(answer.body);
    readStatus();  // what was told of it before it was here went with what was shown before
  } else {
    emit baseChanged(answer.body, who);
    shared_ = knownWith(std::move(shared_), std::exchange(perhaps_, {}), theirs);
    Merge merge = mergeOf(model_, shared_, theirs);
    const Contexts& theirContexts = read.flow.parameterContexts;
    if (std::exchange(perhapsContexts_, std::nullopt) == theirContexts)
      sharedContexts_ = theirContexts;
    const ContextMerge contexts = mergeOfContexts(model_.parameterContexts(), sharedContexts_,
                                                  theirContexts, merge.edit.changes);
    merge.edit.contexts = contexts.changes;
    shared_ = theirs;
    sharedContexts_ = theirContexts;
    const auto changed = merge.edit.changes.size() + merge.edit.contexts.size();
    if (changed > 0) {
      merge.edit.text = who.isEmpty() ? "Changed on the server" : "Changed by " + who;
      model_.apply(merge.edit, Origin::kRemote);
      if (who != "Studio" && !who.isEmpty())
        emit told(changed == 1
                      ? who + " changed “" + QString::fromStdString(firstOf(merge.edit)) + "”"
                      : who + QString(" changed %1 components").arg(changed));
    }
    for (const std::string& name : contexts.kept)
      emit told(QString("Shared context “%1” changed here and by somebody else: yours stays")
                    .arg(QString::fromStdString(name)));
    if (!merge.kept.empty())
      emit told(QString("%1 changed here and by somebody else: yours stays")
                    .arg(amount(model_, merge.kept)));
    unsent_ =
        differs(model_, shared_) || contextsDiffer(model_.parameterContexts(), sharedContexts_);
  }
  api_.postText("/validate", answer.body, [this](const ApiAnswer& checked) {
    if (checked.ok()) takeFindings(checked.json()["findings"].toArray());
  });
  if (askAgain_ || newest_ > revision_) return fetch(by_);
  if (unsent_) return send();
  release();
}

void LiveLink::takeFindings(const QJsonArray& findings) {
  std::vector<RemoteFinding> list;
  for (const QJsonValue& item : findings) {
    if (item["severity"].toString() != "error") continue;
    list.push_back({item["component"].toString().toStdString(), item["property"].toString(),
                    item["message"].toString()});
  }
  emit findingsCame(list);
}

}  // namespace millrace::gui
