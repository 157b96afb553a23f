// SPDX-License-Identifier: Apache-2.0
// The flow reader: what it takes is validated, written, and read again as the same flow.
#include "engine/flow/catalog.h"
#include "engine/flow/parameters.h"
#include "engine/flow/validator.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::flow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ReadFlow read = readFlow(text);
  for (const Finding& finding : read.findings)
    fuzz::expect(!finding.message.empty() && finding.at.known(), "a finding has words and a place");
  if (!read.ok()) return 0;
  (void)validateFlow(read.flow, Catalog());
  (void)referencedSecrets(read.flow);
  const ReadFlow again = readFlow(writeFlow(read.flow));
  fuzz::expect(again.ok() && again.flow == read.flow, "a written flow is read as the same");
  return 0;
}
