// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties that the processors that listen for messages have in common, and what is read from
// them. Threads: constants, and functions of the trigger.

#include "engine/net/network.h"
#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"
#include "processors/sockets/message_queue.h"

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace millrace::processors {

inline constexpr Property<std::string> kListenInterface{
    {.name = "Local Network Interface",
     .description = "The interface to listen at, by its name or address; without it, all.",
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::int64_t> kListenPort{
    {.name = "Port",
     .description = "The port to listen at; 0 picks a free one.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .atLeast = 0,
     .atMost = 65535}};
inline constexpr Property<DataSize> kListenLongest{
    {.name = "Receive Buffer Size",
     .description = "The most bytes of a message; a longer one is left out and reported.",
     .defaultValue = "65507 B",
     .required = true,
     .atLeast = 1,
     .atMost = 1 << 30}};
inline constexpr Property<std::int64_t> kListenQueue{
    {.name = "Max Size of Message Queue",
     .description = "How many messages may wait in memory until a task takes them; those of TCP "
                    "then wait at their sender, those of UDP are lost and reported.",
     .defaultValue = "10000",
     .required = true,
     .atLeast = 1,
     .atMost = 100'000'000}};
inline constexpr Property<DataSize> kListenSocketBuffer{
    {.name = "Max Size of Socket Buffer",
     .description = "How much the operating system shall keep, as far as its own limit allows.",
     .defaultValue = "1 MB",
     .required = true,
     .atLeast = 1}};
inline constexpr Property<std::int64_t> kListenBatch{
    {.name = "Max Batch Size",
     .description = "How many messages of one sender may become one FlowFile.",
     .defaultValue = "1",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
inline constexpr std::array kListenClientChoices{
    AllowedValue{"WANT", "Clients may show a certificate."},
    AllowedValue{"REQUIRED", "Clients must show a certificate."},
    AllowedValue{"NONE", "Clients are not asked."},
};
inline constexpr Property<ServiceName> kListenTls{
    {.name = "SSL Context Service",
     .description = "Keys and trust for TLS; without it, none.",
     .serviceType = SslContextProvider::kType}};
inline constexpr Property<std::string> kListenClientAuth{
    {.name = "Client Auth",
     .description = "Whether clients must show a certificate that is trusted.",
     .defaultValue = "REQUIRED",
     .required = true,
     .allowed = kListenClientChoices,
     .dependsOn = "SSL Context Service"}};

/// `\n`, `\r` and `\t` in a delimiter stand for the characters; in the encoding of the messages.
Result<std::string> delimiterOf(std::string_view text, std::string_view charset);

/// TLS, client authentication and socket buffer.
Result<net::ListenOptions> listenOptions(ProcessContext& context, std::uint16_t port);

/// New messages wake the processor; problems become warnings.
MessageEvents messageEvents(ProcessContext& context);

/// At most so many messages are taken in one trigger, unless a FlowFile may have more.
inline constexpr std::size_t kMostMessagesTogether = 1000;

/// Fills FlowFiles with the messages: those of one sender together, at most `most` in one, with the
/// delimiter between; one that has no byte is left out. `finish` gets each FlowFile with its first
/// message, and transfers it. The messages go back to their queue if the commit fails.
Result<> writeMessages(
    ProcessSession& session, std::shared_ptr<TakenMessages> taken, std::size_t most,
    std::string_view delimiter,
    const std::function<Result<>(SessionFlowFile&, const ReceivedMessage&)>& finish);

}  // namespace millrace::processors
