// SPDX-License-Identifier: Apache-2.0
// millrace el: evaluates the text of a property, one from the command line or many from stdin.
#include "engine/expression/compiled_expression.h"
#include "server/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace millrace::server {
namespace {

using Json = nlohmann::json;
using Texts = expression::AttributeMap::Map;

struct ElArguments {
  std::string expression;
  std::vector<std::string> attributes;
  std::vector<std::string> state;
  std::vector<std::string> parameters;
  bool batch = false;
};

struct Question {
  std::string text;
  expression::AttributeMap attributes;
  expression::AttributeMap state;
  expression::AttributeMap parameters;
};

/// One world for all questions, so that nextInt() goes on from one to the next.
class Oracle {
 public:
  Oracle()
      : random_(Random::fromEntropy()),
        variables_(expression::processVariables()),
        environment_{clock_, machine_, variables_, counter_, expression::TimeZone::ofProcess()} {}

  Result<expression::CompiledExpression> compile(const Question& question) const {
    const auto parameter = [&](std::string_view name) -> std::optional<std::string> {
      const auto value = question.parameters.attribute(name);
      if (!value) return std::nullopt;
      return std::string(*value);
    };
    return expression::CompiledExpression::compile(question.text,
                                                   {expression::Scope::kAttributes, parameter});
  }
  Result<std::string> evaluate(const expression::CompiledExpression& compiled,
                               const Question& question) {
    return compiled.evaluate({environment_, random_, &question.attributes, &question.state, "el"});
  }

 private:
  SystemClock clock_;
  Random random_;
  expression::SystemMachine machine_;
  expression::AttributeMap variables_;
  std::atomic<std::int64_t> counter_{0};
  expression::EvaluationEnvironment environment_;
};

Result<expression::AttributeMap> pairs(const std::vector<std::string>& texts, const char* option) {
  expression::AttributeMap map;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error::user(fmt::format("{} {}: write NAME=VALUE", option, text));
    map.set(text.substr(0, equals), text.substr(equals + 1));
  }
  return map;
}

Result<Question> questionOf(const ElArguments& arguments) {
  Question question;
  question.text = arguments.expression;
  question.attributes = MR_TRY(pairs(arguments.attributes, "--attribute"));
  question.state = MR_TRY(pairs(arguments.state, "--state"));
  question.parameters = MR_TRY(pairs(arguments.parameters, "--param"));
  return question;
}

ExitCode evaluateOne(const ElArguments& arguments) {
  const auto question = questionOf(arguments);
  if (!question.ok()) {
    complain(question.error().message);
    return ExitCode::kBadInput;
  }
  Oracle oracle;
  const auto compiled = oracle.compile(*question);
  if (!compiled.ok()) {
    complain(compiled.error().message);
    return ExitCode::kBadInput;
  }
  const auto value = oracle.evaluate(*compiled, *question);
  if (!value.ok()) {
    complain(value.error().message);
    return ExitCode::kFailed;
  }
  std::cout << *value << '\n';
  return ExitCode::kDone;
}

Result<expression::AttributeMap> textsOf(const Json& line, const char* name) {
  expression::AttributeMap map;
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return map;
  if (!found->is_object()) return Error::user(fmt::format("'{}' must be an object", name));
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) {
      map.set(key, value.get<std::string>());
    } else if (value.is_number() || value.is_boolean()) {
      map.set(key, value.dump());
    } else {
      return Error::user(fmt::format("the value of '{}' in '{}' must be a text", key, name));
    }
  }
  return map;
}

Result<Question> questionOf(const Json& line) {
  Question question;
  const auto expr = line.find("expr");
  if (expr == line.end() || !expr->is_string())
    return Error::user("the line needs 'expr', the text to evaluate");
  question.text = expr->get<std::string>();
  question.attributes = MR_TRY(textsOf(line, "attributes"));
  question.state = MR_TRY(textsOf(line, "state"));
  question.parameters = MR_TRY(textsOf(line, "parameters"));
  return question;
}

Result<std::string> valueOf(const Json& line, Oracle& oracle) {
  const Question question = MR_TRY(questionOf(line));
  const auto compiled = MR_TRY(oracle.compile(question));
  return oracle.evaluate(compiled, question);
}

Json answer(const std::string& text, Oracle& oracle) {
  Json answered{{"id", nullptr}};
  try {
    const Json line = Json::parse(text, nullptr, false);
    if (line.is_discarded() || !line.is_object()) {
      answered["error"] = "the line is no JSON object; write {\"id\":1,\"expr\":\"${…}\"}";
      return answered;
    }
    if (const auto id = line.find("id"); id != line.end()) {
      if (id->is_structured()) {
        answered["error"] = "'id' must be a text or a number";
        return answered;
      }
      answered["id"] = *id;
    }
    auto value = valueOf(line, oracle);
    if (value.ok()) {
      answered["value"] = std::move(*value);
    } else {
      answered["error"] = value.error().message;
    }
  } catch (const std::exception& error) {
    answered["error"] = error.what();
  }
  return answered;
}

ExitCode evaluateBatch() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  Oracle oracle;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer(line, oracle).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    // Who asks line by line waits for the answer; who sends many at once need not.
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
  std::cout.flush();
  if (std::cout.good()) return ExitCode::kDone;
  complain("stdout takes nothing more; the answers are not complete");
  return ExitCode::kFailed;
}

}  // namespace

void addElCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("el", "evaluate an expression, as a property would");
  command->footer(
      "A line of a batch: {\"id\":1,\"expr\":\"${a:toUpper()}\",\"attributes\":{\"a\":\"x\"},"
      "\"state\":{},\"parameters\":{}}\nIts answer:        {\"id\":1,\"value\":\"X\"}, or "
      "{\"id\":1,\"error\":\"…\"}\nDates are those of the time zone in TZ.");
  auto arguments = std::make_shared<ElArguments>();
  auto* text = command->add_option("EXPR", arguments->expression,
                                   "text of a property: plain text, ${…}, $${…}, #{…}");
  const auto addPairs = [&](const char* name, std::vector<std::string>& into, const char* help) {
    command->add_option(name, into, help)->expected(1)->take_all();
  };
  addPairs("--attribute", arguments->attributes, "NAME=VALUE: an attribute of the FlowFile");
  addPairs("--state", arguments->state, "NAME=VALUE: an entry of the component's state");
  addPairs("--param", arguments->parameters, "NAME=VALUE: a parameter");
  auto* batch = command->add_flag("--batch", arguments->batch,
                                  "read JSON lines from stdin, write one answer a line to stdout");
  for (const char* name : {"EXPR", "--attribute", "--state", "--param"})
    batch->excludes(command->get_option(name));
  command->callback([arguments, text, &action] {
    if (!arguments->batch && text->count() == 0)
      throw CLI::RequiredError("EXPR, the text to evaluate, or --batch");
    action = [arguments] { return arguments->batch ? evaluateBatch() : evaluateOne(*arguments); };
  });
}

}  // namespace millrace::server
