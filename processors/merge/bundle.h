// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bundle: writes the contents of many FlowFiles as one content, in one of the merge formats.
// Threads: one at a time. Errors: a user's fault means that these FlowFiles cannot be merged so.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

enum class BundleFormat : std::uint8_t { kConcatenation, kPackageV3, kPackageV2, kTar, kZip };

struct BundleOptions {
  BundleFormat format = BundleFormat::kConcatenation;
  std::string header;      // of a concatenation
  std::string footer;      // of a concatenation
  std::string demarcator;  // of a concatenation
  int level = 1;           // of a zip
  bool keepsPath = false;  // of tar and zip
  Millis now = 0;          // of entries whose time is not known
  /// The time of a tar entry; nothing where the FlowFile does not say one.
  std::function<Result<std::optional<Millis>>(const SessionFlowFile&)> modified;
};

struct Bundled {
  std::string_view mimeType;              // lives as long as the FlowFiles
  std::vector<SessionFlowFile*> leftOut;  // a zip has no two entries of one name
};

using FlowFileList = std::span<SessionFlowFile* const>;

/// Writes the bundle's content.
Result<Bundled> writeBundle(ProcessSession& session, SessionFlowFile& bundle, FlowFileList files,
                            const BundleOptions& options);
/// What a bundle's name ends with.
std::string_view extensionOf(BundleFormat format);

}  // namespace millrace::processors
