// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/syslog/syslog_message.h"
#include "processors/text/charset.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace millrace::processors {
namespace {

constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the message.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr std::array kProperties{&kCharset.info};

constexpr Relationship kFailure{"failure", "FlowFiles that are no syslog message."};
constexpr Relationship kSuccess{"success", "FlowFiles with the parts of their message."};
constexpr std::array kRelationships{&kFailure, &kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"syslog.priority", "The number in angle brackets."},
    AttributeInfo{"syslog.severity", "The priority modulo 8."},
    AttributeInfo{"syslog.facility", "The priority divided by 8."},
    AttributeInfo{"syslog.version", "The version, which messages of RFC 5424 have."},
    AttributeInfo{"syslog.timestamp", "When it was written."},
    AttributeInfo{"syslog.hostname", "Where it was written."},
    AttributeInfo{"syslog.body", "All that follows the host name."}};
constexpr std::array<std::string_view, 4> kTags{"syslog", "logs", "parse", "attributes"};

/// Larger contents are no message; NiFi would hold them in memory, too.
constexpr std::uint64_t kMostBytes = 16 * 1024 * 1024;

class ParseSyslog final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    parser_.emplace(MR_TRY(SyslogParser::make()));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::string decoded;
    std::string_view text;
    std::optional<SyslogMessage> message;
    if (file->size() <= kMostBytes) {
      if (charset_.isPlain()) {
        text = asText(MR_TRY(session.readAll(*file, kMostBytes)));
      } else {
        decoded = MR_TRY(decode(session, *file));
        text = decoded;
      }
      message = MR_TRY(parser_->parse(text));
    }
    if (!message) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: the content is no syslog message of RFC 5424 or RFC 3164",
                              file->value("filename")));
      session.transfer(*file, kFailure);
      return Done{};
    }
    session.putAttributes(*file, message->attributes());
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  Result<std::string> decode(ProcessSession& session, const SessionFlowFile& file) const {
    const auto reader = MR_TRY(session.read(file));
    const auto text = MR_TRY(DecodedContent::make(*reader, charset_));
    std::string decoded;
    for (;;) {
      const ByteView part = MR_TRY(text->next(64 * 1024));
      if (part.empty()) return decoded;
      decoded += asText(part);
    }
  }

  Charset charset_;
  std::optional<SyslogParser> parser_;
};

}  // namespace

MR_PROCESSOR(parse_syslog){.type = "ParseSyslog",
                           .summary = "Takes the parts of a syslog message into attributes.",
                           .tags = kTags,
                           .properties = kProperties,
                           .relationships = kRelationships,
                           .writesAttributes = kWrites,
                           .batching = true,
                           .make = make<ParseSyslog>};

}  // namespace millrace::processors
