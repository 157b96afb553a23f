// SPDX-License-Identifier: Apache-2.0
#pragma once
// Utf8Locale: makes UTF-8 the character set of this thread for as long as it lives; libarchive
// takes the names of entries to be in the thread's character set. Threads: stays on its own.

#include <locale.h>

#include <clocale>

namespace millrace::processors {

class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = uselocale(utf8_);
  }
  ~Utf8Locale() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

}  // namespace millrace::processors
