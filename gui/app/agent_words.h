// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server says of an agent (docs/rest.md, Agents), in the words of Studio. Threads: pure
// functions.

#include <QJsonArray>
#include <QJsonObject>
#include <QString>
#include <utility>
#include <vector>

namespace millrace::gui {

using Facts = std::vector<std::pair<QString, QString>>;

/// `● online`, or `○ silent`.
QString agentState(const QJsonObject& agent);
/// Which deployment it should run and what became of it: `3 applied`, `▲ 3 refused`, `its own`.
QString agentFlow(const QJsonObject& agent);
bool hasRefused(const QJsonObject& agent);
/// `20 agents, 3 silent, 1 with a flow that failed`.
QString fleetWords(const QJsonArray& agents);
Facts factsOfAgent(const QJsonObject& agent);
Facts factsOfClass(const QJsonObject& agentClass);
/// What was ordered: `stop Follow`, `clear …`, `logs`.
QString orderWords(const QJsonObject& order);
/// What an agent told: log lines as lines, else indented JSON.
QString answerText(const QJsonValue& answer);
/// `12 s`, `3 min`, `2 h 5 min`, `4 d 1 h`.
QString spanWords(double millis);

}  // namespace millrace::gui
