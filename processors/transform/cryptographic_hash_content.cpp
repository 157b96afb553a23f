// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/digest.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array kAlgorithms{
    AllowedValue{"MD5", "128 bits; broken, for old files only."},
    AllowedValue{"SHA-1", "160 bits; broken, for old files only."},
    AllowedValue{"SHA-224", "224 bits of the SHA-2 family."},
    AllowedValue{"SHA-256", "256 bits of the SHA-2 family."},
    AllowedValue{"SHA-384", "384 bits of the SHA-2 family."},
    AllowedValue{"SHA-512", "512 bits of the SHA-2 family."},
    AllowedValue{"SHA-512/224", "SHA-512 cut to 224 bits."},
    AllowedValue{"SHA-512/256", "SHA-512 cut to 256 bits."},
    AllowedValue{"SHA3-224", "224 bits of the SHA-3 family."},
    AllowedValue{"SHA3-256", "256 bits of the SHA-3 family."},
    AllowedValue{"SHA3-384", "384 bits of the SHA-3 family."},
    AllowedValue{"SHA3-512", "512 bits of the SHA-3 family."},
};
constexpr std::array<std::string_view, 1> kFailAliases{"fail_when_empty"};
constexpr std::array<std::string_view, 1> kAlgorithmAliases{"hash_algorithm"};

constexpr Property<bool> kFailWhenEmpty{
    {.name = "Fail When Content Empty",
     .description = "Whether FlowFiles without content go to failure.",
     .defaultValue = "false",
     .required = true,
     .aliases = kFailAliases}};
constexpr Property<std::string> kAlgorithm{{.name = "Hash Algorithm",
                                            .description = "The digest that is computed.",
                                            .defaultValue = "SHA-256",
                                            .required = true,
                                            .allowed = kAlgorithms,
                                            .aliases = kAlgorithmAliases}};
constexpr std::array kProperties{&kFailWhenEmpty.info, &kAlgorithm.info};

constexpr Relationship kSuccess{"success", "FlowFiles with the digest of their content."};
constexpr Relationship kFailure{"failure", "FlowFiles without content, where that is a failure."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 4> kTags{"content", "hash", "digest", "checksum"};
constexpr std::array kWrites{
    AttributeInfo{"content_<algorithm>", "The digest in hexadecimal digits, lower case."}};

class CryptographicHashContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    algorithm_ = context.get(kAlgorithm);
    attribute_ = fmt::format("content_{}", algorithm_);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    if (file->size() == 0 && context.get(kFailWhenEmpty)) {
      session.transfer(*file, kFailure);
      return Done{};
    }
    auto digest = MR_TRY(expression::RunningDigest::start(algorithm_));
    {
      const auto content = MR_TRY(session.read(*file));
      while (true) {
        const ByteView part = MR_TRY(content->next());
        if (part.empty()) break;
        MR_TRY(digest.add(asText(part)));
      }
    }
    const std::vector<std::uint8_t> bytes = MR_TRY(digest.finish());
    session.putAttribute(*file, attribute_, fmt::format("{:02x}", fmt::join(bytes, "")));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  std::string algorithm_;
  std::string attribute_;
};

}  // namespace

MR_PROCESSOR(cryptographic_hash_content){
    .type = "CryptographicHashContent",
    .summary = "Computes a digest of the content and keeps it as an attribute.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<CryptographicHashContent>};

}  // namespace millrace::processors
