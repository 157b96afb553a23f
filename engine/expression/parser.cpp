// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/parser.h"

#include "engine/expression/fold.h"
#include "engine/expression/java_number.h"
#include "engine/expression/lexer.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace millrace::expression {

namespace {

/// Chains and nesting together: the evaluation recurses as deep.
constexpr int kMaxDepth = 400;

using Building = std::unique_ptr<Node>;

class Parser {
 public:
  Parser(std::string_view text, std::size_t begin, std::size_t end,
         const ParameterLookup& parameter, References references, int depth = 0)
      : text_(text),
        lexer_(text, begin, end),
        parameter_(parameter),
        references_(references),
        depth_(depth) {}

  Result<NodePointer> whole() {
    MR_TRY(advance());
    Building root = MR_TRY(expression());
    if (token_.kind != Token::Kind::kEnd) return unexpected("the end of the expression");
    return NodePointer(std::move(root));
  }

 private:
  Result<Done> advance() {
    token_ = MR_TRY(lexer_.next());
    return Done{};
  }
  Error errorAt(std::size_t at, std::string message) const {
    return Error::user(fmt::format("{}: {}", placeOf(text_, at), message));
  }
  Error unexpected(std::string_view wanted) const {
    if (token_.kind == Token::Kind::kEnd) {
      return errorAt(token_.at, fmt::format("the expression ends where {} is expected", wanted));
    }
    return errorAt(token_.at, fmt::format("'{}' where {} is expected", token_.text, wanted));
  }
  Result<Done> expect(Token::Kind kind, std::string_view wanted) {
    if (token_.kind != kind) return unexpected(wanted);
    return advance();
  }
  Result<Done> deeper(std::size_t at) {
    if (++depth_ > kMaxDepth) {
      return errorAt(at,
                     fmt::format("more than {} functions in one expression; split it", kMaxDepth));
    }
    return Done{};
  }

  Building literal(Value value, Kind kind, std::string text = {}) {
    auto node = std::make_unique<Node>();
    node->op = Node::Op::kLiteral;
    node->kind = kind;
    node->text = std::move(text);
    node->literal = kind == Kind::kText ? Value::text(node->text) : value;
    return node;
  }
  /// A quoted text, in which expressions count as they do in a property's text.
  Result<Building> quoted(const Token& token) {
    const PropertyText scanned = scanPropertyText(token.text);
    std::vector<NodePointer> parts;
    bool plain = true;
    for (const auto& piece : scanned.pieces) {
      if (!piece.expression) {
        parts.push_back(literal({}, Kind::kText, piece.text));
        continue;
      }
      plain = false;
      auto part =
          Parser(token.text, piece.begin, piece.end, parameter_, references_, depth_ + 1).whole();
      if (!part.ok()) {
        return errorAt(token.at, fmt::format("in the quoted text, {}", part.error().message));
      }
      parts.push_back(std::move(*part));
    }
    if (plain) return literal({}, Kind::kText, token.text);
    auto node = std::make_unique<Node>();
    node->op = Node::Op::kTemplate;
    node->arguments = std::move(parts);
    return node;
  }
  Result<Building> parameterLiteral() {
    const Token token = token_;
    MR_TRY(advance());
    std::string value = MR_TRY(parameterValue(parameter_, token.text, text_, token.at));
    references_.parameters.push_back(token.text);
    return literal({}, Kind::kText, std::move(value));
  }

  Result<Building> expression() {
    const int outer = depth_;
    MR_TRY(deeper(token_.at));
    MR_TRY(expect(Token::Kind::kOpen, "'${'"));
    Building node = MR_TRY(subject());
    Building delegate;
    if (node->op == Node::Op::kMapped) {
      delegate = std::move(node);
      node = std::make_unique<Node>();
      node->op = Node::Op::kCurrent;
      node->kind = Kind::kText;
    }
    while (token_.kind == Token::Kind::kColon) {
      MR_TRY(advance());
      if (token_.kind != Token::Kind::kWord) return unexpected("the name of a function");
      const FunctionEntry* entry = MR_TRY(functionNamed(token_, false));
      MR_TRY(deeper(token_.at));
      if (entry->form != Form::kReducer || delegate == nullptr) {
        node = MR_TRY(call(*entry, std::move(node)));
        continue;
      }
      if (isAnyDelegate(*delegate->function)) {
        return errorAt(token_.at, fmt::format("{}() needs allAttributes, allMatchingAttributes or "
                                              "allDelineatedValues at the head of its chain",
                                              entry->name));
      }
      Building reduction = MR_TRY(call(*entry, nullptr));
      delegate->reducer = entry;
      delegate->kind = entry->result;
      if (!reduction->arguments.empty()) {
        delegate->reducerArgument = std::move(reduction->arguments.front());
      }
      delegate->subject = std::move(node);
      node = std::move(delegate);
      if (token_.kind == Token::Kind::kColon) {
        return errorAt(token_.at, fmt::format("nothing may follow {}(); nest it: ${{literal(${{…}}"
                                              "):…}}",
                                              entry->name));
      }
    }
    MR_TRY(expect(Token::Kind::kClose, "':' or '}'"));
    depth_ = outer;
    if (delegate != nullptr) {
      if (!convertible(node->kind, Kind::kBoolean)) {
        return errorAt(token_.at, fmt::format("{}() needs a chain that ends in true or false, "
                                              "not in {}",
                                              delegate->function->name, kindName(node->kind)));
      }
      delegate->subject = std::move(node);
      node = std::move(delegate);
    }
    return node;
  }

  Result<Building> subject() {
    switch (token_.kind) {
      case Token::Kind::kString:
      case Token::Kind::kWord:
        break;
      case Token::Kind::kParameter:
        return parameterLiteral();
      case Token::Kind::kOpen: {
        auto node = std::make_unique<Node>();
        node->op = Node::Op::kNamed;
        node->subject = MR_TRY(expression());
        return node;
      }
      default:
        return unexpected("an attribute's name or a function");
    }
    const Token name = token_;
    if (name.kind == Token::Kind::kWord) {
      if (const FunctionEntry* entry = findFunction(name.text, true)) {
        Building node = MR_TRY(call(*entry, nullptr));
        if (entry->form == Form::kDelegate) noteNamedAttributes(*node);
        return node;
      }
    }
    MR_TRY(advance());
    if (name.kind == Token::Kind::kString) {
      Building text = MR_TRY(quoted(name));
      if (text->op == Node::Op::kTemplate) {
        auto named = std::make_unique<Node>();
        named->op = Node::Op::kNamed;
        named->subject = std::move(text);
        return named;
      }
    }
    if (name.kind == Token::Kind::kWord) {
      if (token_.kind == Token::Kind::kLeft) return unknownFunction(name, true);
      if (isKeyword(name.text)) {
        return errorAt(name.at, fmt::format("'{}' is a word of the language; quote it to mean the "
                                            "attribute: '{}'",
                                            name.text, "${'" + name.text + "'}"));
      }
    }
    auto node = std::make_unique<Node>();
    node->op = Node::Op::kAttribute;
    node->text = name.text;
    references_.attributes.push_back(name.text);
    return node;
  }

  void noteNamedAttributes(const Node& node) {
    if (node.function->name != "anyAttribute" && node.function->name != "allAttributes") return;
    for (const auto& argument : node.arguments) {
      if (argument->op == Node::Op::kLiteral) references_.attributes.push_back(argument->text);
    }
  }

  Error unknownFunction(const Token& name, bool first) const {
    if (findFunction(name.text, !first) != nullptr) {
      return errorAt(
          name.at,
          first ? fmt::format("{0}() needs a subject before it: ${{attribute:{0}(…)}}", name.text)
                : fmt::format("{}() stands first in an expression, not after ':'", name.text));
    }
    const std::string_view near = nearestFunction(name.text);
    if (near.empty()) {
      return errorAt(name.at, fmt::format("there is no function {}", name.text));
    }
    return errorAt(name.at, fmt::format("{}: did you mean {}?", name.text, near));
  }

  Result<const FunctionEntry*> functionNamed(const Token& name, bool first) const {
    const FunctionEntry* entry = findFunction(name.text, first);
    if (entry == nullptr) return unknownFunction(name, first);
    return entry;
  }

  Result<Building> argument() {
    const Token token = token_;
    switch (token.kind) {
      case Token::Kind::kOpen:
        return expression();
      case Token::Kind::kParameter:
        return parameterLiteral();
      case Token::Kind::kString:
        MR_TRY(advance());
        return quoted(token);
      case Token::Kind::kWhole:
      case Token::Kind::kDecimal: {
        const ParsedNumber number = parseNumber(token.text);
        if (number.form == ParsedNumber::Form::kNone) {
          return errorAt(token.at, fmt::format("{} does not fit into 64 bits", token.text));
        }
        MR_TRY(advance());
        if (number.form == ParsedNumber::Form::kWhole) {
          return literal(Value::whole(number.whole), Kind::kWhole);
        }
        return literal(Value::decimal(number.decimal), Kind::kDecimal);
      }
      case Token::Kind::kWord:
        if (token.text == "true" || token.text == "false") {
          MR_TRY(advance());
          return literal(Value::boolean(token.text == "true"), Kind::kBoolean);
        }
        if (token.text == "null") {
          MR_TRY(advance());
          return literal(Value(), Kind::kAny);
        }
        return errorAt(token.at, fmt::format("an argument is a literal or an expression; quote a "
                                             "text, '{0}', or refer to an attribute, ${{{0}}}",
                                             token.text));
      default:
        return unexpected("an argument");
    }
  }

  Result<Building> call(const FunctionEntry& entry, Building subjectNode) {
    const std::size_t at = token_.at;
    if (subjectNode != nullptr && !convertible(subjectNode->kind, entry.subject)) {
      return errorAt(at, fmt::format("{}() takes {}, not {}", entry.name, kindName(entry.subject),
                                     kindName(subjectNode->kind)));
    }
    MR_TRY(advance());
    MR_TRY(expect(Token::Kind::kLeft, "'('"));
    auto node = std::make_unique<Node>();
    while (token_.kind != Token::Kind::kRight) {
      if (!node->arguments.empty()) MR_TRY(expect(Token::Kind::kComma, "',' or ')'"));
      const std::size_t place = token_.at;
      Building one = MR_TRY(argument());
      const Kind wanted = entry.arguments.kind(node->arguments.size());
      if (!convertible(one->kind, wanted)) {
        return errorAt(
            place, fmt::format("{}() takes {} as argument {}, not {}", entry.name, kindName(wanted),
                               node->arguments.size() + 1, kindName(one->kind)));
      }
      node->arguments.push_back(std::move(one));
    }
    MR_TRY(checkCount(entry, node->arguments.size(), at));
    node->op = entry.form == Form::kDelegate ? Node::Op::kMapped : Node::Op::kCall;
    node->function = &entry;
    node->kind = entry.result;
    node->subject = std::move(subjectNode);
    MR_TRY(prepare(entry, *node, at));
    MR_TRY(advance());
    return node;
  }

  Result<Done> checkCount(const FunctionEntry& entry, std::size_t count, std::size_t at) const {
    const std::size_t least = entry.arguments.least;
    const std::size_t most = entry.arguments.most;
    if (count >= least && count <= most) return Done{};
    std::string wanted = fmt::format("{}", least);
    if (most == kManyArguments) {
      wanted = fmt::format("{} or more", least);
    } else if (most != least) {
      wanted = fmt::format("{} to {}", least, most);
    }
    return errorAt(at, fmt::format("{}() takes {} argument{}, not {}", entry.name, wanted,
                                   least == 1 && most == 1 ? "" : "s", count));
  }

  Result<Done> prepare(const FunctionEntry& entry, Node& node, std::size_t at) const {
    if (entry.prepare == nullptr) return Done{};
    std::vector<const Value*> literals;
    for (const auto& one : node.arguments) {
      literals.push_back(one->op == Node::Op::kLiteral ? &one->literal : nullptr);
    }
    auto prepared = entry.prepare(literals);
    if (!prepared.ok()) {
      return errorAt(at, fmt::format("{}(): {}", entry.name, prepared.error().message));
    }
    node.prepared = std::move(*prepared);
    return Done{};
  }

  std::string_view text_;
  Lexer lexer_;
  const ParameterLookup& parameter_;
  References references_;
  int depth_;
  Token token_;
};

}  // namespace

Result<NodePointer> parseExpression(std::string_view text, std::size_t begin, std::size_t end,
                                    const ParameterLookup& parameter, References references) {
  return Parser(text, begin, end, parameter, references).whole();
}

}  // namespace millrace::expression
