// Topics and partitions at the controller: creation and deletion, ISR changes, elections and
// reassignments (Kafka's ReplicationControlManager). Reads the image; what it generates takes
// effect by replay.
//
// replication_control.cc: ISR changes and what happens to brokers; topic_creation.cc; topics.cc:
// deletion and more partitions; elections.cc; reassignment.cc.
//
// Invariant: the index agrees with the image.
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
#include "broker-model/controller/partition_index.h"
#include "broker-model/env/rng.h"
#include "broker-model/messages/error_responses.h"
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

  // Keeps the index; with what the image noted of a record just replayed.
  void on_replayed(const MetadataDelta& delta);

  ControllerResult<CreateTopicsResponse> create_topics(const CreateTopicsRequest& request);
  ControllerResult<DeleteTopicsResponse> delete_topics(const DeleteTopicsRequest& request,
                                                       std::int16_t version) const;
  ControllerResult<CreatePartitionsResponse> create_partitions(
      const CreatePartitionsRequest& request);
  ControllerResult<ElectLeadersResponse> elect_leaders(const ElectLeadersRequest& request) const;
  ControllerResult<AlterPartitionReassignmentsResponse> alter_reassignments(
      const AlterPartitionReassignmentsRequest& request) const;
  ListPartitionReassignmentsResponse list_reassignments(
      const ListPartitionReassignmentsRequest& request) const;
  ControllerResult<UnregisterBrokerResponse> unregister_broker(
      const UnregisterBrokerRequest& request) const;
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

  bool has_leaderships(NodeId id) const { return !index_.led_by(id).empty(); }

  void check_invariants() const;

 private:
  struct NewPartition {
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;  // its first leads
  };
  using NewPartitions = std::vector<NewPartition>;
  ApiError plan_manual(const CreateTopicsRequest::CreatableTopic& topic, NewPartitions& out) const;
  ApiError plan_placed(const CreateTopicsRequest::CreatableTopic& topic, NewPartitions& out);
  ApiError place(std::int32_t partitions, std::int32_t replication_factor, NewPartitions& out);
  // validateManualPartitionAssignment. `replication_factor`: of the partitions before.
  ApiError check_assignment(const std::vector<NodeId>& replicas,
                            std::optional<std::size_t> replication_factor) const;
  // A partition as it begins, and its record.
  VersionedMetadataRecord new_partition(NewPartition planned, const TopicIdPartition& id) const;
  ApiError add_partitions(const CreatePartitionsRequest::CreatePartitionsTopic& request,
                          RecordList& records);
  ApiError check_name(const std::string& name) const;
  ApiError create_topic(const CreateTopicsRequest::CreatableTopic& topic, RecordList& records,
                        CreateTopicsResponse::CreatableTopicResult& result);

  ErrorCode check_alter(const AlterPartitionRequest& request,
                        const AlterPartitionRequest::PartitionData& data,
                        const PartitionImage* partition) const;
  ErrorCode check_new_isr(NodeId request_broker, const AlterPartitionRequest::PartitionData& data,
                          const PartitionImage& partition) const;
  AlterPartitionResponse::PartitionData alter_one(const AlterPartitionRequest& request,
                                                  const TopicImage& topic,
                                                  const AlterPartitionRequest::PartitionData& data,
                                                  RecordList& records) const;

  ApiError elect_leader(std::string_view topic, std::int32_t partition, Election election,
                        RecordList& records) const;
  ApiError alter_reassignment(
      std::string_view topic,
      const AlterPartitionReassignmentsRequest::ReassignablePartition& target,
      bool may_change_replication_factor, RecordList& records) const;
  ApiError cancel_reassignment(const TopicImage& topic, std::int32_t number,
                               RecordList& records) const;
  ApiError change_reassignment(const TopicImage& topic, std::int32_t number,
                               std::vector<NodeId> target, RecordList& records) const;

  void update_leaders_and_isrs(const PartitionIndex::Ids& partitions, const BrokerChange& change,
                               RecordList& records) const;
  bool is_elr_enabled() const;
  PartitionChangeOptions change_options(const TopicImage& topic) const;
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
  PartitionIndex index_;
};

// Kafka's isActive, with what a round of elections regards otherwise.
class ActiveBrokers final : public LeaderAcceptor {
 public:
  // Both outlive it.
  ActiveBrokers(const MetadataImage& image, const BrokerChange& change)
      : image_(image), change_(change) {}
  bool accepts(NodeId id) const override;
  // Of a broker with one log directory; with several it chooses later (DirectoryId.UNASSIGNED).
  Uuid default_directory(NodeId id) const override;

 private:
  const MetadataImage& image_;
  const BrokerChange& change_;
};

inline const BrokerChange kNoBrokerChange{};

}  // namespace kafka
