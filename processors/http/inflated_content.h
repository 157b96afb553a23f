// SPDX-License-Identifier: Apache-2.0
#pragma once
// InflatedContent: reads what a gzip stream holds, piece by piece, in bounded memory.
// Owner: the caller, who keeps the source alive. Threads: one.

#include "engine/processor/process_session.h"
#include "processors/codec/codec.h"

#include <memory>
#include <string>

namespace millrace::processors {

class InflatedContent final : public ContentReader {
 public:
  static Result<std::unique_ptr<InflatedContent>> make(ContentReader& compressed);

  Result<std::size_t> read(std::span<std::byte> into) override;
  Result<ByteView> next(std::size_t most) override;
  std::uint64_t size() const override { return UINT64_MAX; }  // nobody knows before the end

 private:
  class Collected final : public ContentWriter {
   public:
    Result<> write(ByteView bytes) override {
      text += asText(bytes);
      return Done{};
    }
    Result<> finish() override { return Done{}; }
    std::string text;
  };

  InflatedContent(ContentReader& compressed, std::unique_ptr<Codec> codec)
      : compressed_(compressed), codec_(std::move(codec)) {}

  ContentReader& compressed_;
  const std::unique_ptr<Codec> codec_;
  Collected collected_;
  std::size_t used_ = 0;  // of what was collected
  bool ended_ = false;
};

/// Copies content to its end.
Result<> copyContent(ContentReader& from, ContentWriter& to);

}  // namespace millrace::processors
