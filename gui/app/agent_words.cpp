// SPDX-License-Identifier: Apache-2.0
#include "gui/app/agent_words.h"

#include "gui/app/data_table.h"
#include "gui/model/status_store.h"

#include <QJsonDocument>
#include <QStringList>

namespace millrace::gui {
namespace {

QString whole(const QJsonValue& value) { return QString::number(value.toDouble(), 'f', 0); }

QString amountOf(int count, const QString& word) {
  return QString("%1 %2%3").arg(count).arg(word, count == 1 ? "" : "s");
}

void addUnlessEmpty(Facts& facts, const QString& what, const QString& value) {
  if (!value.isEmpty()) facts.emplace_back(what, value);
}

}  // namespace

QString agentState(const QJsonObject& agent) {
  return agent["online"].toBool() ? "● online" : "○ silent";
}

bool hasRefused(const QJsonObject& agent) {
  const QString outcome = agent["outcome"].toString();
  return outcome == "refused" || outcome == "partly applied";
}

QString agentFlow(const QJsonObject& agent) {
  if (!agent.contains("wanted"))
    return agent["flowId"].toString().isEmpty() ? QString("none") : QString("its own");
  return (hasRefused(agent) ? "▲ " : "") + whole(agent["wanted"]) + ' ' +
         agent["outcome"].toString();
}

QString fleetWords(const QJsonArray& agents) {
  int silent = 0;
  int failed = 0;
  for (const QJsonValue& each : agents) {
    silent += each["online"].toBool() ? 0 : 1;
    failed += hasRefused(each.toObject()) ? 1 : 0;
  }
  QStringList words{amountOf(static_cast<int>(agents.size()), "agent")};
  if (silent > 0) words << QString("%1 silent").arg(silent);
  if (failed > 0) words << QString("%1 with a flow that failed").arg(failed);
  return words.join(", ");
}

QString spanWords(double millis) {
  const auto seconds = static_cast<qint64>(millis / 1000);
  const auto both = [](qint64 many, const char* large, qint64 few, const char* small) {
    const QString first = QString("%1 %2").arg(many).arg(large);
    return few == 0 ? first : first + QString(" %1 %2").arg(few).arg(small);
  };
  if (seconds < 60) return QString("%1 s").arg(seconds);
  if (seconds < 3600) return QString("%1 min").arg(seconds / 60);
  if (seconds < 86400) return both(seconds / 3600, "h", seconds / 60 % 60, "min");
  return both(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

Facts factsOfAgent(const QJsonObject& agent) {
  Facts facts;
  facts.emplace_back("State", agentState(agent));
  facts.emplace_back("Last heartbeat", timeWords(agent["lastSeen"].toDouble()));
  facts.emplace_back("Flow", agentFlow(agent));
  addUnlessEmpty(facts, "Why", agent["details"].toString());
  if (agent.contains("outcomeAt"))
    facts.emplace_back("Told", timeWords(agent["outcomeAt"].toDouble()));
  const QJsonValue status = agent["status"];
  addUnlessEmpty(facts, "The flow is", status["flowInfo"]["runStatus"].toString().toLower());
  if (!status["flowInfo"]["trialFlowId"].toString().isEmpty())
    facts.emplace_back("On trial", status["flowInfo"]["trialFlowId"].toString());
  addUnlessEmpty(facts, "Flow ID", agent["flowId"].toString());
  addUnlessEmpty(facts, "Class", agent["class"].toString());
  addUnlessEmpty(facts, "Program",
                 (agent["kind"].toString() + ' ' + agent["version"].toString()).trimmed());
  const QJsonValue uptime = status["agentInfo"]["status"]["uptime"];
  if (uptime.isDouble()) facts.emplace_back("Up for", spanWords(uptime.toDouble()));
  const QJsonValue device = status["deviceInfo"];
  QString host = device["networkInfo"]["hostname"].toString();
  const QString address = device["networkInfo"]["ipAddress"].toString();
  if (!address.isEmpty()) host += host.isEmpty() ? address : " (" + address + ')';
  addUnlessEmpty(facts, "Machine", host);
  const QJsonValue system = device["systemInfo"];
  addUnlessEmpty(
      facts, "System",
      (system["operatingSystem"].toString() + ' ' + system["machineArch"].toString()).trimmed());
  if (system["vCores"].isDouble()) facts.emplace_back("Cores", whole(system["vCores"]));
  if (system["physicalMem"].isDouble())
    facts.emplace_back("Memory", shortBytes(system["physicalMem"].toDouble()));
  facts.emplace_back("First seen", timeWords(agent["firstSeen"].toDouble()));
  const QString shown = agent["credential"].toString();
  facts.emplace_back("Known by", shown.isEmpty() ? QString("nothing: it showed no token") : shown);
  return facts;
}

Facts factsOfClass(const QJsonObject& agentClass) {
  Facts facts;
  facts.emplace_back("Agents", whole(agentClass["agents"]));
  facts.emplace_back("Online", whole(agentClass["online"]));
  facts.emplace_back("Flow", agentClass.contains("wanted")
                                 ? "deployment " + whole(agentClass["wanted"])
                                 : QString("none was deployed to the class"));
  const QJsonObject outcomes = agentClass["outcomes"].toObject();
  for (auto at = outcomes.begin(); at != outcomes.end(); ++at)
    facts.emplace_back("Deployments " + at.key(), whole(at.value()));
  return facts;
}

QString orderWords(const QJsonObject& order) {
  const QJsonObject arguments = order["args"].toObject();
  const QString operation = order["operation"].toString().toLower();
  if (operation == "describe") return order["operand"].toString();
  QStringList words{operation};
  if (arguments.isEmpty()) words << "the " + order["operand"].toString();
  for (const QJsonValue& each : arguments) words << each.toString();
  return words.join(' ');
}

QString answerText(const QJsonValue& answer) {
  const QJsonArray lines = answer["logs"].toArray();
  if (answer["logs"].isArray()) {
    QStringList text;
    for (const QJsonValue& line : lines) text << line.toString();
    return text.join('\n');
  }
  return QString::fromUtf8(QJsonDocument(answer.toObject()).toJson());
}

}  // namespace millrace::gui
