// SPDX-License-Identifier: Apache-2.0
#include "processors/reference.h"

#include "engine/processor/processor.h"
#include "processors/relationship_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace millrace {
namespace {

std::string_view kindName(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::kText:
      return "text";
    case PropertyKind::kInteger:
      return "integer";
    case PropertyKind::kDecimal:
      return "number";
    case PropertyKind::kBoolean:
      return "boolean";
    case PropertyKind::kDuration:
      return "duration";
    case PropertyKind::kDataSize:
      return "data size";
    case PropertyKind::kRegex:
      return "regular expression";
    case PropertyKind::kService:
      return "service";
    case PropertyKind::kJsonPath:
      return "JSONPath";
    case PropertyKind::kCharset:
      return "character set";
  }
  return "text";
}

std::string_view scopeName(ExpressionScope scope) {
  switch (scope) {
    case ExpressionScope::kNone:
      return "none";
    case ExpressionScope::kEnvironment:
      return "environment";
    case ExpressionScope::kFlowFile:
      return "flowfile";
  }
  return "none";
}

std::string_view inputName(InputRequirement input) {
  switch (input) {
    case InputRequirement::kRequired:
      return "required";
    case InputRequirement::kAllowed:
      return "allowed";
    case InputRequirement::kForbidden:
      return "forbidden";
  }
  return "required";
}

std::string_view effectName(OutsideEffect effect) {
  switch (effect) {
    case OutsideEffect::kNone:
      return "none";
    case OutsideEffect::kOutside:
      return "outside";
    case OutsideEffect::kRepeatable:
      return "repeatable";
  }
  return "none";
}

std::string_view dynamicName(DynamicProperties dynamic) {
  switch (dynamic) {
    case DynamicProperties::kNone:
      return "none";
    case DynamicProperties::kAttributes:
      return "attributes";
    case DynamicProperties::kRelationships:
      return "relationships";
    case DynamicProperties::kOther:
      return "other";
  }
  return "none";
}

/// Text in a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|')
      result += "\\|";
    else if (c == '<')
      result += "&lt;";
    else if (c == '\n')
      result += ' ';
    else
      result += c;
  }
  return result;
}

std::string code(std::string_view text) {
  if (text.empty()) return "";
  if (text == "\n") return "a line break";
  std::string inside;
  for (const char c : text) {
    if (c == '|')
      inside += "\\|";
    else if (c == '\n')
      inside += "\\n";
    else
      inside += c;
  }
  const bool ticks = inside.find('`') != std::string::npos;
  return ticks ? fmt::format("`` {} ``", inside) : fmt::format("`{}`", inside);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(result), "\\u{:04x}", static_cast<unsigned>(c));
        else
          result += c;
    }
  }
  return result + '"';
}

template <typename Range, typename Write>
std::string array(const Range& range, Write&& write) {
  std::string result = "[";
  for (const auto& item : range) {
    if (result.size() > 1) result += ',';
    result += write(item);
  }
  return result + "]";
}

std::string traits(const ProcessorDescriptor& descriptor) {
  std::vector<std::string_view> facts;
  switch (descriptor.input) {
    case InputRequirement::kRequired:
      facts.emplace_back("needs input");
      break;
    case InputRequirement::kAllowed:
      facts.emplace_back("may have input");
      break;
    case InputRequirement::kForbidden:
      facts.emplace_back("is a source: takes no input");
      break;
  }
  if (descriptor.endless) facts.emplace_back("never runs dry");
  if (descriptor.batching) facts.emplace_back("works in batches");
  if (descriptor.serial) facts.emplace_back("runs one task at a time");
  if (descriptor.triggerWhenEmpty)
    facts.emplace_back(descriptor.wakesItself
                           ? "also runs without input, to see that time has passed"
                           : "also runs without new input while it holds FlowFiles");
  if (descriptor.blocking) facts.emplace_back("waits for others: runs on the side pool");
  if (descriptor.effect == OutsideEffect::kOutside)
    facts.emplace_back("acts on the outside: is handed only FlowFiles that are safe on disk");
  if (descriptor.effect == OutsideEffect::kRepeatable)
    facts.emplace_back("acts on the outside, in ways that may be repeated");
  std::string text;
  for (const std::string_view fact : facts)
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : "; ", fact);
  return text;
}

std::string propertyText(const PropertyInfo& info) {
  std::string text = cell(info.description);
  if (!info.allowed.empty()) {
    text += "<br>One of:";
    for (const AllowedValue& allowed : info.allowed) {
      fmt::format_to(std::back_inserter(text), "<br>• {}{}{}", code(allowed.value),
                     allowed.description.empty() ? "" : ": ", cell(allowed.description));
    }
  }
  if (!info.dependsOn.empty()) {
    fmt::format_to(std::back_inserter(text), "<br>Only with {}", info.dependsOn);
    for (std::size_t i = 0; i < info.dependsOnValues.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? " = " : " or ",
                     code(info.dependsOnValues[i]));
    }
    text += '.';
  }
  if (info.scope == ExpressionScope::kFlowFile) text += "<br>Expressions: yes, with attributes.";
  if (info.scope == ExpressionScope::kEnvironment)
    text += "<br>Expressions: yes, without attributes.";
  if (info.sensitive) text += "<br>Kept secret.";
  if (!info.aliases.empty()) {
    text += "<br>Also read as";
    for (std::size_t i = 0; i < info.aliases.size(); ++i)
      fmt::format_to(std::back_inserter(text), "{} {}", i == 0 ? "" : ",", code(info.aliases[i]));
    text += '.';
  }
  return text;
}

void attributeTable(std::string& page, std::string_view title,
                    std::span<const AttributeInfo> attributes) {
  if (attributes.empty()) return;
  fmt::format_to(std::back_inserter(page),
                 "\n## {}\n\n| Attribute | Description |\n| --- | --- |\n", title);
  for (const AttributeInfo& attribute : attributes) {
    fmt::format_to(std::back_inserter(page), "| {} | {} |\n", code(attribute.name),
                   cell(attribute.description));
  }
}

std::string propertyJson(const PropertyInfo* info) {
  const auto text = [](std::string_view value) { return quoted(value); };
  std::string json = fmt::format(
      R"({{"name":{},"description":{},"kind":{},"required":{},"sensitive":{},"scope":{})",
      quoted(info->name), quoted(info->description), quoted(kindName(info->kind)), info->required,
      info->sensitive, quoted(scopeName(info->scope)));
  if (info->defaultValue) json += ",\"default\":" + quoted(*info->defaultValue);
  if (!info->allowed.empty()) {
    json += ",\"allowed\":" + array(info->allowed, [&](const AllowedValue& allowed) {
              return fmt::format(R"({{"value":{},"description":{},"aliases":{}}})",
                                 quoted(allowed.value), quoted(allowed.description),
                                 array(allowed.aliases, text));
            });
  }
  if (!info->aliases.empty()) json += ",\"aliases\":" + array(info->aliases, text);
  if (!info->dependsOn.empty()) {
    json += fmt::format(R"(,"dependsOn":{{"property":{},"values":{}}})", quoted(info->dependsOn),
                        array(info->dependsOnValues, text));
  }
  if (!info->serviceType.empty()) json += ",\"serviceType\":" + quoted(info->serviceType);
  if (info->atLeast != INT64_MIN) json += fmt::format(",\"atLeast\":{}", info->atLeast);
  if (info->atMost != INT64_MAX) json += fmt::format(",\"atMost\":{}", info->atMost);
  return json + "}";
}

}  // namespace

std::string referenceMarkdown(const ProcessorDescriptor& descriptor) {
  std::string page = fmt::format(
      "<!-- Written from the descriptor of the processor; do not edit. -->\n# {}\n\n{}\n",
      descriptor.type, descriptor.summary);
  fmt::format_to(std::back_inserter(page), "\nIt {}.", traits(descriptor));
  if (descriptor.defaultSchedule != "0 sec")
    fmt::format_to(std::back_inserter(page), " Runs every {} unless scheduled otherwise.",
                   descriptor.defaultSchedule);
  page += "\n";
  if (!descriptor.tags.empty()) {
    page += "\nTags:";
    for (std::size_t i = 0; i < descriptor.tags.size(); ++i)
      fmt::format_to(std::back_inserter(page), "{} {}", i == 0 ? "" : ",", descriptor.tags[i]);
    page += "\n";
  }
  page += "\n## Properties\n\n";
  if (descriptor.properties.empty()) {
    page += "None.\n";
  } else {
    page += "| Property | Kind | Default | Description |\n| --- | --- | --- | --- |\n";
    for (const PropertyInfo* info : descriptor.properties) {
      fmt::format_to(std::back_inserter(page), "| {}{} | {} | {} | {} |\n", cell(info->name),
                     info->required ? " (required)" : "", kindName(info->kind),
                     code(info->defaultValue.value_or("")), propertyText(*info));
    }
  }
  if (descriptor.dynamic != DynamicProperties::kNone) {
    fmt::format_to(std::back_inserter(page), "\n## Further properties\n\n{}{}\n",
                   descriptor.dynamicDescription,
                   descriptor.dynamicScope == ExpressionScope::kFlowFile
                       ? " Expressions may use attributes."
                   : descriptor.dynamicScope == ExpressionScope::kEnvironment
                       ? " Expressions may not use attributes."
                       : "");
  }
  page += "\n## Relationships\n\n| Relationship | Description |\n| --- | --- |\n";
  for (const Relationship* relationship : descriptor.relationships) {
    fmt::format_to(std::back_inserter(page), "| {}{} | {} |\n", cell(relationship->name),
                   relationship->autoTerminated ? " (auto-terminated by default)" : "",
                   cell(relationship->description));
  }
  attributeTable(page, "Reads attributes", descriptor.readsAttributes);
  attributeTable(page, "Writes attributes", descriptor.writesAttributes);
  return page;
}

std::string referenceJson(const ProcessorDescriptor& descriptor) {
  const auto text = [](std::string_view value) { return quoted(value); };
  const auto attribute = [](const AttributeInfo& info) {
    return fmt::format(R"({{"name":{},"description":{}}})", quoted(info.name),
                       quoted(info.description));
  };
  std::string json =
      fmt::format(R"({{"type":{},"summary":{},"tags":{},"aliases":{},"input":{},"effect":{})",
                  quoted(descriptor.type), quoted(descriptor.summary), array(descriptor.tags, text),
                  array(descriptor.typeAliases, text), quoted(inputName(descriptor.input)),
                  quoted(effectName(descriptor.effect)));
  fmt::format_to(std::back_inserter(json),
                 R"(,"batching":{},"serial":{},"blocking":{},"endless":{},"triggerWhenEmpty":{})",
                 descriptor.batching, descriptor.serial, descriptor.blocking, descriptor.endless,
                 descriptor.triggerWhenEmpty);
  json += ",\"schedule\":" + quoted(descriptor.defaultSchedule);
  json += ",\"properties\":" + array(descriptor.properties, propertyJson);
  const auto when = [&](const std::optional<processors::RelationshipCondition>& condition) {
    return condition ? fmt::format(R"(,"when":{{"property":{},"values":{}}})",
                                   quoted(condition->property), array(condition->values, text))
                     : std::string();
  };
  fmt::format_to(
      std::back_inserter(json), R"(,"dynamic":{{"meaning":{},"description":{},"scope":{}{}}})",
      quoted(dynamicName(descriptor.dynamic)), quoted(descriptor.dynamicDescription),
      quoted(scopeName(descriptor.dynamicScope)), when(processors::conditionOfDynamic(descriptor)));
  json += ",\"relationships\":" + array(descriptor.relationships, [&](const Relationship* item) {
            return fmt::format(
                R"({{"name":{},"description":{},"autoTerminated":{},"aliases":{}{}}})",
                quoted(item->name), quoted(item->description), item->autoTerminated,
                array(item->aliases, text), when(processors::conditionOf(descriptor, item->name)));
          });
  json += ",\"reads\":" + array(descriptor.readsAttributes, attribute);
  json += ",\"writes\":" + array(descriptor.writesAttributes, attribute);
  return json + "}";
}

std::string referenceIndex(std::span<const ProcessorDescriptor* const> descriptors) {
  std::vector<const ProcessorDescriptor*> sorted(descriptors.begin(), descriptors.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->type < b->type; });
  std::string page =
      "<!-- Written from the descriptors of the processors; do not edit. -->\n# Processors\n\n"
      "| Type | What it does |\n| --- | --- |\n";
  for (const ProcessorDescriptor* descriptor : sorted) {
    fmt::format_to(std::back_inserter(page), "| [{0}]({0}.md) | {1} |\n", descriptor->type,
                   cell(descriptor->summary));
  }
  return page;
}

}  // namespace millrace
