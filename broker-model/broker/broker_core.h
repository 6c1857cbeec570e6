// BrokerCore: the broker behind kafka::Broker: it owns the machines, routes the events of Env to
// them, and is the host that each of them asks (kafka.server.BrokerServer, KafkaApis).
//
// Made in on_start, dies with the incarnation.
//
//   booting --files read--> catching up --on_caught_up--> opening logs --all open--> serving
//     --shutdown--> flushing --clean-shutdown file written--> stopped
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/broker/broker.h"
#include "broker-model/broker/lifecycle.h"
#include "broker-model/broker/producer_ids.h"
#include "broker-model/broker/replica_manager.h"
#include "broker-model/controller/controller_channel.h"
#include "broker-model/controller/quorum_observer.h"
#include "broker-model/log/checkpoint_file.h"
#include "broker-model/rpc/rpc_server.h"

namespace kafka {

class BrokerCore final : private RpcServerSink,
                         private QuorumObserverHost,
                         private LifecycleHost,
                         private ReplicaManagerHost,
                         private ControllerChannelHost {
 public:
  BrokerCore(const BrokerOptions& options, env::Env& env);
  ~BrokerCore() override;

  void start();
  void on_frame(env::ConnId, env::Frame);
  void on_timer(env::TimerKey);
  void on_conn(env::ConnId, const env::ConnEvent&);
  void on_disk(env::DiskOpId, const env::DiskResult&);
  void on_command(const Command&);
  // Its raft thread dies of a leader that contradicts what was committed, and the process with it.
  bool has_stopped() const { return has_stopped_; }
  void check_invariants() const;

  BrokerRunState run_state() const;
  const MetadataImage* image() const { return observer_ ? &observer_->image() : nullptr; }
  std::int16_t kraft_version() const { return observer_->kraft_version(); }
  const ReplicaManager* replicas() const { return replicas_.get(); }

  // --- for the handlers
  const BrokerOptions& options() const { return options_; }
  env::Env& env() { return *env_; }
  RpcServer& server() { return server_; }
  ReplicaManager& replica_manager() { return *replicas_; }
  // A producer id, or nothing while the next block is on its way.
  std::optional<std::int64_t> take_producer_id();
  // To the controller inside an Envelope (ForwardingManager). The answer goes to the client as it
  // is; `on_timeout` is what the client gets when the controller cannot be reached.
  void forward(const RequestContext&, const ApiInfo&, const env::Rope& body, env::Frame on_timeout);
  // A request of this broker's own, e.g. for a topic that shall create itself.
  void forward_own(const ApiInfo&, std::int16_t version, const env::Rope& body);

 private:
  enum class LaneSource : std::uint8_t {
    kRaft,
    kLifecycle,
    kAlterPartition,
    kForwarding,
    kFetcher
  };
  struct LaneJob {
    LaneSource source{};
    RpcReply reply;
    env::Rope body;
  };
  // The metadata log's connection.
  class RaftSink final : public RpcSink {
   public:
    explicit RaftSink(BrokerCore& core) : core_(&core) {}
    void on_response(env::Env&, const RpcReply&, const env::Rope& body) override;
    void on_disconnect(env::Env&, const RpcFailure&) override;

   private:
    BrokerCore* core_;
  };
  struct Forwarded {
    std::optional<RequestId> request;  // absent: this broker's own
    env::Frame on_timeout;
  };

  // --- broker_boot.cc
  void read_boot_files();
  bool on_boot_read(env::DiskOpId, const env::DiskResult&);
  void finish_boot();
  // A sentence when meta.properties is there and does not say who this broker is.
  std::optional<std::string> read_meta_properties(std::optional<Uuid>& directory);
  void write_clean_shutdown_file();

  // --- broker_core.cc
  void on_request(env::Env&, const RequestContext&, const env::Rope& body) override;
  void defer(LaneSource, env::Lane, const RpcReply&, env::Rope body);
  void run_lane_job(std::uint64_t id);
  void process_raft_answer(const RpcReply&, const env::Rope& body);
  void begin_stop();
  void halt(std::string_view reason);  // Exit.halt: nothing more is written, nobody is told
  void look_after_metadata_log();
  ControllerChannel& channel(ControllerChannelId);
  env::Frame envelope_header(const ApiInfo&, std::int16_t version, std::int32_t correlation_id,
                             const std::string& client_id) const;
  void submit_envelope(Forwarded, env::Rope request);
  void on_envelope_answer(std::uint64_t token, const EnvelopeResponse*);
  void set_timer(BrokerTimer timer, Duration after);

  // QuorumObserverHost
  void send_quorum_request(const QuorumVoter&, std::uint64_t correlation,
                           const RaftRequest&) override;
  void on_metadata_changed() override;
  // LifecycleHost
  Offset metadata_offset() const override { return observer_->image_offset(); }
  void send_registration(const BrokerRegistrationRequest&) override;
  void send_heartbeat(const BrokerHeartbeatRequest&) override;
  void set_lifecycle_timer(Duration after) override { set_timer(BrokerTimer::kLifecycle, after); }
  void set_registration_timer(Duration after) override {
    set_timer(BrokerTimer::kRegistrationTimeout, after);
  }
  void on_caught_up() override;
  void on_shutting_down() override { begin_stop(); }
  // ReplicaManagerHost
  BrokerEpoch broker_epoch() const override { return lifecycle_->epoch(); }
  void send_alter_partition(const AlterPartitionRequest&) override;
  void defer_fetcher_answer(const RpcReply&, env::Rope body) override;
  void on_initial_logs_open() override;
  void on_flushed() override { write_clean_shutdown_file(); }
  void on_log_failure(std::string_view reason) override { halt(reason); }
  // ControllerChannelHost
  std::optional<QuorumVoter> active_controller() const override { return observer_->leader(); }
  void on_controller_answer(ControllerChannelId, std::uint64_t token,
                            const ChannelResponse*) override;
  void defer_controller_answer(ControllerChannelId, const RpcReply&, env::Rope body) override;

  BrokerOptions options_;
  env::Env* env_;
  CostModel costs_;
  RpcServer server_;
  RaftSink raft_sink_;
  RpcClient raft_rpc_;
  ControllerChannel lifecycle_channel_;
  ControllerChannel alter_partition_channel_;
  ControllerChannel forwarding_channel_;
  // From the end of boot on.
  std::unique_ptr<QuorumObserver> observer_;
  std::unique_ptr<BrokerLifecycle> lifecycle_;
  std::unique_ptr<ReplicaManager> replicas_;

  BootState boot_;
  std::optional<Properties> meta_;                   // absent: there is no meta.properties yet
  std::map<env::DiskOpId, std::string> boot_reads_;  // file by the read under way
  CheckpointWriter meta_file_{"meta.properties"};
  CheckpointWriter clean_shutdown_file_{std::string(kCleanShutdownFile)};
  ProducerIds producer_ids_;
  std::map<std::uint64_t, Forwarded> forwarded_;
  std::uint64_t next_token_ = 1;
  std::map<std::uint64_t, LaneJob> lane_jobs_;
  std::uint64_t next_job_ = 1;
  bool is_stopping_ = false;
  bool has_stopped_ = false;
};

}  // namespace kafka
