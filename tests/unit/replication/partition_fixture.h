// A Partition over a real log and a fake disk, with a host whose view of the cluster a test sets.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/replication/partition.h"
#include "tests/support/fake_env.h"

namespace test {

using namespace kafka;

inline Records records_of(int count, Offset base_offset = 0, std::int32_t epoch = -1) {
  BatchOptions options;
  options.base_offset = base_offset;
  options.leader_epoch = epoch;
  BatchBuilder builder(options);
  const std::string value = "0123456789";
  const ByteView view{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()};
  for (int i = 0; i < count; ++i)
    builder.append({.timestamp = WallTime{WallTime::duration{1'700'000'000'000}},
                    .key = {},
                    .value = view,
                    .headers = {}});
  return {.batches = {builder.close()}, .trailing = {}};
}

struct FakeCluster : PartitionHost {
  struct BrokerState {
    std::int64_t epoch = 0;
    bool is_fenced = false;
    bool is_shutting_down = false;
  };
  explicit FakeCluster(FakeEnv& e) : env(&e) {}

  std::optional<BrokerEpoch> alive_broker_epoch(NodeId id) const override {
    const auto it = brokers.find(id);
    if (it == brokers.end() || it->second.is_fenced) return std::nullopt;
    return BrokerEpoch{it->second.epoch};
  }
  bool is_fenced(NodeId id) const override {
    const auto it = brokers.find(id);
    return it != brokers.end() && it->second.is_fenced;
  }
  bool is_shutting_down(NodeId id) const override {
    const auto it = brokers.find(id);
    return it != brokers.end() && it->second.is_shutting_down;
  }
  BrokerEpoch local_broker_epoch() const override { return BrokerEpoch{101}; }
  bool submit_alter_partition(const Partition&, const ProposedIsr& change) override {
    if (refuses) return false;
    submitted.push_back(change);
    return true;
  }
  void assign_epoch_start(PartitionLog& log, LeaderEpoch epoch) override {
    log.assign_epoch_start(*env, epoch);
  }
  void on_isr_changed(const Partition&) override {}
  void on_high_watermark_moved(const Partition& p, Offset old) override {
    moves.emplace_back(old, p.high_watermark());
  }

  FakeEnv* env;
  std::map<NodeId, BrokerState> brokers;
  std::vector<ProposedIsr> submitted;
  std::vector<std::pair<Offset, Offset>> moves;
  bool refuses = false;  // one change is queued already
};

struct PartitionOnDisk {
  FakeDisk disk;
  FakeEnv env{disk};
  FakeCluster cluster{env};
  std::unique_ptr<PartitionLog> log;
  std::unique_ptr<Partition> partition;

  explicit PartitionOnDisk(std::int32_t min_insync_replicas = 1, BrokerMutations mutations = {}) {
    for (int id = 1; id <= 3; ++id) cluster.brokers[NodeId{id}] = {.epoch = 100 + id};
    log = std::make_unique<PartitionLog>(TopicPartition{"orders", 0}, "orders-0", LogConfig{});
    log->open(env, OpenOptions{}, env.list());
    run_disk();
    partition =
        std::make_unique<Partition>(PartitionOptions{.local_broker = NodeId{1},
                                                     .topic_partition = {"orders", 0},
                                                     .topic_id = {7, 7},
                                                     .replica_lag_time_max = 30s,
                                                     .min_insync_replicas = min_insync_replicas,
                                                     .mutations = mutations},
                                    cluster, *log);
  }

  void run_disk() {
    env.run_disk(
        [&](env::DiskOpId op, const env::DiskResult& result) { log->on_disk(env, op, result); });
    std::vector<VisibleBatch> visible;
    log->take_visible(visible);
  }
  void append(int count, std::int32_t epoch) {
    const auto info = log->append_as_leader(env, records_of(count), LeaderEpoch{epoch}, env.wall,
                                            AppendOrigin::kClient);
    REQUIRE(info.has_value());
    run_disk();
    partition->on_leader_append(env.wall);
  }
  Partition::FetchUpdate fetch(int from, Offset offset, std::optional<std::int64_t> epoch = {}) {
    const std::int64_t broker_epoch = epoch.value_or(100 + from);
    return partition->update_follower_fetch_state({.replica = NodeId{from},
                                                   .fetch_offset = offset,
                                                   .log_start_offset = 0,
                                                   .fetch_time = env.wall,
                                                   .leader_end_offset = log->log_end_offset(),
                                                   .broker_epoch = BrokerEpoch{broker_epoch}});
  }
};

inline std::vector<NodeId> nodes(std::initializer_list<int> ids) {
  std::vector<NodeId> result;
  for (const int id : ids) result.push_back(NodeId{id});
  return result;
}

}  // namespace test
