// Recorder: where all observations of a run go. Folds them into the digest, keeps the cluster's
// state, feeds the checkers, measures latency, and keeps the rows of events.csv. Owned by the Lab.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker-model/checkers/checker.h"
#include "sim/core/world.h"
#include "sim/lab/cluster_state.h"
#include "sim/lab/load.h"
#include "sim/lab/metrics.h"
#include "sim/lab/results.h"

namespace sim {

// Who a host is in Kafka's terms.
enum class Role : std::uint8_t { kController, kBroker, kProducer, kConsumer, kAdmin, kReplay };
struct ClientCounts {
  std::uint64_t sent = 0;  // records handed to the producer's send()
  std::uint64_t acked = 0;
  std::uint64_t failed = 0;
  std::uint64_t delivered = 0;  // records that the consumer's poll() returned
};
struct Member {
  Role role = Role::kBroker;
  kafka::NodeId id;  // of a broker or controller; of a client a number of our own, from 100000 up
  std::string name;
  ClientCounts counts{};
};

// Told of what moves a scenario on: any observation may make a predicate true.
class RecorderListener {
 public:
  virtual ~RecorderListener() = default;
  virtual void on_observed(const Member& source, const kafka::Observation& observation) = 0;
};

class Recorder final : public ObservationSink, public LoadSink {
 public:
  explicit Recorder(RecorderListener& listener) : listener_(listener) {}

  void add_member(HostId host, Member member);
  const Member& member(HostId host) const { return members_.at(host); }
  const std::map<HostId, Member>& members() const { return members_; }
  kafka::CheckerSet& checkers() { return checkers_; }
  void add_row(EventRow row) { rows_.push_back(std::move(row)); }

  void on_observation(env::Instant at, HostId host, std::uint32_t incarnation,
                      const kafka::Observation& observation, Digest& digest) override;
  void on_due(std::uint64_t tag, env::Instant intended) override;

  // After the last event: sends without an outcome are counted, checkers conclude.
  void finish(env::Instant at);

  const ClusterState& state() const { return state_; }
  const Metrics& metrics() const { return metrics_; }
  std::vector<kafka::CheckResult> check_results() const { return checkers_.results(); }
  const std::vector<EventRow>& rows() const { return rows_; }

 private:
  bool is_old_news(const Member& source, const kafka::Observation& observation) const;
  void measure(env::Instant at, ClientCounts& counts, const kafka::Observation& observation);
  void write_row(env::Instant at, const Member& source, const kafka::Observation& observation);

  RecorderListener& listener_;
  std::map<HostId, Member> members_;
  kafka::CheckerSet checkers_;
  ClusterState state_;
  Metrics metrics_;
  std::vector<EventRow> rows_;
  std::map<std::uint64_t, env::Instant> unfinished_;           // tag -> intended
  std::map<std::uint64_t, env::Instant> intended_by_content_;  // until its first delivery
};

}  // namespace sim
