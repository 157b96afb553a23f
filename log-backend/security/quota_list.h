// SPDX-License-Identifier: Apache-2.0
#pragma once
// QuotaList: how many bytes a second clients may publish and fetch, by user, by client id, or by
// both, as they stand in DIR/kafka-quotas (format: FORMAT.md). Source: KIP-13, KIP-55, KIP-546.
//
// Promise: what change() answered is on the medium. Several programs may change the file, one at a
// time; the others see it with refresh(). Ownership: the file system outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "log-backend/security/quota_meter.h"
#include "log-backend/security/shared_file.h"

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::log {

/// Whom a quota is for. At least one part is given.
struct QuotaEntity {
  struct Part {
    bool given = false;
    std::optional<std::string> name;  ///< nothing: all who have no quota of their own
    auto operator<=>(const Part&) const = default;
  };
  Part user;
  Part clientId;
  auto operator<=>(const QuotaEntity&) const = default;
};

/// Bytes a second.
struct QuotaLimits {
  std::optional<double> producer;  ///< producer_byte_rate
  std::optional<double> consumer;  ///< consumer_byte_rate
  bool operator==(const QuotaLimits&) const = default;
  bool isEmpty() const { return !producer && !consumer; }
};

inline constexpr std::string_view kProducerRate = "producer_byte_rate";
inline constexpr std::string_view kConsumerRate = "consumer_byte_rate";

class QuotaList {
 public:
  using Quotas = std::map<QuotaEntity, QuotaLimits>;
  enum class Direction : bool { kPublish, kFetch };

  static std::string pathIn(const std::string& data) { return data + "/kafka-quotas"; }
  static Result<std::unique_ptr<QuotaList>> open(FileSystem& files, const std::string& data);

  std::shared_ptr<const Quotas> quotas() const;
  /// Sets these limits; an entity without any is forgotten.
  Result<> change(const Quotas& changed);
  /// Takes over what another program wrote; an Error leaves the quotas as they are.
  Result<> refresh();

  /// Counts bytes of a client, and says how long it is to be held up. What a quota allows is shared
  /// by those to whom it applies together: one user, one client id, or one pair of both.
  Nanos charge(Direction direction, std::string_view user, std::string_view clientId, double bytes,
               Nanos now);
  /// The most that may go through in one piece; nothing: no quota applies.
  std::optional<double> mostAtOnce(Direction direction, std::string_view user,
                                   std::string_view clientId) const;

 private:
  struct Applying {
    std::string bucket;
    double limit = 0;
  };
  QuotaList(FileSystem& files, std::string path) : file_(files, std::move(path)) {}
  Result<Quotas> quotasOf(std::string_view text) const MR_REQUIRES(mutex_);
  std::optional<Applying> applying(Direction direction, std::string_view user,
                                   std::string_view clientId) const MR_REQUIRES(mutex_);

  mutable Mutex mutex_;
  SharedFile file_ MR_GUARDED_BY(mutex_);
  std::shared_ptr<const Quotas> quotas_ MR_GUARDED_BY(mutex_) = std::make_shared<const Quotas>();
  std::map<std::string, QuotaMeter, std::less<>> meters_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
