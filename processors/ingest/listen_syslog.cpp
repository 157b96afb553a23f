// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/sockets/datagram_receiver.h"
#include "processors/sockets/listen_properties.h"
#include "processors/sockets/message_server.h"
#include "processors/syslog/syslog_message.h"
#include "processors/text/charset.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace millrace::processors {
namespace {

constexpr std::string_view kUdp = "UDP";
constexpr std::string_view kTcp = "TCP";
constexpr std::array kProtocols{AllowedValue{kTcp, "Messages that end with a newline."},
                                AllowedValue{kUdp, "Each datagram is a message."}};
constexpr std::array kTcpOnly{kTcp};
constexpr std::array kUdpOnly{kUdp};
constexpr std::array<std::string_view, 1> kPortAliases{"Port"};

constexpr Property<std::string> kProtocol{{.name = "Protocol",
                                           .description = "How messages come.",
                                           .defaultValue = kUdp,
                                           .required = true,
                                           .allowed = kProtocols}};
constexpr Property<std::int64_t> kTcpPort{
    {.name = "TCP Port",
     .description = "The port to listen at; 0 picks a free one.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .dependsOn = "Protocol",
     .dependsOnValues = kTcpOnly,
     .atLeast = 0,
     .atMost = 65535}};
constexpr Property<std::int64_t> kUdpPort{
    {.name = "UDP Port",
     .description = "The port to listen at; 0 picks a free one.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .aliases = kPortAliases,
     .dependsOn = "Protocol",
     .dependsOnValues = kUdpOnly,
     .atLeast = 0,
     .atMost = 65535}};
constexpr Property<std::string> kDelimiter{
    {.name = "Message Delimiter",
     .description = "What stands between two messages in a FlowFile of many; \\n, \\r and \\t may "
                    "be written so.",
     .defaultValue = "\\n",
     .required = true}};
constexpr Property<bool> kParse{
    {.name = "Parse Messages",
     .description = "Whether the parts of a message become attributes; each is a FlowFile then.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the messages.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr std::array kProperties{
    &kProtocol.info,        &kTcpPort.info,     &kUdpPort.info,
    &kListenInterface.info, &kListenTls.info,   &kListenClientAuth.info,
    &kListenLongest.info,   &kListenQueue.info, &kListenSocketBuffer.info,
    &kListenBatch.info,     &kDelimiter.info,   &kParse.info,
    &kCharset.info};

constexpr Relationship kSuccess{"success", "The messages."};
constexpr Relationship kInvalid{
    "invalid", "What is no syslog message of RFC 5424 or RFC 3164, if messages are parsed."};
constexpr std::array kRelationships{&kSuccess, &kInvalid};
constexpr std::array kWrites{
    AttributeInfo{"syslog.priority", "The number in angle brackets."},
    AttributeInfo{"syslog.severity", "The priority modulo 8."},
    AttributeInfo{"syslog.facility", "The priority divided by 8."},
    AttributeInfo{"syslog.version", "The version, which messages of RFC 5424 have."},
    AttributeInfo{"syslog.timestamp", "When it was written."},
    AttributeInfo{"syslog.hostname", "Where it was written."},
    AttributeInfo{"syslog.body", "All that follows the host name."},
    AttributeInfo{"syslog.sender", "The address that it came from."},
    AttributeInfo{"syslog.valid", "Whether it could be parsed; only if messages are parsed."},
    AttributeInfo{"syslog.protocol", "TCP or UDP."},
    AttributeInfo{"syslog.port", "The port that received it."},
    AttributeInfo{"mime.type", "text/plain."}};
constexpr std::array<std::string_view, 6> kTags{"syslog", "listen", "udp", "tcp", "logs", "source"};

class ListenSyslog final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    server_.reset();
    receiver_.reset();
    protocol_ = context.get(kProtocol);
    parses_ = context.get(kParse);
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    parser_.emplace(MR_TRY(SyslogParser::make()));
    delimiter_ = MR_TRY(delimiterOf(context.get(kDelimiter), context.get(kCharset)));
    batch_ = static_cast<std::size_t>(context.get(kListenBatch));
    queue_->open(static_cast<std::size_t>(context.get(kListenQueue)));
    port_ =
        std::to_string(protocol_ == kTcp ? MR_TRY(listenTcp(context)) : MR_TRY(listenUdp(context)));
    context.log(BulletinLevel::kInfo, fmt::format("listening at port {}", port_));
    return Done{};
  }

  void onStopped(ProcessContext&) override {
    server_.reset();
    receiver_.reset();
    queue_->close();
  }

  Result<> onTrigger(ProcessContext&, ProcessSession& session) override {
    auto taken = std::make_shared<TakenMessages>(queue_, std::max(batch_, kMostMessagesTogether));
    if (taken->all().empty()) return Done{};
    return writeMessages(session, std::move(taken), batch_, delimiter_,
                         [&](SessionFlowFile& file, const ReceivedMessage& first) {
                           return finish(session, file, first);
                         });
  }

 private:
  Result<std::uint16_t> listenTcp(ProcessContext& context) {
    const auto port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kTcpPort)));
    MessageServerOptions options;
    options.listen = MR_TRY(listenOptions(context, port));
    options.listen.at.host = MR_TRY(context.evaluate(kListenInterface));
    options.longest = context.get(kListenLongest);
    server_ = MR_TRY(
        MessageServer::open(context.network(), std::move(options), queue_, messageEvents(context)));
    return server_->port();
  }

  Result<std::uint16_t> listenUdp(ProcessContext& context) {
    DatagramReceiverOptions options;
    options.listen.at.host = MR_TRY(context.evaluate(kListenInterface));
    options.listen.at.port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kUdpPort)));
    options.listen.receiveBuffer = context.get(kListenSocketBuffer);
    options.longest = context.get(kListenLongest);
    receiver_ = MR_TRY(
        receiveIntoQueue(context.network(), std::move(options), queue_, messageEvents(context)));
    return receiver_->port();
  }

  Result<> finish(ProcessSession& session, SessionFlowFile& file,
                  const ReceivedMessage& first) const {
    const std::array<Attributes::Pair, 4> facts{{{"syslog.sender", first.sender},
                                                 {"syslog.protocol", protocol_},
                                                 {"syslog.port", port_},
                                                 {"mime.type", "text/plain"}}};
    session.putAttributes(file, facts);
    bool valid = true;
    if (parses_) {
      const std::string text = MR_TRY(charset_.decode(first.bytes));
      const auto message = MR_TRY(parser_->parse(text));
      valid = message.has_value();
      if (valid) session.putAttributes(file, message->attributes());
      session.putAttribute(file, "syslog.valid", valid ? "true" : "false");
    }
    session.report(
        ProvenanceType::kReceive, file,
        fmt::format("{}://{}:{}", protocol_ == kTcp ? "tcp" : "udp", first.sender, port_));
    session.transfer(file, valid ? kSuccess : kInvalid);
    return Done{};
  }

  std::string protocol_;
  std::string delimiter_;
  std::string port_;
  std::size_t batch_ = 1;
  bool parses_ = true;
  Charset charset_;
  std::optional<SyslogParser> parser_;
  // Shared with connections and with commits under way, which may outlive the processor.
  std::shared_ptr<MessageQueue> queue_ = std::make_shared<MessageQueue>();
  std::unique_ptr<MessageServer> server_;
  std::unique_ptr<net::DatagramPort> receiver_;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kParse.info.name) != "true") return {};
  if (textOf(values, kListenBatch.info.name) == "1") return {};
  return {
      "Max Batch Size must be 1 while Parse Messages is true, since each message has its own "
      "attributes"};
}

}  // namespace

MR_PROCESSOR(listen_syslog){
    .type = "ListenSyslog",
    .summary = "Receives syslog messages over UDP, TCP or TLS, and parses them.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .endless = true,
    .wakesItself = true,
    .validate = check,
    .make = make<ListenSyslog>,
};

}  // namespace millrace::processors
