// Truth: what every replica of every partition really holds, and who led when. Built from the
// brokers' own observations; shared by the checkers of a run, which read it and never write.
//
// CheckerSet owns it and feeds it before the checkers, so they see the state after an observation.
// Memory: 16 bytes a record and replica, from log start to log end.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/types/observation.h"

namespace kafka {

enum class EntryKind : std::uint8_t {
  kUnknown,        // in the log, but nobody told what it is: see ReplicaLog::open
  kAbsent,         // an offset between batches that holds nothing
  kData,           // a record, its content known
  kTransactional,  // the same, in a transaction: a read_committed consumer may skip it
  kControl,        // a marker; no consumer is given it
  kCleaned,        // a record that this replica's cleaner has removed; what it was is still known
};

struct LogEntry {
  std::uint64_t content = 0;      // content_hash(key, value) of kData and kTransactional
  std::int32_t leader_epoch = 0;  // the batch's; 0 when unknown
  EntryKind kind = EntryKind::kUnknown;

  bool holds_record() const {
    return kind == EntryKind::kData || kind == EntryKind::kTransactional;
  }
  bool is_content_known() const { return holds_record() || kind == EntryKind::kCleaned; }
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// One replica's log: an entry for each offset of [start, end).
class ReplicaLog {
 public:
  explicit ReplicaLog(NodeId broker) : broker_(broker) {}

  NodeId broker() const { return broker_; }
  Offset start() const { return start_; }
  Offset end() const { return start_ + static_cast<Offset>(entries_.size()); }
  const LogEntry* at(Offset offset) const {  // nullptr outside [start, end)
    return offset >= start_ && offset < end() ? &entries_[static_cast<std::size_t>(offset - start_)]
                                              : nullptr;
  }

  // A broker killed between a write and its completion opens a log that is longer than it ever
  // told: the tail is kUnknown then.
  void open(Offset start, Offset end);
  void append(const RecordsAppended& append);
  void truncate(Offset end);
  void move_start(Offset start);
  void clean(std::span<const Offset> removed);

 private:
  NodeId broker_;
  Offset start_ = 0;
  std::deque<LogEntry> entries_;
};

struct Leadership {
  NodeId broker;
  LeaderEpoch epoch;
  Offset start_offset = 0;  // log end offset when it began
  Instant since;
  // False from the moment its broker restarted or became a follower: what its log lacks from then
  // on says nothing about what a leader lacks.
  bool is_active = true;
};

struct PartitionTruth {
  TopicPartition name;
  std::vector<ReplicaLog> replicas;       // in the order of their first observation
  std::optional<Leadership> leader;       // of the highest epoch that any broker became leader of
  std::map<LeaderEpoch, NodeId> leaders;  // by epoch, as the brokers told
  std::map<LeaderEpoch, Instant> unclean_since;  // epochs that began with an unclean election
  // Whose record some replica's cleaner has removed: a replica that fetched it from there
  // afterwards never had it. Whether it was right to go is compaction_keeps_newest's business.
  std::set<Offset> cleaned;

  const ReplicaLog* replica(NodeId broker) const;
};

class Truth {
 public:
  // Index into partitions() of the partition an observation speaks of; nothing for one that speaks
  // of none. Partitions are never removed, indices stay valid.
  std::optional<std::size_t> partition_of(const Observation& observation);
  void on_observation(Instant at, NodeId source, std::optional<std::size_t> partition,
                      const Observation& observation);

  const PartitionTruth& partition(std::size_t index) const { return partitions_[index]; }
  std::size_t partition_count() const { return partitions_.size(); }

  // min.insync.replicas of a topic, for the words of a verdict only. 1 until told.
  void set_min_insync_replicas(std::string_view topic, std::int64_t replicas);
  std::int64_t min_insync_replicas(std::string_view topic) const;

 private:
  std::size_t index_of(TopicPartitionView name);
  ReplicaLog& log(std::size_t partition, NodeId broker);

  std::deque<PartitionTruth> partitions_;
  std::map<TopicPartition, std::size_t, std::less<>> indices_;
  std::map<std::string, std::int64_t, std::less<>> min_insync_replicas_;
  std::size_t last_index_ = 0;  // most observations speak of a few partitions in turn
};

}  // namespace kafka
