// The small vocabulary that every room shares: time, strong ids, assertions.
//
// Time is integer nanoseconds. Instant is the monotonic clock (System.nanoTime), WallTime the
// wall clock in milliseconds (System.currentTimeMillis). They do not convert into each other.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace env {

struct MonotonicClock {};  // tags only; nothing here reads a clock
struct WallClock {};

using Duration = std::chrono::duration<std::int64_t, std::nano>;
using Instant = std::chrono::time_point<MonotonicClock, Duration>;
using WallTime =
    std::chrono::time_point<WallClock, std::chrono::duration<std::int64_t, std::milli>>;

using namespace std::chrono_literals;  // 250ms, 5s in every room

constexpr std::int64_t nanos(Instant t) { return t.time_since_epoch().count(); }
constexpr std::int64_t millis(WallTime t) { return t.time_since_epoch().count(); }
constexpr std::int64_t millis(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

// An id that converts into nothing else. Tag may be an incomplete type.
template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Rep value_{};
};

using ConnId = Strong<struct ConnIdTag, std::uint64_t>;      // unique within one incarnation
using FileId = Strong<struct FileIdTag, std::uint32_t>;      // valid for one incarnation
using DiskOpId = Strong<struct DiskOpIdTag, std::uint64_t>;  // unique within one incarnation

// What a timer is for: the node chooses kind and id; setting the same key again replaces the timer.
struct TimerKey {
  std::uint32_t kind = 0;
  std::uint64_t id = 0;
  friend constexpr auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// Prints the condition, the sentence and, where a run installed one, its context (node, virtual
// time, seed, rerun command), then ends the process with exit code 70. On in every build.
[[noreturn]] void assertion_failed(const char* condition, const char* sentence, const char* file,
                                   int line);

// What a run tells of itself when an assertion fails. All that are installed speak, newest first.
class AssertionContext {
 public:
  AssertionContext();
  virtual ~AssertionContext();
  AssertionContext(const AssertionContext&) = delete;
  AssertionContext& operator=(const AssertionContext&) = delete;
  virtual std::string describe() const = 0;  // one or more lines

 private:
  friend void assertion_failed(const char*, const char*, const char*, int);
  AssertionContext* outer_;
};

}  // namespace env

// A bug if it does not hold. Never on input that a scenario or a peer can produce.
#define TIT_ASSERT(condition, sentence) \
  ((condition) ? void(0) : ::env::assertion_failed(#condition, sentence, __FILE__, __LINE__))
