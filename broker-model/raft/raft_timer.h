// A time-out of the raft client: Kafka's Timer over Time.milliseconds(). It counts by the wall
// clock, so a jump forward ends it early; a jump back stops it until the clock has caught up, since
// the time it has seen never falls.
#pragma once

#include <algorithm>

#include "broker-model/types/ids.h"

namespace kafka {

class RaftTimer {
 public:
  RaftTimer(WallTime now, Duration timeout) : seen_(now) { reset(now, timeout); }

  void reset(WallTime now, Duration timeout) {
    seen_ = std::max(seen_, now);
    deadline_ = timeout == Duration::max() ? WallTime::max()
                                           : seen_ + std::chrono::ceil<WallTime::duration>(timeout);
  }
  // Duration::max() for one that never ends.
  Duration remaining(WallTime now) {
    if (deadline_ == WallTime::max()) return Duration::max();
    seen_ = std::max(seen_, now);
    return std::max<Duration>(Duration::zero(), deadline_ - seen_);
  }
  bool is_expired(WallTime now) { return remaining(now) == Duration::zero(); }

 private:
  WallTime seen_;
  WallTime deadline_;
};

}  // namespace kafka
