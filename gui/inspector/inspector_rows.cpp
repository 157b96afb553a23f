// SPDX-License-Identifier: Apache-2.0
// What the pages of the inspector but that of the properties show, row by row.

#include "engine/base/units.h"
#include "engine/flow/spellings.h"
#include "gui/inspector/inspector.h"

#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;
using Row = Form::Row;

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

template <typename Value, std::size_t N>
QStringList spellings(const std::array<flow::Spelling<Value>, N>& table) {
  QStringList words;
  for (const auto& row : table) words << text(std::string(row.text));
  return words;
}

Row heading(const QString& label) {
  Row row;
  row.key = "heading " + label;
  row.label = label;
  row.isHeading = true;
  return row;
}

}  // namespace

std::vector<Row> Inspector::scheduleRows() {
  const flow::Processor& processor = *first()->processor();
  std::vector<Row> rows;
  const auto add = [&](const QString& label, const QString& value, const QString& hint,
                       const QStringList& choices,
                       std::function<bool(flow::Processor&, const std::string&)> change) {
    Row row;
    row.key = row.label = label;
    row.value = value;
    row.hint = hint;
    row.choices = choices;
    row.shape = choices.isEmpty() ? ValueField::Shape::kLine : ValueField::Shape::kChoice;
    row.finished = [this, label, change](const QString& changed) {
      bool good = true;
      editor_.update(ids_, "Set " + label.toLower(), [&](Component& component) {
        good = good && change(*component.processor(), changed.trimmed().toStdString());
      });
      if (!good) {
        emit told(label + " was not changed: '" + changed + "' is not understood");
        refresh();
      }
    };
    rows.push_back(std::move(row));
  };
  const auto duration = [](std::string_view word) -> std::optional<Nanos> {
    const auto parsed = parseDuration(word);
    if (!parsed.ok()) return std::nullopt;
    return *parsed;
  };
  const QStringList kinds{"timer", "cron", "event"};
  add("Run", kinds[static_cast<int>(processor.schedule.kind)], {}, kinds,
      [kinds](flow::Processor& p, const std::string& word) {
        p.schedule.kind = static_cast<flow::ScheduleKind>(kinds.indexOf(text(word)));
        if (p.schedule.kind == flow::ScheduleKind::kCron && p.schedule.cron.empty())
          p.schedule.cron = "0 0 * * * ?";
        return true;
      });
  if (processor.schedule.kind == flow::ScheduleKind::kEvery)
    add("Every", text(formatDuration(processor.schedule.every)), "0 sec: as soon as there is work",
        {}, [duration](flow::Processor& p, const std::string& word) {
          const auto value = duration(word);
          if (value) p.schedule.every = *value;
          return value.has_value();
        });
  if (processor.schedule.kind == flow::ScheduleKind::kCron)
    add("Cron", text(processor.schedule.cron), "second minute hour day month weekday", {},
        [](flow::Processor& p, const std::string& word) {
          if (word.empty()) return false;
          p.schedule.cron = word;
          return true;
        });
  add("Runs", processor.schedule.runs ? QString::number(*processor.schedule.runs) : QString(),
      "no end", {}, [](flow::Processor& p, const std::string& word) {
        if (word.empty()) {
          p.schedule.runs.reset();
          return true;
        }
        bool ok = false;
        const qulonglong runs = text(word).toULongLong(&ok);
        if (ok) p.schedule.runs = runs;
        return ok;
      });
  add("Concurrent tasks", QString::number(processor.concurrency), "1", {},
      [](flow::Processor& p, const std::string& word) {
        bool ok = false;
        const uint tasks = text(word).toUInt(&ok);
        if (ok && tasks > 0) p.concurrency = tasks;
        return ok && tasks > 0;
      });
  add("Penalty", text(formatDuration(processor.penalty)), "30 sec", {},
      [duration](flow::Processor& p, const std::string& word) {
        const auto value = duration(word);
        if (value) p.penalty = *value;
        return value.has_value();
      });
  add("Yield", text(formatDuration(processor.yield)), "1 sec", {},
      [duration](flow::Processor& p, const std::string& word) {
        const auto value = duration(word);
        if (value) p.yield = *value;
        return value.has_value();
      });
  add("Bulletins from",
      text(std::string(flow::spell(flow::kBulletinLevels, processor.bulletinLevel))), {},
      spellings(flow::kBulletinLevels), [](flow::Processor& p, const std::string& word) {
        p.bulletinLevel = *flow::meaning(flow::kBulletinLevels, word);
        return true;
      });
  add("State when opened", text(std::string(flow::spell(flow::kRunStates, processor.state))), {},
      spellings(flow::kRunStates), [](flow::Processor& p, const std::string& word) {
        p.state = *flow::meaning(flow::kRunStates, word);
        return true;
      });
  return rows;
}

std::vector<Row> Inspector::relationshipRows() {
  const Component* component = first();
  const flow::Connection* wire = component->connection();
  const flow::Processor* source =
      wire != nullptr ? editor_.model().find(wire->from.id)->processor() : component->processor();
  std::vector<Row> rows;
  const auto has = [](const std::vector<flow::Name>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const flow::Name& n) { return n.text == name; });
  };
  const auto toggle = [](std::vector<flow::Name>& names, const std::string& name, bool on) {
    std::erase_if(names, [&](const flow::Name& n) { return n.text == name; });
    if (on) names.push_back({name, {}});
  };
  const std::vector<std::string> open = editor_.openRelationships(source->id);
  for (const flow::RelationshipInfo& info : editor_.types().relationshipsOf(*source)) {
    const std::string name = info.name;
    if (wire != nullptr) {
      Row row;
      row.key = row.label = text(name);
      row.isTick = true;
      row.help = text(info.description);
      row.value = has(wire->relationships, name) ? "true" : "false";
      row.finished = [this, name, toggle](const QString& on) {
        std::vector<flow::Name> names = first()->connection()->relationships;
        toggle(names, name, on == "true");
        std::vector<std::string> words;
        for (const flow::Name& one : names) words.push_back(one.text);
        const Result<> done = editor_.setRelationships(ids_.front(), words);
        if (!done.ok()) {
          emit told(text(done.error().message));
          refresh();
        }
      };
      rows.push_back(std::move(row));
      continue;
    }
    Row title = heading(text(name));
    if (std::find(open.begin(), open.end(), name) != open.end())
      title.label += "  –  leads nowhere yet";
    rows.push_back(title);
    for (const bool retry : {false, true}) {
      Row row;
      row.key = text(name) + (retry ? " retry" : " ends here");
      row.label = retry ? "Retry first" : "FlowFiles end here (auto-terminate)";
      row.help = text(info.description);
      row.isTick = true;
      row.value =
          has(retry ? source->retry.relationships : source->autoTerminate, name) ? "true" : "false";
      row.finished = [this, name, retry, toggle](const QString& on) {
        editor_.update(ids_, retry ? "Set retry" : "Set auto-terminate", [&](Component& changed) {
          flow::Processor& p = *changed.processor();
          toggle(retry ? p.retry.relationships : p.autoTerminate, name, on == "true");
        });
      };
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<Row> Inspector::queueRows() {
  const flow::Connection& wire = *first()->connection();
  std::vector<Row> rows;
  const auto add = [&](const QString& label, const QString& value, const QString& hint,
                       const QStringList& choices,
                       std::function<bool(flow::Connection&, const std::string&)> change) {
    Row row;
    row.key = row.label = label;
    row.value = value;
    row.hint = hint;
    row.choices = choices;
    row.shape = choices.isEmpty() ? ValueField::Shape::kLine : ValueField::Shape::kChoice;
    row.finished = [this, label, change](const QString& changed) {
      bool good = true;
      editor_.update(ids_, "Set " + label.toLower(), [&](Component& component) {
        good = good && change(*component.connection(), changed.trimmed().toStdString());
      });
      if (good) return;
      emit told(label + " was not changed: '" + changed + "' is not understood");
      refresh();
    };
    rows.push_back(std::move(row));
  };
  add("Full at (FlowFiles)", QString::number(wire.backPressure.count), "10000; 0: never", {},
      [](flow::Connection& c, const std::string& word) {
        bool ok = false;
        const qulonglong count = text(word).toULongLong(&ok);
        if (ok) c.backPressure.count = count;
        return ok;
      });
  add("Full at (size)", text(formatDataSize(wire.backPressure.size)), "1 GB; 0 B: never", {},
      [](flow::Connection& c, const std::string& word) {
        const auto size = parseDataSize(word);
        if (size.ok()) c.backPressure.size = static_cast<std::uint64_t>(*size);
        return size.ok();
      });
  if (!wire.via)  // a topic drops by its retention alone
    add("When full", text(std::string(flow::spell(flow::kWhenFull, wire.backPressure.whenFull))),
        {}, spellings(flow::kWhenFull), [](flow::Connection& c, const std::string& word) {
          const auto rule = flow::meaning(flow::kWhenFull, word);
          if (rule) c.backPressure.whenFull = *rule;
          return rule.has_value();
        });
  add("Expire after", text(formatDuration(wire.expire)), "0 sec: never", {},
      [](flow::Connection& c, const std::string& word) {
        const auto age = parseDuration(word);
        if (age.ok()) c.expire = *age;
        return age.ok();
      });
  QStringList orders = spellings(flow::kPrioritizers);
  orders.prepend("as they came");
  add("First out",
      wire.prioritizers.empty()
          ? orders.front()
          : text(std::string(flow::spell(flow::kPrioritizers, wire.prioritizers.front()))),
      {}, orders, [](flow::Connection& c, const std::string& word) {
        const auto order = flow::meaning(flow::kPrioritizers, word);
        c.prioritizers.clear();
        if (order) c.prioritizers.push_back(*order);
        return true;
      });
  add("Keyed by", text(wire.keyedBy), "an expression: FlowFiles of one value stay in order", {},
      [](flow::Connection& c, const std::string& word) {
        c.keyedBy = word;
        return true;
      });
  return rows;
}

std::vector<Row> Inspector::generalRows() {
  const Component* component = first();
  Row row;
  row.shape = ValueField::Shape::kText;
  if (const flow::Label* label = component->label()) {
    row.key = row.label = "Text";
    row.value = text(label->text);
    row.finished = [this](const QString& changed) {
      if (changed.isEmpty()) return refresh();
      editor_.update(ids_, "Edit note",
                     [&](Component& c) { c.label()->text = changed.toStdString(); });
    };
  } else {
    row.key = row.label = "Comment";
    row.value = text(component->element().comment);
    row.hint = "For people: why it is here";
    const Ids ids = ids_.empty() ? Ids{kRootGroup} : ids_;
    row.finished = [this, ids](const QString& changed) {
      editor_.update(ids, "Comment",
                     [&](Component& c) { c.element().comment = changed.toStdString(); });
    };
  }
  return {row};
}

}  // namespace millrace::gui
