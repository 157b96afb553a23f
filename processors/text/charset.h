// SPDX-License-Identifier: Apache-2.0
#pragma once
// Charset: the encoding of texts in content, by the names that Java knows. Inside a processor text
// is UTF-8: DecodedContent and EncodedContent stand between it and content of another encoding.
// UTF-8 content needs neither and keeps its bytes, even those that are no UTF-8.
// Threads: a Charset is constant; the others belong to the trigger that uses them.

#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

class Charset {
 public:
  /// An Error of fault kUser for a name that is unknown here.
  static Result<Charset> find(std::string_view name);
  /// True where content is text as it is: UTF-8 and US-ASCII.
  bool isPlain() const { return isPlain_; }
  /// As the converter knows it.
  const std::string& name() const { return name_; }
  bool hasByteOrderMark() const { return hasByteOrderMark_; }
  /// A short text to UTF-8; what is wrong in it becomes U+FFFD.
  Result<std::string> decode(std::string_view bytes) const;
  /// A short text from UTF-8, without a byte order mark; unknown characters become '?'.
  Result<std::string> encode(std::string_view utf8) const;

 private:
  std::string name_;
  bool isPlain_ = false;
  bool hasByteOrderMark_ = false;
};

/// Content of some encoding, read as UTF-8. What is wrong in it becomes U+FFFD, or what `malformed`
/// says, which must outlive it.
class DecodedContent final : public ContentReader {
 public:
  static Result<std::unique_ptr<DecodedContent>> make(ContentReader& content,
                                                      const Charset& charset,
                                                      std::string_view malformed = "\xEF\xBF\xBD");
  ~DecodedContent() override;
  Result<std::size_t> read(std::span<std::byte> into) override;
  Result<ByteView> next(std::size_t most) override;
  /// Bytes in the content's own encoding.
  std::uint64_t size() const override { return content_.size(); }

 private:
  struct Converter;
  DecodedContent(ContentReader& content, std::unique_ptr<Converter> converter);
  Result<> fill();

  ContentReader& content_;
  std::unique_ptr<Converter> converter_;
  std::string raw_;   // not yet converted
  std::string text_;  // converted, not yet given
  std::size_t given_ = 0;
  bool atStart_ = true;
  bool ended_ = false;
};

/// Takes UTF-8 and writes content of some encoding. What it has no character for becomes '?'.
class EncodedContent final : public ContentWriter {
 public:
  static Result<std::unique_ptr<EncodedContent>> make(ContentWriter& content,
                                                      const Charset& charset);
  ~EncodedContent() override;
  using ContentWriter::write;
  /// Each piece must end at a character's end.
  Result<> write(ByteView bytes) override;
  Result<> finish() override { return content_.finish(); }

 private:
  struct Converter;
  EncodedContent(ContentWriter& content, std::unique_ptr<Converter> converter, bool mark);

  ContentWriter& content_;
  std::unique_ptr<Converter> converter_;
  bool needsMark_;
};

}  // namespace millrace::processors
