// Nemesis: a schedule of faults drawn from the seed, in two phases. In the safety phase faults come
// and go, within bounds; then all of them are healed, every process is started, and in the liveness
// phase the cluster must make progress within a bound.
//
// Owned by the Lab. Draws from the stream "nemesis/<n>" alone, so that a further client or load
// changes no schedule.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker-model/types/observation.h"
#include "sim/lab/fault_book.h"

namespace sim {

struct NemesisSpec {
  std::vector<const FaultInfo*> faults;  // those it may choose; each has a draw
  env::Duration every{};                 // mean time between two faults
  env::Duration lasting{};               // mean time that one lasts
  env::Instant start;                    // of the safety phase
  env::Instant stop;                     // of the safety phase, when the liveness phase begins
  env::Duration recover_within{};        // from then on
  std::int64_t brokers_down_max = 1;     // by its own faults
  std::int64_t at_once_max = 3;          // faults in force
  bool swarm = true;  // each family is on or off for the whole run, drawn; at least one is on
};

class Nemesis {
 public:
  Nemesis(Lab& lab, std::uint32_t number, NemesisSpec spec);

  // --- for the Lab
  void on_observed(const std::string& source, const kafka::Observation& observation);
  // What had not come about when time was up, or when the run ended; one sentence each.
  std::vector<std::string> failures() const;

  const std::vector<std::string>& families() const { return families_; }  // that are on
  std::uint64_t injected() const { return injected_; }
  bool is_recovered() const { return phase_ == Phase::kRecovered; }
  // How long the cluster took; none before it had recovered.
  std::optional<env::Duration> recovery_time() const;

 private:
  enum class Phase : std::uint8_t { kWaiting, kSafety, kLiveness, kRecovered, kStuck };

  void choose_families();
  void schedule_next();
  void strike();
  std::optional<FaultArgs> draw_args(const FaultInfo& info);
  bool is_room_for(const FaultInfo& info) const;
  NemesisTargets targets_for(const FaultInfo& info) const;
  std::vector<FaultId> in_force() const;
  void calm();
  void end_safety();
  void look();
  std::vector<std::string> missing() const;
  env::Duration drawn(env::Duration mean);

  Lab& lab_;
  World& world_;
  env::Rng& rng_;
  NemesisSpec spec_;
  std::vector<std::string> families_;
  std::vector<FaultId> mine_;
  std::uint64_t injected_ = 0;
  Phase phase_ = Phase::kWaiting;
  env::Instant calm_since_{};
  env::Instant recovered_at_{};
  std::vector<std::string> stuck_;           // what was missing when time was up
  std::set<std::string> topics_acked_;       // since calm_since_, of sends meant after it
  std::set<std::string> consumers_reached_;  // likewise, by name
  World::CallbackId next_{};
};

}  // namespace sim
