// in_order_without_gaps: between two settings of its position, a consumer is given each partition's
// records in offset order, once, and none is left out that the leader's log holds (what expired or
// was compacted away meanwhile it does not); and each has the content that the log holds at that
// offset.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class InOrderWithoutGaps final : public Checker {
 public:
  InOrderWithoutGaps(const Truth& truth, std::string topic)
      : Checker("in_order_without_gaps", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value()) return;
    if (const auto* set = std::get_if<PositionSet>(&observation.what)) {
      positions_.insert_or_assign(Key{std::string(seen.source), *seen.partition}, set->offset);
    } else if (const auto* delivered = std::get_if<RecordDelivered>(&observation.what)) {
      on_delivered(seen, truth_.partition(*seen.partition), *delivered);
    }
  }

 private:
  using Key = std::pair<std::string, std::size_t>;  // consumer, partition

  void on_delivered(const Sighting& seen, const PartitionTruth& partition,
                    const RecordDelivered& delivered) {
    count();
    const auto [position, is_first] =
        positions_.try_emplace(Key{std::string(seen.source), *seen.partition}, delivered.offset);
    if (delivered.offset < position->second)
      tell(seen, partition,
           fmt::format("was given offset {} again or out of order, its position was {}",
                       delivered.offset, position->second));
    else
      check_gap(seen, partition, position->second, delivered.offset);
    position->second = delivered.offset + 1;
    check_content(seen, partition, delivered);
  }

  // Every offset is skipped at most once for each position set, so this is O(1) amortised.
  void check_gap(const Sighting& seen, const PartitionTruth& partition, Offset from, Offset to) {
    if (from == to || !partition.leader.has_value()) return;
    const ReplicaLog* log = partition.replica(partition.leader->broker);
    if (log == nullptr) return;
    OffsetRanges missed;
    // kTransactional may be aborted, which a read_committed consumer skips.
    for (Offset offset = std::max(from, log->start()); offset < std::min(to, log->end()); ++offset)
      if (log->at(offset)->kind == EntryKind::kData) missed.add(offset);
    if (missed.count() > 0)
      tell(seen, partition,
           fmt::format("was never given offsets {} and then got {}", missed.text(), to));
  }

  void check_content(const Sighting& seen, const PartitionTruth& partition,
                     const RecordDelivered& delivered) {
    bool is_held = false;  // some replica holds a record there
    for (const ReplicaLog& log : partition.replicas) {
      const LogEntry* entry = log.at(delivered.offset);
      if (entry == nullptr) continue;
      if (entry->kind == EntryKind::kUnknown) return;
      is_held = true;
      // Any replica will do: it may have been fetched before its leader was deposed, or before it
      // was compacted away.
      if (entry->is_content_known() && entry->content == delivered.content) return;
    }
    if (is_held)
      tell(seen, partition,
           fmt::format("was given something at offset {} that no replica holds there",
                       delivered.offset));
  }

  void tell(const Sighting& seen, const PartitionTruth& partition, const std::string& what) {
    violate(seen.at);
    ++times_;
    if (first_.empty())
      first_ = fmt::format("{} at {}: {} {}", to_string(partition.name), seconds(seen.at),
                           seen.source, what);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<Key, Offset> positions_;  // next offset to be delivered
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_in_order_without_gaps(const Truth& truth, std::string topic) {
  return std::make_unique<InOrderWithoutGaps>(truth, std::move(topic));
}

}  // namespace kafka
