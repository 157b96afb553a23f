// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/sockets/datagram_receiver.h"
#include "processors/sockets/listen_properties.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kDelimiterAliases{"Message Delimiter"};

constexpr Property<std::string> kSendingHost{
    {.name = "Sending Host",
     .description = "Datagrams of others than this host and Sending Host Port are passed over.",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::int64_t> kSendingPort{
    {.name = "Sending Host Port",
     .description = "The port that Sending Host sends from.",
     .scope = ExpressionScope::kEnvironment,
     .atLeast = 1,
     .atMost = 65535}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the delimiter.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr Property<std::string> kDelimiter{
    {.name = "Batching Message Delimiter",
     .description = "What stands between two datagrams in a FlowFile of many; \\n, \\r and \\t may "
                    "be written so.",
     .defaultValue = "\\n",
     .required = true,
     .aliases = kDelimiterAliases}};
constexpr std::array kProperties{
    &kListenInterface.info, &kListenPort.info,  &kSendingHost.info,        &kSendingPort.info,
    &kListenLongest.info,   &kListenQueue.info, &kListenSocketBuffer.info, &kCharset.info,
    &kListenBatch.info,     &kDelimiter.info};

constexpr Relationship kSuccess{"success", "The datagrams."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{AttributeInfo{"udp.sender", "The address of the sender."},
                             AttributeInfo{"udp.port", "The port that received the datagram."}};
constexpr std::array<std::string_view, 4> kTags{"udp", "listen", "messages", "source"};

class ListenUdp final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    receiver_.reset();
    delimiter_ = MR_TRY(delimiterOf(context.get(kDelimiter), context.get(kCharset)));
    batch_ = static_cast<std::size_t>(context.get(kListenBatch));
    DatagramReceiverOptions options;
    options.listen.at.host = MR_TRY(context.evaluate(kListenInterface));
    options.listen.at.port = static_cast<std::uint16_t>(MR_TRY(context.evaluate(kListenPort)));
    options.listen.receiveBuffer = context.get(kListenSocketBuffer);
    options.longest = context.get(kListenLongest);
    if (context.has(kSendingHost)) {
      const net::Endpoint named{MR_TRY(context.evaluate(kSendingHost)),
                                static_cast<std::uint16_t>(MR_TRY(context.evaluate(kSendingPort)))};
      // Who could send there knows the address of the name.
      const auto sender = MR_TRY(context.network().sendDatagrams(named, 0));
      options.sender = net::Endpoint{sender->ends().remoteAddress, named.port};
    }
    queue_->open(static_cast<std::size_t>(context.get(kListenQueue)));
    receiver_ = MR_TRY(
        receiveIntoQueue(context.network(), std::move(options), queue_, messageEvents(context)));
    port_ = std::to_string(receiver_->port());
    context.log(BulletinLevel::kInfo, fmt::format("listening at port {}", port_));
    return Done{};
  }

  void onStopped(ProcessContext&) override { receiver_.reset(); }

  Result<> onTrigger(ProcessContext&, ProcessSession& session) override {
    auto taken = std::make_shared<TakenMessages>(queue_, std::max(batch_, kMostMessagesTogether));
    if (taken->all().empty()) return Done{};
    return writeMessages(session, std::move(taken), batch_, delimiter_,
                         [&](SessionFlowFile& file, const ReceivedMessage& first) -> Result<> {
                           const std::array<Attributes::Pair, 2> ends{
                               {{"udp.sender", first.sender}, {"udp.port", port_}}};
                           session.putAttributes(file, ends);
                           session.report(ProvenanceType::kReceive, file,
                                          fmt::format("udp://{}:{}", first.sender, port_));
                           session.transfer(file, kSuccess);
                           return Done{};
                         });
  }

 private:
  std::string delimiter_;
  std::string port_;
  std::size_t batch_ = 1;
  // Shared with the network and with commits under way, which may outlive the processor.
  std::shared_ptr<MessageQueue> queue_ = std::make_shared<MessageQueue>();
  std::unique_ptr<net::DatagramPort> receiver_;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  const bool host = !textOf(values, kSendingHost.info.name).empty();
  const bool port = !textOf(values, kSendingPort.info.name).empty();
  if (host == port) return {};
  return {"Sending Host and Sending Host Port are either both set, or none"};
}

}  // namespace

MR_PROCESSOR(listen_udp){
    .type = "ListenUDP",
    .summary = "Receives datagrams.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .endless = true,
    .wakesItself = true,
    .validate = check,
    .make = make<ListenUdp>,
};

}  // namespace millrace::processors
