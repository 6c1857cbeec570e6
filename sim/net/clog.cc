// Clogs: what is sent into one stands, in order, and is neither lost nor sent again. It arrives,
// and its acknowledgement, at kStanding, which is to say that whoever ends the clog will know. What
// was under way before goes on.
#include <algorithm>

#include "sim/net/network.h"
#include "sim/net/segments.h"

namespace sim {

// The way of `side` is free again: what stands there leaves now. Its sender may be long gone.
void StreamNetwork::move_on(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  const env::Instant now = scheduler_.now();
  std::size_t next_record = 0;
  bool has_moved = false;
  const bool is_front_standing =
      !flow.in_flight.empty() && flow.in_flight.front()->arrival == kStanding;
  for (Item* item = flow.in_flight.front(); item != nullptr; item = item->next) {
    if (item->arrival != kStanding) continue;
    has_moved = true;
    item->leaves = now;
    if (item->kind == ItemKind::kReset) {
      item->arrival = std::max(paths_.signal(*flow.path, now), flow.last_arrival);
    } else {
      const Paths::Passage passage =
          paths_.transmit(*flow.path, now, wire_bytes(item->stream_bytes));
      item->leaves = passage.leaves;
      item->arrival = std::max(passage.arrival, flow.last_arrival);
    }
    flow.last_arrival = item->arrival;
    if (item->kind == ItemKind::kReset) continue;
    // The records of what stands are in the same order; a sender that is gone has none.
    while (next_record < flow.unacked.size() && flow.unacked[next_record].arrival != kStanding)
      ++next_record;
    if (next_record == flow.unacked.size()) continue;
    AckRecord& record = flow.unacked[next_record];
    record.arrival = item->arrival;
    if (record.ack_at == kStanding) record.ack_at = ack_time(c, side, item->arrival);
  }
  if (!has_moved) return;
  if (is_front_standing) await_front(c, side);
  if (c.sides[other(side)].flow.acks_lost > 0) acknowledge_by(c, other(side), flow.last_arrival);
  if (!flow.unsent.empty() && !flow.is_blocked()) wait_for_window(c, side);
}

// The way back to `side` is clogged: acknowledgements of what arrives from now on stand there.
void StreamNetwork::acks_stand(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
    AckRecord& record = flow.unacked[i];
    if (record.arrival > scheduler_.now() && record.ack_at != kNever) record.ack_at = kStanding;
  }
  if (!flow.is_in_loss) return;
  start_retransmit_timer(flow, scheduler_.now());  // one that it waited for may stand long
  arm(c, side);
}

void StreamNetwork::acks_move_on(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  const env::Instant now = scheduler_.now();
  const env::Duration latency = ack_path(c, side).mean_latency();
  for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
    AckRecord& record = flow.unacked[i];
    if (record.ack_at == kStanding && record.arrival != kStanding)
      record.ack_at = std::max(record.arrival, now) + latency;
  }
  if (flow.unsent.empty() || flow.is_blocked()) return;
  flow.wake_at = std::min(flow.wake_at, now + latency);  // of a window update, if of nothing else
  if (!flow.unacked.empty()) flow.wake_at = std::min(flow.wake_at, flow.unacked.front().ack_at);
  arm(c, side);
}

void StreamNetwork::handshake_stands(Connection& c, const Path& way, Standing what) {
  c.standing = what;
  count_unanswered(c, way.conditions()->clogs);
  wait_for_syn_timer(c);
}

void StreamNetwork::handshake_moves_on(Connection& c) {
  Path& way = *c.sides[c.standing == Standing::kSyn ? kClient : kServer].flow.path;
  if (way.is_clogged()) return;
  scheduler_.cancel(c.syn_timer);
  const EventKind kind = c.standing == Standing::kSyn      ? EventKind::kSyn
                         : c.standing == Standing::kSynAck ? EventKind::kSynAck
                                                           : EventKind::kRefused;
  c.standing = Standing::kNothing;
  post(paths_.signal(way, scheduler_.now()), c, kClient, kind);
}

// No rule limits the bandwidth of `side`'s way any more: what waits in the queues of those that did
// leaves now.
void StreamNetwork::hasten(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  const env::Instant now = scheduler_.now();
  std::size_t items = 0;
  for (const Item* item = flow.in_flight.front(); item != nullptr; item = item->next) {
    if (item->kind != ItemKind::kReset) ++items;
  }
  std::size_t next = 0;  // of the items; their records are the last ones
  env::Instant earliest = now;
  bool is_changed = false;
  for (Item* item = flow.in_flight.front(); item != nullptr; item = item->next) {
    if (item->arrival == kStanding) break;
    if (item->leaves > now) {
      item->arrival = std::max(earliest, item->arrival - (item->leaves - now));
      item->leaves = now;
      is_changed = true;
    } else if (is_changed) {  // a RST, or what was lost before: no earlier than what it follows
      item->arrival = std::max(earliest, item->arrival);
    }
    earliest = item->arrival;
    if (item->kind == ItemKind::kReset) continue;
    const std::size_t from_end = items - next++;
    if (from_end > flow.unacked.size()) continue;
    AckRecord& record = flow.unacked[flow.unacked.size() - from_end];
    record.arrival = item->arrival;
    if (record.ack_at < kStanding) record.ack_at = ack_time(c, side, item->arrival);
  }
  if (flow.is_front_sent)
    flow.front_arrival = std::min(flow.front_arrival, now + flow.path->mean_latency());
  if (!is_changed) return;
  flow.last_arrival = earliest;
  await_front(c, side);
  if (!flow.unsent.empty() && !flow.is_blocked()) wait_for_window(c, side);
}

}  // namespace sim
