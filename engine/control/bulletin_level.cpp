// SPDX-License-Identifier: Apache-2.0
#include "engine/control/flow_plan.h"

namespace millrace::engine {

BulletinLevel bulletinLevelOf(flow::BulletinLevel level) {
  switch (level) {
    case flow::BulletinLevel::kDebug:
      return BulletinLevel::kDebug;
    case flow::BulletinLevel::kInfo:
      return BulletinLevel::kInfo;
    case flow::BulletinLevel::kWarn:
      return BulletinLevel::kWarn;
    case flow::BulletinLevel::kError:
      return BulletinLevel::kError;
    case flow::BulletinLevel::kNone:
      return BulletinLevel::kNone;
  }
  return BulletinLevel::kWarn;
}

}  // namespace millrace::engine
