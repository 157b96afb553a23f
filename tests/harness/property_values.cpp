// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/property_values.h"

#include <algorithm>
#include <array>
#include <string>

namespace millrace::tests {
namespace {

using Values = std::vector<std::string>;

struct Known {
  std::string_view type;  // empty: any
  std::string_view property;
  Values values;  // one that is empty leaves the property unset
};

/// What a value must be for the processor to find something to do, and not too much of it.
const std::vector<Known>& known() {
  static const std::vector<Known> kTable{
      {"PutSiteToSite", "URLs", {"nifi://127.0.0.1:7"}},
      {"PutSiteToSite", "Batch Size", {"1 KB"}},
      {"GetSiteToSite", "URLs", {"nifi://127.0.0.1:7"}},
      {"", "Input Directory", {"in"}},
      {"", "Directory", {"out", "out/${n}", "out/deep/er"}},
      {"", "File to Fetch", {"", "in/one.json", "in/nowhere", "${absolute.path}${filename}"}},
      {"", "Move Destination Directory", {"moved"}},
      {"", "Files to Tail", {"logs/a.log", "logs/b.log"}},
      {"", "Base Directory", {"logs"}},
      {"", "Command", {"echo", "echo", "silent", "missing"}},
      {"", "Command Path", {"echo", "echo", "fail", "silent", "missing"}},
      {"", "Command Arguments", {"", "a;b", "one two"}},
      {"", "Batch Duration", {""}},
      {"", "Working Directory", {"", "work"}},
      {"", "Lookup Service", {"table"}},
      {"", "Argument Delimiter", {" ", ";"}},
      {"",
       "Custom Text",
       {"", "{\"a\": 1, \"items\": [1, 2, null, \"x\"]}", "line one\nline two\nline 3\n\nlast",
        "[{\"a\": \"b\"}, {\"a\": 2}]", "${n}", "<items><a>1</a><b/></items>",
        "<34>Oct 11 22:14:15 host line", "bGluZQ=="}},
      // Not all of them: JSON in JSON would double at each turn of a loop.
      {"", "Attributes List", {"n,filename,missing"}},
      {"", "Attribute List", {"n,filename,missing"}},
      {"", "Attributes Regular Expression", {""}},
      {"", "Byte Sequence", {"0a", "6c69"}},
      {"", "Segment Size", {"10 B", "1 KB"}},
      {"", "Dictionary File", {"tables/table.csv"}},
      {"", "Dictionary Encoding", {"text"}},
      {"", "Dictionary Filter Pattern", {""}},
      {"", "Input Character Set", {"UTF-8", "US-ASCII"}},
      {"", "Output Character Set", {"UTF-8", "US-ASCII"}},
      {"", "Encoded Line Length", {"76", "10"}},
      {"", "Split Depth", {"1", "2"}},
      {"", "Port", {"7"}},
      {"", "TCP Port", {"7"}},
      {"", "UDP Port", {"7"}},
      {"", "Sending Host", {""}},
      {"", "Sending Host Port", {""}},
      {"JoltTransformJSON",
       "Jolt Specification",
       {"{\"a\": \"b\"}", "[{\"operation\": \"sort\"}]", "{\"items\": \"MANY\"}", "{\"a\": \"\"}"}},
      {"ValidateJson",
       "JSON Schema",
       {"{\"type\": \"object\"}", "{\"items\": {\"type\": \"object\"}}", "true"}},
      {"EnforceOrder", "Group Identifier", {"${n}", "all"}},
      {"EnforceOrder", "Order Attribute", {"n"}},
      {"EnforceOrder", "Maximum Order", {"", "3"}},
      {"EnforceOrder", "Wait Timeout", {"1 sec", "5 sec"}},
      {"MonitorActivity", "Threshold Duration", {"1 sec", "10 sec"}},
      {"TransformJQ", "Filter", {".", ".a", ".items[]"}},
      // What is encrypted is another text each time.
      {"EncryptContent", "Mode", {"Decrypt"}},
      {"EncryptContent", "Password", {"secret"}},
      {"EncryptContent", "Raw Key (hexadecimal)", {"000102030405060708090a0b0c0d0e0f"}},
      {"", "Number of Copies", {"1", "2", "3"}},
      {"", "Line Split Count", {"1", "2", "5"}},
      {"", "Maximum Fragment Size", {"", "20 B", "1 KB"}},
      {"", "Header Line Count", {"0", "1", "9"}},
      {"", "Batch Size", {"1", "3", "10", "40"}},
      {"", "File Size", {"0 B", "100 B", "3 KB", "6 KB", "20 KB"}},
      {"", "Counter Name", {"seen", "seen ${n}"}},
      {"", "Delta", {"1", "-2", "${n}", "x"}},
      {"", "JsonPath Expression", {"$", "$.items", "$.items[*]", "$[*]"}},
      {"", "Max Bin Age", {"5 sec", "1 min", ""}},
      {"", "Maximum Number of Entries", {"3", "10"}},
      {"", "Minimum Number of Entries", {"1", "3"}},
      {"", "Maximum Group Size", {"", "1 KB"}},
      {"", "Minimum Group Size", {"0 B", "100 B"}},
      {"", "Maximum Number of Bins", {"1", "5"}},
      {"", "Time Duration", {"1 sec", "1 min"}},
      {"", "Maximum Rate", {"3", "10"}},
      {"", "Maximum Data Rate", {"100 B", "10 KB"}},
      {"", "Maximum FlowFile Rate", {"2", "10"}},
      {"", "Rate Controlled Attribute", {"n"}},
      {"", "Grouping Attribute", {"", "n"}},
      {"", "Correlation Attribute Name", {"", "n"}},
      {"", "Polling Interval", {"0 sec", "1 sec"}},
      {"", "Minimum File Age", {"0 sec"}},
      {"", "Maximum File Age", {""}},
      {"", "Minimum File Size", {"0 B"}},
      {"", "Maximum File Size", {""}},
      {"", "Path Filter", {""}},
      {"", "File Filter", {".*", "[a-z]+.*"}},
      {"", "Maximum File Count", {"", "5"}},
      {"", "Fail When @OnScheduled Called", {"false"}},
      {"", "Enable Canonical Equivalence", {"false"}},
      {"", "Delete Attributes Expression", {"", "n.*"}},
      {"", "Stateful Variables Initial Value", {"0"}},
      {"", "Bin Termination Check", {"", "${n:equals(3)}"}},
      {"", "Header", {"", "head"}},
      {"", "Footer", {"", "foot"}},
      {"", "Demarcator", {"", "\n"}},
      {"", "Search Value", {"line", "(\\w+)", "(?s)(^.*$)"}},
      {"", "Replacement Value", {"$1", "new", "${n}"}},
      {"", "Password", {""}},
      {"", "Maximum Buffer Size", {"1 MB", "50 B"}},
      {"", "Max String Length", {"20 MB"}},
      {"", "Last Modified Time", {"", "2024-02-29T10:11:12+0000"}},
      {"", "Permissions", {"", "rw-r-----", "999"}},
      {"", "Owner", {""}},
      {"", "Group", {""}},
      {"", "Line Start Pattern", {"", "line"}},
      {"", "Rolling Filename Pattern", {"", "a.log.*"}},
      {"", "Post-Rollover Tail Period", {"0 sec"}},
      {"", "Lookup Frequency", {"1 sec"}},
      {"", "Content Size", {"10 B", "5 KB"}},
      {"DebugFlow", "OnTrigger Pause Time", {"0 sec"}},  // of the real clock
      {"DebugFlow", "FlowFile Success Iterations", {"1", "3"}},
      {"DebugFlow", "No FlowFile Skip Iterations", {"1"}},
  };
  return kTable;
}

/// Properties that a user would add, by type.
const std::vector<Known>& added() {
  static const std::vector<Known> kTable{
      {"UpdateAttribute", "n", {"${nextInt():mod(7)}", "${getStateValue('n'):plus(1)}", "5"}},
      {"UpdateAttribute", "priority", {"${n}", "x"}},
      {"UpdateAttribute", "filename", {"${n}.txt", "same"}},
      {"UpdateAttribute", "mime.type", {"application/gzip", "application/tar", "text/plain"}},
      {"UpdateAttribute", "fragment.identifier", {"one"}},
      {"UpdateAttribute", "fragment.index", {"${n}"}},
      {"UpdateAttribute", "fragment.count", {"3"}},
      {"UpdateAttribute", "broken", {"${filename:toDate('yyyy'):toNumber()}"}},
      {"GenerateFlowFile", "n", {"${nextInt():mod(7)}", "${random():mod(5)}"}},
      {"GenerateFlowFile", "priority", {"${nextInt():mod(3)}"}},
      {"GenerateFlowFile", "fragment.identifier", {"${nextInt():divide(3)}"}},
      {"GenerateFlowFile", "fragment.count", {"3"}},
      {"RouteOnAttribute", "low", {"${n:lt(3)}", "${n:isEmpty()}"}},
      {"RouteOnAttribute", "odd", {"${n:mod(2):equals(1)}", "${n:toDate('HH'):gt(1)}"}},
      {"RouteText", "lines", {"line", "${line:contains('1')}"}},
      {"RouteText", "rest", {"[a-z ]+", "${lineNo:gt(1)}"}},
      {"EvaluateJsonPath", "a", {"$.a", "$.items", "$[0].a"}},
      {"EvaluateXPath", "a", {"//a", "/items", "/items/*"}},
      {"ExtractText", "word", {"(\\w+)", "(line) (\\w+)"}},
      {"LookupAttribute", "city", {"${n}", "1", "nobody"}},
      {"ExecuteStreamCommand", "HOME", {"here"}},
  };
  return kTable;
}

Values byKind(const PropertyInfo& info) {
  switch (info.kind) {
    case PropertyKind::kInteger:
      return {"0", "1", "2", "3", "10"};
    case PropertyKind::kDecimal:
      return {"0.5", "1"};
    case PropertyKind::kBoolean:
      return {"true", "false"};
    case PropertyKind::kDuration:
      return {"0 sec", "100 ms", "1 sec", "5 sec"};
    case PropertyKind::kDataSize:
      return {"0 B", "100 B", "10 KB"};
    case PropertyKind::kRegex:
      return {"a.*", "(\\w+)", "line"};
    case PropertyKind::kJsonPath:
      return {"$", "$.a"};
    case PropertyKind::kCharset:
      return {"UTF-8", "ISO-8859-1"};
    case PropertyKind::kService:
      // The services that a generated flow has.
      if (info.serviceType == "LookupService") return {"table"};
      if (info.serviceType == "DistributedMapCacheClient") return {"cache"};
      if (info.serviceType == "HttpContextMap") return {"requests"};
      return {""};
    case PropertyKind::kText:
      break;
  }
  if (info.scope == ExpressionScope::kFlowFile) return {"x", "${filename}", "${n}"};
  return {"x"};
}

template <typename T>
const T& oneOf(const std::vector<T>& values, Random& random) {
  return values[random.below(values.size())];
}

/// Empty: the property is left out.
std::string draw(const ProcessorDescriptor& type, const PropertyInfo& info, Random& random) {
  for (const Known& row : known()) {
    if (row.property == info.name && (row.type.empty() || row.type == type.type))
      return oneOf(row.values, random);
  }
  if (!info.required && random.oneIn(2)) return {};
  if (info.defaultValue && random.oneIn(2)) return {};
  if (!info.allowed.empty())
    return std::string(info.allowed[random.below(info.allowed.size())].value);
  return oneOf(byKind(info), random);
}

}  // namespace

std::shared_ptr<const engine::Configuration> configurationOf(const ProcessorDescriptor& type,
                                                             const flow::Properties& properties) {
  std::vector<PropertyText> texts;
  for (const flow::Property& property : properties)
    texts.emplace_back(property.name, property.value);
  auto made = engine::Configuration::make(type, texts, {});
  return made.ok() ? std::move(made).value() : nullptr;
}

Result<DrawnProperties> drawProperties(const ProcessorDescriptor& type, Random& random) {
  std::string last;
  for (int attempt = 0; attempt < 200; ++attempt) {
    DrawnProperties drawn;
    for (const PropertyInfo* info : type.properties) {
      const std::string value = draw(type, *info, random);
      if (!value.empty()) drawn.properties.push_back({std::string(info->name), value, {}, {}});
    }
    for (const Known& row : added()) {
      if (row.type == type.type && !random.oneIn(3)) {
        drawn.properties.push_back({std::string(row.property), oneOf(row.values, random), {}, {}});
      }
    }
    drawn.configuration = configurationOf(type, drawn.properties);
    if (drawn.configuration != nullptr) return drawn;
  }
  std::vector<PropertyText> none;
  auto refused = engine::Configuration::make(type, none, {});
  return Error::bug(std::string(type.type) + " accepts nothing that the tables have" +
                    (refused.ok() ? "" : ": " + refused.error().message));
}

}  // namespace millrace::tests
