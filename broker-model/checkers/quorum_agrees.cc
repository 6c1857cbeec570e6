// quorum_agrees: the metadata log is one log. An epoch of the quorum has one leader, and a record
// that any node ever knew to be committed is the same at that offset for every node, for ever. A
// snapshot is of one state: whoever makes or reads one up to an offset has the same there, and its
// epoch is that of the record before.
#include <fmt/format.h>

#include <map>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class QuorumAgrees final : public Checker {
 public:
  QuorumAgrees(const Truth& truth, std::string topic)
      : Checker("quorum_agrees", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (const auto* elected = std::get_if<QuorumLeaderElected>(&observation.what)) {
      on_elected(seen, *elected);
    } else if (const auto* committed = std::get_if<MetadataCommitted>(&observation.what)) {
      on_committed(seen, *committed);
    } else if (const auto* snapshot = std::get_if<MetadataSnapshotted>(&observation.what)) {
      on_snapshot(seen, *snapshot);
    }
  }

 private:
  struct Leader {
    NodeId id;
    Instant at;
  };
  struct Record {
    LeaderEpoch epoch;
    std::uint64_t content = 0;
    std::string source;
    Instant at;
  };

  void on_elected(const Sighting& seen, const QuorumLeaderElected& elected) {
    count();
    const auto [found, is_new] =
        leaders_.try_emplace(elected.epoch, Leader{elected.leader, seen.at});
    if (is_new || found->second.id == elected.leader) return;
    tell(seen.at, fmt::format("epoch {} has two leaders: {} at {} and {} at {}",
                              elected.epoch.value(), found->second.id.value(),
                              seconds(found->second.at), elected.leader.value(), seconds(seen.at)));
  }

  void on_committed(const Sighting& seen, const MetadataCommitted& committed) {
    count();
    const auto [found, is_new] = records_.try_emplace(
        committed.offset,
        Record{committed.batch_epoch, committed.content, std::string(seen.source), seen.at});
    const Record& first = found->second;
    if (is_new || (first.epoch == committed.batch_epoch && first.content == committed.content)) {
      return;
    }
    tell(seen.at,
         fmt::format("metadata at offset {} was committed as a record of epoch {} ({} at {}) and "
                     "is one of epoch {} for {} at {}",
                     committed.offset, first.epoch.value(), first.source, seconds(first.at),
                     committed.batch_epoch.value(), seen.source, seconds(seen.at)));
  }

  void on_snapshot(const Sighting& seen, const MetadataSnapshotted& snapshot) {
    count();
    const auto [found, is_new] = snapshots_.try_emplace(
        snapshot.end_offset,
        Record{snapshot.epoch, snapshot.content, std::string(seen.source), seen.at});
    const Record& first = found->second;
    if (!is_new && (first.epoch != snapshot.epoch || first.content != snapshot.content)) {
      tell(seen.at,
           fmt::format("the snapshot of {} is of epoch {} for {} at {} and, with another "
                       "state or epoch, of epoch {} for {} at {}",
                       snapshot.end_offset, first.epoch.value(), first.source, seconds(first.at),
                       snapshot.epoch.value(), seen.source, seconds(seen.at)));
    }
    const auto before = records_.find(snapshot.end_offset - 1);
    if (before == records_.end() || before->second.epoch == snapshot.epoch) return;
    tell(seen.at,
         fmt::format("the snapshot of {} says that the record before it is of epoch {}, "
                     "and it was committed as one of epoch {} ({} at {})",
                     snapshot.end_offset, snapshot.epoch.value(), before->second.epoch.value(),
                     before->second.source, seconds(before->second.at)));
  }

  void tell(Instant at, std::string what) {
    violate(at);
    ++times_;
    if (first_.empty()) first_ = std::move(what);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<LeaderEpoch, Leader> leaders_;
  std::map<Offset, Record> records_;    // as whoever was first told of them
  std::map<Offset, Record> snapshots_;  // by their end; epoch and content of each
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_quorum_agrees(const Truth& truth, std::string topic) {
  return std::make_unique<QuorumAgrees>(truth, std::move(topic));
}

}  // namespace kafka
