// SPDX-License-Identifier: Apache-2.0
#include "server/rest/expression_steps.h"

#include "engine/expression/lexer.h"
#include "engine/expression/property_text.h"

#include <optional>

namespace millrace::server {
namespace {

using expression::Token;

/// One expression that stands in the text, from its `$` to behind its `}`.
void addSteps(std::string_view text, std::size_t begin, std::size_t end, std::size_t most,
              std::vector<std::string>& steps) {
  expression::Lexer lexer(text, begin, end);
  // Where the expressions around are; nothing: a list of arguments.
  std::vector<std::optional<std::size_t>> around;
  while (steps.size() < most) {
    const auto token = lexer.next();
    if (!token.ok() || token->kind == Token::Kind::kEnd) return;
    const bool inExpression = !around.empty() && around.back();
    const auto from = [&] { return text.substr(*around.back(), token->at - *around.back()); };
    switch (token->kind) {
      case Token::Kind::kOpen:
        around.emplace_back(token->at);
        break;
      case Token::Kind::kLeft:
        around.emplace_back(std::nullopt);
        break;
      case Token::Kind::kColon:
      case Token::Kind::kClose:
        if (!inExpression) return;
        steps.push_back(std::string(from()) + "}");
        if (token->kind == Token::Kind::kClose) around.pop_back();
        break;
      case Token::Kind::kRight:
        if (around.empty() || inExpression) return;
        around.pop_back();
        break;
      default:
        break;
    }
  }
}

}  // namespace

std::vector<std::string> stepsOf(std::string_view propertyText, std::size_t most) {
  std::vector<std::string> steps;
  for (const auto& piece : expression::scanPropertyText(propertyText).pieces) {
    if (piece.expression) addSteps(propertyText, piece.begin, piece.end, most, steps);
  }
  return steps;
}

}  // namespace millrace::server
