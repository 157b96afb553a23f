// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's interface over a real running flow, without sockets.

#include "engine/base/mutex.h"
#include "engine/base/posix_file_system.h"
#include "engine/flow/yaml_reader.h"
#include "server/flow_host.h"
#include "server/flow_store/flow_json.h"
#include "server/rest_host.h"
#include "tests/harness/openapi_check.h"

#include <nlohmann/json.hpp>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

namespace rest_rig {

using namespace millrace;
using namespace millrace::server;

/// A client that keeps what it is sent.
class Ear final : public StreamWriter {
 public:
  bool write(std::string piece) override {
    MutexLock lock(mutex_);
    if (!open_) return false;
    heard_ += piece;
    return true;
  }
  void close() override {
    MutexLock lock(mutex_);
    open_ = false;
  }
  std::string heard() {
    MutexLock lock(mutex_);
    return heard_;
  }
  std::string lastId() {
    const std::string all = heard();
    const std::size_t at = all.rfind("id: ");
    return all.substr(at + 4, all.find('\n', at) - at - 4);
  }

 private:
  Mutex mutex_;
  bool open_ = true;
  std::string heard_;
};

enum class WithLog : std::uint8_t { kNo, kYes };

/// The real flow host and the real routes over it, called without sockets. Every answer is compared
/// with the description of the interface.
struct Rig {
  QTemporaryDir folder;
  std::unique_ptr<FileSystem> files = makePosixFileSystem();
  std::unique_ptr<LogBook> book;  ///< what was said is written with book->writeNow()
  std::string written;
  std::unique_ptr<FlowHost> host;
  std::unique_ptr<RestHost> rest;
  Durability durability = Durability::kProcess;  ///< from the next open() on

  explicit Rig(const std::string& text, Millis archive = 0, WithLog log = WithLog::kNo)
      : log_(log) {
    require(files->replaceAll(path(), text));
    HostOptions options;
    options.archiveAge = archive;
    open(options);
  }
  ~Rig() { close(); }

  std::string path() const { return folder.filePath("flow.yaml").toStdString(); }
  std::string data() const { return folder.filePath("data").toStdString(); }
  void open(HostOptions options, ParkedRules parked = {}) {
    options.data = data();
    options.durability = durability;
    options.incomplete = engine::Incomplete::kKeep;
    if (log_ == WithLog::kYes) options.log = LogHostOptions();
    book = std::make_unique<LogBook>(*files, clock_, LogOptions(), [this](std::string_view lines) {
      written += lines;
      return true;
    });
    options.onRemark = [this](const engine::Remark& remark) {
      book->write(remark.level == BulletinLevel::kError ? LogLevel::kError : LogLevel::kInfo,
                  {"components", remark.component.raw(), remark.type, remark.path}, remark.message,
                  remark.flowFile);
    };
    const auto text = files->readAll(path());
    if (!text.ok()) qFatal("%s", text.error().message.c_str());
    auto read = flow::parseFlow(*text, "flow");
    if (!read.ok()) qFatal("%s", read.error().message.c_str());
    auto opened = FlowHost::open(*read, options);
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    host = std::move(*opened);
    RestHostOptions served;
    served.flow = path();
    served.data = data();
    served.http.port = 0;
    served.log = book.get();
    served.parked = parked;
    auto made = RestHost::open(*host, *files, std::move(served));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    rest = std::move(*made);
    require(host->start());
    rest->start();
  }
  void close() {
    if (rest == nullptr) return;
    rest->stop();
    require(host->stop());
    rest.reset();
    host.reset();
  }
  /// As a stop and a start of the server.
  void reopen(ParkedRules parked = {}) {
    close();
    open({}, parked);
  }
  static void require(const Result<>& result) {
    if (!result.ok()) qFatal("%s", result.error().message.c_str());
  }

  HttpResponse send(HttpMethod method, const std::string& target, const std::string& body = "",
                    HttpHeaders headers = {}) {
    const HttpRequest request{method, target, std::move(headers), body};
    HttpResponse response = rest->answer(request);
    compare(request, response);
    return response;
  }
  const openapi::Description& description() {
    if (description_ == nullptr) {
      const auto text = files->readAll(std::string(MR_SOURCE_DIR) + "/server/rest/openapi.json");
      if (!text.ok()) qFatal("%s", text.error().message.c_str());
      description_ = std::make_unique<openapi::Description>(Json::parse(*text));
    }
    return *description_;
  }
  static std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(c));
    return result;
  }
  /// Ends the test when the answer is not as the description says.
  void compare(const HttpRequest& request, const HttpResponse& response) {
    const auto target = parseTarget(request.target);
    if (!target.ok()) return;
    for (const Router::Route& route : rest->router().routes()) {
      if (route.method != request.method || !Router::fits(route, target->segments)) continue;
      const std::string* type = response.header("Content-Type");
      const std::string wrong =
          description().against(lower(methodName(route.method)), route.pattern, response.status,
                                type == nullptr ? std::string() : *type, response.body);
      if (!wrong.empty()) qFatal("%s", wrong.c_str());
      return;
    }
  }
  Json get(const std::string& target) {
    const HttpResponse response = send(HttpMethod::kGet, target);
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }
  HttpResponse post(const std::string& target, const Json& body) {
    return send(HttpMethod::kPost, target, body.dump());
  }
  std::string id(const std::string& name, const std::string& list = "processors") {
    const Json json = get("/api/v1/flow");
    for (const Json& item : json.at("flow").at(list)) {
      if (item.value("name", "") == name) return item.at("id").get<std::string>();
    }
    qFatal("there is no %s", name.c_str());
  }
  Json statusOf(const std::string& name) {
    const std::string wanted = id(name);
    const Json all = get("/api/v1/status");
    for (const Json& each : all.at("components")) {
      if (each.at("id") == wanted) return each;
    }
    qFatal("there is no status of %s", name.c_str());
  }
  template <typename Condition>
  static bool eventually(Condition condition) {
    QElapsedTimer waited;
    waited.start();
    while (!condition()) {
      if (waited.elapsed() > 60000) return false;
      QTest::qWait(5);
    }
    return true;
  }
  Json act(const std::string& action, const std::string& target) {
    const HttpResponse response = post("/api/v1/actions", {{"action", action}, {"ids", {target}}});
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }

 private:
  const WithLog log_;
  SystemClock clock_;
  std::unique_ptr<openapi::Description> description_;
};

}  // namespace rest_rig
