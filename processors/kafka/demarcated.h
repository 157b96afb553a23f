// SPDX-License-Identifier: Apache-2.0
#pragma once
// DemarcatedContent: the parts of a content between demarcators. Parts without a byte are left out.
// Threads: that of its trigger.

#include "engine/processor/process_session.h"

#include <optional>
#include <string>

namespace millrace::processors {

class DemarcatedContent {
 public:
  /// `demarcator` is not empty. A part of more than `longest` bytes is an Error of fault kUser.
  DemarcatedContent(ContentReader& content, std::string demarcator, std::uint64_t longest)
      : content_(content), demarcator_(std::move(demarcator)), longest_(longest) {}

  /// The next part, good until the next call; nothing at the end.
  Result<std::optional<std::string_view>> next();

 private:
  ContentReader& content_;
  const std::string demarcator_;
  const std::uint64_t longest_;
  std::string buffer_;
  std::size_t at_ = 0;        ///< where the next part begins
  std::size_t searched_ = 0;  ///< no demarcator begins before
  bool ended_ = false;
};

}  // namespace millrace::processors
