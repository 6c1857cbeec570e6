#include "sim/core/verify.h"

#include <fmt/format.h>

namespace sim {

bool Verifier::Difference::is_same_event() const {
  if (!first.has_value() || !second.has_value()) return false;
  Entry same = *first;
  same.path = second->path;
  return same == *second;
}

bool Verifier::on_event(const EventRecord& record, std::uint64_t digest, std::uint64_t draws) {
  if (difference_.has_value()) return false;
  const Entry entry{.at = env::nanos(record.at),
                    .path = mix(digest, draws),
                    .subject = record.subject,
                    .host = record.host.value(),
                    .incarnation = record.incarnation & 0xffffff,
                    .kind = static_cast<std::uint32_t>(record.kind)};
  if (!is_comparing_) {
    entries_.push_back(entry);
    return true;
  }
  const std::size_t index = next_++;
  if (index < entries_.size() && entries_[index] == entry) return true;
  difference_ = Difference{.index = index, .first = std::nullopt, .second = entry};
  if (index < entries_.size()) difference_->first = entries_[index];
  return false;
}

void Verifier::second_run() {
  TIT_ASSERT(!is_comparing_, "a verifier compares two runs");
  is_comparing_ = true;
}

void Verifier::finish() {
  if (difference_.has_value() || !is_comparing_ || next_ == entries_.size()) return;
  difference_ = Difference{.index = next_, .first = entries_[next_], .second = std::nullopt};
}

std::string to_string(const Verifier::Entry& entry) {
  return fmt::format("{} ({:016x})",
                     to_string(EventRecord{.number = 0,
                                           .at = env::Instant(env::Duration(entry.at)),
                                           .kind = static_cast<EventKind>(entry.kind),
                                           .host = HostId(entry.host),
                                           .incarnation = entry.incarnation,
                                           .subject = entry.subject}),
                     entry.path);
}

std::string to_string(const Verifier::Difference& difference) {
  const auto side = [](const std::optional<Verifier::Entry>& entry) {
    return entry.has_value() ? to_string(*entry) : std::string("the run had ended");
  };
  return fmt::format("first difference at record {}{}\n  first run:  {}\n  second run: {}",
                     difference.index,
                     difference.is_same_event() ? ": the same event did something else" : "",
                     side(difference.first), side(difference.second));
}

}  // namespace sim
