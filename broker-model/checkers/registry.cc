// The checkers there are, one line each, sorted by name.
#include <array>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

constexpr auto kCheckers = std::to_array<CheckerInfo>({
    {"compaction_keeps_newest",
     "compaction removes only what a later committed record of its key, or time, has superseded",
     "topic", make_compaction_keeps_newest},
    {"high_watermark_monotonic", "a leader's high watermark never moves back", "topic",
     make_high_watermark_monotonic},
    {"in_order_without_gaps", "a consumer gets each partition's records in order, none left out",
     "topic", make_in_order_without_gaps},
    {"no_lost_acks", "every acknowledged record is in the log of every later leader", "topic",
     make_no_lost_acks},
    {"one_leader_per_epoch", "no leader epoch of a partition has two leaders", "topic",
     make_one_leader_per_epoch},
    {"quorum_agrees",
     "the metadata log is one log: committed records stay, an epoch has one leader", "",
     make_quorum_agrees},
    {"replicas_agree", "replicas hold the same records below their high watermarks", "topic",
     make_replicas_agree},
});

}  // namespace

std::span<const CheckerInfo> checkers() { return kCheckers; }

}  // namespace kafka
