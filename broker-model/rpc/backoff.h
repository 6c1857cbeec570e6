// Exponential backoff with jitter, as Kafka's ExponentialBackoff: initial * 2^attempts, at most
// maximum, times a factor drawn from [0.8, 1.2], again at most maximum. Integers only.
#pragma once

#include <algorithm>

#include "broker-model/env/rng.h"

namespace kafka {

class ExponentialBackoff {
 public:
  ExponentialBackoff(env::Duration initial, env::Duration maximum, bool has_jitter = true)
      : initial_(std::min(initial, maximum)), maximum_(maximum), has_jitter_(has_jitter) {}

  // Draws once, and not at all when the backoff is constant.
  env::Duration after(int attempts, env::Rng& rng) const {
    if (initial_ >= maximum_) return initial_;
    std::int64_t term = std::max<std::int64_t>(initial_.count(), 1);
    for (int i = 0; i < attempts && term < maximum_.count(); ++i) term *= 2;
    term = std::min(term, maximum_.count());
    if (!has_jitter_) return whole_millis(term);
    const std::int64_t per_million = rng.between(std::int64_t{800'000}, std::int64_t{1'200'000});
    const std::int64_t jittered =
        term / 1'000'000 * per_million + term % 1'000'000 * per_million / 1'000'000;
    return whole_millis(std::min(jittered, maximum_.count()));
  }

 private:
  // Kafka counts in milliseconds, and so do the clocks this is compared with.
  static env::Duration whole_millis(std::int64_t nanos) {
    constexpr std::int64_t kMilli = 1'000'000;
    return env::Duration(nanos < kMilli ? nanos : nanos - nanos % kMilli);
  }

  env::Duration initial_;
  env::Duration maximum_;
  bool has_jitter_;
};

}  // namespace kafka
