// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads JSON (RFC 8259) into the tree that the YAML reader makes, so that an importer looks at one
// kind of tree whatever the file is written in. Numbers, true and false become texts as written,
// null becomes no value. Strict: no comments, no trailing commas, no key twice in an object, UTF-8.
// Promise: bounded in bytes, nodes and nesting; never throws and never crashes on any input; linear
// in the size of the text, also when all of it is one line. Threads: a pure function.

#include "engine/flow/yaml_tree.h"

namespace millrace::flow {

YamlTree parseJson(std::string_view text);

}  // namespace millrace::flow
