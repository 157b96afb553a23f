// SPDX-License-Identifier: Apache-2.0
#pragma once
// Result<T>: the value of something that the world can refuse, or the Error that says why.
// Promise: never empty; ignoring one does not compile cleanly ([[nodiscard]]).
// Threads: a plain value.

#include "engine/base/assert.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

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

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by intent
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    MR_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    MR_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    MR_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T valueOr(T other) const& { return ok() ? value() : std::move(other); }

  const Error& error() const& {
    MR_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    MR_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
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
