// The grid of a sweep: `--sweep acks=0,1,all --sweep min_insync_replicas=1,2` is six points, each
// with options of its own, and every seed is run at each of them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct RunRequest;

struct SweepAxis {
  std::string name;
  bool is_parameter = false;  // of the scenario (-D); else a Kafka key (--set)
  std::vector<std::string> values;

  friend bool operator==(const SweepAxis&, const SweepAxis&) = default;
};

// Points count from 0; the last axis runs fastest. Without axes there is one point.
class SweepGrid {
 public:
  SweepGrid() = default;
  explicit SweepGrid(std::vector<SweepAxis> axes) : axes_(std::move(axes)) {}

  const std::vector<SweepAxis>& axes() const { return axes_; }
  // As parse_grid() makes it: for one that was read from a file.
  bool is_well_formed() const;
  std::uint32_t points() const;
  const std::string& value(std::uint32_t point, std::size_t axis) const;
  void apply(std::uint32_t point, RunRequest& request) const;
  std::string options(std::uint32_t point) const;  // " -D x=1 --set acks=0", for a shell

  friend bool operator==(const SweepGrid&, const SweepGrid&) = default;

 private:
  std::vector<SweepAxis> axes_;
};

// The words of --sweep. `parameters` are those that the scenario declares, `taken` what -D and
// --set say already. A sentence when a word cannot be used: with the nearest names where it is a
// name.
std::expected<SweepGrid, std::string> parse_grid(const std::vector<std::string>& words,
                                                 const std::vector<std::string>& parameters,
                                                 const std::vector<std::string>& taken);

}  // namespace sim
