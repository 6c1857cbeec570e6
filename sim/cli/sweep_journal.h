// The journal of a sweep: each run that was finished, in the order in which they were, so that a
// sweep that was killed goes on where it stood.
//
// A record is written by one write() with its length and checksum; what a kill or a full disk left
// unfinished at the end is cut off when the journal is opened again.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "sim/cli/sweep_answer.h"
#include "sim/cli/sweep_result.h"

namespace sim {

// One run: in the order of seeds, and of points at each.
struct SweepKey {
  std::uint64_t seed = 0;
  std::uint32_t point = 0;  // of the grid

  friend auto operator<=>(const SweepKey&, const SweepKey&) = default;
};

class SweepJournal {
 public:
  // Makes it, or opens the one that is there. A sentence when it cannot, or when the one that is
  // there is another sweep's.
  static std::expected<SweepJournal, std::string> open(const std::string& path,
                                                       const SweepIdentity& identity);
  SweepJournal(SweepJournal&&) noexcept;
  SweepJournal& operator=(SweepJournal&&) = delete;
  ~SweepJournal();

  const std::map<SweepKey, SweepAnswer>& answers() const { return answers_; }
  // A sentence when it could not be written; what was there before is kept.
  std::expected<void, std::string> add(SweepKey key, SweepAnswer answer);

 private:
  SweepJournal(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::expected<void, std::string> append(std::string_view payload);

  std::string path_;
  int file_ = -1;
  std::map<SweepKey, SweepAnswer> answers_;
};

}  // namespace sim
