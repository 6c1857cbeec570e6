// Tells a history to a set of checkers, a line an observation. Time is in milliseconds; the
// partition is orders-0 throughout.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker-model/checkers/checker.h"
#include "broker-model/messages/records/batch_builder.h"

namespace kafka {

class History {
 public:
  explicit History(std::string_view checker, std::string topic = "", bool allows_excused = false) {
    set.add(*find_checker(checker), std::move(topic), allows_excused);
  }

  void at(std::int64_t ms) { now_ = Instant(std::chrono::milliseconds(ms)); }
  CheckResult result() {
    set.at_end(now_);
    return set.results().at(0);
  }

  void open(int broker, Offset end, Offset high_watermark = 0) {
    tell(broker, LogOpened{.partition = kPartition,
                           .log_start_offset = 0,
                           .log_end_offset = end,
                           .high_watermark = high_watermark});
  }
  // One batch with a record for each text.
  void append(int broker, Offset base, int epoch, std::vector<std::string> values,
              bool is_control = false, bool is_transactional = false) {
    BatchBuilder builder({.base_offset = base,
                          .leader_epoch = epoch,
                          .is_transactional = is_transactional,
                          .is_control = is_control,
                          .producer = {}});
    for (const std::string& value : values)
      builder.append({.timestamp = WallTime(std::chrono::milliseconds(1)),
                      .key = {},
                      .value = view(value),
                      .headers = {}});
    const RecordBatch batch = builder.close();
    tell(broker, RecordsAppended{.partition = kPartition,
                                 .as_leader = false,
                                 .base_offset = base,
                                 .last_offset = batch.last_offset(),
                                 .batch_epoch = LeaderEpoch(epoch),
                                 .body = &batch.body});
  }
  // One batch with a record for each key; a tombstone where the key ends with '-'.
  void append_keys(int broker, Offset base, const std::vector<std::string>& keys) {
    BatchBuilder builder({.base_offset = base, .leader_epoch = 0, .producer = {}});
    for (const std::string& key : keys) {
      const bool is_tombstone = key.ends_with('-');
      NewRecord record{.timestamp = WallTime(std::chrono::milliseconds(1)),
                       .key = view(std::string_view(key).substr(0, key.size() - is_tombstone)),
                       .value = {},
                       .headers = {}};
      if (!is_tombstone) record.value = view("v");
      builder.append(record);
    }
    const RecordBatch batch = builder.close();
    tell(broker, RecordsAppended{.partition = kPartition,
                                 .as_leader = false,
                                 .base_offset = base,
                                 .last_offset = batch.last_offset(),
                                 .batch_epoch = LeaderEpoch(0),
                                 .body = &batch.body});
  }
  void clean(int broker, Offset end, const std::vector<Offset>& removed) {
    tell(broker, RecordsCleaned{.partition = kPartition, .end_offset = end, .removed = removed});
  }
  void truncate(int broker, Offset from, Offset to) {
    tell(broker,
         LogTruncated{.partition = kPartition, .old_end_offset = from, .new_end_offset = to});
  }
  void lead(int broker, int epoch, Offset end, Offset high_watermark = 0) {
    tell(broker, BecameLeader{.partition = kPartition,
                              .leader_epoch = LeaderEpoch(epoch),
                              .partition_epoch = {},
                              .log_end_offset = end,
                              .high_watermark = high_watermark,
                              .isr = {}});
  }
  void follow(int broker, int epoch, int leader) {
    tell(broker, BecameFollower{.partition = kPartition,
                                .leader_epoch = LeaderEpoch(epoch),
                                .leader = NodeId(leader),
                                .log_end_offset = 0});
  }
  void high_watermark(int broker, int epoch, Offset to, bool as_leader = true) {
    tell(broker, HighWatermarkMoved{.partition = kPartition,
                                    .as_leader = as_leader,
                                    .leader_epoch = LeaderEpoch(epoch),
                                    .old_high_watermark = 0,
                                    .high_watermark = to});
  }
  void elect(int leader, int epoch, bool is_unclean = false) {
    tell(3000, PartitionChanged{.partition = kPartition,
                                .leader = NodeId(leader),
                                .leader_epoch = LeaderEpoch(epoch),
                                .partition_epoch = {},
                                .isr = {},
                                .eligible_leader_replicas = {},
                                .replicas = {},
                                .leader_changed = true,
                                .is_unclean = is_unclean});
  }
  // A new state of the partition, an election where the leader epoch is above the last one.
  void change(std::optional<int> leader, int epoch, int partition_epoch, std::vector<int> isr,
              std::vector<int> elr = {}, bool is_unclean = false) {
    const std::vector<NodeId> in_sync = ids(isr);
    const std::vector<NodeId> eligible = ids(elr);
    const std::vector<NodeId> replicas = ids({1, 2, 3});
    PartitionChanged told{.partition = kPartition,
                          .leader = {},
                          .leader_epoch = LeaderEpoch(epoch),
                          .partition_epoch = PartitionEpoch(partition_epoch),
                          .isr = in_sync,
                          .eligible_leader_replicas = eligible,
                          .replicas = replicas,
                          .leader_changed = epoch > last_epoch_,
                          .is_unclean = is_unclean};
    if (leader.has_value()) told.leader = NodeId(*leader);
    last_epoch_ = epoch;
    tell(3000, told);
  }
  // As change(), with the replicas that there are from then on.
  void assign(int leader, int epoch, int partition_epoch, std::vector<int> isr,
              std::vector<int> assigned, bool is_election = false) {
    const std::vector<NodeId> in_sync = ids(isr);
    const std::vector<NodeId> replicas = ids(assigned);
    tell(3000, PartitionChanged{.partition = kPartition,
                                .leader = NodeId(leader),
                                .leader_epoch = LeaderEpoch(epoch),
                                .partition_epoch = PartitionEpoch(partition_epoch),
                                .isr = in_sync,
                                .eligible_leader_replicas = {},
                                .replicas = replicas,
                                .leader_changed = is_election,
                                .is_unclean = false});
  }
  // What a controller that takes over has found: no change of its own.
  void take_over(int leader, int epoch, int partition_epoch, std::vector<int> isr) {
    assign(leader, epoch, partition_epoch, std::move(isr), {1, 2, 3});
  }
  // As lead(), with what the metadata said of the ISR.
  void lead_with(int broker, int epoch, int partition_epoch, std::vector<int> isr, Offset end,
                 Offset high_watermark = 0) {
    const std::vector<NodeId> in_sync = ids(isr);
    tell(broker, BecameLeader{.partition = kPartition,
                              .leader_epoch = LeaderEpoch(epoch),
                              .partition_epoch = PartitionEpoch(partition_epoch),
                              .log_end_offset = end,
                              .high_watermark = high_watermark,
                              .isr = in_sync});
  }
  void maximal_isr(int broker, int epoch, int partition_epoch, std::vector<int> isr) {
    const std::vector<NodeId> in_sync = ids(isr);
    tell(broker, MaximalIsrChanged{.partition = kPartition,
                                   .leader_epoch = LeaderEpoch(epoch),
                                   .partition_epoch = PartitionEpoch(partition_epoch),
                                   .isr = in_sync});
  }
  void flushed(int broker, Offset end) {
    tell(broker, LogFlushed{.partition = kPartition, .recovery_point = end});
  }
  void start_at(int broker, Offset offset) {
    tell(broker, LogStartMoved{.partition = kPartition, .log_start_offset = offset});
  }
  void broker_state(int broker, BrokerState state) {
    tell(3000, BrokerStateChanged{.broker = NodeId(broker), .broker_epoch = {}, .state = state});
  }
  void power_loss(int broker) { set.on_storage_loss(now_, NodeId(broker), StorageLoss::kUnsynced); }
  void wipe(int broker) { set.on_storage_loss(now_, NodeId(broker), StorageLoss::kWiped); }
  void medium_fails(int broker) { set.on_storage_loss(now_, NodeId(broker), StorageLoss::kMedium); }
  void ack(std::uint64_t tag, std::optional<Offset> offset, std::string_view value,
           std::int16_t acks = -1) {
    tell_client("producer-1", SendAcked{.tag = tag,
                                        .partition = kPartition,
                                        .offset = offset,
                                        .content = content_hash({}, view(value)),
                                        .acks = acks,
                                        .intended = {}});
  }
  void deliver(Offset offset, std::string_view value, std::string_view consumer = "consumer-1") {
    tell_client(consumer, RecordDelivered{.partition = kPartition,
                                          .offset = offset,
                                          .batch_epoch = {},
                                          .content = content_hash({}, view(value)),
                                          .timestamp = {}});
  }
  void position(Offset offset, PositionReason reason = PositionReason::kAssigned,
                std::string_view consumer = "consumer-1") {
    tell_client(consumer, PositionSet{.partition = kPartition, .offset = offset, .reason = reason});
  }

  void tell(int node, const Observation& observation) {
    set.on_observation(now_, "node-" + std::to_string(node), NodeId(node), observation);
  }
  void tell_client(std::string_view client, const Observation& observation) {
    set.on_observation(now_, client, std::nullopt, observation);
  }

  static ByteView view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }
  static inline const TopicPartitionView kPartition{"orders", 0};
  CheckerSet set;

 private:
  static std::vector<NodeId> ids(const std::vector<int>& numbers) {
    std::vector<NodeId> ids;
    for (const int number : numbers) ids.emplace_back(number);
    return ids;
  }

  int last_epoch_ = -1;
  Instant now_{};
};

}  // namespace kafka
