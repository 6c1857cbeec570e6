// The sending half: windows, acknowledgements, retransmission.
//
// In a healthy connection nothing is scheduled but arrivals: an ack is a time in a record, looked
// at when the window is short. Only a lost segment, a lost ack or a full window sets the flow's
// timer.
#include <algorithm>

#include "sim/net/network.h"
#include "sim/net/segments.h"

namespace sim {
namespace {

// Linux: TCP_RTO_MIN and TCP_RTO_MAX, net.ipv4.tcp_retries2 (924.6 s in all), and
// tcp_orphan_retries for what the process has closed (102.2 s).
constexpr env::Duration kFirstTimeout = std::chrono::milliseconds(200);
constexpr env::Duration kLastTimeout = std::chrono::seconds(120);
constexpr int kRetries = 15;
constexpr int kOrphanRetries = 8;

env::Duration retransmit_timeout(int retries) {
  return std::min(kFirstTimeout * (std::int64_t{1} << retries), kLastTimeout);
}

}  // namespace

void StreamNetwork::enqueue(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  const bool is_next = flow.unsent.empty() && !flow.is_blocked();
  if (is_next && flow.path->is_open() && fits(c, side, *item)) {
    if (flow.path->conditions() != nullptr && is_lost(c, side, *item)) {
      flow.unsent.push(item);
    } else {
      transmit(c, side, item);
    }
    return;
  }
  flow.unsent.push(item);
  if (!flow.path->is_open()) {
    if (item->kind == ItemKind::kFrame) count_held(*flow.path);
    if (is_next) hold(c, side);
  } else if (!flow.is_blocked()) {
    wait_for_window(c, side);
  }
}

void StreamNetwork::count_held(const Path& cut) {
  for (const Rules::Index rule : cut.cut_by()) ++rules_.counts(rule).frames_held;
}

void StreamNetwork::count_delayed(const Path& path, const Item& item) {
  const Conditions& conditions = *path.conditions();
  const auto count = [&](Rules::Index rule) {
    ++rules_.counts(rule).frames_delayed;
    rules_.counts(rule).bytes_delayed += item.stream_bytes;
  };
  if (item.kind != ItemKind::kFrame) return;
  for (const Conditions::Slow& slow : conditions.slow) count(slow.rule);
  for (const Conditions::Limit& limit : conditions.limits) count(limit.rule);
  for (const Rules::Index rule : conditions.clogs) count(rule);
}

void StreamNetwork::transmit(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  if (flow.path->conditions() != nullptr) {
    count_delayed(*flow.path, *item);
    if (flow.path->is_clogged()) {
      dispatch(c, side, item, kStanding);
      return;
    }
  }
  const Paths::Passage passage =
      paths_.transmit(*flow.path, scheduler_.now(), wire_bytes(item->stream_bytes));
  item->leaves = passage.leaves;
  dispatch(c, side, item, std::max(passage.arrival, flow.last_arrival));
}

// When the acknowledgement of what arrives then reaches its sender.
env::Instant StreamNetwork::ack_time(Connection& c, int side, env::Instant arrival) {
  const Path& back = ack_path(c, side);
  if (!back.is_open()) return kNever;
  if (arrival == kStanding || back.is_clogged()) return kStanding;
  return arrival + back.mean_latency();
}

void StreamNetwork::dispatch(Connection& c, int side, Item* item, env::Instant arrival) {
  const env::Instant now = scheduler_.now();
  Flow& flow = c.sides[side].flow;
  collect_acks(flow);
  item->arrival = arrival;
  const env::Instant ack_at = ack_time(c, side, arrival);
  if (flow.acks_lost > 0 && ack_at < kStanding) {  // acks are cumulative: this one tells of all
    for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
      if (flow.unacked[i].ack_at == kNever) flow.unacked[i].ack_at = ack_at;
    }
    flow.acks_lost = 0;
    if (!flow.is_blocked()) flow.stop_retransmitting();
    arm(c, side);
  }
  flow.unacked.push(
      {.sent = now, .arrival = arrival, .ack_at = ack_at, .bytes = item->stream_bytes});
  flow.unacked_bytes += item->stream_bytes;
  if (ack_at == kNever) {
    ++flow.acks_lost;
    for (const Rules::Index rule : ack_path(c, side).cut_by()) ++rules_.counts(rule).acks_lost;
    start_retransmit_timer(flow, now);
    arm(c, side);
  }
  if (c.sides[other(side)].flow.acks_lost > 0 && arrival != kStanding)
    acknowledge_by(c, other(side), arrival);
  put_in_flight(c, side, item);
}

void StreamNetwork::put_in_flight(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  if (item->arrival != kStanding) flow.last_arrival = item->arrival;
  const bool was_empty = flow.in_flight.empty();
  flow.in_flight.push(item);
  if (was_empty) await_front(c, side);
}

void StreamNetwork::await_front(Connection& c, int side) {
  const ItemQueue& in_flight = c.sides[side].flow.in_flight;
  if (in_flight.empty() || in_flight.front()->arrival == kStanding) return;
  post(in_flight.front()->arrival, c, side, EventKind::kArrival);
}

// An item larger than the whole buffer goes when nothing else is under way or unread.
bool StreamNetwork::fits(Connection& c, int side, const Item& item) {
  Flow& flow = c.sides[side].flow;
  const std::uint64_t unread = c.sides[other(side)].unread_bytes;
  const auto has_room = [&] {
    const std::uint64_t outstanding = flow.unacked_bytes + unread;
    return outstanding == 0 || outstanding + item.stream_bytes <= options_.receive_buffer_bytes;
  };
  if (has_room()) return true;
  collect_acks(flow);
  return has_room();
}

// What is at the front of `unsent` was lost: nothing moves until the retransmission.
void StreamNetwork::hold(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  flow.has_lost_data = true;
  start_retransmit_timer(flow, scheduler_.now());
  arm(c, side);
}

void StreamNetwork::wait_for_window(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  if (flow.unacked.empty()) return;  // the receiver's buffer is full: its process will open it
  flow.wake_at = std::min(flow.wake_at, flow.unacked.front().ack_at);
  arm(c, side);
}

void StreamNetwork::pump(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  while (!flow.unsent.empty() && !flow.is_blocked()) {
    if (!flow.path->is_open()) {
      if (flow.unsent.front()->kind == ItemKind::kFrame) count_held(*flow.path);
      hold(c, side);
      return;
    }
    if (!fits(c, side, *flow.unsent.front())) {
      wait_for_window(c, side);
      return;
    }
    if (!send_front(c, side)) return;
  }
}

// False: it was lost. REQUIRES: the way is open, and it fits.
bool StreamNetwork::send_front(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  if (!flow.is_front_sent) {
    if (is_lost(c, side, *flow.unsent.front())) return false;
    transmit(c, side, flow.unsent.pop());
    return true;
  }
  flow.is_front_sent = flow.is_fast = false;
  flow.losses_to_come = 0;
  if (flow.path->is_clogged()) {
    dispatch(c, side, flow.unsent.pop(), kStanding);
    return true;
  }
  Item* item = flow.unsent.pop();
  const env::Instant missing = paths_.signal(*flow.path, scheduler_.now());
  item->leaves = scheduler_.now();
  dispatch(c, side, item, std::max({missing, flow.front_arrival, flow.last_arrival}));
  return true;
}

// Draws the fate of what is sent for the first time. True: not all of it gets through; it becomes
// (or is) the front of `unsent`, and the timer runs.
bool StreamNetwork::is_lost(Connection& c, int side, const Item& item) {
  Flow& flow = c.sides[side].flow;
  if (!flow.path->is_lossy() || flow.path->is_clogged()) return false;
  const env::Instant now = scheduler_.now();
  const LossDraw draw = paths_.draw_loss(*flow.path, segments_of(item.stream_bytes), kRetries + 1);
  if (draw.lost == 0) return false;
  for (const Rules::Index rule : flow.path->conditions()->losses) {
    ++rules_.counts(rule).frames_lost;
    ++rules_.counts(rule).losses;
  }
  count_delayed(*flow.path, item);
  flow.front_arrival = paths_.transmit(*flow.path, now, wire_bytes(item.stream_bytes)).arrival;
  flow.has_lost_data = flow.is_front_sent = true;
  flow.losses_to_come = static_cast<std::uint8_t>(draw.lost - 1);
  flow.is_fast = draw.is_fast && !flow.is_retransmitting;
  if (flow.is_fast) {
    flow.retransmit_from(now + flow.path->mean_latency() + ack_path(c, side).mean_latency());
  } else {
    start_retransmit_timer(flow, now);
  }
  arm(c, side);
  return true;
}

bool StreamNetwork::loses_signal(Path& path) {
  if (!path.is_lossy() || paths_.draw_loss(path, 1, 1).lost == 0) return false;
  for (const Rules::Index rule : path.conditions()->losses) ++rules_.counts(rule).losses;
  return true;
}

// False when a cut ate it, or it was lost. It arrives behind everything that is in flight.
bool StreamNetwork::send_reset(Connection& c, int side, env::Instant earliest) {
  Flow& flow = c.sides[side].flow;
  if (flow.has_sent_reset) return true;
  if (!flow.path->is_open()) {
    for (const Rules::Index rule : flow.path->cut_by()) ++rules_.counts(rule).resets_eaten;
    return false;
  }
  if (loses_signal(*flow.path)) {
    for (const Rules::Index rule : flow.path->conditions()->losses)
      ++rules_.counts(rule).resets_eaten;
    return false;
  }
  flow.has_sent_reset = true;
  Item* item = items_.take(ItemKind::kReset);
  item->leaves = earliest;
  item->arrival = flow.path->is_clogged()
                      ? kStanding
                      : std::max(paths_.signal(*flow.path, earliest), flow.last_arrival);
  put_in_flight(c, side, item);
  return true;
}

// --- the timer

void StreamNetwork::start_retransmit_timer(Flow& flow, env::Instant since) {
  if (flow.is_retransmitting) return;
  flow.retransmit_from(std::max(scheduler_.now(), since + retransmit_timeout(flow.retries)));
}

void StreamNetwork::arm(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  env::Instant wanted = std::min(flow.retransmit_at, flow.wake_at);
  if (wanted == kStanding) wanted = kNever;  // whoever ends the clog sees to it
  if (wanted == flow.timer_at) return;
  if (flow.timer_at != kNever) scheduler_.cancel(flow.timer);
  flow.timer_at = wanted;
  if (wanted == kNever) return;
  flow.timer =
      scheduler_.schedule(std::max(wanted, scheduler_.now()), *this, c.sides[side].id.value(),
                          static_cast<std::uint32_t>(EventKind::kFlowTimer));
}

void StreamNetwork::on_flow_timer(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  const env::Instant now = scheduler_.now();
  flow.timer_at = kNever;
  collect_acks(flow);
  if (flow.wake_at <= now) flow.wake_at = kNever;
  if (flow.retransmit_at <= now) {
    retransmit(c, side);
    return;
  }
  pump(c, side);
  arm(c, side);
}

void StreamNetwork::retransmit(Connection& c, int side) {
  Side& sender = c.sides[side];
  Side& receiver = c.sides[other(side)];
  Flow& flow = sender.flow;
  const env::Instant now = scheduler_.now();
  if (flow.retries >= (sender.state == SideState::kClosing ? kOrphanRetries : kRetries)) {
    ++counts_.resets;
    give_up(c, side);
    return;
  }
  ++counts_.retransmissions;
  set_retransmit_time(flow);
  const Path& back = ack_path(c, side);
  const bool is_received = flow.path->is_open() && !flow.path->is_clogged() &&
                           receiver.host->is_on && !is_retransmission_lost(flow);
  if (is_received && !has_socket(receiver)) {
    send_reset(c, other(side), now + flow.path->mean_latency());
  } else if (is_received && !back.is_open()) {
    // One segment gets through. Its sender does not learn of it and sends nothing else.
    const bool is_new = flow.acks_lost == 0 && !flow.unsent.empty();
    const bool is_sent = !is_new || !fits(c, side, *flow.unsent.front()) || send_front(c, side);
    if (is_sent) flow.has_lost_data = false;
  } else if (is_received) {
    const env::Instant arrival = paths_.signal(*flow.path, now);
    for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
      AckRecord& record = flow.unacked[i];
      if (record.ack_at != kNever) continue;
      record.arrival = arrival;
      record.ack_at = ack_time(c, side, arrival);
    }
    flow.acks_lost = 0;
    flow.is_in_loss = flow.has_lost_data = false;
    flow.retries = 0;
    flow.stop_retransmitting();
    pump(c, side);
  }
  arm(c, side);
}

// A fast retransmission is not backed off from; when it is lost, the time-out runs from there.
void StreamNetwork::set_retransmit_time(Flow& flow) {
  if (!flow.is_fast) {
    ++flow.retries;
    flow.is_in_loss = true;
  }
  flow.is_fast = false;
  flow.retransmit_from(scheduler_.now() + retransmit_timeout(flow.retries));
}

bool StreamNetwork::is_retransmission_lost(Flow& flow) {
  if (!flow.is_front_sent || flow.losses_to_come == 0 || !flow.path->is_lossy()) return false;
  --flow.losses_to_come;
  for (const Rules::Index rule : flow.path->conditions()->losses) ++rules_.counts(rule).losses;
  return true;
}

// The connection is over for `side`: an RST came, or nobody answered. The peer is not told.
void StreamNetwork::give_up(Connection& c, int side) {
  Side& me = c.sides[side];
  if (me.state != SideState::kOpen) {
    vanish(c, side);
    return;
  }
  me.state = SideState::kBroken;
  stop_sending(me.flow);
  Side& peer = c.sides[other(side)];
  if (peer.state == SideState::kAccepting && me.flow.in_flight.empty())
    peer.state = SideState::kGone;
  give(c, side, items_.take(ItemKind::kReset));
}

void StreamNetwork::stop_sending(Flow& flow) {
  clear_gate(flow);
  flow.unsent.clear(items_);
  flow.unacked.clear();
  flow.unacked_bytes = flow.acks_lost = 0;
  flow.has_lost_data = flow.is_in_loss = flow.is_front_sent = flow.is_fast = false;
  flow.losses_to_come = 0;
  flow.stop_retransmitting();
  flow.wake_at = kNever;
  if (flow.timer_at != kNever) scheduler_.cancel(flow.timer);
  flow.timer_at = kNever;
}

}  // namespace sim
