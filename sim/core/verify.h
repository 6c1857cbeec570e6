// Is a run a function of its seed? The first run is recorded, event by event, the second one is
// compared while it runs and stopped at the first event that differs, which is the one to look at.
//
// One Verifier serves both runs: install it with World::set_verifier, run, call second_run(),
// install it in the second world, run, read difference(). It costs 32 bytes an event, and time for
// summing the draws of all streams, so that a stray draw shows at the event in which it was made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/event_record.h"

namespace sim {

class Verifier {
 public:
  // One event in short: what it was, and the path (digest and draws) after all of its effects.
  struct Entry {
    std::int64_t at = 0;
    std::uint64_t path = 0;
    std::uint64_t subject = 0;
    std::uint32_t host = 0;
    std::uint32_t incarnation : 24 = 0;
    std::uint32_t kind : 8 = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  static_assert(sizeof(Entry) == 32);

  struct Difference {
    std::uint64_t index = 0;      // of the record, from 0
    std::optional<Entry> first;   // absent: the first run had ended
    std::optional<Entry> second;  // absent: the second run had ended
    bool is_same_event() const;   // the same thing happened, but it did something else
  };

  // False: this event differs from the first run's. Later events are not compared.
  bool on_event(const EventRecord& record, std::uint64_t digest, std::uint64_t draws);

  void second_run();
  // After the second run: also different when it had fewer events than the first.
  void finish();
  const std::optional<Difference>& difference() const { return difference_; }
  std::size_t recorded() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
  bool is_comparing_ = false;
  std::optional<Difference> difference_;
};

std::string to_string(const Verifier::Entry&);
std::string to_string(const Verifier::Difference&);  // a few lines, for the user

}  // namespace sim
