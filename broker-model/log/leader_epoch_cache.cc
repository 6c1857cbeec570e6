#include "broker-model/log/leader_epoch_cache.h"

#include <algorithm>
#include <charconv>

#include "broker-model/log/checkpoint_file.h"

namespace kafka {
namespace {

constexpr std::int32_t kCheckpointVersion = 0;  // LeaderEpochCheckpointFile

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && stop == text.data() + text.size();
}

// First entry whose epoch is above the given one.
auto higher_entry(const std::vector<EpochEntry>& entries, LeaderEpoch epoch) {
  return std::upper_bound(
      entries.begin(), entries.end(), epoch,
      [](LeaderEpoch wanted, const EpochEntry& entry) { return wanted < entry.epoch; });
}

}  // namespace

bool LeaderEpochCache::assign(LeaderEpoch epoch, Offset start_offset) {
  if (epoch.value() < 0 || start_offset < 0) return false;
  if (!entries_.empty() && entries_.back().epoch == epoch &&
      start_offset >= entries_.back().start_offset) {
    return false;
  }
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start_offset});
  return true;
}

std::optional<LeaderEpoch> LeaderEpochCache::latest_epoch() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

std::optional<EpochEntry> LeaderEpochCache::earliest_entry() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front();
}

std::optional<LeaderEpoch> LeaderEpochCache::previous_epoch(LeaderEpoch epoch) const {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), epoch,
      [](const EpochEntry& entry, LeaderEpoch wanted) { return entry.epoch < wanted; });
  if (at == entries_.begin()) return std::nullopt;
  return std::prev(at)->epoch;
}

std::optional<LeaderEpoch> LeaderEpochCache::epoch_for_offset(Offset offset) const {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](Offset wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
  if (after == entries_.begin()) return std::nullopt;
  return std::prev(after)->epoch;
}

std::optional<EpochEndOffset> LeaderEpochCache::end_offset_for(LeaderEpoch epoch,
                                                               Offset log_end_offset) const {
  if (epoch.value() < 0) return std::nullopt;  // UNDEFINED_EPOCH
  if (latest_epoch() == epoch) return EpochEndOffset{epoch, log_end_offset};
  const auto higher = higher_entry(entries_, epoch);
  if (higher == entries_.end()) return std::nullopt;
  if (higher == entries_.begin()) return EpochEndOffset{epoch, higher->start_offset};
  return EpochEndOffset{std::prev(higher)->epoch, higher->start_offset};
}

bool LeaderEpochCache::truncate_from_end(Offset end_offset) {
  const std::size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
  return entries_.size() != before;
}

bool LeaderEpochCache::truncate_from_start(Offset start_offset) {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), start_offset,
      [](Offset wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
  if (after == entries_.begin()) return false;
  const auto holder = std::prev(after);
  if (holder == entries_.begin() && holder->start_offset == start_offset) return false;
  holder->start_offset = start_offset;
  entries_.erase(entries_.begin(), holder);
  return true;
}

std::string LeaderEpochCache::to_checkpoint() const {
  std::vector<std::string> lines;
  for (const EpochEntry& entry : entries_) {
    lines.push_back(std::to_string(entry.epoch.value()) + " " + std::to_string(entry.start_offset));
  }
  return format_checkpoint(kCheckpointVersion, lines);
}

std::expected<LeaderEpochCache, std::string> LeaderEpochCache::from_checkpoint(
    std::string_view text) {
  const auto lines = parse_checkpoint(kCheckpointVersion, text);
  if (!lines) return std::unexpected(lines.error());
  LeaderEpochCache cache;
  for (const std::string& line : *lines) {
    const std::size_t space = line.find(' ');
    std::int32_t epoch = 0;
    Offset start_offset = 0;
    if (space == std::string::npos ||
        !parse_number(std::string_view(line).substr(0, space), epoch) ||
        !parse_number(std::string_view(line).substr(space + 1), start_offset) || epoch < 0 ||
        start_offset < 0) {
      return std::unexpected("malformed line in a leader epoch checkpoint: \"" + line + "\"");
    }
    cache.assign(LeaderEpoch(epoch), start_offset);
  }
  return cache;
}

}  // namespace kafka
