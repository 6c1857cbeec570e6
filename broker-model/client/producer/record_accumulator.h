// RecordAccumulator: batches per partition that wait to be sent, the memory they take
// (buffer.memory), and which of them are ready. Owns every ProducerBatch until it is released.
//
// Where the Java class blocks the calling thread, append() answers kNoMemory: the producer node
// then keeps the record, and those behind it, and tries again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker-model/client/metadata.h"
#include "broker-model/client/producer/partitioner.h"
#include "broker-model/client/producer/producer_batch.h"
#include "broker-model/client/producer/transaction_manager.h"

namespace kafka {

struct AccumulatorOptions {
  std::size_t batch_size = 16384;
  Duration linger = 5ms;
  std::int64_t buffer_memory = 32 << 20;
  Duration retry_backoff = 100ms;
  Duration retry_backoff_max = 1s;
  Duration delivery_timeout = 120s;
  bool adaptive_partitioning = true;
  Duration partition_availability_timeout{};  // 0: off
};

class RecordAccumulator {
 public:
  RecordAccumulator(const AccumulatorOptions& options, TransactionManager* transactions);

  struct Appended {
    bool has_memory = true;  // false: nothing was appended
    bool is_new_batch = false;
    bool is_batch_full = false;  // it, or one before it
  };
  // REQUIRES: the topic's partitions are known. Without a partition the partitioner chooses.
  Appended append(env::Env&, const ClientMetadata&, const std::string& topic,
                  std::optional<std::int32_t> partition, const NewRecord&, const RecordHandle&);

  struct Ready {
    std::set<NodeId> nodes;
    std::set<std::string> topics_without_leader;
    Duration next_check = Duration::max();
  };
  // `is_exhausted`: senders wait for memory, so nothing lingers.
  Ready ready(env::Env&, const ClientMetadata&, bool is_exhausted);
  // At most one batch a partition, up to max_bytes but at least one, going round the partitions.
  std::vector<ProducerBatch*> drain(env::Env&, const ClientMetadata&, NodeId node,
                                    std::size_t max_bytes);
  void note_node_ready(NodeId, WallTime now, bool can_drain);  // for partitioner.availability

  // Batches of the queues that reached delivery.timeout.ms: taken out, in order of sending.
  std::vector<ProducerBatch*> expired(WallTime now);
  // When the next batch of a queue or in flight will.
  Duration until_next_expiry(WallTime now);

  void reenqueue(env::Env&, ProducerBatch&);
  // The batch was too large for the broker: new ones in its place. REQUIRES: several records.
  void split_and_reenqueue(env::Env&, ProducerBatch&);
  void release(ProducerBatch&);  // frees it when it is done and in no request

  // From now on everything is ready at once: close() and flush().
  void close() { is_closed_ = true; }
  bool has_batches() const { return !batches_.empty(); }
  std::vector<ProducerBatch*> all_batches();  // in order of making
  std::int64_t available_memory() const { return available_memory_; }

  template <class F>
  void for_each_partition(F&& visit) const {
    for (const auto& [name, topic] : topics_)
      for (const auto& [index, partition] : topic.partitions) visit(*partition);
  }
  // Partitions that have batches waiting or in flight, in the order of their names.
  template <class F>
  void for_each_active(F&& visit) {
    for (auto& [name, topic] : topics_) {
      std::erase_if(topic.active, [&](std::int32_t index) {
        ProducerPartition& partition = *topic.partitions.at(index);
        visit(partition);
        return partition.queue.empty() && partition.in_flight.empty();
      });
    }
  }
  void check_invariants() const;

 private:
  struct Topic {
    explicit Topic(std::int64_t sticky_bytes) : partitioner(sticky_bytes) {}
    BuiltInPartitioner partitioner;
    TopicShape shape{};  // of the metadata's shape_version
    std::optional<std::uint64_t> shape_version;
    std::map<std::int32_t, std::unique_ptr<ProducerPartition>> partitions;
    std::set<std::int32_t> active;  // those with batches, and perhaps some without any more
  };
  struct NodeLatency {
    WallTime ready;
    WallTime drained;
  };

  Topic& topic(const std::string& name);
  ProducerPartition& partition(const std::string& topic, std::int32_t index);
  static const TopicShape& shape_of(const ClientMetadata&, const std::string& name, Topic&);
  std::int32_t choose_partition(env::Env&, const ClientMetadata&, const std::string& name, Topic&);
  Appended append_to(env::Env&, ProducerPartition&, const NewRecord&, const RecordHandle&,
                     std::size_t& appended_bytes);
  void mark_active(const ProducerPartition&);
  ProducerBatch& make_batch(ProducerPartition&, std::size_t limit, WallTime now, bool is_split);
  void topic_ready(env::Env&, const ClientMetadata&, const std::string& name, Topic&,
                   bool is_exhausted, Ready&);
  void batch_ready(const ProducerPartition&, const ProducerBatch& first, NodeId leader,
                   bool is_exhausted, WallTime now, Ready&) const;
  bool is_slow(NodeId) const;
  void insert_in_sequence_order(ProducerPartition&, ProducerBatch&);

  AccumulatorOptions options_;
  TransactionManager* transactions_;  // nullptr without idempotence
  ExponentialBackoff backoff_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::uint64_t, std::unique_ptr<ProducerBatch>> batches_;  // by number
  std::map<NodeId, std::size_t> drain_index_;
  std::map<NodeId, NodeLatency> latencies_;
  std::uint64_t next_number_ = 1;
  std::int64_t available_memory_;
  bool is_closed_ = false;
};

}  // namespace kafka
