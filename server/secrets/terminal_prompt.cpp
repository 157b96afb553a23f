// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/terminal_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace millrace::server {
namespace {

/// The terminal without echo, as long as the object lives.
class Unseen {
 public:
  explicit Unseen(int terminal) : terminal_(terminal) {
    known_ = ::tcgetattr(terminal_, &before_) == 0;
    if (!known_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= static_cast<tcflag_t>(ICANON | ECHONL);
    known_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  ~Unseen() {
    if (known_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  bool works() const { return known_; }

 private:
  const int terminal_;
  termios before_{};
  bool known_ = false;
};

bool write(int terminal, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(terminal, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Result<std::string> askAtTerminal(int terminal, std::string_view question) {
  const Unseen unseen(terminal);
  if (!unseen.works() || !write(terminal, question))
    return Error::environment("the terminal cannot be asked for a secret", false);
  std::string line;
  while (true) {
    char c = '\0';
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error::user("the input ended before a value was given");
    if (c == '\n') return line;
    line.push_back(c);
  }
}

}  // namespace millrace::server
