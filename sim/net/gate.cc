// What a filter holds: frames that have not left their sender's kernel (a flow's `gate`), and
// frames that arrived and may not be handed on (the front of an inbox).
#include "sim/net/network.h"

namespace sim {

// A frame that its process has just written. False: it waits at the gate, or behind it.
bool StreamNetwork::passes_gate(Connection& c, int side, Item* item) {
  Flow& flow = c.sides[side].flow;
  if (filter_ != nullptr && item->kind == ItemKind::kFrame) {
    const FrameTicket ticket(item->ticket);
    item->is_held = !filter_->on_frame(scheduler_.now(), FramePoint::kLeaves, ticket, name(c),
                                       side == kClient, item->frame);
    if (item->is_held) held_.emplace(ticket, HeldFrame{c.sides[side].id, FramePoint::kLeaves});
  }
  if (!item->is_held && flow.gate.empty()) return true;
  flow.gate.push(item);
  return false;
}

// The front of `side`'s inbox, or what would be it: the process can take it. Asked once.
bool StreamNetwork::passes_filter(Connection& c, int side, Item& item) {
  if (filter_ == nullptr || item.kind != ItemKind::kFrame || item.is_asked) return !item.is_held;
  item.is_asked = true;
  const FrameTicket ticket(item.ticket);
  item.is_held = !filter_->on_frame(scheduler_.now(), FramePoint::kArrives, ticket, name(c),
                                    side == kServer, item.frame);
  if (item.is_held) held_.emplace(ticket, HeldFrame{c.sides[side].id, FramePoint::kArrives});
  return !item.is_held;
}

bool StreamNetwork::release(FrameTicket ticket) {
  const auto found = held_.find(ticket);
  if (found == held_.end()) return false;
  const HeldFrame held = found->second;
  held_.erase(found);
  Connection* c = find(held.socket);
  TIT_ASSERT(c != nullptr, "a held frame without its connection");
  const int side = static_cast<int>(held.socket.value() & 1);
  if (held.point == FramePoint::kArrives) {
    c->sides[side].inbox.front()->is_held = false;
    kick(*c, side);
    return true;
  }
  ItemQueue& gate = c->sides[side].flow.gate;
  Item* item = gate.front();
  while (item->ticket != ticket.value()) item = item->next;
  item->is_held = false;
  while (!gate.empty() && !gate.front()->is_held) enqueue(*c, side, gate.pop());
  return true;
}

void StreamNetwork::lose_if_held(const Item& item) {
  if (!item.is_held) return;
  const FrameTicket ticket(item.ticket);
  held_.erase(ticket);
  if (filter_ != nullptr) filter_->on_frame_lost(ticket);
}

void StreamNetwork::clear_inbox(Side& side) {
  if (!side.inbox.empty()) lose_if_held(*side.inbox.front());
  side.inbox.clear(items_);
  side.unread_bytes = 0;
}

void StreamNetwork::clear_gate(Flow& flow) {
  for (const Item* item = flow.gate.front(); item != nullptr; item = item->next)
    lose_if_held(*item);
  flow.gate.clear(items_);
}

}  // namespace sim
