// A checker holds a run against one property, online: it sees every observation as it happens and
// keeps what it needs. docs/checks.md argues each property.
//
// A new one: <property>.cc with the class and its make_<property>(), a line in registry.cc, tests
// for a history that is fine, one that is broken and an empty one, and a planted bug.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/checkers/truth.h"
#include "broker-model/types/observation.h"

namespace kafka {

enum class Verdict : std::uint8_t { kOk, kViolated, kUnknown };
std::string_view name(Verdict);  // "ok", "violated", "unknown"

struct CheckResult {
  std::string name;  // "no_lost_acks", or "no_lost_acks(orders)" when held against one topic
  Verdict verdict = Verdict::kUnknown;
  std::uint64_t evaluated = 0;  // what was held against the property; 0: verdict kUnknown
  std::uint64_t excused = 0;    // of what does not hold: what Kafka's contract allows
  std::string detail;           // for people; empty when there is nothing to say
  std::optional<Instant> at;    // of the first violation, excused or not
};

// Who told it and when.
struct Sighting {
  Instant at;
  std::string_view source;               // the node's name, "broker-1" or "producer-1"
  std::optional<NodeId> node;            // of a broker or controller
  std::optional<std::size_t> partition;  // Truth's index, of an observation about a partition
};

class Checker {
 public:
  // `topic`: only this topic; empty: all of them. The truth outlives the checker.
  Checker(std::string_view name, const Truth& truth, std::string topic)
      : truth_(truth), name_(name), topic_(std::move(topic)) {}
  virtual ~Checker() = default;
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // Of a partition that it watches, or of none. The truth knows the observation already.
  virtual void on_observation(const Sighting& seen, const Observation& observation) = 0;
  virtual void at_end(Instant) {}
  CheckResult result() const;
  const std::string& topic() const { return topic_; }
  // What is excused is told and leaves the verdict as it is. Which cases those are says the checker
  // alone; without this they are violations like others.
  void allow_excused(bool allows = true) { allows_excused_ = allows; }
  bool is_violated() const {
    return violated_at_.has_value() || (excused_at_.has_value() && !allows_excused_);
  }
  bool watches(const PartitionTruth& partition) const {
    return topic_.empty() || topic_ == partition.name.topic;
  }

 protected:
  void count(std::uint64_t cases = 1) { evaluated_ += cases; }
  // The first call's time stands in the result.
  void violate(Instant at) {
    if (!violated_at_.has_value()) violated_at_ = at;
  }
  // Something does not hold, and Truth knows an excuse for it. Told in cases, like count().
  void excuse(Instant at, std::uint64_t cases = 1) {
    excused_ += cases;
    if (!excused_at_.has_value()) excused_at_ = at;
  }
  virtual std::string describe() const = 0;  // what result().detail says

  const Truth& truth_;

 private:
  std::string_view name_;
  std::string topic_;
  std::uint64_t evaluated_ = 0;
  std::uint64_t excused_ = 0;
  bool allows_excused_ = false;
  std::optional<Instant> violated_at_;
  std::optional<Instant> excused_at_;
};

struct CheckerInfo {
  std::string_view name;
  std::string_view doc;        // one line
  std::string_view parameter;  // "topic" or ""
  std::unique_ptr<Checker> (*make)(const Truth& truth, std::string topic) = nullptr;
  bool knows_excuses = false;  // some of what it finds may be excused
};

// All there are, sorted by name: check.<name>(topic) in Lua, `titorelli list checks`.
std::span<const CheckerInfo> checkers();
const CheckerInfo* find_checker(std::string_view name);  // nullptr when unknown

// The checkers of a run over one truth.
class CheckerSet {
 public:
  // Before the run. The same checker on the same topic is added once; told twice, excuses are
  // allowed when both allow them.
  void add(const CheckerInfo& info, std::string topic = "", bool allows_excused = false);

  // `node`: of brokers and controllers; nothing for a client.
  void on_observation(Instant at, std::string_view source, std::optional<NodeId> node,
                      const Observation& observation);
  // A broker's disk lost what its process had written: no node can know it.
  void on_storage_loss(Instant at, NodeId broker, StorageLoss loss) {
    truth_->on_storage_loss(at, broker, loss);
  }
  void at_end(Instant at);                   // once
  std::vector<CheckResult> results() const;  // in the order they were added
  bool empty() const { return checkers_.empty(); }
  bool is_violated() const { return is_violated_; }  // one of them at least
  const Truth& truth() const { return *truth_; }

 private:
  void tell(const Sighting& seen, const Observation& observation);
  void tell(Checker& checker, const Sighting& seen, const Observation& observation);

  std::unique_ptr<Truth> truth_ = std::make_unique<Truth>();  // stays put when the set moves
  std::vector<std::unique_ptr<Checker>> checkers_;
  bool is_violated_ = false;
  // By Truth's index; a partition's are chosen when it is first spoken of.
  std::vector<std::vector<Checker*>> watchers_;
};

// One per file; registry.cc lists them.
std::unique_ptr<Checker> make_compaction_keeps_newest(const Truth&, std::string topic);
std::unique_ptr<Checker> make_flushed_logs_survive(const Truth&, std::string topic);
std::unique_ptr<Checker> make_high_watermark_monotonic(const Truth&, std::string topic);
std::unique_ptr<Checker> make_in_order_without_gaps(const Truth&, std::string topic);
std::unique_ptr<Checker> make_isr_holds_committed(const Truth&, std::string topic);
std::unique_ptr<Checker> make_isr_within_maximal(const Truth&, std::string topic);
std::unique_ptr<Checker> make_leader_completeness(const Truth&, std::string topic);
std::unique_ptr<Checker> make_leader_epoch_monotonic(const Truth&, std::string topic);
std::unique_ptr<Checker> make_log_start_monotonic(const Truth&, std::string topic);
std::unique_ptr<Checker> make_no_lost_acks(const Truth&, std::string topic);
std::unique_ptr<Checker> make_one_leader_per_epoch(const Truth&, std::string topic);
std::unique_ptr<Checker> make_quorum_agrees(const Truth&, std::string topic);
std::unique_ptr<Checker> make_replicas_agree(const Truth&, std::string topic);

// --- words of a verdict
std::string seconds(Instant at);  // "19.004s"
// "1203..1209, 1211": neighbours merge; more than `limit` ranges end in "and 3 more".
class OffsetRanges {
 public:
  void add(Offset offset);  // amortised O(1) in rising order, else O(ranges)
  std::uint64_t count() const { return count_; }
  std::string text(std::size_t limit = 8) const;

 private:
  struct Range {
    Offset first = 0;
    Offset last = 0;
  };
  std::vector<Range> ranges_;  // sorted, no two touch
  std::uint64_t count_ = 0;
};

}  // namespace kafka
