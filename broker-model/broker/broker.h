// Broker: one Kafka broker as an env::Node. Made at each start over the same disk, destroyed by a
// kill; everything it knows of the world is env::Env, and it keeps a reference to the Env that
// on_start() handed over (one Env lives as long as the incarnation).
//
// The machines behind it (a map is in broker-model/README.md): BrokerLifecycle registers and
// heartbeats, QuorumObserver replicates the metadata log, ReplicaManager holds the partitions and
// their logs, ReplicaFetchers copy from leaders, handlers/<api>.cc answer requests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker-model/env/node.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/config.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class BrokerCore;
class MetadataImage;
class Partition;

struct BrokerOptions {
  NodeId id;
  std::string cluster_id;
  env::Endpoint listener;  // bound and advertised: host:9092
  std::string rack;        // empty: none
  // controller.quorum.voters, or controller.quorum.bootstrap.servers from kraft.version 1 on.
  std::vector<QuorumVoter> controllers;
  std::int16_t kraft_version = 0;  // that the cluster was formatted with
  Config config{ConfigDef::broker()};
  BrokerMutations mutations;
};

// Kafka's broker states (metadata/BrokerState.java).
enum class BrokerRunState : std::uint8_t {
  kNotRunning,
  kStarting,                   // catching up with the metadata log, then registering
  kRecovery,                   // registered, fenced
  kRunning,                    // unfenced
  kPendingControlledShutdown,  // want_shut_down in its heartbeats
  kShuttingDown,               // flushing, checkpointing
};

class Broker final : public env::Node {
 public:
  explicit Broker(BrokerOptions options);
  ~Broker() override;

  void on_start(env::Env&) override;
  void on_frame(env::Env&, env::ConnId, env::Frame) override;
  void on_timer(env::Env&, env::TimerKey) override;
  void on_conn(env::Env&, env::ConnId, const env::ConnEvent&) override;
  void on_disk(env::Env&, env::DiskOpId, env::DiskResult) override;
  void on_command(env::Env&, const Command&) override;
  bool has_stopped() const override;
  void check_invariants() const override;

  // --- for selectors, tables and tests; nothing here changes anything
  NodeId id() const;
  BrokerRunState run_state() const;
  // What this broker has replayed so far; nullptr before it has read its disk.
  const MetadataImage* image() const;
  // The replica of a partition on this broker; nullptr when it holds none.
  const Partition* partition(TopicPartitionView) const;
  std::vector<const Partition*> partitions() const;  // sorted by topic and number

 private:
  BrokerOptions options_;
  std::unique_ptr<BrokerCore> core_;  // from on_start on
};

}  // namespace kafka
