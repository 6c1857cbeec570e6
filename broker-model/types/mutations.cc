#include "broker-model/types/mutations.h"

#include <algorithm>

#include "broker-model/types/config.h"

namespace kafka {
namespace {

constexpr LogicSwitch in_log(std::string_view name, std::string_view doc, bool& (*of)(Mutations&),
                             std::string_view unseen = {}) {
  return {.name = name, .kind = kPlantedBug, .room = "log", .doc = doc, .of = of, .unseen = unseen};
}
constexpr LogicSwitch in_replication(std::string_view name, std::string_view doc,
                                     bool& (*of)(Mutations&)) {
  return {.name = name, .kind = kPlantedBug, .room = "replication", .doc = doc, .of = of};
}
constexpr LogicSwitch old_replication(std::string_view name, std::string_view doc,
                                      bool& (*of)(Mutations&)) {
  return {.name = name, .kind = kOldLogic, .room = "replication", .doc = doc, .of = of};
}
constexpr LogicSwitch in_raft(std::string_view name, std::string_view doc, bool& (*of)(Mutations&),
                              std::string_view unseen = {}) {
  return {
      .name = name, .kind = kPlantedBug, .room = "raft", .doc = doc, .of = of, .unseen = unseen};
}
constexpr LogicSwitch old_controller(std::string_view name, std::string_view doc,
                                     bool& (*of)(Mutations&), std::string_view unseen) {
  return {.name = name,
          .kind = kOldLogic,
          .room = "controller",
          .doc = doc,
          .of = of,
          .unseen = unseen};
}
constexpr LogicSwitch old_raft(std::string_view name, std::string_view doc, bool& (*of)(Mutations&),
                               std::string_view unseen) {
  return {.name = name, .kind = kOldLogic, .room = "raft", .doc = doc, .of = of, .unseen = unseen};
}
constexpr LogicSwitch in_controller(std::string_view name, std::string_view doc,
                                    bool& (*of)(Mutations&)) {
  return {.name = name, .kind = kPlantedBug, .room = "controller", .doc = doc, .of = of};
}
constexpr LogicSwitch in_client(std::string_view name, std::string_view doc,
                                bool& (*of)(Mutations&)) {
  return {.name = name, .kind = kPlantedBug, .room = "client", .doc = doc, .of = of};
}

constexpr LogicSwitch kSwitches[] = {
    in_log("truncation_keeps_a_batch", "a truncation leaves the first batch that it should cut",
           [](Mutations& m) -> bool& { return m.broker.log.truncation_keeps_a_batch; }),
    in_log(
        "epochs_outlive_truncation", "epochs of truncated records stay in the leader epoch cache",
        [](Mutations& m) -> bool& { return m.broker.log.epochs_outlive_truncation; },
        "the next append drops every epoch that starts at or above it"),
    in_log("recovery_drops_a_batch",
           "a log that was not closed cleanly loses its last whole batch in recovery",
           [](Mutations& m) -> bool& { return m.broker.log.recovery_drops_a_batch; }),
    in_log("followers_forget_producers",
           "what comes by replication leaves no producer state, so a new leader knows no producer",
           [](Mutations& m) -> bool& { return m.broker.log.followers_forget_producers; }),
    in_log("duplicates_appended_again",
           "a repeated batch of an idempotent producer is appended again",
           [](Mutations& m) -> bool& { return m.broker.log.duplicates_appended_again; }),
    in_log("sequence_gaps_accepted",
           "a batch of an idempotent producer is taken whatever its sequence",
           [](Mutations& m) -> bool& { return m.broker.log.sequence_gaps_accepted; }),
    in_log(
        "append_forgets_sync",
        "an append that flush.messages makes wait for a sync does not ask for one",
        [](Mutations& m) -> bool& { return m.broker.log.append_forgets_sync; },
        "no topic of the nemesis has flush.messages"),
    in_log(
        "cleaner_keeps_oldest",
        "the cleaner keeps the oldest record of a key instead of the newest",
        [](Mutations& m) -> bool& { return m.broker.log.cleaner_keeps_oldest; },
        "no topic of the nemesis is compacted"),
    in_log("disk_errors_ignored",
           "a disk operation of a log that fails is taken for one that was done",
           [](Mutations& m) -> bool& { return m.broker.log.disk_errors_ignored; }),
    in_log("sync_forgotten", "a flush counts as done though nothing was synced",
           [](Mutations& m) -> bool& { return m.broker.log.sync_forgotten; }),
    in_log(
        "log_start_moves_back", "the first offset of a log follows what it is told, back as well",
        [](Mutations& m) -> bool& { return m.broker.log.log_start_moves_back; },
        "nothing tells a log a start below its own but an operator who asks twice"),

    in_replication("ack_before_isr_has_it",
                   "acks=all is answered as soon as the leader has the record",
                   [](Mutations& m) -> bool& { return m.broker.ack_before_isr_has_it; }),
    in_replication("ack_before_append",
                   "a produce request is answered before its write is part of the log",
                   [](Mutations& m) -> bool& { return m.broker.ack_before_append; }),
    in_replication("high_watermark_ignores_followers",
                   "the leader's high watermark follows its own log end alone",
                   [](Mutations& m) -> bool& { return m.broker.high_watermark_ignores_followers; }),
    old_replication("replication.truncation=high_watermark",
                    "KIP-101: a new follower truncates to its high watermark",
                    [](Mutations& m) -> bool& { return m.broker.truncate_to_high_watermark; }),
    old_replication("replication.hw_requires_min_isr=off",
                    "KIP-966: the high watermark moves on while the ISR is below min ISR",
                    [](Mutations& m) -> bool& { return m.broker.high_watermark_below_min_isr; }),
    in_replication("ignore_diverging_epoch",
                   "a follower does not say the epoch of its last record, so nobody tells it of "
                   "divergence",
                   [](Mutations& m) -> bool& { return m.broker.ignore_diverging_epoch; }),
    in_replication("high_watermark_moves_back",
                   "the leader's high watermark follows a replica that returns with a shorter log",
                   [](Mutations& m) -> bool& { return m.broker.high_watermark_moves_back; }),
    in_replication("no_leader_epoch_fencing", "a deposed leader goes on leading and fences nobody",
                   [](Mutations& m) -> bool& { return m.broker.no_leader_epoch_fencing; }),
    in_replication(
        "consumer_reads_past_high_watermark", "consumers are served up to the log end offset",
        [](Mutations& m) -> bool& { return m.broker.consumer_reads_past_high_watermark; }),
    in_replication("fetch_skips_a_batch",
                   "a consumer's fetch of several batches may leave out the first",
                   [](Mutations& m) -> bool& { return m.broker.fetch_skips_a_batch; }),
    in_replication("pending_isr_ignored",
                   "a replica that is about to join the ISR does not count for the high watermark",
                   [](Mutations& m) -> bool& { return m.broker.pending_isr_ignored; }),
    in_replication("fenced_replica_admitted",
                   "leader and controller admit a fenced replica to the ISR, as before KIP-841",
                   [](Mutations& m) -> bool& { return m.broker.fenced_replica_admitted; }),

    in_raft("votes_twice", "a voter of the quorum votes for everybody, several times in an epoch",
            [](Mutations& m) -> bool& { return m.controller.raft.votes_twice; }),
    in_raft(
        "votes_unsaved", "a vote is given and never written down",
        [](Mutations& m) -> bool& { return m.controller.raft.votes_unsaved; },
        "the voter has to restart between the requests of two candidates of one epoch, which "
        "are milliseconds apart"),
    in_raft("commits_alone", "a leader of the quorum commits what it has, whoever else has it",
            [](Mutations& m) -> bool& { return m.controller.raft.commits_alone; }),
    in_raft(
        "fetches_unsynced", "a voter fetches on before what it fetched is synced",
        [](Mutations& m) -> bool& { return m.controller.raft.fetches_unsynced; },
        "a voter must lose power between a fetch and its sync, and then decide an election"),
    old_raft(
        "raft.commit_rule=epoch_start",
        "KAFKA-12619: a leader commits when a majority has reached the start of its epoch",
        [](Mutations& m) -> bool& { return m.controller.raft.commit_rule_epoch_start; },
        "it takes five voters, three of which die between two fetches of one of them"),
    old_raft(
        "raft.check_quorum=off",
        "KAFKA-15489: a leader of the quorum that nobody fetches from leads on",
        [](Mutations& m) -> bool& { return m.controller.raft.no_check_quorum; },
        "a leader that commits nothing contradicts nothing"),

    old_controller(
        "controller.elr=off",
        "KIP-966: a replica that leaves the ISR is not eligible, the last one in it is",
        [](Mutations& m) -> bool& { return m.controller.no_elr; },
        "no broker of the nemesis loses power with what it had not flushed"),
    in_controller("elect_outside_isr",
                  "a live replica outside the ISR is elected as if that were clean",
                  [](Mutations& m) -> bool& { return m.controller.elect_outside_isr; }),
    in_controller("reuse_leader_epoch", "a new leader keeps the old leader's epoch",
                  [](Mutations& m) -> bool& { return m.controller.reuse_leader_epoch; }),
    in_controller("accept_deposed_leader",
                  "AlterPartition of a former leader is obeyed, even while it is fenced",
                  [](Mutations& m) -> bool& { return m.controller.accept_deposed_leader; }),
    in_controller("leader_epoch_moves_back", "an election takes the leader epoch back by one",
                  [](Mutations& m) -> bool& { return m.controller.leader_epoch_moves_back; }),

    in_client("retry_bumps_epoch",
              "an idempotent producer bumps its epoch before each retry, so no broker knows the "
              "repeat",
              [](Mutations& m) -> bool& { return m.client.retry_bumps_epoch; }),
    in_client("expired_sequence_used_again",
              "the sequence of a batch that expired after it was sent is given to the next one",
              [](Mutations& m) -> bool& { return m.client.expired_sequence_used_again; }),
    in_client("expired_batch_reported_written",
              "a batch that expired is reported as written behind what was acknowledged last",
              [](Mutations& m) -> bool& { return m.client.expired_batch_reported_written; }),
    in_client("poll_drops_rest_of_batch",
              "a poll() that is full in the middle of a batch goes on behind that batch",
              [](Mutations& m) -> bool& { return m.client.poll_drops_rest_of_batch; }),
    in_client("position_moves_past_error",
              "a consumer's position moves on by a record when its fetch is answered by an error",
              [](Mutations& m) -> bool& { return m.client.position_moves_past_error; }),
};

}  // namespace

std::span<const LogicSwitch> logic_switches() { return kSwitches; }

const LogicSwitch* find_logic_switch(std::string_view name) {
  const auto* const found = std::ranges::find(kSwitches, name, &LogicSwitch::name);
  return found == std::end(kSwitches) ? nullptr : found;
}

std::expected<Mutations, std::string> mutations_of(const std::vector<std::string>& names) {
  Mutations mutations;
  for (const std::string& name : names) {
    const LogicSwitch* found = find_logic_switch(name);
    if (found != nullptr) {
      found->of(mutations) = true;
      continue;
    }
    std::vector<std::string_view> known;
    for (const LogicSwitch& each : kSwitches) known.push_back(each.name);
    const std::vector<std::string> nearest = nearest_names(name, known);
    return std::unexpected("there is no planted bug \"" + name + "\"" +
                           (nearest.empty() ? "; `titorelli list logic` names them"
                                            : "; did you mean " + nearest.front() + "?"));
  }
  mutations.controller.fenced_replica_admitted = mutations.broker.fenced_replica_admitted;
  return mutations;
}

}  // namespace kafka
