// SPDX-License-Identifier: Apache-2.0
// The importers: MiNiFi and NiFi are told apart by the content itself, so that one target is both.
#include "engine/flow/import/flow_import.h"
#include "engine/flow/yaml_reader.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::flow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ImportedFlow imported = importFlow(text, Catalog());
  for (const Finding& finding : imported.findings)
    fuzz::expect(!finding.message.empty(), "a finding has words");
  if (!imported.ok()) return 0;
  const ReadFlow read = readFlow(imported.text);
  fuzz::expect(read.ok() && read.flow == imported.flow, "an imported flow is read as the same");
  return 0;
}
