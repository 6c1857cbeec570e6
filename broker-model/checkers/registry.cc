// The checkers there are, one line each, sorted by name.
#include <array>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

constexpr bool kKnowsExcuses = true;

constexpr auto kCheckers = std::to_array<CheckerInfo>({
    {"compaction_keeps_newest",
     "compaction removes only what a later committed record of its key, or time, has superseded",
     "topic", make_compaction_keeps_newest},
    {"flushed_logs_survive", "what a broker has flushed is there after any restart", "topic",
     make_flushed_logs_survive},
    {"high_watermark_monotonic", "a leader's high watermark never moves back", "topic",
     make_high_watermark_monotonic},
    {"in_order_without_gaps", "a consumer gets each partition's records in order, none left out",
     "topic", make_in_order_without_gaps},
    {"isr_holds_committed",
     "every in-sync replica that lost no storage holds all below the high watermark", "topic",
     make_isr_holds_committed},
    {"isr_within_maximal",
     "the controller's ISR lies within what the leader counts on, and nobody joins it fenced",
     "topic", make_isr_within_maximal},
    {"leader_completeness", "every leader has, and keeps, all that was ever committed", "topic",
     make_leader_completeness, kKnowsExcuses},
    {"leader_epoch_monotonic", "the leader epoch of a partition never moves back", "topic",
     make_leader_epoch_monotonic},
    {"log_start_monotonic", "the first offset of a log never moves back but by truncation", "topic",
     make_log_start_monotonic},
    {"no_lost_acks", "every acknowledged record is in the log of every later leader", "topic",
     make_no_lost_acks, kKnowsExcuses},
    {"one_leader_per_epoch", "no leader epoch of a partition has two leaders", "topic",
     make_one_leader_per_epoch},
    {"quorum_agrees",
     "the metadata log is one log: committed records stay, an epoch has one leader", "",
     make_quorum_agrees},
    {"replicas_agree", "replicas hold the same records below their high watermarks", "topic",
     make_replicas_agree, kKnowsExcuses},
});

}  // namespace

std::span<const CheckerInfo> checkers() { return kCheckers; }

}  // namespace kafka
