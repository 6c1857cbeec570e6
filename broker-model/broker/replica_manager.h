// ReplicaManager: the partitions that this broker holds, as leader and as follower: their logs,
// what metadata makes of them, produce and fetch with their purgatories, replica fetchers, ISR
// changes and offset checkpoints (kafka.server.ReplicaManager, ReplicaFetcherManager, LogManager).
//
// Made in on_start, dies with the broker. The owner passes disk, timer, connection and metadata
// events on; requests come from the handlers and are answered through the RpcServer.
//
// Invariants: every hosted partition has a log and a slot of its own; a partition that this broker
// leads is in no fetcher, one that it follows in at most one.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/broker/fetch_session.h"
#include "broker-model/broker/log_cleaner.h"
#include "broker-model/broker/purgatory.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/env/env.h"
#include "broker-model/log/partition_log.h"
#include "broker-model/messages/delete_records.h"
#include "broker-model/messages/produce.h"
#include "broker-model/replication/isr.h"
#include "broker-model/replication/replica_fetcher.h"
#include "broker-model/rpc/rpc_client.h"
#include "broker-model/rpc/rpc_server.h"
#include "broker-model/types/config.h"
#include "broker-model/types/observation.h"

namespace kafka {

// What a start finds on the disk besides the logs.
struct BootState {
  bool clean_shutdown = false;                // .kafka_cleanshutdown was there
  std::optional<BrokerEpoch> previous_epoch;  // and said so
  OffsetCheckpoint high_watermarks;
  OffsetCheckpoint recovery_points;
  OffsetCheckpoint log_starts;
  OffsetCheckpoint cleaned;  // up to where the cleaner has come
};

struct ReplicaManagerOptions {
  NodeId local_broker;
  std::string cluster_id;
  Config config{ConfigDef::broker()};
  BrokerMutations mutations;
};

class ReplicaManagerHost {
 public:
  virtual ~ReplicaManagerHost() = default;
  virtual BrokerEpoch broker_epoch() const = 0;
  virtual void send_alter_partition(const AlterPartitionRequest&) = 0;
  // A fetcher's answer waits for CPU on its lane; then process_fetcher_answer().
  virtual void defer_fetcher_answer(const RpcReply&, env::Rope body) = 0;
  virtual void on_initial_logs_open() = 0;  // once, after publish_all()
  virtual void on_flushed() = 0;            // once, after begin_flush()
  // A disk operation of a log, or of a checkpoint of offsets, failed.
  virtual void on_log_failure(std::string_view reason) = 0;
};

class ReplicaManager final : private PartitionHost,
                             private ReplicaFetcherHost,
                             private RpcSink,
                             private LogHost {
 public:
  ReplicaManager(ReplicaManagerOptions options, env::Env& env, RpcServer& server,
                 const MetadataImage& image, ReplicaManagerHost& host);
  ~ReplicaManager() override;

  // --- life
  void publish_all(BootState boot);    // the first image: opens every log, then takes up the roles
  void publish(const MetadataDelta&);  // before the logs are open: nothing, the image is read then
  bool is_open() const { return is_open_; }
  void drop_page_cache();  // every log is read anew
  void begin_flush();      // controlled shutdown: stop fetching, sync logs, write the checkpoints

  // --- requests. Each is answered exactly once, now or later.
  void produce(const RequestContext&, const ProduceRequest&);
  void fetch(const RequestContext&, FetchRequest&&);
  void list_offsets(const RequestContext&, const ListOffsetsRequest&);
  void delete_records(const RequestContext&, const DeleteRecordsRequest&);

  // --- events; those that answer bool: was it this machine's?
  bool on_disk(env::DiskOpId, const env::DiskResult&);
  bool on_timer(env::TimerKey);
  bool on_conn(env::ConnId, const env::ConnEvent&);
  bool on_frame(env::ConnId, const env::Frame&);
  void process_fetcher_answer(const RpcReply&, const env::Rope& body);
  void on_alter_partition_response(const AlterPartitionResponse&);

  // --- for selectors and tests
  const Partition* partition(TopicPartitionView) const;
  std::vector<const Partition*> partitions() const;
  std::size_t parked_produces() const { return produces_.size(); }
  std::size_t parked_fetches() const { return fetches_.size(); }
  std::size_t fetch_sessions() const { return fetch_sessions_.session_count(); }
  std::size_t parked_deletes() const { return deletes_.size(); }
  void check_invariants() const;

 private:
  struct HostedPartition;
  class HostedLog;
  struct PendingAck {
    PartitionKey key;
    std::uint32_t topic = 0;  // where the answer stands in the response
    std::uint32_t partition = 0;
    Offset required = 0;  // last offset + 1
  };
  struct DelayedProduce {
    RequestId request;
    std::int16_t version = 0;
    bool waits_for_isr = false;  // acks=all, else only for the write
    std::vector<PendingAck> acks;
    ProduceResponse response;
  };
  struct FetchOp {
    RequestId request_id;
    std::int16_t version = 0;
    std::optional<NodeId> follower;
    BrokerEpoch follower_epoch{-1};
    bool leader_only = true;
    bool is_read_committed = false;
    std::string rack{};  // of a consumer
    std::int64_t max_bytes = 0;
    std::int64_t min_bytes = 0;
    FetchContext context{};
    std::vector<FetchItem> items{};  // those that are read, then those with an error already
    std::size_t readable = 0;        // how many are read
    bool has_namesake = false;       // one is of a topic that is gone and was created anew
  };
  struct DelayedDelete {
    RequestId request;
    std::vector<PendingAck> acks;
    DeleteRecordsResponse response;
  };
  struct ReadTotals {
    std::int64_t bytes = 0;
    std::int64_t bytes_left = 0;
    bool is_first = true;  // nothing read yet: the first batch comes whatever its size
    bool has_error = false;
    bool has_divergence = false;
    bool has_read_replica = false;
  };
  using FetchedPartition = FetchResponse::PartitionData;
  using ProducedPartition = ProduceResponse::PartitionProduceResponse;
  using DeletedPartition = DeleteRecordsResponse::DeleteRecordsPartitionResult;
  using ProducedData = ProduceRequest::PartitionProduceData;
  using ListedPartition = ListOffsetsRequest::ListOffsetsPartition;
  using ListedOffset = ListOffsetsResponse::ListOffsetsPartitionResponse;

  // --- replica_manager.cc: partitions and metadata
  HostedPartition* find(const PartitionKey&) const;
  HostedPartition* at_slot(PurgatorySlot) const;
  ErrorCode why_not_hosted(const PartitionKey&) const;
  HostedPartition& host_partition(const PartitionKey&, const TopicImage&);
  void on_log_open(HostedPartition&);
  void finish_opening();
  void apply(HostedPartition&);
  void become_leader(HostedPartition&, const PartitionRegistrationView&);
  void become_follower(HostedPartition&, const PartitionRegistrationView&);
  void remove_partition(const PartitionKey&);
  void forget_offsets_of_removed();
  void apply_configs(const MetadataDelta&);
  void refresh_topic_defaults();
  std::array<ConfigResource, 2> broker_resources() const;  // the cluster's, then its own
  LogConfig log_config(const TopicImage&, std::int32_t& min_insync_replicas) const;
  void drain_log(HostedPartition&);
  void tell_flushed(HostedPartition&);
  void on_disk_failed(HostedPartition&, const env::DiskResult&);
  void fail_directory(const std::string& what, const env::DiskResult&);
  void wake(HostedPartition&);
  void stop_fetching(const PartitionKey&, std::optional<NodeId> except);

  // --- replica_produce.cc
  void append_partition(const ProduceRequest&, const TopicImage*, ErrorCode topic_error,
                        const ProducedData&, ProducedPartition& answer, DelayedProduce& op,
                        std::uint32_t topic_index);
  bool try_complete(DelayedProduce&);
  void answer_produce(DelayedProduce&);
  bool try_complete_ack(DelayedProduce&, const PendingAck&);

  // --- replica_fetch.cc
  FetchOp open_fetch(const RequestContext&, const FetchRequest&);
  void resolve_items(FetchOp&) const;
  ReadTotals read_all(const FetchOp&, bool from_purgatory, std::vector<FetchResult>&);
  ErrorCode read_records(const FetchOp&, HostedPartition&, const FetchItem&, bool from_purgatory,
                         ReadTotals&, FetchResult&);
  ErrorCode check_divergence(const HostedPartition&, const FetchItem&,
                             std::optional<EpochEndOffset>& diverging) const;
  std::optional<NodeId> preferred_read_replica(const FetchOp&, const HostedPartition&,
                                               Offset fetch_offset) const;
  Offset fetch_upper_bound(const FetchOp&, const HostedPartition&) const;
  bool try_complete(FetchOp&);
  void answer_fetch(FetchOp&, std::vector<FetchResult>&);
  void write_answer(const FetchOp&, const FetchItem&, FetchResult&, FetchResponse&);
  ListedOffset list_offset(const ListOffsetsRequest&, std::string_view topic,
                           const ListedPartition&);
  void arm_purgatory_timer();
  void expire_purgatories();

  // --- replica_follow.cc: PartitionHost, ReplicaFetcherHost, RpcSink
  std::optional<BrokerEpoch> alive_broker_epoch(NodeId) const override;
  bool is_fenced(NodeId) const override;
  bool is_shutting_down(NodeId) const override;
  BrokerEpoch local_broker_epoch() const override;
  bool submit_alter_partition(const Partition&, const ProposedIsr&) override;
  void assign_epoch_start(PartitionLog&, LeaderEpoch) override;
  void on_high_watermark_moved(const Partition&, Offset old_high_watermark) override;
  void on_isr_changed(const Partition&) override;
  void send_fetch(NodeId source, const FetchRequest&) override;
  void send_list_offsets(NodeId source, const ListOffsetsRequest&) override;
  ErrorCode append_as_follower(Partition&, const Records&, LeaderEpoch) override;
  void truncate(Partition&, Offset) override;
  void truncate_fully_and_start_at(Partition&, Offset) override;
  void follow_leader_offsets(Partition&, Offset high_watermark, Offset log_start) override;
  void set_fetcher_timer(NodeId source, Duration after) override;
  void on_response(env::Env&, const RpcReply&, const env::Rope& body) override;
  void on_disconnect(env::Env&, const RpcFailure&) override;
  ReplicaFetcher& fetcher(NodeId source);
  void send_to_source(NodeId source, const FetchRequest*, const ListOffsetsRequest*);
  void pump_alter_partition();
  HostedPartition& hosted(const Partition&) const;

  // --- replica_delete.cc: DeleteRecords; LogHost
  ErrorCode delete_partition_records(std::string_view topic, std::int32_t partition, Offset before,
                                     DeletedPartition& answer, std::optional<PendingAck>&);
  Offset low_watermark(const HostedPartition&) const;
  bool try_complete(DelayedDelete&);
  void answer_delete(DelayedDelete&);
  std::vector<ManagedLog> open_logs() const override;
  ManagedLog open_log(TopicPartitionView) const override;
  void on_old_segments_deleted(PartitionLog&, Offset old_log_start) override;
  void on_records_cleaned(PartitionLog&, const CleanedRecords&) override;
  void on_log_start_moved(HostedPartition&);
  void on_cut(HostedPartition&);

  // --- replica_checkpoints.cc
  void write_high_watermarks();
  void write_recovery_points();
  void continue_flush();
  void shrink_isrs();
  void set_timer(BrokerTimer timer, Duration after, std::uint64_t id = 0);

  template <class T>
  void observe(T observed) {
    env_->observe(Observation{std::move(observed)});
  }

  enum class Flush : std::uint8_t { kNo, kLogs, kCheckpoints, kDone };

  ReplicaManagerOptions options_;
  env::Env* env_;
  RpcServer* server_;
  const MetadataImage* image_;
  ReplicaManagerHost* host_;
  Config topic_defaults_;
  Duration lag_max_;
  Duration backoff_;
  std::int64_t fetch_max_bytes_;
  bool selects_by_rack_;  // replica.selector.class
  FetchManager fetch_sessions_;
  BootState boot_;
  DiskOpRouter router_;
  std::map<PartitionKey, std::unique_ptr<HostedPartition>> hosted_;
  std::vector<HostedPartition*> by_slot_;  // nullptr: gone; its slot is not used again
  std::size_t opening_ = 0;                // logs that are being opened
  bool is_published_ = false;
  bool is_open_ = false;
  std::map<NodeId, ReplicaFetcher> fetchers_;  // by source
  std::vector<NodeId> unaddressed_;  // sources asked without a known endpoint: fail by timer
  RpcClient fetcher_rpc_;
  AlterPartitionManager isr_manager_;
  Purgatory<DelayedProduce> produces_;
  Purgatory<FetchOp> fetches_;
  Purgatory<DelayedDelete> deletes_;
  std::optional<Instant> purgatory_armed_;
  CheckpointWriter high_watermark_file_;
  CheckpointWriter recovery_point_file_;
  OffsetCheckpoint written_high_watermarks_;
  OffsetCheckpoint written_recovery_points_;
  LogManager logs_;
  LogCleaner cleaner_;
  Flush flush_ = Flush::kNo;
  std::vector<VisibleBatch> visible_;  // scratch
  std::vector<FetchResult> results_;   // scratch
};

}  // namespace kafka
