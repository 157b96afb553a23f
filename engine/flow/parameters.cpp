// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/parameters.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace millrace::flow {
namespace {

using Contexts = std::unordered_map<std::string_view, const ParameterContext*>;

Contexts contextsOf(const Flow& flow) {
  Contexts contexts;
  for (const ParameterContext& context : flow.parameterContexts)
    contexts.emplace(context.name, &context);
  return contexts;
}

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == ' ';
}

// The name inside the braces at `open`, and the offset behind the closing one; empty if malformed.
std::optional<ParameterReference> referenceAt(std::string_view text, std::size_t open) {
  std::size_t at = open + 1;
  const char quote = at < text.size() && (text[at] == '\'' || text[at] == '"') ? text[at] : '\0';
  if (quote != '\0') ++at;
  const std::size_t start = at;
  while (at < text.size() && (quote != '\0' ? text[at] != quote : isNameByte(text[at]))) ++at;
  ParameterReference reference;
  reference.name = std::string(text.substr(start, at - start));
  if (quote != '\0') ++at;
  if (at >= text.size() || text[at] != '}' || reference.name.empty()) return std::nullopt;
  reference.end = at + 1;
  return reference;
}

// The end of the run of # at `at`.
std::size_t hashesEnd(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of('#', at), text.size());
}

const Parameter* usable(const std::string& name, const ParameterScope& scope) {
  const auto found = scope.find(name);
  const bool plain = found != scope.end() && !found->second->sensitive && found->second->value;
  return plain ? found->second : nullptr;
}

std::optional<std::string> valueOf(const std::string& name, const ParameterScope& scope) {
  const Parameter* parameter = usable(name, scope);
  if (parameter == nullptr) return std::nullopt;
  const auto inner = parameterReferences(*parameter->value);
  const bool alias =
      inner.size() == 1 && inner[0].begin == 0 && inner[0].end == parameter->value->size();
  if (!alias) return parameter->value;
  const Parameter* other = usable(inner[0].name, scope);
  return other == nullptr ? std::nullopt : other->value;
}

}  // namespace

ParameterScope parametersOf(const Flow& flow, const Group& group) {
  ParameterScope scope;
  const auto add = [&](const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters) scope.emplace(parameter.name, &parameter);
  };
  add(group.parameters);
  const Contexts contexts = contextsOf(flow);
  std::unordered_set<std::string_view> seen;
  // A stack, not recursion: the chain may be as long as the file allows.
  std::vector<std::string_view> waiting;
  if (!group.parameterContext.empty()) waiting.push_back(group.parameterContext);
  while (!waiting.empty()) {
    const std::string_view name = waiting.back();
    waiting.pop_back();
    const auto context = contexts.find(name);
    if (context == contexts.end() || !seen.insert(name).second) continue;
    add(context->second->parameters);
    const auto& parents = context->second->inherits;
    for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent)
      waiting.push_back(parent->text);
  }
  return scope;
}

std::vector<ParameterReference> parameterReferences(std::string_view text) {
  std::vector<ParameterReference> references;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = hashesEnd(text, at);
    if ((run - at) % 2 == 1 && run < text.size() && text[run] == '{') {
      if (auto reference = referenceAt(text, run)) {
        reference->begin = run - 1;
        at = reference->end;
        references.push_back(std::move(*reference));
        continue;
      }
    }
    at = std::max(run, at + 1);
  }
  return references;
}

std::optional<std::string> substituteParameters(std::string_view text,
                                                const ParameterScope& scope) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = hashesEnd(text, at);
    const std::size_t hashes = run - at;
    const bool brace = run < text.size() && text[run] == '{';
    if (hashes == 0) {
      result.push_back(text[at++]);
    } else if (!brace) {
      result.append(hashes, '#');
      at = run;
    } else if (hashes % 2 == 0) {
      result.append(hashes / 2, '#');
      at = run;
    } else if (const auto reference = referenceAt(text, run)) {
      const std::optional<std::string> value = valueOf(reference->name, scope);
      if (!value) return std::nullopt;
      result.append(hashes / 2, '#');
      result += *value;
      at = reference->end;
    } else {
      result.append(hashes, '#');
      at = run;
    }
  }
  return result;
}

namespace {

void addSecrets(const Flow& flow, const Group& group, std::set<std::string>& names) {
  const ParameterScope scope = parametersOf(flow, group);
  const auto addText = [&](std::string_view text) {
    for (const ParameterReference& reference : parameterReferences(text)) {
      const auto found = scope.find(reference.name);
      if (found != scope.end() && found->second->sensitive) names.insert(reference.name);
    }
  };
  const auto add = [&](const Properties& properties) {
    for (const Property& property : properties) addText(property.value);
  };
  for (const Processor& processor : group.processors) {
    if (processor.state != RunState::kDisabled) add(processor.properties);
  }
  for (const Service& service : group.services) {
    if (service.enabled) add(service.properties);
  }
  for (const RemoteGroup& remote : group.remoteGroups) {
    if (remote.proxy) addText(remote.proxy->password);
  }
  for (const Group& inner : group.groups) addSecrets(flow, inner, names);
}

bool hasSensitive(const std::vector<Parameter>& parameters, std::string_view name) {
  return std::any_of(parameters.begin(), parameters.end(), [name](const Parameter& parameter) {
    return parameter.sensitive && parameter.name == name;
  });
}

bool hasSensitive(const Group& group, std::string_view name) {
  return hasSensitive(group.parameters, name) ||
         std::any_of(group.groups.begin(), group.groups.end(),
                     [name](const Group& inner) { return hasSensitive(inner, name); });
}

}  // namespace

std::vector<std::string> referencedSecrets(const Flow& flow) {
  std::set<std::string> names;
  addSecrets(flow, flow.root, names);
  return {names.begin(), names.end()};
}

bool isSensitiveSomewhere(const Flow& flow, std::string_view parameter) {
  return hasSensitive(flow.root, parameter) ||
         std::any_of(flow.parameterContexts.begin(), flow.parameterContexts.end(),
                     [parameter](const ParameterContext& context) {
                       return hasSensitive(context.parameters, parameter);
                     });
}

std::vector<std::vector<std::string>> parameterContextCycles(const Flow& flow) {
  const Contexts contexts = contextsOf(flow);
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  std::unordered_map<std::string_view, Mark> marks;
  std::vector<std::vector<std::string>> cycles;
  struct Step {
    const ParameterContext* context;
    std::size_t next = 0;
  };
  for (const ParameterContext& start : flow.parameterContexts) {
    if (marks[start.name] != Mark::kNew) continue;
    std::vector<Step> stack{{&start}};
    marks[start.name] = Mark::kOpen;
    while (!stack.empty()) {
      Step& step = stack.back();
      if (step.next == step.context->inherits.size()) {
        marks[step.context->name] = Mark::kDone;
        stack.pop_back();
        continue;
      }
      const auto parent = contexts.find(step.context->inherits[step.next++].text);
      if (parent == contexts.end()) continue;
      Mark& mark = marks[parent->second->name];
      if (mark == Mark::kNew) {
        mark = Mark::kOpen;
        stack.push_back({parent->second});
      } else if (mark == Mark::kOpen) {
        std::vector<std::string> cycle;
        bool inside = false;
        for (const Step& open : stack) {
          inside = inside || open.context == parent->second;
          if (inside) cycle.push_back(open.context->name);
        }
        cycle.push_back(parent->second->name);
        cycles.push_back(std::move(cycle));
      }
    }
  }
  return cycles;
}

}  // namespace millrace::flow
