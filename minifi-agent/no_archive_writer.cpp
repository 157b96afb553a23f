// SPDX-License-Identifier: Apache-2.0
// The agent has no tar and no zip: MergeContent refuses these formats here instead of bringing
// libarchive with it.
#include "processors/formats/archive_writer.h"

namespace millrace::processors {

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::open(Format format, int, ContentWriter&) {
  return Error::user(std::string("the agent writes no ") +
                     (format == Format::kTar ? "TAR" : "ZIP") +
                     "; merge as Binary Concatenation or FlowFile Stream v3, and make the archive "
                     "on a server");
}

ArchiveWriter::~ArchiveWriter() = default;
Result<> ArchiveWriter::begin(const ArchiveEntry&) { return Done{}; }
Result<> ArchiveWriter::write(ByteView) { return Done{}; }
Result<> ArchiveWriter::finish() { return Done{}; }

}  // namespace millrace::processors
