// SPDX-License-Identifier: Apache-2.0
// millrace test FILE…: runs the tests of flows and reports in the Test Anything Protocol.
#include "engine/base/posix_file_system.h"
#include "engine/flow/parameters.h"
#include "engine/flow/yaml_reader.h"
#include "host/flow_check.h"
#include "server/builtin_types.h"
#include "server/command.h"
#include "server/flowtest/test_reader.h"
#include "server/flowtest/verdict.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <map>

namespace millrace::server {
namespace {

using flowtest::TestCase;
using Json = nlohmann::ordered_json;

struct TestArguments {
  std::vector<std::string> files;
  std::string filter;
  bool list = false;
  bool json = false;
};

/// A test that is ready to run.
struct Prepared {
  std::string file;
  TestCase test;
  flowtest::PlayedFlow played;
};

/// Reads and checks everything before anything runs, so that a bad file is known at once.
class Preparation {
 public:
  explicit Preparation(FileSystem& files) : files_(files) {}

  void read(const std::string& file) {
    auto read = flowtest::readTests(files_, file);
    if (!read.ok()) {
      complain(read.error().message);
      bad_ = true;
      return;
    }
    tell(read->findings, file);
    if (!read->ok()) return;
    for (TestCase& test : read->cases) prepare(file, std::move(test));
  }
  bool bad() const { return bad_; }
  std::vector<Prepared>& tests() { return tests_; }

 private:
  struct KnownFlow {
    flow::Flow flow;
    bool usable = false;
  };

  void tell(const flow::Findings& findings, const std::string& file) {
    for (const flow::Finding& finding : findings) {
      if (finding.severity != flow::Severity::kError) continue;
      const std::string line = flow::describe(finding, file);
      // Two tests of one flow meet the same mistake.
      if (std::find(told_.begin(), told_.end(), line) == told_.end()) {
        std::cerr << line << '\n';
        told_.push_back(line);
      }
      bad_ = true;
    }
  }

  const KnownFlow& flowAt(const TestCase& test, const std::string& file) {
    const auto known = flows_.find(test.flow);
    if (known != flows_.end()) return known->second;
    KnownFlow& made = flows_[test.flow];
    const auto text = files_.readAll(test.flow);
    if (!text.ok()) {
      tell({{flow::Severity::kError,
             test.flowAt,
             {},
             {},
             text.error().message,
             "'flow' is a path seen from the test file's folder"}},
           file);
      return made;
    }
    flow::ReadFlow read = flow::readFlow(*text);
    tell(read.findings, test.flow);
    made.usable = read.ok();
    made.flow = std::move(read.flow);
    return made;
  }

  void prepare(const std::string& file, TestCase test) {
    const KnownFlow& known = flowAt(test, file);
    if (!known.usable) {
      bad_ = true;
      return;
    }
    flow::Findings findings;
    auto played = flowtest::playFlow(known.flow, test, findProcessorType, findings);
    tell(findings, file);
    if (flow::hasError(findings)) return;
    flow::Findings inFlow = host::checkFlow(played.flow, {test.parameters, test.parameters});
    for (const std::string& name : flow::referencedSecrets(played.flow)) {
      if (test.parameters.contains(name)) continue;
      inFlow.push_back({flow::Severity::kError,
                        {},
                        {},
                        {},
                        fmt::format("the sensitive parameter '{}' has no value", name),
                        "give it one under 'parameters' of the test"});
    }
    tell(inFlow, test.flow);
    if (flow::hasError(inFlow)) return;
    tests_.push_back({file, std::move(test), std::move(played)});
  }

  FileSystem& files_;
  std::map<std::string, KnownFlow> flows_;
  std::vector<Prepared> tests_;
  std::vector<std::string> told_;
  bool bad_ = false;
};

/// A description in TAP: `#` would begin a directive.
std::string described(const Prepared& prepared) {
  std::string text;
  for (const char character : prepared.file + ": " + prepared.test.name) {
    if (character == '#' || character == '\\') text += '\\';
    text += character == '\n' ? ' ' : character;
  }
  return text;
}

void report(const Prepared& prepared, const flowtest::Verdict& verdict) {
  std::cout << "#\n";
  bool marks = false;
  for (const flowtest::Complaint& complaint : verdict.complaints) {
    std::string place = prepared.file;
    if (complaint.at.known())
      place += fmt::format(":{}:{}", complaint.at.line, complaint.at.column);
    std::cout << fmt::format("#   {}\n", place);
    for (const std::string& line : complaint.lines) {
      std::cout << fmt::format("#     {}\n", line);
      marks = marks || line.starts_with("    - ") || line.starts_with("    + ");
    }
  }
  if (marks) std::cout << "#   (lines with - were expected, lines with + came)\n";
  std::cout << "#\n#   What happened:\n";
  for (const std::string& line : verdict.whatCame) std::cout << fmt::format("#     {}\n", line);
  std::cout << "#\n";
}

void print(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

Json describe(const Prepared& prepared) {
  Json json;
  json["file"] = prepared.file;
  json["line"] = prepared.test.at.line;
  json["name"] = prepared.test.name;
  return json;
}

void reportAsJson(const Prepared& prepared, const flowtest::Verdict& verdict) {
  Json json = describe(prepared);
  json["passed"] = verdict.passed();
  if (!verdict.passed()) {
    json["complaints"] = Json::array();
    for (const flowtest::Complaint& complaint : verdict.complaints) {
      Json each;
      if (complaint.at.known()) {
        each["line"] = complaint.at.line;
        each["column"] = complaint.at.column;
      }
      each["text"] = fmt::format("{}", fmt::join(complaint.lines, "\n"));
      json["complaints"].push_back(std::move(each));
    }
    json["came"] = verdict.whatCame;
  }
  print(json);
}

/// In the Test Anything Protocol.
void reportAsTap(const Prepared& prepared, const flowtest::Verdict& verdict, std::size_t number) {
  std::cout << fmt::format("{}ok {} - {}\n", verdict.passed() ? "" : "not ", number,
                           described(prepared));
  if (!verdict.passed()) report(prepared, verdict);
}

void list(const std::vector<Prepared>& tests, bool asJson) {
  for (const Prepared& prepared : tests) {
    if (asJson) {
      print(describe(prepared));
    } else {
      std::cout << fmt::format("{}:{}: {}\n", prepared.file, prepared.test.at.line,
                               prepared.test.name);
    }
  }
}

ExitCode run(const TestArguments& arguments) {
  const auto files = makePosixFileSystem();
  const SystemClock clock;
  const Nanos begin = clock.monotonic();
  Preparation preparation(*files);
  for (const std::string& file : arguments.files) preparation.read(file);
  if (preparation.bad()) return ExitCode::kBadInput;
  std::vector<Prepared>& tests = preparation.tests();
  std::erase_if(tests, [&](const Prepared& prepared) {
    return prepared.test.name.find(arguments.filter) == std::string::npos;
  });
  if (tests.empty()) {
    complain(fmt::format("no test has '{}' in its name; 'millrace test --list FILE' shows them all",
                         arguments.filter));
    return ExitCode::kBadInput;
  }
  if (arguments.list) {
    list(tests, arguments.json);
    return ExitCode::kDone;
  }
  if (!arguments.json) std::cout << fmt::format("TAP version 14\n1..{}\n", tests.size());
  std::size_t failed = 0;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const Prepared& prepared = tests[i];
    flowtest::FlowTrial trial(prepared.test, prepared.played, findProcessorType, findServiceType);
    const flowtest::Outcome outcome = trial.run();
    const flowtest::Verdict verdict = flowtest::judge(prepared.test, outcome, trial.files());
    if (!verdict.passed()) ++failed;
    if (arguments.json) {
      reportAsJson(prepared, verdict);
    } else {
      reportAsTap(prepared, verdict, i + 1);
    }
  }
  const Nanos took = (clock.monotonic() - begin) / kMillisecond;
  if (arguments.json) {
    Json sum;
    sum["passed"] = tests.size() - failed;
    sum["failed"] = failed;
    sum["ms"] = took;
    print(sum);
  } else {
    std::cout << fmt::format("# {} passed, {} failed, {} ms\n", tests.size() - failed, failed,
                             took);
  }
  return failed == 0 ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void addTestCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("test", "run the tests of flows");
  auto arguments = std::make_shared<TestArguments>();
  command->add_option("FILE", arguments->files, "test files, such as flows/flight-status.test.yaml")
      ->required();
  command->add_option("--filter", arguments->filter, "run the tests with this text in their name");
  command->add_flag("--list", arguments->list, "show the tests and run none");
  command->add_flag("--json", arguments->json, "as JSON, one object a line");
  command->footer(
      "Tests run in memory, on a clock of their own: they touch no file and start no program.\n"
      "Exit codes: 0 all passed, 1 some failed, 2 a file is wrong. docs/testing-flows.md teaches "
      "the format.");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace millrace::server
