// Topics and partitions at the controller: creation, ISR changes, elections (Kafka's
// ReplicationControlManager). Reads the image; what it generates takes effect by replay.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/controller/cluster_control.h"
#include "broker-model/controller/configuration_control.h"
#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/partition_change_builder.h"
#include "broker-model/env/rng.h"
#include "broker-model/messages/alter_partition.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/types/mutations.h"

namespace kafka {

// Which brokers a round of elections regards otherwise than the image does.
struct BrokerChange {
  std::optional<NodeId> remove{};            // leaves ISRs, must not lead
  std::optional<NodeId> add{};               // may lead although the image still shows it fenced
  std::optional<NodeId> unclean_shutdown{};  // leaves ISR and ELR, must not lead (KIP-966)
};

class ReplicationControl {
 public:
  // All references outlive it. `rng` draws topic ids and places replicas.
  ReplicationControl(const MetadataImage& image, const ClusterControl& cluster,
                     const ConfigurationControl& configuration, const Config& config, env::Rng& rng,
                     ControllerMutations mutations)
      : image_(image),
        cluster_(cluster),
        configuration_(configuration),
        config_(config),
        rng_(rng),
        mutations_(mutations) {}

  ControllerResult<CreateTopicsResponse> create_topics(const CreateTopicsRequest& request);
  ControllerResult<AlterPartitionResponse> alter_partition(const AlterPartitionRequest& request,
                                                           std::int16_t version) const;
  ControllerResult<BrokerHeartbeatResponse> broker_heartbeat(
      const BrokerHeartbeatRequest& request) const;

  // Records for what happened to a broker. REQUIRES: it is registered.
  void broker_fenced(NodeId id, RecordList& records) const;
  void broker_unfenced(NodeId id, RecordList& records) const;
  void broker_in_controlled_shutdown(NodeId id, RecordList& records) const;
  // A new incarnation registers: what the old one held in ISRs (and, when it died uncleanly and
  // ELR is on, in ELRs) it holds no more.
  void broker_shut_down(NodeId id, bool is_clean, RecordList& records) const;

  // Periodic: leaders back to preferred replicas (leader.imbalance.check.interval.seconds), and
  // leaders for partitions without one where unclean elections are allowed.
  void elect_preferred(RecordList& records) const;
  void elect_unclean(RecordList& records) const;

  bool has_leaderships(NodeId id) const;

 private:
  struct NewPartition {
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;  // its first leads
  };
  using NewPartitions = std::vector<NewPartition>;
  ApiError plan_manual(const CreateTopicsRequest::CreatableTopic& topic, NewPartitions& out) const;
  ApiError plan_placed(const CreateTopicsRequest::CreatableTopic& topic, NewPartitions& out);
  ApiError check_name(const std::string& name) const;
  ApiError create_topic(const CreateTopicsRequest::CreatableTopic& topic, RecordList& records,
                        CreateTopicsResponse::CreatableTopicResult& result);
  Uuid directory_of(NodeId id) const;
  Uuid random_topic_id();

  ErrorCode check_alter(const AlterPartitionRequest& request,
                        const AlterPartitionRequest::PartitionData& data,
                        const PartitionImage* partition) const;
  ErrorCode check_new_isr(NodeId request_broker, const AlterPartitionRequest::PartitionData& data,
                          const PartitionImage& partition) const;
  AlterPartitionResponse::PartitionData alter_one(const AlterPartitionRequest& request,
                                                  const TopicImage& topic,
                                                  const AlterPartitionRequest::PartitionData& data,
                                                  RecordList& records) const;

  void update_leaders_and_isrs(const BrokerChange& change, RecordList& records) const;
  PartitionChangeOptions change_options(std::string_view topic) const;
  Election election_for(std::string_view topic) const;
  // PartitionChangeRecord, or what a planted bug makes of it.
  void add_change(const PartitionImage& partition, PartitionChangeRecord change,
                  RecordList& records) const;

  const MetadataImage& image_;
  const ClusterControl& cluster_;
  const ConfigurationControl& configuration_;
  const Config& config_;
  env::Rng& rng_;
  ControllerMutations mutations_;
};

}  // namespace kafka
