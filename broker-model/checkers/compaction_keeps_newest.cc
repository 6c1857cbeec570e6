// compaction_keeps_newest: of a compacted partition the cleaner of a replica removes a record only
// if a later one of the same key lies in that replica below what was cleaned, or if it is a
// tombstone; and it cleans nothing above the highest high watermark that this process has known:
// what a new leader tells may be lower for a while.
//
// It reads keys itself, as records become part of a log; what a log held before it was watched is
// not judged. A removal costs O(log n).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "broker-model/checkers/checker.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {
namespace {

class CompactionKeepsNewest final : public Checker {
 public:
  CompactionKeepsNewest(const Truth& truth, std::string topic)
      : Checker("compaction_keeps_newest", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    Replica& replica = replicas_[{*seen.partition, *seen.node}];
    if (const auto* append = std::get_if<RecordsAppended>(&observation.what)) {
      replica.append(*append);
    } else if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
      replica.cut(opened->log_end_offset);
      replica.high_watermark = opened->high_watermark;
    } else if (const auto* truncated = std::get_if<LogTruncated>(&observation.what)) {
      replica.cut(truncated->new_end_offset);
      replica.high_watermark = std::min(replica.high_watermark, truncated->new_end_offset);
    } else if (const auto* moved = std::get_if<HighWatermarkMoved>(&observation.what)) {
      replica.high_watermark = std::max(replica.high_watermark, moved->high_watermark);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      replica.high_watermark = std::max(replica.high_watermark, leader->high_watermark);
    } else if (const auto* cleaned = std::get_if<RecordsCleaned>(&observation.what)) {
      on_cleaned(seen, replica, *cleaned);
    }
  }

 private:
  struct Record {
    std::uint64_t key = 0;  // its hash
    bool has_key = false;
    bool is_tombstone = false;
  };
  struct Replica {
    std::map<Offset, Record> records;
    std::set<std::pair<std::uint64_t, Offset>> by_key;
    Offset high_watermark = 0;  // the highest since the log was opened or cut

    void append(const RecordsAppended& append) {
      cut(append.base_offset);
      const RecordBatch batch{append.base_offset, append.batch_epoch.value(), *append.body};
      RecordReader reader(batch);
      while (!batch.is_control() && reader.next()) {
        const RecordView& record = reader.record();
        const Record known{.key = content_hash(record.key, {}),
                           .has_key = record.key.has_value(),
                           .is_tombstone = !record.value};
        records.emplace_hint(records.end(), record.offset, known);
        if (known.has_key) by_key.emplace(known.key, record.offset);
      }
    }
    void cut(Offset end) {
      while (!records.empty() && records.rbegin()->first >= end) remove(std::prev(records.end()));
    }
    void remove(std::map<Offset, Record>::iterator record) {
      by_key.erase({record->second.key, record->first});
      records.erase(record);
    }
    bool is_superseded(Offset offset, const Record& record, Offset end) const {
      const auto later = by_key.upper_bound({record.key, offset});
      return later != by_key.end() && later->first == record.key && later->second < end;
    }
  };

  // From the last on: what superseded a record may go itself, when something supersedes that.
  void on_cleaned(const Sighting& seen, Replica& replica, const RecordsCleaned& cleaned) {
    if (cleaned.end_offset > replica.high_watermark)
      tell(seen, fmt::format("cleaned up to {}, its high watermark is {}", cleaned.end_offset,
                             replica.high_watermark));
    for (const Offset offset : cleaned.removed) {
      const auto found = replica.records.find(offset);
      if (found == replica.records.end()) continue;
      count();
      const Record& record = found->second;
      if (record.has_key && !record.is_tombstone &&
          !replica.is_superseded(offset, record, cleaned.end_offset))
        tell(seen, fmt::format("removed offset {}, the newest record of its key", offset));
    }
    for (const Offset offset : cleaned.removed)
      if (const auto found = replica.records.find(offset); found != replica.records.end())
        replica.remove(found);
  }

  void tell(const Sighting& seen, const std::string& what) {
    violate(seen.at);
    ++times_;
    if (first_.empty())
      first_ =
          fmt::format("{} at {}: broker {} {}", to_string(truth_.partition(*seen.partition).name),
                      seconds(seen.at), seen.node->value(), what);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<std::pair<std::size_t, NodeId>, Replica> replicas_;
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_compaction_keeps_newest(const Truth& truth, std::string topic) {
  return std::make_unique<CompactionKeepsNewest>(truth, std::move(topic));
}

}  // namespace kafka
