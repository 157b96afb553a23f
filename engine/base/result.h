// SPDX-License-Identifier: Apache-2.0
#pragma once
// Result<T>: the value of something that the world can refuse, or the Error that says why.
// Promise: never empty; ignoring one does not compile cleanly ([[nodiscard]]).
// Threads: a plain value.

#include "engine/base/assert.h"

#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {

/// Whose fault an error is: it decides who is told and whether a supervisor tries again.
enum class Fault : unsigned char {
  kUser,         ///< wrong input or configuration: tell the person, do not retry
  kEnvironment,  ///< disk, network, another process: may pass
  kBug,          ///< ours
};

/// What went wrong, in one sentence that says what, where and what to do.
struct Error {
  Fault fault = Fault::kEnvironment;
  bool retry = false;  ///< trying the same again may succeed
  std::string message;

  static Error user(std::string text) { return {Fault::kUser, false, std::move(text)}; }
  static Error environment(std::string text, bool mayRetry = true) {
    return {Fault::kEnvironment, mayRetry, std::move(text)};
  }
  static Error bug(std::string text) { return {Fault::kBug, false, std::move(text)}; }
};

/// The value of a Result<> that succeeded.
struct Done {};

template <typename T = Done>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(T value) : value_(std::move(value)), ok_(true) {}       // NOLINT: implicit by intent
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT
  Result(const Result& other) requires std::is_copy_constructible_v<T> : ok_(other.ok_) {
    if (ok_) {
      new (&value_) T(other.value_);
    } else {
      new (&error_) Error(other.error_);
    }
  }
  Result(Result&& other) noexcept : ok_(other.ok_) {
    static_assert(std::is_nothrow_move_constructible_v<T>, "else an assignment may leave neither");
    take(std::move(other));
  }
  ~Result() { destroy(); }
  Result& operator=(const Result& other) requires std::is_copy_constructible_v<T> {
    return *this = Result(other);
  }
  Result& operator=(Result&& other) noexcept {
    if (this == &other) return *this;
    destroy();
    ok_ = other.ok_;
    take(std::move(other));
    return *this;
  }

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  T& value() & {
    MR_ASSERT(ok_);
    return value_;
  }
  const T& value() const& {
    MR_ASSERT(ok_);
    return value_;
  }
  T&& value() && {
    MR_ASSERT(ok_);
    return std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T valueOr(T other) const& { return ok_ ? value_ : std::move(other); }

  const Error& error() const& {
    MR_ASSERT(!ok_);
    return error_;
  }
  Error&& error() && {
    MR_ASSERT(!ok_);
    return std::move(error_);
  }

 private:
  void take(Result&& other) {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&error_) Error(std::move(other.error_));
    }
  }
  void destroy() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  // No std::variant: every file has a Result of dozens of types, and compiled a fifth slower.
  union {
    T value_;
    Error error_;
  };
  bool ok_;
};

}  // namespace millrace

// Names of its own for each use, so that uses can be nested.
#define MR_TRY_NAMED(expression, name)              \
  (__extension__({                                  \
    auto name = (expression);                       \
    if (!name.ok()) return std::move(name).error(); \
    std::move(name).value();                        \
  }))
#define MR_TRY_COUNTED(expression, number) MR_TRY_NAMED(expression, mrResult##number##_)
#define MR_TRY_EXPANDED(expression, number) MR_TRY_COUNTED(expression, number)

/// Yields the value of a Result, or returns its Error from the enclosing function.
#define MR_TRY(expression) MR_TRY_EXPANDED(expression, __COUNTER__)
