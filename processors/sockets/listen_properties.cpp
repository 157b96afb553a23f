// SPDX-License-Identifier: Apache-2.0
#include "processors/sockets/listen_properties.h"

#include "processors/http/listening.h"
#include "processors/text/charset.h"

#include <map>
#include <vector>

namespace millrace::processors {

Result<std::string> delimiterOf(std::string_view text, std::string_view charset) {
  std::string delimiter;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const char meant = next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : '\0';
    delimiter += meant == '\0' ? text[i] : meant;
    i += meant == '\0' ? 0 : 1;
  }
  return MR_TRY(Charset::find(charset)).encode(delimiter);
}

Result<net::ListenOptions> listenOptions(ProcessContext& context, std::uint16_t port) {
  net::ListenOptions options;
  options.at.port = port;
  options.receiveBuffer = context.get(kListenSocketBuffer);
  const std::string_view choice = context.get(kListenClientAuth);
  auto* tls = MR_TRY(serviceOf<SslContextProvider>(context, kListenTls));
  MR_TRY(useTls(options, tls,
                choice == "WANT"       ? net::ClientCertificate::kWanted
                : choice == "REQUIRED" ? net::ClientCertificate::kNeeded
                                       : net::ClientCertificate::kNone));
  return options;
}

MessageEvents messageEvents(ProcessContext& context) {
  return {[&context] { context.wake(); },
          [&context](const std::string& what) { context.log(BulletinLevel::kWarn, what); }};
}

Result<> writeMessages(
    ProcessSession& session, std::shared_ptr<TakenMessages> taken, std::size_t most,
    std::string_view delimiter,
    const std::function<Result<>(SessionFlowFile&, const ReceivedMessage&)>& finish) {
  // Batches in the order of their first message.
  std::vector<std::vector<const ReceivedMessage*>> batches;
  std::map<std::string_view, std::size_t> open;
  for (const ReceivedMessage& message : taken->all()) {
    const auto found = open.find(message.sender);
    if (most > 1 && found != open.end() && batches[found->second].size() < most) {
      batches[found->second].push_back(&message);
      continue;
    }
    open[message.sender] = batches.size();
    batches.push_back({&message});
  }
  for (const auto& batch : batches) {
    std::string joined;
    for (const ReceivedMessage* message : batch) {
      if (message != batch.front()) joined += delimiter;
      joined += message->bytes;
    }
    if (joined.empty()) continue;
    SessionFlowFile& file = session.create();
    MR_TRY(session.writeAll(file, joined));
    MR_TRY(finish(file, *batch.front()));
  }
  session.onDurable([taken = std::move(taken)] { taken->confirm(); });
  return Done{};
}

}  // namespace millrace::processors
