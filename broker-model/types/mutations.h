// Switches in the model's logic: bugs that are planted on purpose, and old logic of Kafka's that
// was a bug. Each is one deviation in the logic, never in an observation, and off unless somebody
// asks for it by name; a named check must catch each (docs/checks.md; old logic: its scenario
// museum-*.lua). This is the one place where they are listed.
//
// A new one: a field here, a row in mutations.cc, one line in the logic.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kafka {

struct LogMutations {
  // A truncation leaves the first batch that it should have cut.
  bool truncation_keeps_a_batch = false;
  // Leader epochs whose records were truncated stay in the leader epoch cache.
  bool epochs_outlive_truncation = false;
  // A log that was not closed cleanly loses its last whole batch in recovery.
  bool recovery_drops_a_batch = false;
  // What comes by replication leaves no producer state: a new leader knows no producer.
  bool followers_forget_producers = false;
  // A repeated batch of an idempotent producer is appended again.
  bool duplicates_appended_again = false;
  // A batch of an idempotent producer is taken whatever its sequence.
  bool sequence_gaps_accepted = false;
  // An append that flush.messages makes wait for a sync does not ask for one.
  bool append_forgets_sync = false;
  // The cleaner keeps the oldest record of a key instead of the newest.
  bool cleaner_keeps_oldest = false;
  // A disk operation of a log that fails is taken for one that was done.
  bool disk_errors_ignored = false;
  // A flush counts as done, and the recovery point moves, though nothing was synced.
  bool sync_forgotten = false;
  // The first offset of a log follows whatever it is told, back as well.
  bool log_start_moves_back = false;
};

struct BrokerMutations {
  // acks=all is answered as soon as the leader has the record, without waiting for the ISR.
  bool ack_before_isr_has_it = false;
  // A produce request is answered before its write became part of the log.
  bool ack_before_append = false;
  // The leader's high watermark follows its own log end offset and ignores the followers.
  bool high_watermark_ignores_followers = false;
  // Old logic, KIP-101: a new follower truncates to its high watermark instead of by leader epoch.
  bool truncate_to_high_watermark = false;
  // Old logic, KIP-966: the high watermark moves on while the ISR is below min.insync.replicas.
  bool high_watermark_below_min_isr = false;
  // A follower does not say the epoch of its last record, so its leader cannot tell it of
  // divergence: it goes on behind what it has, whoever wrote that.
  bool ignore_diverging_epoch = false;
  // The leader's high watermark may move back, e.g. when an ISR member returns with a shorter log.
  bool high_watermark_moves_back = false;
  // Neither fetch nor produce is fenced by leader epoch: a deposed leader keeps accepting.
  bool no_leader_epoch_fencing = false;
  // Consumers are served up to the log end offset instead of the high watermark.
  bool consumer_reads_past_high_watermark = false;
  // A consumer's fetch of several batches leaves out the first when its offset divides by seven.
  bool fetch_skips_a_batch = false;
  // A leader forgets what it has proposed: a replica that is about to join the ISR does not count
  // for the high watermark.
  bool pending_isr_ignored = false;
  // A leader proposes fenced replicas for the ISR, and the controller takes them (before KIP-841).
  bool fenced_replica_admitted = false;
  LogMutations log{};
};

struct RaftMutations {
  // A voter gives its vote to everybody who asks, more than once in an epoch.
  bool votes_twice = false;
  // A vote is given before it is on the disk, and not written at all.
  bool votes_unsaved = false;
  // A leader of the quorum commits what it has itself, whoever else has it.
  bool commits_alone = false;
  // A voter fetches on before what it fetched is synced.
  bool fetches_unsynced = false;
  // Old logic, KAFKA-12619: a leader commits as soon as a majority has reached the start of its
  // epoch, before that majority has a record of it.
  bool commit_rule_epoch_start = false;
  // Old logic, KAFKA-15489: a leader that nobody fetches from leads on.
  bool no_check_quorum = false;
};

struct ControllerMutations {
  // A live replica outside the ISR is preferred and elected as if the election were clean.
  bool elect_outside_isr = false;
  // A new leader keeps the old leader's epoch: two leaders in one epoch.
  bool reuse_leader_epoch = false;
  // Old logic, KIP-966: no eligible leader replicas, whatever the feature's level is.
  bool no_elr = false;
  // AlterPartition of a former leader, with its old epochs, is obeyed, even while it is fenced.
  bool accept_deposed_leader = false;
  // The controller's part of the brokers' switch of that name.
  bool fenced_replica_admitted = false;
  // An election takes the leader epoch back by one instead of raising it.
  bool leader_epoch_moves_back = false;
  RaftMutations raft{};
};

struct ClientMutations {
  // An idempotent producer bumps its epoch before each retry, so that no broker knows the repeat.
  bool retry_bumps_epoch = false;
  // The sequence of a batch that expired after it was sent is given to the next one.
  bool expired_sequence_used_again = false;
  // A batch that expired is reported as written behind what was acknowledged last.
  bool expired_batch_reported_written = false;
  // A consumer's poll() that is full in the middle of a batch goes on behind that batch.
  bool poll_drops_rest_of_batch = false;
  // A consumer's position moves on by a record when its fetch was answered by an error.
  bool position_moves_past_error = false;
};

// All of them. Brokers, the controller and the clients are each given their part.
struct Mutations {
  BrokerMutations broker{};
  ControllerMutations controller{};
  ClientMutations client{};
};

inline constexpr std::string_view kPlantedBug = "planted bug";
inline constexpr std::string_view kOldLogic = "old logic";

struct LogicSwitch {
  std::string_view name;
  std::string_view kind;  // "planted bug", "old logic"
  std::string_view room;  // log, replication, raft, controller or client
  std::string_view doc;   // what it changes, one sentence
  bool& (*of)(Mutations&);
  std::string_view unseen{};  // why no check sees it; "": one must
};

// By room, then as they came.
std::span<const LogicSwitch> logic_switches();
const LogicSwitch* find_logic_switch(std::string_view name);  // nullptr: there is none

// With the switches of those names thrown. A sentence when there is no such name.
std::expected<Mutations, std::string> mutations_of(const std::vector<std::string>& names);

}  // namespace kafka
