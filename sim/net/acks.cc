// Acknowledgements. They are not events: a record says when one reaches the sender, and is looked
// at when the window is short, and when a rule changes.
#include <algorithm>

#include "sim/net/network.h"

namespace sim {

void StreamNetwork::collect_acks(Flow& flow) {
  const env::Instant now = scheduler_.now();
  bool has_news = false;
  while (!flow.unacked.empty() && flow.unacked.front().ack_at <= now) {
    flow.unacked_bytes -= flow.unacked.front().bytes;
    flow.unacked.pop();
    has_news = true;
  }
  if (!has_news) return;
  flow.retries = 0;
  if (flow.acks_lost > 0) return;
  flow.is_in_loss = false;
  if (!flow.has_lost_data) flow.stop_retransmitting();
}

// A segment of the peer that arrives at `at` acknowledges what `side` had sent it until now.
void StreamNetwork::acknowledge_by(Connection& c, int side, env::Instant at) {
  Flow& flow = c.sides[side].flow;
  for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
    AckRecord& record = flow.unacked[i];
    if (record.ack_at != kNever || record.arrival > scheduler_.now()) continue;
    record.ack_at = at;
    --flow.acks_lost;
    flow.wake_at = std::min(flow.wake_at, at);
  }
  arm(c, side);
}

// What arrives now or later will not be acknowledged.
void StreamNetwork::lose_acks(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  env::Instant first_sent = kNever;
  for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
    AckRecord& record = flow.unacked[i];
    if (record.arrival >= scheduler_.now() && record.ack_at != kNever) {
      record.ack_at = kNever;
      ++flow.acks_lost;
    }
    if (record.ack_at == kNever) first_sent = std::min(first_sent, record.sent);
  }
  if (flow.acks_lost == 0) return;
  start_retransmit_timer(flow, first_sent);
  arm(c, side);
}

void StreamNetwork::ack_path_cut(Connection& c, int side) {
  if (c.sides[side].state == SideState::kGone) return;
  Flow& flow = c.sides[side].flow;
  collect_acks(flow);
  const std::uint64_t before = flow.acks_lost;
  lose_acks(c, side);
  for (const Rules::Index rule : ack_path(c, side).cut_by())
    rules_.counts(rule).acks_lost += flow.acks_lost - before;
}

// What arrives from now on is acknowledged again, and with it everything before.
void StreamNetwork::ack_path_healed(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  if (flow.acks_lost == 0 || !has_socket(c.sides[other(side)])) return;
  env::Instant covered_at = kNever;
  for (std::size_t i = flow.unacked.size(); i-- > 0;) {
    AckRecord& record = flow.unacked[i];
    if (record.ack_at != kNever) continue;
    if (record.arrival > scheduler_.now()) covered_at = ack_time(c, side, record.arrival);
    if (covered_at == kNever) continue;
    record.ack_at = covered_at;
    --flow.acks_lost;
  }
  flow.wake_at = std::min(flow.wake_at, covered_at);
  // An acknowledgement that stands may stand long: the retransmission goes on.
  if (flow.acks_lost == 0 && !flow.has_lost_data && covered_at != kStanding)
    flow.stop_retransmitting();
  arm(c, side);
}

}  // namespace sim
