// The sending half: windows, acknowledgements, retransmission.
//
// In a healthy connection nothing is scheduled but arrivals: an ack is a time in a record, looked
// at when the window is short. Only a lost segment, a lost ack or a full window sets the flow's
// timer.
#include <algorithm>

#include "sim/net/network.h"

namespace sim {
namespace {

// Ethernet with preamble and gap (38), IPv4 (20), TCP with time stamps (32) around at most 1,448
// bytes of stream.
constexpr std::uint64_t kSegmentBytes = 1448;
constexpr std::uint64_t kSegmentOverhead = 90;

// Linux: TCP_RTO_MIN and TCP_RTO_MAX, net.ipv4.tcp_retries2 (924.6 s in all), and
// tcp_orphan_retries for what the process has closed (102.2 s).
constexpr env::Duration kFirstTimeout = std::chrono::milliseconds(200);
constexpr env::Duration kLastTimeout = std::chrono::seconds(120);
constexpr int kRetries = 15;
constexpr int kOrphanRetries = 8;

env::Duration retransmit_timeout(int retries) {
  return std::min(kFirstTimeout * (std::int64_t{1} << retries), kLastTimeout);
}

std::uint64_t wire_bytes(std::uint64_t stream_bytes) {
  const std::uint64_t segments = (stream_bytes + kSegmentBytes - 1) / kSegmentBytes;
  return stream_bytes + std::max<std::uint64_t>(segments, 1) * kSegmentOverhead;
}

bool has_socket(const Side& side) {
  return side.state == SideState::kAccepting || side.state == SideState::kOpen ||
         side.state == SideState::kClosing;
}

}  // namespace

void StreamNetwork::enqueue(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  const bool is_next = flow.unsent.empty() && !flow.is_blocked();
  if (is_next && flow.path->is_open() && fits(c, side, *item)) {
    transmit(c, side, item);
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

void StreamNetwork::transmit(Connection& c, int side, Item* item) {
  const env::Instant now = scheduler_.now();
  Flow& flow = c.sides[side].flow;
  const Path& back = ack_path(c, side);
  collect_acks(flow);
  const env::Instant arrival =
      std::max(paths_.transmit(*flow.path, now, wire_bytes(item->stream_bytes)), flow.last_arrival);
  item->arrival = arrival;
  const env::Instant ack_at = back.is_open() ? arrival + back.mean_latency() : kNever;
  if (flow.acks_lost > 0 && ack_at != kNever) {  // acks are cumulative: this one tells of all
    for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
      if (flow.unacked[i].ack_at == kNever) flow.unacked[i].ack_at = ack_at;
    }
    flow.acks_lost = 0;
    if (!flow.is_blocked()) flow.retransmit_at = kNever;
    arm(c, side);
  }
  flow.unacked.push(
      {.sent = now, .arrival = arrival, .ack_at = ack_at, .bytes = item->stream_bytes});
  flow.unacked_bytes += item->stream_bytes;
  if (ack_at == kNever) {
    ++flow.acks_lost;
    for (const Rules::Index rule : back.cut_by()) ++rules_.counts(rule).acks_lost;
    start_retransmit_timer(flow, now);
    arm(c, side);
  }
  if (c.sides[other(side)].flow.acks_lost > 0) acknowledge_by(c, other(side), arrival);
  put_in_flight(c, side, item);
}

void StreamNetwork::put_in_flight(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  flow.last_arrival = item->arrival;
  const bool was_empty = flow.in_flight.empty();
  flow.in_flight.push(item);
  if (was_empty) post(item->arrival, c, side, EventKind::kArrival);
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
    transmit(c, side, flow.unsent.pop());
  }
}

// False when a cut ate it. It arrives behind everything that is in flight.
bool StreamNetwork::send_reset(Connection& c, int side, env::Instant earliest) {
  Flow& flow = c.sides[side].flow;
  if (flow.has_sent_reset) return true;
  if (!flow.path->is_open()) {
    for (const Rules::Index rule : flow.path->cut_by()) ++rules_.counts(rule).resets_eaten;
    return false;
  }
  flow.has_sent_reset = true;
  Item* item = items_.take(ItemKind::kReset);
  item->arrival = std::max(paths_.signal(*flow.path, earliest), flow.last_arrival);
  put_in_flight(c, side, item);
  return true;
}

// --- acknowledgements

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
  if (!flow.has_lost_data) flow.retransmit_at = kNever;
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
    if (record.arrival > scheduler_.now())
      covered_at = record.arrival + ack_path(c, side).mean_latency();
    if (covered_at == kNever) continue;
    record.ack_at = covered_at;
    --flow.acks_lost;
  }
  flow.wake_at = std::min(flow.wake_at, covered_at);
  if (flow.acks_lost == 0 && !flow.has_lost_data) flow.retransmit_at = kNever;
  arm(c, side);
}

// --- the timer

void StreamNetwork::start_retransmit_timer(Flow& flow, env::Instant since) {
  if (flow.retransmit_at != kNever) return;
  flow.retransmit_at = std::max(scheduler_.now(), since + retransmit_timeout(flow.retries));
}

void StreamNetwork::arm(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  const env::Instant wanted = std::min(flow.retransmit_at, flow.wake_at);
  if (wanted == flow.timer_at) return;
  if (flow.timer_at != kNever) scheduler_.cancel(flow.timer);
  flow.timer_at = wanted;
  if (wanted == kNever) return;
  flow.timer =
      scheduler_.schedule(std::max(wanted, scheduler_.now()), *this, socket_id(c, side).value(),
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
  ++flow.retries;
  flow.is_in_loss = true;
  flow.retransmit_at = now + retransmit_timeout(flow.retries);
  const Path& back = ack_path(c, side);
  const bool is_received = flow.path->is_open() && receiver.host->is_on;
  if (is_received && !has_socket(receiver)) {
    send_reset(c, other(side), now + flow.path->mean_latency());
  } else if (is_received && !back.is_open()) {
    // One segment gets through. Its sender does not learn of it and sends nothing else.
    const bool is_new = flow.acks_lost == 0 && !flow.unsent.empty();
    if (is_new && fits(c, side, *flow.unsent.front())) transmit(c, side, flow.unsent.pop());
    flow.has_lost_data = false;
  } else if (is_received) {
    const env::Instant arrival = paths_.signal(*flow.path, now);
    for (std::size_t i = 0; i < flow.unacked.size(); ++i) {
      AckRecord& record = flow.unacked[i];
      if (record.ack_at != kNever) continue;
      record.arrival = arrival;
      record.ack_at = arrival + back.mean_latency();
    }
    flow.acks_lost = 0;
    flow.is_in_loss = flow.has_lost_data = false;
    flow.retries = 0;
    flow.retransmit_at = kNever;
    pump(c, side);
  }
  arm(c, side);
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
  flow.has_lost_data = flow.is_in_loss = false;
  flow.retransmit_at = flow.wake_at = kNever;
  if (flow.timer_at != kNever) scheduler_.cancel(flow.timer);
  flow.timer_at = kNever;
}

}  // namespace sim
