// SPDX-License-Identifier: Apache-2.0
#include "engine/base/fault_file_system.h"
#include "engine/net/no_network.h"
#include "engine/processor/service_descriptor.h"
#include "tests/harness/processor_bench.h"

#include <sqlite3.h>

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_lookup_attribute;
extern const ServiceDescriptor serviceIn_simple_csv_file_lookup_service;
extern const ServiceDescriptor serviceIn_sqlite_lookup_service;
}  // namespace millrace::processors

using namespace millrace;
using millrace::tests::ProcessorBench;

namespace {

class Fixed final : public LookupService {
 public:
  Result<std::optional<std::string>> lookup(std::string_view key) override {
    if (key == "broken") return Error::environment("the table is gone");
    if (key == "blank") return std::optional<std::string>(" ");
    if (key == "one") return std::optional<std::string>("1");
    return std::optional<std::string>();
  }
};

/// The context of a service on a bench's files and clock.
class Context final : public ServiceContext {
 public:
  Context(
      FileSystem& files, Clock& clock, std::map<std::string, std::string> set,
      const ServiceDescriptor& descriptor = processors::serviceIn_simple_csv_file_lookup_service)
      : files_(files), clock_(clock) {
    for (const PropertyInfo* info : descriptor.properties) {
      const auto found = set.find(std::string(info->name));
      auto property = ConfiguredProperty::make(
          info, std::string(info->name),
          found == set.end() ? std::nullopt : std::optional(found->second), info->scope, {});
      properties_[info] = property.ok() ? *property : ConfiguredProperty();
    }
  }
  const ConfiguredProperty& property(const PropertyInfo& info) const override {
    return properties_.at(&info);
  }
  std::span<const ConfiguredProperty> dynamicProperties() const override { return {}; }
  Result<> evaluateText(const ConfiguredProperty& property, std::string& into) const override {
    into = property.text();
    return Done{};
  }
  FileSystem& files() override { return files_; }
  Clock& clock() override { return clock_; }
  net::Network& network() override { return network_; }
  void log(BulletinLevel, std::string_view) override { ++warnings; }
  std::string_view serviceName() const override { return "CSV"; }
  ControllerService* service(const Property<ServiceName>&) override { return nullptr; }
  std::vector<ControllerService*> services() override { return {}; }
  ServiceState& state() override { qFatal("a table keeps nothing"); }

  int warnings = 0;

 private:
  FileSystem& files_;
  Clock& clock_;
  net::NoNetwork network_{"a table needs no network"};
  std::map<const PropertyInfo*, ConfiguredProperty> properties_;
};

/// The bytes of a database that SQLite itself makes.
std::string database(const char* commands) {
  sqlite3* made = nullptr;
  char* problem = nullptr;
  if (sqlite3_open(":memory:", &made) != SQLITE_OK ||
      sqlite3_exec(made, commands, nullptr, nullptr, &problem) != SQLITE_OK)
    qFatal("%s", problem == nullptr ? "no database" : problem);
  sqlite3_int64 size = 0;
  unsigned char* const bytes = sqlite3_serialize(made, "main", &size, 0);
  std::string result(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(made);
  return result;
}

}  // namespace

class LookupAttributeTest : public QObject {
  Q_OBJECT

 private slots:
  void foundValuesBecomeAttributes() {
    Fixed service;
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.service("table", &service)
        .set("Lookup Service", "table")
        .set("Include Empty Values", "false")
        .set("value", "${key}");
    bench.enqueue("", {{"key", "one"}});
    bench.enqueue("", {{"key", "unknown"}});
    bench.enqueue("", {{"key", "blank"}});
    bench.enqueue("", {{"key", "broken"}});
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).attributes.at("value"), std::string("1"));
    QCOMPARE(bench.count("matched"), std::size_t{1});
    QCOMPARE(bench.count("unmatched"), std::size_t{2});
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }

  void emptyValuesCountByDefault() {
    Fixed service;
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.service("table", &service).set("Lookup Service", "table").set("value", "${key}");
    bench.enqueue("", {{"key", "unknown"}});
    bench.enqueue("", {{"key", "blank"}});
    bench.run();
    const auto matched = bench.outputs("matched");
    QCOMPARE(matched.size(), std::size_t{2});
    QCOMPARE(matched[0].attributes.at("value"), std::string("null"));
    QCOMPARE(matched[1].attributes.at("value"), std::string());
  }

  void aCsvFileIsLookedUpAndReadAgain() {
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.writeFile("/table.csv", "id,name\n1,\"a, \"\"b\"\"\"\n2,two\n2,last\n\n3\n");
    auto made = processors::serviceIn_simple_csv_file_lookup_service.make();
    auto& service = dynamic_cast<LookupService&>(*made);
    Context context(
        bench.fileSystem(), bench.clock(),
        {{"CSV File", "/table.csv"}, {"Lookup Key Column", "id"}, {"Lookup Value Column", "name"}});
    const auto enabled = made->onEnabled(context);
    QVERIFY2(enabled.ok(), enabled.ok() ? "" : enabled.error().message.c_str());
    QCOMPARE(service.lookup("1")->value_or(""), std::string("a, \"b\""));
    QCOMPARE(service.lookup("2")->value_or(""), std::string("last"));
    QVERIFY(!service.lookup("3")->has_value());
    bench.writeFile("/table.csv", "id,name\n1,new value\n");
    QCOMPARE(service.lookup("1")->value_or(""), std::string("a, \"b\""));
    bench.clock().advance(31 * kSecond);
    QCOMPARE(service.lookup("1")->value_or(""), std::string("new value"));
    bench.writeFile("/table.csv", "other\n1\n");
    bench.clock().advance(31 * kSecond);
    QCOMPARE(service.lookup("1")->value_or(""), std::string("new value"));
    QCOMPARE(context.warnings, 1);
  }

  void aWrongFileIsRefused() {
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.writeFile("/twice.csv", "id,name\n1,a\n1,b\n");
    const auto problem = [&](std::map<std::string, std::string> set) {
      auto made = processors::serviceIn_simple_csv_file_lookup_service.make();
      set["Lookup Key Column"] = "id";
      Context context(bench.fileSystem(), bench.clock(), std::move(set));
      const auto enabled = made->onEnabled(context);
      return enabled.ok() ? std::string() : enabled.error().message;
    };
    QVERIFY(!problem({{"CSV File", "/absent.csv"}, {"Lookup Value Column", "name"}}).empty());
    QVERIFY(problem({{"CSV File", "/twice.csv"}, {"Lookup Value Column", "nome"}}).find("nome") !=
            std::string::npos);
    QVERIFY(problem({{"CSV File", "/twice.csv"},
                     {"Lookup Value Column", "name"},
                     {"Ignore Duplicates", "false"}})
                .find("twice") != std::string::npos);
    QCOMPARE(problem({{"CSV File", "/twice.csv"}, {"Lookup Value Column", "name"}}), std::string());
  }

  void aDatabaseIsLookedUpAndReadAgain() {
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.writeFile("/db", database("CREATE TABLE `odd ``name` (id INTEGER, name TEXT, n REAL);"
                                    "INSERT INTO `odd ``name` VALUES (1, 'one', 1.5), (2, NULL, 2),"
                                    "(3, 'tr\xC3\xA9s', NULL), (4, '', 4)"));
    auto made = processors::serviceIn_sqlite_lookup_service.make();
    auto& service = dynamic_cast<LookupService&>(*made);
    Context context(bench.fileSystem(), bench.clock(),
                    {{"Database File", "/db"},
                     {"Table Name", "odd `name"},
                     {"Lookup Key Column", "id"},
                     {"Lookup Value Column", "name"}},
                    processors::serviceIn_sqlite_lookup_service);
    const auto enabled = made->onEnabled(context);
    QVERIFY2(enabled.ok(), enabled.ok() ? "" : enabled.error().message.c_str());
    QCOMPARE(service.lookup("1")->value_or("?"), std::string("one"));
    QCOMPARE(service.lookup("3")->value_or("?"), std::string("tr\xC3\xA9s"));
    QCOMPARE(service.lookup("4")->value_or("?"), std::string());
    QVERIFY(!service.lookup("2")->has_value());
    QVERIFY(!service.lookup("1 OR 1=1")->has_value());
    QVERIFY(!service.lookup("")->has_value());
    bench.writeFile("/db", database("CREATE TABLE `odd ``name` (id TEXT, name TEXT);"
                                    "INSERT INTO `odd ``name` VALUES ('1', 'other')"));
    bench.clock().advance(31 * kSecond);
    QCOMPARE(service.lookup("1")->value_or("?"), std::string("other"));
    bench.writeFile("/db", "no database at all");
    bench.clock().advance(31 * kSecond);
    QCOMPARE(service.lookup("1")->value_or("?"), std::string("other"));
    QCOMPARE(context.warnings, 1);
  }

  void aWrongDatabaseIsRefused() {
    ProcessorBench bench(processors::processorIn_lookup_attribute);
    bench.writeFile("/db", database("CREATE TABLE t (id TEXT, name TEXT)"));
    bench.writeFile("/empty", "");
    bench.writeFile("/text", "id,name\n");
    bench.writeFile("/busy", database("CREATE TABLE t (id TEXT, name TEXT)"));
    bench.writeFile("/busy-wal", "something");
    const auto problem = [&](const std::string& file, const std::string& table,
                             const std::string& value) {
      auto made = processors::serviceIn_sqlite_lookup_service.make();
      Context context(bench.fileSystem(), bench.clock(),
                      {{"Database File", file},
                       {"Table Name", table},
                       {"Lookup Key Column", "id"},
                       {"Lookup Value Column", value}},
                      processors::serviceIn_sqlite_lookup_service);
      const auto enabled = made->onEnabled(context);
      return enabled.ok() ? std::string() : enabled.error().message;
    };
    QCOMPARE(problem("/db", "t", "name"), std::string());
    QVERIFY(problem("/db", "t", "nome").find("nome") != std::string::npos);
    QVERIFY(problem("/db", "u", "name").find("/db: ") != std::string::npos);
    for (const char* file : {"/absent", "/empty", "/text"})
      QVERIFY(!problem(file, "t", "name").empty());
    QVERIFY(problem("/busy", "t", "name").find("wal_checkpoint") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(LookupAttributeTest)
#include "lookup_attribute_test.moc"
