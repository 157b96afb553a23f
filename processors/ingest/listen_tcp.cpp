// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/sockets/listen_properties.h"
#include "processors/sockets/message_server.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kDelimiterAliases{"Message Delimiter"};
constexpr std::array<std::string_view, 1> kIdleAliases{"idle-timeout"};

constexpr Property<CharsetName> kCharset{
    {.name = "Character Set",
     .description = "The encoding of the messages, in which their delimiter is looked for.",
     .defaultValue = "UTF-8",
     .required = true}};
constexpr Property<std::string> kDelimiter{
    {.name = "Batching Message Delimiter",
     .description = "What stands between two messages, on the wire and in a FlowFile of many; \\n, "
                    "\\r and \\t may be written so.",
     .defaultValue = "\\n",
     .required = true,
     .aliases = kDelimiterAliases}};
constexpr Property<Duration> kIdle{
    {.name = "Idle Connection Timeout",
     .description = "A connection without a byte for so long is closed; 0: never.",
     .defaultValue = "0 seconds",
     .required = true,
     .aliases = kIdleAliases,
     .atLeast = 0}};
constexpr std::array kProperties{
    &kListenInterface.info, &kListenPort.info,         &kListenLongest.info,
    &kListenQueue.info,     &kListenSocketBuffer.info, &kCharset.info,
    &kListenBatch.info,     &kDelimiter.info,          &kIdle.info,
    &kListenTls.info,       &kListenClientAuth.info};

constexpr Relationship kSuccess{"success", "The messages."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"tcp.sender", "The address of the sender."},
    AttributeInfo{"tcp.port", "The port that received the message."},
    AttributeInfo{"client.certificate.subject.dn", "The subject of its certificate, if any."},
    AttributeInfo{"client.certificate.issuer.dn", "The issuer of its certificate, if any."}};
constexpr std::array<std::string_view, 5> kTags{"tcp", "tls", "listen", "messages", "source"};

class ListenTcp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    server_.reset();
    delimiter_ = MR_TRY(delimiterOf(context.get(kDelimiter), context.get(kCharset)));
    batch_ = static_cast<std::size_t>(context.get(kListenBatch));
    const auto port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kListenPort)));
    MessageServerOptions options;
    options.listen = MR_TRY(listenOptions(context, port));
    options.listen.at.host = MR_TRY(context.evaluate(kListenInterface));
    options.delimiter = delimiter_;
    options.longest = context.get(kListenLongest);
    options.idleTime = context.get(kIdle);
    queue_->open(static_cast<std::size_t>(context.get(kListenQueue)));
    server_ = MR_TRY(
        MessageServer::open(context.network(), std::move(options), queue_, messageEvents(context)));
    port_ = std::to_string(server_->port());
    context.log(BulletinLevel::kInfo, fmt::format("listening at port {}", port_));
    return Done{};
  }

  void onStopped(ProcessContext&) override {
    server_.reset();
    queue_->close();
  }

  Result<> onTrigger(ProcessContext&, ProcessSession& session) override {
    auto taken = std::make_shared<TakenMessages>(queue_, std::max(batch_, kMostMessagesTogether));
    if (taken->all().empty()) return Done{};
    return writeMessages(session, std::move(taken), batch_, delimiter_,
                         [&](SessionFlowFile& file, const ReceivedMessage& first) -> Result<> {
                           const std::array<Attributes::Pair, 2> ends{
                               {{"tcp.sender", first.sender}, {"tcp.port", port_}}};
                           session.putAttributes(file, ends);
                           if (!first.subject.empty()) {
                             const std::array<Attributes::Pair, 2> certificate{
                                 {{"client.certificate.subject.dn", first.subject},
                                  {"client.certificate.issuer.dn", first.issuer}}};
                             session.putAttributes(file, certificate);
                           }
                           session.report(ProvenanceType::kReceive, file,
                                          fmt::format("tcp://{}:{}", first.sender, port_));
                           session.transfer(file, kSuccess);
                           return Done{};
                         });
  }

 private:
  std::string delimiter_;
  std::string port_;
  std::size_t batch_ = 1;
  // Shared with connections and with commits under way, which may outlive the processor. What is in
  // it when the processor stops is there when it starts again.
  std::shared_ptr<MessageQueue> queue_ = std::make_shared<MessageQueue>();
  std::unique_ptr<MessageServer> server_;
};

}  // namespace

MR_PROCESSOR(listen_tcp){
    .type = "ListenTCP",
    .summary = "Receives messages that end with a delimiter, such as lines, over TCP or TLS.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .endless = true,
    .wakesItself = true,
    .make = make<ListenTcp>,
};

}  // namespace millrace::processors
