// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/exchange.h"

namespace millrace::log {

Result<std::shared_ptr<Exchange>> Exchange::open(std::vector<std::byte> frame,
                                                 std::string clientHost, Send send,
                                                 std::shared_ptr<ClientSession> session) {
  std::shared_ptr<Exchange> made(new Exchange(std::move(frame), std::move(clientHost)));
  made->request_ = MR_TRY(wire::readRequest(made->frame_));
  made->send_ = std::move(send);
  made->session_ = std::move(session);
  return made;
}

Exchange::~Exchange() {
  if (send_) closeConnection("the request was given up");
}

std::span<std::byte> Exchange::changeable(ByteView view) {
  if (view.empty()) return {};  // null on the wire is nowhere in the frame
  MR_ASSERT(view.data() >= frame_.data() &&
            view.data() + view.size() <= frame_.data() + frame_.size());
  return std::span(frame_).subspan(static_cast<std::size_t>(view.data() - frame_.data()),
                                   view.size());
}

void Exchange::finish(Answer answer) {
  if (!send_) return;
  const Send send = std::exchange(send_, nullptr);
  answer.pause = pause_;
  send(std::move(answer));
}

}  // namespace millrace::log
