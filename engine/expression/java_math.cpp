// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/java_math.h"

#include "engine/expression/java_number.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace millrace::expression {

namespace {

/// Math.round: the floor of the number plus a half, computed without losing the last bit.
double roundHalfUp(double x) {
  const double down = std::floor(x);
  return x - down >= 0.5 ? down + 1 : down;
}

double signum(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

double javaMax(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
double javaMin(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
/// Java has no number for 1 to the power of NaN or infinity, C has 1.
double javaPow(double a, double b) {
  if (std::isnan(b) || (std::fabs(a) == 1 && std::isinf(b))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return std::pow(a, b);
}

/// The C library's is a unit off for perfect cubes, Java's is not.
double cubeRoot(double x) { return static_cast<double>(std::cbrt(static_cast<long double>(x))); }

using Unary = double (*)(double);
constexpr std::pair<std::string_view, Unary> kUnary[] = {
    {"abs", [](double x) { return std::fabs(x); }},
    {"acos", [](double x) { return std::acos(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"atan", [](double x) { return std::atan(x); }},
    {"cbrt", cubeRoot},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"cosh", [](double x) { return std::cosh(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"expm1", [](double x) { return std::expm1(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"log1p", [](double x) { return std::log1p(x); }},
    {"rint", [](double x) { return std::nearbyint(x); }},
    {"signum", signum},
    {"sin", [](double x) { return std::sin(x); }},
    {"sinh", [](double x) { return std::sinh(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"toDegrees", [](double x) { return x * (180.0 / std::numbers::pi); }},
    {"toRadians", [](double x) { return x * (std::numbers::pi / 180.0); }},
};

using Binary = double (*)(double, double);
constexpr std::pair<std::string_view, Binary> kBinary[] = {
    {"atan2", [](double a, double b) { return std::atan2(a, b); }},
    {"copySign", [](double a, double b) { return std::copysign(a, b); }},
    {"hypot", [](double a, double b) { return std::hypot(a, b); }},
    {"IEEEremainder", [](double a, double b) { return std::remainder(a, b); }},
    {"max", javaMax},
    {"min", javaMin},
    {"nextAfter", [](double a, double b) { return std::nextafter(a, b); }},
    {"pow", javaPow},
};

std::int64_t wrap(std::uint64_t bits) { return static_cast<std::int64_t>(bits); }
double wide(const Value& v) {
  return v.type() == Type::kWhole ? static_cast<double>(v.whole()) : v.decimal();
}

Value unary(Call& call, std::string_view name, const Value& x) {
  if (x.type() == Type::kWhole) {
    const std::int64_t n = x.whole();
    if (name == "abs") return Value::whole(n < 0 ? wrap(0 - static_cast<std::uint64_t>(n)) : n);
  }
  if (name == "round") return Value::whole(truncate(roundHalfUp(wide(x))));
  for (const auto& [known, function] : kUnary) {
    if (known == name) return Value::decimal(function(wide(x)));
  }
  return call.fail(fmt::format("java.lang.Math has no {} of one number", name));
}

Value binary(Call& call, std::string_view name, const Value& a, const Value& b) {
  if (a.type() == Type::kWhole && b.type() == Type::kWhole) {
    if (name == "max") return Value::whole(std::max(a.whole(), b.whole()));
    if (name == "min") return Value::whole(std::min(a.whole(), b.whole()));
    if (name == "floorDiv" || name == "floorMod") {
      if (b.whole() == 0) return call.fail("a whole number cannot be divided by zero");
      if (b.whole() == -1) {
        return Value::whole(name == "floorDiv" ? wrap(0 - static_cast<std::uint64_t>(a.whole()))
                                               : 0);
      }
      const std::int64_t rest = a.whole() % b.whole();
      const bool down = rest != 0 && (rest < 0) != (b.whole() < 0);
      if (name == "floorMod") return Value::whole(down ? rest + b.whole() : rest);
      return Value::whole(a.whole() / b.whole() - (down ? 1 : 0));
    }
  }
  if (name == "scalb" && b.type() == Type::kWhole) {
    const auto power = std::min<std::int64_t>(std::max<std::int64_t>(b.whole(), -5000), 5000);
    return Value::decimal(std::scalbn(wide(a), static_cast<int>(power)));
  }
  for (const auto& [known, function] : kBinary) {
    if (known == name) return Value::decimal(function(wide(a), wide(b)));
  }
  return call.fail(fmt::format("java.lang.Math has no {} of these two numbers", name));
}

}  // namespace

Value javaMath(Call& call) {
  const auto name = call.text(0);
  if (!name) return call.fail("the name of the function is missing");
  if (!call.hasSubject()) {
    if (*name != "random" || call.argumentCount() > 1) {
      return call.fail(fmt::format("only random needs no subject, not {}", *name));
    }
    const double part = static_cast<double>(call.input().random.next() >> 11U) * 0x1.0p-53;
    return Value::decimal(part);
  }
  const Value& subject = call.subject();
  if (subject.isNull()) return {};
  if (call.argumentCount() == 1) return unary(call, *name, subject);
  const Value other = call.argument(1);
  if (other.isNull()) return {};
  return binary(call, *name, subject, other);
}

}  // namespace millrace::expression
