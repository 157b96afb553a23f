// SPDX-License-Identifier: Apache-2.0
#include "gui/app/chart_panel.h"

#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/fields.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;

namespace {

struct Span {
  const char* words;
  const char* step;
  double millis;
  int readEveryMillis;
};
constexpr Span kSpans[] = {{"Ten minutes", "1s", 600e3, 2000},
                           {"A day", "1m", 86400e3, 30000},
                           {"Thirty days", "5m", 30 * 86400e3, 60000}};

}  // namespace

ChartPanel::ChartPanel(const FlowModel& model, ApiClient& api, const Theme& theme, QWidget* parent)
    : QWidget(parent), model_(model), api_(api) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(this);
  title_->setObjectName("chartOf");
  figure_ = new ChoiceBox(this);
  figure_->setObjectName("chartFigure");
  figure_->setAccessibleName("Figure");
  figure_->setMinimumWidth(224);
  span_ = new ChoiceBox(this);
  span_->setObjectName("chartSpan");
  span_->setAccessibleName("Over which time");
  span_->setMinimumWidth(144);
  for (const Span& span : kSpans) span_->addItem(span.words);
  for (QComboBox* box : {figure_, span_}) box->setMinimumHeight(30);
  head->addWidget(title_, 1);
  head->addWidget(figure_);
  head->addWidget(span_);
  layout->addLayout(head);
  chart_ = new HistoryChart(theme, this);
  layout->addWidget(chart_, 1);
  connect(figure_, &QComboBox::activated, this, [this] { read(); });
  connect(span_, &QComboBox::activated, this, [this] { read(); });
  connect(&again_, &QTimer::timeout, this, [this] {
    if (isVisible()) read();
  });
  fillFigures();
}

void ChartPanel::setTheme(const Theme& theme) { chart_->setTheme(theme); }

void ChartPanel::show(ElementId component) {
  if (component == component_) return;
  component_ = component;
  fillFigures();
  if (isVisible()) read();
}

void ChartPanel::fillFigures() {
  const Component* component = model_.find(component_);
  const bool wire = component != nullptr && component->connection() != nullptr;
  title_->setText(component_ == kRootGroup ? QString("The node: all components together")
                  : component == nullptr   ? QString("It is gone")
                  : wire ? inQt(model_.endName(component->connection()->from.id) + " → " +
                                model_.endName(component->connection()->to.id))
                         : inQt(titleOf(*component)));
  const std::vector<Figure> wanted =
      wire ? std::vector{Figure::kWaiting, Figure::kWaitingBytes}
           : std::vector{Figure::kFlowFiles, Figure::kBytes, Figure::kDisk, Figure::kTasks,
                         Figure::kBusy};
  if (wanted == figures_) return;
  figures_ = wanted;
  figure_->clear();
  for (const Figure figure : figures_) figure_->addItem(figureName(figure));
}

void ChartPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  read();
}

void ChartPanel::read() {
  const Span& span = kSpans[std::max(0, span_->currentIndex())];
  again_.start(span.readEveryMillis);
  const quint64 question = ++asked_;
  api_.get("/history/" + idToJson(component_) + "?step=" + span.step,
           [this, question, span](const ApiAnswer& answer) {
             if (question != asked_) return;
             if (!answer.ok()) return chart_->clear("The history cannot be read: " + answer.error);
             const auto place = static_cast<std::size_t>(std::max(0, figure_->currentIndex()));
             const auto now = static_cast<double>(QDateTime::currentMSecsSinceEpoch());
             chart_->show(figures_[place],
                          chartLines(answer.json(), figures_[place], now - span.millis, now),
                          now - span.millis, now);
           });
}

}  // namespace millrace::gui
