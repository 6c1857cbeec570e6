// What a partition's next PartitionChangeRecord says: new ISR, ELR and leader, by the election
// rules of org.apache.kafka.controller.PartitionChangeBuilder.
//
//   auto record = PartitionChangeBuilder(partition, id, acceptor, options).target_isr({1}).build();
//
// A reassignment whose new replicas are all in the ISR is completed first: what it removes leaves
// replicas and ISR, and the leader epoch grows, so that what is removed is fenced.
//
// Rules of the election, in order: the current leader stays when it is acceptable and in the new
// ISR; else the first acceptable replica of the ISR in replica order (of the ELR when the ISR is
// empty); else the last known leader (ELR on); else, with Election::kUnclean, the first acceptable
// replica at all, which becomes the whole ISR and is marked as recovering; else there is no leader.
// Without ELR (KIP-966) the ISR never becomes empty: its last members stay in the record.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/types/mutations.h"

namespace kafka {

// Which brokers may lead now: registered, unfenced, not shutting down.
class LeaderAcceptor {
 public:
  virtual ~LeaderAcceptor() = default;
  virtual bool accepts(NodeId id) const = 0;
  // Where a replica that comes to that broker goes (DefaultDirProvider); zero: it chooses itself.
  virtual Uuid default_directory(NodeId) const { return {}; }
};

enum class Election : std::uint8_t {
  kPreferred,  // back to the first replica if possible
  kOnline,     // keep the leader if possible
  kUnclean,    // as kOnline, but with data loss rather than without a leader
};

struct PartitionChangeOptions {
  std::size_t min_isr = 1;   // effective min.insync.replicas of the topic
  bool elr_enabled = false;  // eligible.leader.replicas.version >= 1
  ControllerMutations mutations{};
};

class PartitionChangeBuilder {
 public:
  // The references outlive the builder, which lives for one build().
  PartitionChangeBuilder(const PartitionImage& partition, TopicIdPartition id,
                         const LeaderAcceptor& acceptor, PartitionChangeOptions options);

  PartitionChangeBuilder& target_isr(std::vector<NodeId> isr);
  PartitionChangeBuilder& election(Election election);
  // A reassignment: the target with what it removes behind it, and what it adds and removes.
  PartitionChangeBuilder& target_replicas(std::vector<NodeId> replicas);
  PartitionChangeBuilder& target_adding(std::vector<NodeId> replicas);
  PartitionChangeBuilder& target_removing(std::vector<NodeId> replicas);
  PartitionChangeBuilder& target_leader_recovery_state(LeaderRecoveryState state);
  PartitionChangeBuilder& unclean_shutdown_replica(NodeId id);  // leaves ISR and ELR

  // Nothing when the partition would stay as it is.
  std::optional<PartitionChangeRecord> build();

 private:
  struct Elected {
    std::optional<NodeId> leader;
    bool is_unclean = false;
  };
  Elected elect() const;
  bool is_valid_new_leader(NodeId id) const;
  bool can_elect_last_known_leader() const;
  void complete_reassignment();
  void populate_target_elr();
  void try_election(PartitionChangeRecord& record);
  void update_record_elr(PartitionChangeRecord& record);
  void update_last_known_leader(PartitionChangeRecord& record) const;
  void bump_leader_epoch_on_removal(PartitionChangeRecord& record) const;
  void update_assignment(PartitionChangeRecord& record) const;

  const PartitionImage& partition_;
  TopicIdPartition id_;
  const LeaderAcceptor& acceptor_;
  PartitionChangeOptions options_;
  Election election_ = Election::kOnline;
  std::vector<NodeId> target_isr_;
  std::vector<NodeId> target_replicas_;
  std::vector<NodeId> target_adding_;
  std::vector<NodeId> target_removing_;
  std::vector<NodeId> target_elr_;
  std::optional<NodeId> unclean_shutdown_replica_;
  LeaderRecoveryState target_recovery_;
};

}  // namespace kafka
