// Decisions: draws of named streams that are not left to the seed. A run is its seed and these.
//
// As text, one a line, which people may edit: the stream, the number of the draw (from 0), and what
// is drawn, either all 64 bits ("0x8000000000000000") or the same as a fraction of 2^64 ("0.5").
// What the fraction decides is up to who draws: floor(fraction x n) among n, the fraction itself
// as the quantile of a latency. "#" begins a comment.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace sim {

class Decisions {
 public:
  using Draws = std::map<std::uint64_t, std::uint64_t>;  // by index
  using Streams = std::map<std::string, Draws, std::less<>>;

  void set(std::string stream, std::uint64_t index, std::uint64_t value) {
    streams_[std::move(stream)][index] = value;
  }
  bool empty() const { return streams_.empty(); }
  const Streams& streams() const { return streams_; }
  const Draws* find(std::string_view stream) const;

  // In order of streams and indices.
  std::string text() const;
  // A sentence that names the line when the text is none of the above.
  static std::expected<Decisions, std::string> parse(std::string_view text);

  friend bool operator==(const Decisions&, const Decisions&) = default;

 private:
  Streams streams_;
};

// One line of the text, without its end: "net/1-2 17 0x8000000000000000".
std::string decision_line(std::string_view stream, std::uint64_t index, std::uint64_t value);

}  // namespace sim
