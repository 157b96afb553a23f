// SPDX-License-Identifier: Apache-2.0
// JSONPath: the first line is a path, the rest a document that it is read from and that is edited.
#include "engine/expression/json/json_document.h"
#include "engine/expression/json/json_path.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  fuzz::FuzzInput input(data, size);
  const auto path = JsonPath::compile(input.line());
  fuzz::expect(path.ok() || !path.error().message.empty(), "a refusal says why");
  JsonDocument document;
  if (!document.parse(asBytes(input.rest())).ok()) return 0;
  std::string text;
  appendJson(document.root(), text);
  JsonDocument again;
  fuzz::expect(again.parse(asBytes(text)).ok(), "what was written can be read");
  std::string second;
  appendJson(again.root(), second);
  fuzz::expect(text == second, "written again, it is the same");
  if (!path.ok()) return 0;
  if (const auto found = path->read(document)) {
    std::string value;
    appendJson(*found, value);
    JsonDocument part;
    fuzz::expect(part.parse(asBytes(value)).ok(), "what was found is JSON");
  }
  JsonEdit edit;
  edit.key = "k";
  for (const JsonEdit::Change change : {JsonEdit::Change::kSet, JsonEdit::Change::kAdd,
                                        JsonEdit::Change::kPut, JsonEdit::Change::kDelete}) {
    edit.change = change;
    (void)path->edit(again, edit);
    std::string edited;
    appendJson(again.root(), edited);
    JsonDocument whole;
    fuzz::expect(whole.parse(asBytes(edited)).ok(), "what was edited is JSON");
  }
  return 0;
}
