#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes messages.h and messages.cpp, the codec, from apis.txt: make_messages.py APIS FOLDER"""
import re
import sys

PLAIN = {"bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "int32": "std::int32_t",
         "int64": "std::int64_t", "float64": "double", "uuid": "Uuid", "string": "std::string", "bytes": "ByteView",
         "records": "Records"}
METHOD = {"bool": "boolean", "bytes": "bytes", "records": "bytes"}
ENDLESS = 32767
FIELD = re.compile(r"(?P<name>\w+) (?P<array>\[\])?(?P<type>\w+?)(?P<null>\?(?P<from>\d+\+)?)?"
                   r"(?: (?P<versions>\d+(?:\+|-\d+)?))?(?: = (?P<default>\S+))?(?: tag (?P<tag>\d+))?$")
API = re.compile(r"api (\d+) (\w+) (\d+)-(\d+) flexible (\d+|never)$")


def span(text):
    if text is None:
        return (0, ENDLESS)
    if text.endswith("+"):
        return (int(text[:-1]), ENDLESS)
    low, _, high = text.partition("-")
    return (int(low), int(high or low))


class Field:
    def __init__(self, match):
        self.wire = match["name"]
        self.name = match["name"][0].lower() + match["name"][1:]
        self.array = bool(match["array"])
        self.type = match["type"]
        self.nullable = bool(match["null"])
        self.null_from = span(match["from"])[0]
        self.versions = span(match["versions"])
        self.default = match["default"]
        self.tag = None if match["tag"] is None else int(match["tag"])
        self.children = []

    def element(self):
        return PLAIN.get(self.type, self.type)

    def held(self):
        inner = "std::vector<%s>" % self.element() if self.array else self.element()
        return "std::optional<%s>" % inner if self.nullable or self.tag is not None else inner

    def declaration(self):
        plain = not (self.array or self.nullable or self.tag is not None)
        if plain and self.default is not None:
            value = self.default
            if value == "-2147483648":
                value = "-2147483647 - 1"
            return "%s %s = %s;" % (self.held(), self.name, value)
        scalar = plain and self.type in PLAIN and self.type not in ("string", "bytes", "records", "uuid")
        return "%s %s%s;" % (self.held(), self.name, (" = false" if self.type == "bool" else " = 0") if scalar else "")


def read(path):
    apis, body, stack = [], None, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        text = line.split("#", 1)[0].rstrip()
        if not text:
            continue
        depth, text = (len(text) - len(text.lstrip())) // 2, text.strip()
        if depth == 0 and text in ("request", "response"):
            body = apis[-1][text] = []
            stack = [body]
            continue
        if depth == 0:
            match = API.match(text) or sys.exit("%s:%d: not an api: %s" % (path, number, text))
            flexible = ENDLESS if match[5] == "never" else int(match[5])
            apis.append({"key": int(match[1]), "name": match[2], "least": int(match[3]), "most": int(match[4]),
                         "flexible": flexible})
            continue
        match = FIELD.match(text) or sys.exit("%s:%d: not a field: %s" % (path, number, text))
        if depth > len(stack):
            sys.exit("%s:%d: indented too far: %s" % (path, number, text))
        del stack[depth:]
        field = Field(match)
        stack[-1].append(field)
        stack.append(field.children)
    return apis


def condition(low, high, api):
    """What the version has to meet, empty when every version of the API does."""
    parts = []
    if low > api["least"]:
        parts.append("version >= %d" % low)
    if high < api["most"]:
        parts.append("version <= %d" % high)
    return " && ".join(parts)


def structs(fields, indent):
    lines = []
    for field in fields:
        if field.type in PLAIN:
            continue
        lines.append("%sstruct %s {" % (indent, field.type))
        lines += structs(field.children, indent + "  ")
        lines += ["%s  %s" % (indent, each.declaration()) for each in field.children]
        lines += ["%s  void decode(WireReader& reader, std::int16_t version);" % indent,
                  "%s  void encode(WireWriter& writer, std::int16_t version) const;" % indent, "%s};" % indent]
    return lines


def one(field, target, decode):
    """Reads or writes one element."""
    if field.type not in PLAIN:
        return "%s.%s(%s, version);" % (target, "decode" if decode else "encode", "reader" if decode else "writer")
    method = METHOD.get(field.type, field.type)
    return "%s = reader.%s();" % (target, method) if decode else "writer.%s(%s);" % (method, target)


def value(field, indent, decode, api):
    """Reads or writes a field, without its version."""
    out, name = [], field.name
    null = "version >= %d" % field.null_from if field.null_from > api["least"] else "true"
    if decode:
        if field.array:
            out.append("if (const auto count_ = reader.count(%s); count_.has_value()) {" % (null if field.nullable else "false"))
            target = name
            if field.nullable or field.tag is not None:
                out.append("  auto& all_ = %s.emplace();" % name)
                target = "all_"
            out.append("  for (std::size_t i_ = 0; i_ < *count_ && !reader.failed(); ++i_) %s" %
                       one(field, "%s.emplace_back()" % target, True))
            out.append("}")
        elif field.nullable:
            method = {"string": "nullableString", "bytes": "nullableBytes", "records": "nullableBytes"}[field.type]
            out.append("%s = reader.%s(%s);" % (name, method, null))
        elif field.tag is not None and field.type not in PLAIN:
            out.append(one(field, "%s.emplace(%s())" % (name, field.type), True))  # clang 14 wants the value
        else:
            out.append(one(field, name, True))
    elif field.array:
        if field.nullable and field.tag is None:
            out.append("if (!%s.has_value()) {" % name)
            out.append("  writer.nullCount(%s);" % null)
            out.append("} else {")
            out.append("  writer.count(%s->size());" % name)
            out.append("  for (const auto& each_ : *%s) %s" % (name, one(field, "each_", False)))
            out.append("}")
        else:
            held = "*" + name if field.tag is not None else name
            out.append("writer.count((%s).size());" % held)
            out.append("for (const auto& each_ : %s) %s" % (held, one(field, "each_", False)))
    elif field.nullable:
        method = {"string": "nullableString", "bytes": "nullableBytes", "records": "nullableRecords"}[field.type]
        out.append("writer.%s(%s, %s);" % (method, name, null))
    elif field.tag is not None:
        out.append(one(field, "(*%s)" % name, False))
    else:
        out.append(one(field, name, False))
    return [indent + line for line in out]


def body(fields, decode, api):
    lines = []
    for field in fields:
        if field.tag is not None:
            continue
        when = condition(field.versions[0], field.versions[1], api)
        part = value(field, "    " if when else "  ", decode, api)
        lines += (["  if (%s) {" % when] + part + ["  }"]) if when else part
    flexible = condition(api["flexible"], ENDLESS, api)
    if api["flexible"] > api["most"]:
        return lines
    tagged = sorted((field for field in fields if field.tag is not None), key=lambda field: field.tag)
    indent = "    " if flexible else "  "
    if flexible:
        lines.append("  if (%s) {" % flexible)
    if decode:
        lines.append(indent + "for (auto tags = reader.tags(); const auto tag = tags.next();) {")
        for field in tagged:
            when = condition(field.versions[0], field.versions[1], api)
            lines.append("%s  if (*tag == %d%s) {" % (indent, field.tag, " && " + when if when else ""))
            lines += value(field, indent + "    ", True, api)
            lines.append(indent + "  }")
        lines.append(indent + "}")
    else:
        lines.append(indent + "TagWriter tags(writer);")
        for field in tagged:
            when = condition(field.versions[0], field.versions[1], api)
            lines.append("%sif (%s.has_value()%s) {" % (indent, field.name, " && " + when if when else ""))
            lines.append("%s  tags.begin(%d);" % (indent, field.tag))
            lines += value(field, indent + "  ", False, api)
            lines.append("%s  tags.end();" % indent)
            lines.append(indent + "}")
        lines.append(indent + "tags.finish();")
    if flexible:
        lines.append("  }")
    return lines


def functions(scope, fields, api):
    lines = []
    for field in fields:
        if field.type not in PLAIN:
            lines += functions("%s::%s" % (scope, field.type), field.children, api)
    for decode in (True, False):
        lines.append("void %s::%s([[maybe_unused]] %s, [[maybe_unused]] std::int16_t version)%s {" %
                     (scope, "decode" if decode else "encode",
                      "WireReader& reader" if decode else "WireWriter& writer", "" if decode else " const"))
        lines += body(fields, decode, api) + ["}", ""]
    return lines


def write(apis, folder):
    note = ["// SPDX-License-Identifier: Apache-2.0", "// Made from log-backend/protocol/apis.txt by make_messages.py."]
    header = note + ["#pragma once", '#include "log-backend/protocol/wire.h"', "", "namespace millrace::log::wire {", ""]
    source = note + ['#include "log-backend/protocol/messages.h"', "", "namespace millrace::log::wire {", ""]
    for api in apis:
        for kind in ("Request", "Response"):
            fields = api[kind.lower()]
            header += ["struct %s%s {" % (api["name"], kind),
                       "  static constexpr Api kApi{%d, \"%s\", %d, %d, %d};" %
                       (api["key"], api["name"], api["least"], api["most"], api["flexible"])]
            header += structs(fields, "  ") + ["  %s" % field.declaration() for field in fields]
            header += ["  void decode(WireReader& reader, std::int16_t version);",
                       "  void encode(WireWriter& writer, std::int16_t version) const;", "};", ""]
            source += functions(api["name"] + kind, fields, api)
    header += ["/// Every API of the description, by key.", "inline constexpr std::array kApis{"]
    header += ["    %sRequest::kApi," % api["name"] for api in apis] + ["};", ""]
    header += ["/// Calls `visit` with a request and a response of every API, default made.",
               "template <typename Visit>", "void forEachApi(const Visit& visit) {"]
    header += ["  visit(%sRequest{}, %sResponse{});" % (api["name"], api["name"]) for api in apis]
    header += ["}", "", "}  // namespace millrace::log::wire"]
    source += ["}  // namespace millrace::log::wire"]
    for name, lines in (("messages.h", header), ("messages.cpp", source)):
        with open("%s/%s" % (folder, name), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    write(read(sys.argv[1]), sys.argv[2])
