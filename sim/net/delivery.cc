// The receiving half: what arrives, what waits for its process, what the process is told.
#include "sim/net/network.h"

namespace sim {

// A process that does not read is not told of data, FIN or RST: a muted channel of Java's Selector
// has no interest, and reads come before the error.
bool StreamNetwork::can_be_handed(const Side& side, const Item& item) {
  if (side.host->is_paused || item.is_held) return false;
  return side.is_readable || item.kind == ItemKind::kConnected ||
         item.kind == ItemKind::kHandshake || item.kind == ItemKind::kFailed;
}

void StreamNetwork::on_arrival(Connection& c, int side) {
  Flow& flow = c.sides[side].flow;
  // What was hastened has another event.
  if (flow.in_flight.empty() || flow.in_flight.front()->arrival > scheduler_.now()) return;
  Item* item = flow.in_flight.pop();
  await_front(c, side);
  Side& receiver = c.sides[other(side)];
  receiver.flow.prefetch();
  switch (item->kind) {
    case ItemKind::kHandshake:
      if (receiver.state != SideState::kAccepting) break;
      receiver.state = SideState::kOpen;
      give(c, other(side), item);
      return;
    case ItemKind::kFrame:
      if (receiver.state != SideState::kOpen) break;
      give(c, other(side), item);
      return;
    case ItemKind::kFinish: arrive_finish(c, side, item); return;
    case ItemKind::kReset: arrive_reset(c, side, item); return;
    case ItemKind::kConnected:
    case ItemKind::kFailed: TIT_ASSERT(false, "an item that never travels");
  }
  items_.give_back(item);
  arrive_at_gone(c, side);
}

// A segment for a socket that its host does not have, or whose process has closed it: answered by
// RST, when the machine is on and the answer gets through.
void StreamNetwork::arrive_at_gone(Connection& c, int side) {
  const int gone = other(side);
  if (c.sides[side].state == SideState::kGone) return;
  const bool is_answered = c.sides[gone].host->is_on && send_reset(c, gone, scheduler_.now());
  if (!is_answered) lose_acks(c, side);
  // Data on a socket that was closed ends it for good (tcp_rcv_state_process: TCP_FIN_WAIT).
  if (c.sides[gone].state == SideState::kClosing) vanish(c, gone);
}

void StreamNetwork::arrive_finish(Connection& c, int side, Item* item) {
  Side& receiver = c.sides[other(side)];
  if (tap_ != nullptr) {
    tap_->on_connection_ended(scheduler_.now(), name(c), side == kClient, false);
  }
  const bool is_given = receiver.state == SideState::kOpen;
  const SocketId receiving = c.sides[other(side)].id;
  // Its sender is done. The FIN's own acknowledgement is taken as received.
  if (c.sides[side].state == SideState::kClosing) vanish(c, side);
  if (is_given && find(receiving) != nullptr) {
    give(c, other(side), item);
  } else {
    items_.give_back(item);
  }
}

void StreamNetwork::arrive_reset(Connection& c, int side, Item* item) {
  const int receiving = other(side);
  Side& receiver = c.sides[receiving];
  if (receiver.state == SideState::kOpen) {
    ++counts_.resets;
    if (tap_ != nullptr) {
      tap_->on_connection_ended(scheduler_.now(), name(c), side == kClient, true);
    }
    items_.give_back(item);
    give_up(c, receiving);
    return;
  }
  items_.give_back(item);
  if (receiver.state == SideState::kConnecting) {  // killed between its SYN-ACK and our ACK
    ++counts_.refusals;
    fail_connect(c);
    return;
  }
  if (receiver.state == SideState::kClosing || receiver.state == SideState::kAccepting)
    vanish(c, receiving);
}

// Hands the item to the process, or leaves it in the inbox until the process can take it.
void StreamNetwork::give(Connection& c, int side, Item* item) {
  Side& receiver = c.sides[side];
  const bool is_next = receiver.inbox.empty() && can_be_handed(receiver, *item);
  if (is_next && filter_ == nullptr && receiver.host->read_limit == nullptr) {
    hand(c, side, item);
    return;
  }
  const bool is_read_now = may_read(receiver, *item);
  if (is_next && is_read_now && passes_filter(c, side, *item)) {
    charge_reader(receiver, *item);
    hand(c, side, item);
    return;
  }
  receiver.unread_bytes += item->stream_bytes;
  receiver.inbox.push(item);
  if (!is_read_now) wait_to_read(c, side);
}

// The last thing done in an event: the process may close the connection in answer.
void StreamNetwork::hand(Connection& c, int side, Item* item) {
  Side& receiver = c.sides[side];
  SocketSink& sink = *receiver.host->sink;
  const SocketId id = c.sides[side].id;
  switch (item->kind) {
    case ItemKind::kFrame: {
      ++counts_.frames_delivered;
      counts_.bytes_delivered += item->stream_bytes - kLengthPrefixBytes;
      if (tap_ != nullptr) {
        Flow& flow = c.sides[other(side)].flow;
        tap_->on_frame_delivered(
            scheduler_.now(), name(c),
            {.is_from_client = side == kServer, .offset = flow.delivered_offset}, item->frame);
        flow.delivered_offset += item->stream_bytes;
      }
      sink.on_socket_frame(id, std::move(item->frame));
      items_.give_back(item);  // it is in no queue: whatever the process did, it is still ours
      return;
    }
    case ItemKind::kHandshake:
      items_.give_back(item);
      sink.on_socket_accepted(id, c.sides[kClient].host->id, c.server_port);
      return;
    case ItemKind::kConnected:
      items_.give_back(item);
      sink.on_socket_connected(id);
      return;
    case ItemKind::kFailed:
    case ItemKind::kFinish:
    case ItemKind::kReset: {
      const ItemKind kind = item->kind;
      items_.give_back(item);
      hand_end(c, side, kind);
      return;
    }
  }
}

void StreamNetwork::hand_end(Connection& c, int side, ItemKind kind) {
  SocketSink& sink = *c.sides[side].host->sink;
  const SocketId id = c.sides[side].id;
  vanish(c, side);
  if (kind == ItemKind::kFailed) {
    sink.on_socket_failed(id);
  } else {
    sink.on_socket_closed(id, kind == ItemKind::kReset);
  }
}

void StreamNetwork::kick(Connection& c, int side) {
  Side& receiver = c.sides[side];
  if (receiver.is_drain_posted || receiver.inbox.empty()) return;
  if (!can_be_handed(receiver, *receiver.inbox.front())) return;
  if (!may_read(receiver, *receiver.inbox.front())) {
    wait_to_read(c, side);
    return;
  }
  receiver.is_drain_posted = true;
  post(scheduler_.now(), c, side, EventKind::kDrain);
}

void StreamNetwork::on_drain(Connection& c, int side) {
  Side& receiver = c.sides[side];
  receiver.is_drain_posted = false;
  if (receiver.inbox.empty() || !can_be_handed(receiver, *receiver.inbox.front())) return;
  if (may_read(receiver, *receiver.inbox.front())) {
    hand_front(c, side);
  } else {
    wait_to_read(c, side);
  }
}

// REQUIRES: it can be handed.
void StreamNetwork::hand_front(Connection& c, int side) {
  Side& receiver = c.sides[side];
  if (!passes_filter(c, side, *receiver.inbox.front())) return;
  Item* item = receiver.inbox.pop();
  charge_reader(receiver, *item);
  receiver.unread_bytes -= item->stream_bytes;
  kick(c, side);
  window_opened(c, other(side));
  hand(c, side, item);
}

// The process of `side`'s peer has read: a window update is on its way to the sender.
void StreamNetwork::window_opened(Connection& c, int side) {
  Side& sender = c.sides[side];
  if (sender.state == SideState::kGone || sender.flow.unsent.empty() || sender.flow.is_blocked())
    return;
  Path& back = ack_path(c, side);
  if (!back.is_open()) {  // lost; the sender's next window probe finds out
    hold(c, side);
    return;
  }
  if (back.is_clogged()) return;  // it stands there as well
  const env::Instant at = scheduler_.now() + back.mean_latency();
  if (at < sender.flow.wake_at) sender.flow.wake_at = at;
  arm(c, side);
}

}  // namespace sim
