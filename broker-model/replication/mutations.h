// Bugs planted on purpose, one line each in the model's logic, never in an observation. Every one
// is off unless a test switches it on, and a named checker must catch each.
#pragma once

namespace kafka {

struct BrokerMutations {
  // acks=all is answered as soon as the leader has the record, without waiting for the ISR.
  bool ack_before_isr_has_it = false;
  // A produce request is answered before its write became part of the log.
  bool ack_before_append = false;
  // The leader's high watermark follows its own log end offset and ignores the followers.
  bool high_watermark_ignores_followers = false;
  // A new follower truncates to its high watermark instead of by leader epoch (before KIP-101).
  bool truncate_to_high_watermark = false;
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
};

}  // namespace kafka
