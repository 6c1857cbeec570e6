// Truth: what every replica of every partition really holds, and who led when. Built from the
// brokers' own observations; shared by the checkers of a run, which read it and never write.
//
// CheckerSet owns it and feeds it before the checkers, so they see the state after an observation.
// Memory: 16 bytes a record and replica, from log start to log end.
#pragma once

#include <algorithm>
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

// What the disk of a machine lost, as its engine tells: no node can know it.
enum class StorageLoss : std::uint8_t {
  kUnsynced,  // its power failed: what no sync had covered may be gone
  kWiped,     // another disk: everything is
  kMedium,  // anything may be, found at any later start: bit rot, pages that a sync failed to write
};

// Records that were no longer there when a log was opened again: [first, end).
struct LostTail {
  Offset first = 0;
  Offset end = 0;
  Instant at;
  // Storage was lost meanwhile, and this part of the log was never flushed or the medium failed.
  // Else the broker lost it by itself.
  bool is_excused = false;
};

// One replica's log: an entry for each offset of [start, end).
class ReplicaLog {
 public:
  explicit ReplicaLog(NodeId broker) : broker_(broker) {}

  NodeId broker() const { return broker_; }
  Offset flushed() const { return flushed_; }  // all below survives a power loss, it told
  // Not written again since, by offset.
  const std::vector<LostTail>& lost() const { return lost_; }
  std::optional<Instant> excused_loss_at() const { return excused_loss_at_; }  // the last one
  Offset start() const { return start_; }
  Offset end() const { return start_ + static_cast<Offset>(entries_.size()); }
  const LogEntry* at(Offset offset) const {  // nullptr outside [start, end)
    return offset >= start_ && offset < end() ? &entries_[static_cast<std::size_t>(offset - start_)]
                                              : nullptr;
  }

  // A broker killed between a write and its completion opens a log that is longer than it ever
  // told: the tail is kUnknown then.
  void open(Offset start, Offset end);
  // What `opened` lacks of this log is lost. Before open().
  void lose_tail(const LogOpened& opened, Instant at, std::optional<StorageLoss> loss);
  void append(const RecordsAppended& append);
  void truncate(Offset end);
  void move_start(Offset start);
  void clean(std::span<const Offset> removed);
  void flush(Offset end) { flushed_ = std::max(flushed_, end); }

  // --- Truth's own
  Instant opened_at{};
  bool may_be_deleted = false;  // the replica was taken away: it comes back empty, if at all

 private:
  NodeId broker_;
  Offset start_ = 0;
  Offset flushed_ = 0;
  std::vector<LostTail> lost_;
  std::optional<Instant> excused_loss_at_;
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

// A clean election of a replica that had lost storage: what it lost is lost, and excused, unless
// another one that could have been elected still held it.
struct ExcusedTail {
  LostTail tail;
  LeaderEpoch epoch;  // it was elected in
  NodeId leader;
  std::vector<NodeId> eligible;  // ISR and ELR that it was elected from
};

// Which loss of a partition explains that something is gone.
struct Excuse {
  enum Kind : std::uint8_t { kNone, kUncleanElection, kStorageLost };
  Kind kind = kNone;
  LeaderEpoch election{-1};  // that lost it
  std::size_t tail = 0;      // of kStorageLost: index into excused_tails
  explicit operator bool() const { return kind != kNone; }
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
  std::vector<ExcusedTail> excused_tails;  // in the order of the elections

  // As the controller committed it last.
  std::vector<NodeId> isr;
  std::vector<NodeId> eligible_leader_replicas;
  LeaderEpoch controller_epoch{-1};  // the leader epoch
  PartitionEpoch partition_epoch{-1};
  std::map<LeaderEpoch, std::vector<NodeId>> eligible;  // ISR and ELR before that election

  const ReplicaLog* replica(NodeId broker) const;
  bool is_active_leader(NodeId broker) const {
    return leader.has_value() && leader->is_active && leader->broker == broker;
  }
  // Why the leader of the highest epoch may lack what was at that offset. `epoch`: of the entry,
  // where anybody told it.
  Excuse excuse(Offset offset, std::uint64_t content, std::optional<std::int32_t> epoch) const;
  std::string words(const Excuse& excuse) const;  // "allowed: ..."; empty for kNone
};

class Truth {
 public:
  // Index into partitions() of the partition an observation speaks of; nothing for one that speaks
  // of none. Partitions are never removed, indices stay valid.
  std::optional<std::size_t> partition_of(const Observation& observation);
  void on_observation(Instant at, NodeId source, std::optional<std::size_t> partition,
                      const Observation& observation);

  void on_storage_loss(Instant at, NodeId broker, StorageLoss loss);

  const PartitionTruth& partition(std::size_t index) const { return partitions_[index]; }
  std::size_t partition_count() const { return partitions_.size(); }

 private:
  std::size_t index_of(TopicPartitionView name);
  ReplicaLog& log(std::size_t partition, NodeId broker);
  void open(std::size_t index, NodeId source, Instant at, const LogOpened& opened);
  void lead(PartitionTruth& partition, NodeId source, Instant at, const BecameLeader& leader);
  static void take_change(PartitionTruth& partition, Instant at, const PartitionChanged& change);

  struct Machine {
    std::optional<Instant> power_lost;  // for the last time
    std::optional<Instant> wiped;       // the same
    bool has_failing_medium = false;
  };
  std::map<NodeId, Machine> machines_;
  std::deque<PartitionTruth> partitions_;
  std::map<TopicPartition, std::size_t, std::less<>> indices_;
  std::size_t last_index_ = 0;  // most observations speak of a few partitions in turn
};

}  // namespace kafka
