// Lua's string patterns, with a step budget: a pattern that explodes ends the script instead of
// hanging it. The language is that of the Lua 5.4 manual, section 6.4.1; the matcher is ours
// because Lua's own counts no steps.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sim {

class Pattern {
 public:
  static constexpr int kCapturesMax = 32;
  struct Capture {
    std::size_t start = 0;
    std::size_t size = 0;
    bool is_position = false;  // "()": start is what counts
    bool is_open = false;      // in a match: "(" without its ")", an error for whoever asks for it
  };
  enum class Error : std::uint8_t { kNone, kSteps, kTooComplex, kMalformed };
  struct Match {
    std::size_t start = 0;
    std::size_t end = 0;
    int capture_count = 0;
    std::array<Capture, kCapturesMax> captures{};
  };

  // Neither text is copied; both must outlive the object.
  // `may_anchor`: whether a leading '^' anchors; in gmatch it is a character like any other.
  Pattern(std::string_view subject, std::string_view pattern, std::uint64_t steps,
          bool may_anchor = true)
      : subject_(subject),
        pattern_(pattern),
        steps_(steps),
        steps_left_(steps),
        may_anchor_(may_anchor) {}

  // The first match that begins at `from` or later (only at `from` when the pattern is anchored).
  std::optional<Match> find(std::size_t from);
  bool is_anchored() const { return may_anchor_ && pattern_.starts_with('^'); }
  std::uint64_t steps_used() const { return steps_ - steps_left_; }

  // After find(): why there was no match, when it was not for want of one; kMalformed has a
  // sentence.
  Error error() const { return error_; }
  std::string_view complaint() const { return complaint_; }

 private:
  static constexpr std::size_t kNoMatch = static_cast<std::size_t>(-1);
  static constexpr int kDepthMax = 1000;

  std::size_t match(std::size_t s, std::size_t p);
  std::size_t match_item(std::size_t s, std::size_t p, std::size_t item_end);
  std::size_t match_special(std::size_t s, std::size_t p);
  std::size_t match_balance(std::size_t s, std::size_t p);
  std::size_t expand_most(std::size_t s, std::size_t p, std::size_t item_end);
  std::size_t expand_least(std::size_t s, std::size_t p, std::size_t item_end);
  std::size_t start_capture(std::size_t s, std::size_t p, bool is_position);
  std::size_t end_capture(std::size_t s, std::size_t p);
  std::size_t match_back_reference(std::size_t s, std::size_t p);
  std::size_t end_of_item(std::size_t p);
  bool matches_one(std::size_t s, std::size_t p, std::size_t item_end);
  bool in_set(unsigned char c, std::size_t p, std::size_t closing) const;
  std::size_t fail(Error error, std::string_view complaint = {});

  std::string_view subject_;
  std::string_view pattern_;
  std::uint64_t steps_;
  std::uint64_t steps_left_;
  bool may_anchor_;
  int depth_ = 0;
  Error error_ = Error::kNone;
  std::string_view complaint_;
  Match now_;
};

}  // namespace sim
