// SPDX-License-Identifier: Apache-2.0
#include "server/rest_host.h"

#include "host/flow_check.h"
#include "server/backup_job.h"
#include "server/diagnostics.h"
#include "server/http/host_guard.h"
#include "server/logging/hide_values.h"
#include "server/rest/access.h"
#include "server/rest/actions_resource.h"
#include "server/rest/agents_resource.h"
#include "server/rest/backup_resource.h"
#include "server/rest/component_resource.h"
#include "server/rest/diagnostics_resource.h"
#include "server/rest/event_hub.h"
#include "server/rest/flow_resource.h"
#include "server/rest/history_keeper.h"
#include "server/rest/log_resource.h"
#include "server/rest/logging_resource.h"
#include "server/rest/look_resource.h"
#include "server/rest/metrics_resource.h"
#include "server/rest/openapi.h"
#include "server/rest/provenance_resource.h"
#include "server/rest/queue_resource.h"
#include "server/rest/secret_resource.h"
#include "server/sample_run.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace millrace::server {

struct RestHost::Parts {
  Parts(FlowHost& given, RestHostOptions chosen) : host(given), options(std::move(chosen)) {}

  FlowHost& host;
  const RestHostOptions options;
  const flow::Catalog catalog = host::builtinCatalog();
  std::unique_ptr<EditedFlow> flow;
  std::unique_ptr<LiveSecrets> secrets;
  std::unique_ptr<StatusBook> status;
  std::unique_ptr<EventHub> events;
  std::unique_ptr<HistoryKeeper> history;
  std::unique_ptr<ParkedLimits> parked;
  std::unique_ptr<BackupJob> backup;
  Router router;
  std::unique_ptr<Access> access;
  std::unique_ptr<HttpServer> http;
  bool stopped = false;

  const flow::PropertyInfo* property(std::string_view type, std::string_view name) const {
    const flow::ComponentInfo* info = catalog.find(type);
    return info == nullptr ? nullptr : info->property(name);
  }
  bool namesService(std::string_view type, std::string_view name) const {
    const flow::PropertyInfo* known = property(type, name);
    return known != nullptr && known->kind == flow::PropertyKind::kService;
  }
  bool isSensitive(std::string_view type, std::string_view name) const {
    const flow::PropertyInfo* known = property(type, name);
    return known != nullptr && known->sensitive;
  }
};

namespace {

Json backupJson(const BackupJob::Status& status) {
  constexpr std::array<const char*, 4> kStates{"none", "running", "done", "failed"};
  Json json;
  json["state"] = kStates.at(static_cast<std::size_t>(status.state));
  json["to"] = status.to;
  json["commit"] = status.commit;
  json["doneBytes"] = status.doneBytes;
  json["allBytes"] = status.allBytes;
  json["startedAt"] = status.startedAt;
  json["endedAt"] = status.endedAt;
  json["error"] = status.error;
  return json;
}

Result<KnownNames> knownNames(const FlowHost& host) {
  // shared_ptr: the three functions keep it between them.
  const auto names = std::make_shared<const host::FlowNames>(MR_TRY(host.names()));
  return KnownNames{[names](ComponentId id) { return names->nameOf(id); },
                    [names](ComponentId id) { return names->typeOf(id); },
                    [names](ConnectionId id) { return names->nameOf(id); }};
}

/// Every request in the log's area `http`, those that were turned away a level higher. A query may
/// hold what somebody looked for, and is left out.
decltype(AccessParts::onAnswer) answerLog(LogBook* log) {
  if (log == nullptr) return {};
  return [log](const std::string& user, const HttpRequest& request, int status) {
    const bool refused = status == 401 || status == 403 || status == 429;
    log->write(refused ? LogLevel::kInfo : LogLevel::kDebug, "http",
               fmt::format("{} {} {} {}", methodName(request.method),
                           request.target.substr(0, request.target.find('?')), status,
                           user.empty() ? "-" : user));
  };
}

}  // namespace

RestHost::RestHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RestHost::~RestHost() { stop(); }

Result<std::unique_ptr<RestHost>> RestHost::open(FlowHost& host, FileSystem& files,
                                                 RestHostOptions options) {
  auto parts = std::make_unique<Parts>(host, std::move(options));
  Parts& p = *parts;
  const auto check = [](const flow::Flow& flow) { return host::checkFlow(flow, {}); };
  EditedFlowOptions edited;
  edited.flow = p.options.flow;
  edited.data = p.options.data;
  edited.check = check;
  edited.namesService = [&p](std::string_view type, std::string_view property) {
    return p.namesService(type, property);
  };
  edited.isSensitive = [&p](std::string_view type, std::string_view property) {
    return p.isSensitive(type, property);
  };
  edited.apply = [&p](const flow::Flow& flow) { p.host.apply(flow); };
  p.flow = MR_TRY(EditedFlow::open(files, host.clock(), edited));
  host.apply(p.flow->state()->flow);
  p.status = std::make_unique<StatusBook>(*p.flow, host.controller(), host.clock());
  p.events =
      std::make_unique<EventHub>(*p.status, host.clock(), fmt::format("{:x}", host.clock().wall()));
  p.flow->listen([&p](const ChangeRecord& record) { p.events->flowChanged(record); });
  addFlowRoutes(p.router, {*p.flow, check});
  p.secrets = std::make_unique<LiveSecrets>(files, p.options.data, p.options.secrets,
                                            [&p](const engine::ParameterValues& values) {
                                              if (p.options.log != nullptr)
                                                hideValues(*p.options.log, values);
                                              p.flow->whileUnchanged([&] {
                                                p.host.controller().giveSecrets(values);
                                                p.host.apply(p.flow->state()->flow);
                                              });
                                            });
  addSecretRoutes(p.router, {[&p] { return p.secrets->list(p.flow->state()->flow); },
                             [&p](const std::string& name, const std::string& value) {
                               return p.secrets->set(name, value);
                             },
                             [&p](const std::string& name) { return p.secrets->remove(name); },
                             [&p](const std::string& name) { return p.secrets->undo(name); }});
  addActionRoutes(p.router, {*p.flow, host.controller()});
  addLookRoutes(p.router, {*p.flow, *p.status, *p.events, host.controller(), host.expressions(),
                           [&host] { return !host.failed(); }});
  addQueueRoutes(p.router, {host.controller(), host.sessions(), host.expressions()});
  const log::LogOverview* const log = host.log() == nullptr ? nullptr : &host.log()->overview();
  addLogRoutes(p.router, log);
  addMetricsRoute(p.router, host.controller(), log, p.options.log);
  p.backup = std::make_unique<BackupJob>(
      BackupJob::Parts{host, *p.flow, files, p.options.data, p.options.flow});
  addBackupRoutes(p.router, {[&p](const std::string& to, bool withKey) {
                               return p.backup->start(to, withKey ? WithKey::kYes : WithKey::kNo);
                             },
                             [&p] { return backupJson(p.backup->status()); }});
  const DiagnosticsParts diagnostics{host, files, p.options.data, host.clock().wall(),
                                     host.clock().monotonic()};
  addDiagnosticsRoute(p.router, [diagnostics] { return diagnosticsOf(diagnostics); });
  addAgentRoutes(p.router, p.options.agents);
  addLoggingRoutes(p.router, p.options.log,
                   [&p](std::string_view type) { return p.catalog.find(type) != nullptr; });
  addOpenApiRoute(p.router);
  auto kept = MR_TRY(repo::StatusHistory::open(
      p.options.data + "/history.sqlite", [&host](const std::string& text) {
        host.controller().bulletins().raise(BulletinLevel::kWarn, ComponentId(), "", text);
      }));
  p.history = std::make_unique<HistoryKeeper>(host.controller(), host.clock(), std::move(kept));
  addHistoryRoute(p.router, *p.history);
  AccessParts access{
      files,
      host.clock(),
      p.options.data,
      isLoopbackHost(p.options.http.host) ? WithoutUsers::kEverything : WithoutUsers::kNothing,
      p.router,
      [&host](const std::string& text) {
        host.controller().bulletins().say(
            {BulletinLevel::kWarn, ComponentId(), {}, "http", text, {}}, BulletinLevel::kDebug);
      },
      answerLog(p.options.log),
      p.flow.get(),
      [&host](const std::string& id) {
        const auto known = idOf(id);
        return known && host.controller().parked(ConnectionId(known->raw())) != nullptr;
      }};
  p.access = MR_TRY(Access::open(std::move(access)));
  const auto namesService = edited.namesService;
  const auto goneName = [&host](ConnectionId id) {
    const auto names = host.names();
    return names.ok() ? names->nameOf(id) : std::string();
  };
  addComponentRoutes(p.router,
                     {*p.flow, host.controller(), host.sessions(), check, namesService, goneName});
  addSampleRoute(p.router, {*p.flow, namesService,
                            [&host](const flow::Flow& flow, flow::ElementId processor,
                                    const std::vector<SampleFlowFile>& samples) {
                              return runOnSamples(flow, processor, samples, host.clock().wall());
                            }});
  p.parked = std::make_unique<ParkedLimits>(
      ParkedLimits::Parts{*p.flow, host.controller(), host.sessions(), host.clock(), goneName},
      p.options.parked);
  addProvenanceRoutes(
      p.router,
      {host.provenance(), host.controller(), host.sessions(), [&host] { return knownNames(host); },
       [&host](Nanos patience) { return host.store().mergeNow(patience); }});
  p.http = MR_TRY(HttpServer::open(p.options.http));
  return std::unique_ptr<RestHost>(new RestHost(std::move(parts)));
}

void RestHost::start() {
  Parts& p = *parts_;
  p.host.controller().bulletins().listen(
      [&p](const engine::Bulletin& bulletin) { p.events->bulletinRaised(bulletin); });
  p.events->start();
  p.history->start();
  p.parked->start();
  p.http->start([&p](const HttpRequest& request) { return p.access->handle(request); });
}

Result<> RestHost::pickUp() {
  const auto outcome = parts_->flow->pickUp();
  if (!outcome || outcome->kind == ChangeOutcome::Kind::kDone) return Done{};
  return Error::user(fmt::format("{} was changed and is not taken: {}; the flow goes on as it was",
                                 parts_->options.flow, outcome->message));
}

void RestHost::stop() {
  Parts& p = *parts_;
  if (p.stopped || p.http == nullptr) return;
  p.stopped = true;
  p.host.controller().bulletins().listen({});
  p.events->stop();
  p.backup->stop();
  p.http->stop();
  p.history->stop();
  p.parked->stop();
}

std::string RestHost::address() const { return parts_->http->address(); }
const Router& RestHost::router() const { return parts_->router; }
HttpResponse RestHost::answer(const HttpRequest& request) {
  return parts_->access->handle(request);
}

}  // namespace millrace::server
