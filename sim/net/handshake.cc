// How a connection begins. SYN, SYN-ACK and the RST of a refusal are single events; the ACK that
// ends the handshake is the first item of the client's flow, so that accept precedes all data.
#include <algorithm>

#include "sim/net/network.h"

namespace sim {
namespace {

// Linux: net.ipv4.tcp_syn_retries = 6, the first after 1 s, doubling; given up after 127 s.
constexpr std::uint8_t kSynRetries = 6;
constexpr env::Duration kFirstSynTimeout = std::chrono::seconds(1);

}  // namespace

void StreamNetwork::send_syn(Connection& c) {
  c.last_syn = scheduler_.now();
  Path& way = *c.sides[kClient].flow.path;
  if (!way.is_open()) {
    count_unanswered(c, way.cut_by());
    wait_for_syn_timer(c);
    return;
  }
  if (way.is_clogged()) {
    handshake_stands(c, way, Standing::kSyn);
    return;
  }
  if (loses_signal(way)) {
    count_unanswered(c, way.conditions()->losses);
    wait_for_syn_timer(c);
    return;
  }
  post(paths_.signal(way, scheduler_.now()), c, kClient, EventKind::kSyn);
}

// Set only when a SYN or its answer is known to be lost or to stand: a healthy connect has no
// timer.
void StreamNetwork::wait_for_syn_timer(Connection& c) {
  const env::Instant at = c.last_syn + kFirstSynTimeout * (1 << c.syn_retries);
  c.syn_timer =
      scheduler_.schedule(std::max(at, scheduler_.now()), *this, c.sides[kClient].id.value(),
                          static_cast<std::uint32_t>(EventKind::kSynTimer));
}

void StreamNetwork::count_unanswered(Connection& c, const std::vector<Rules::Index>& by) {
  if (c.is_counted_unanswered) return;
  c.is_counted_unanswered = true;
  for (const Rules::Index rule : by) ++rules_.counts(rule).connects_unanswered;
}

void StreamNetwork::on_syn(Connection& c) {
  if (c.sides[kClient].state != SideState::kConnecting) return;
  NetHost& server = *c.sides[kServer].host;
  Path& back = *c.sides[kServer].flow.path;
  if (!server.is_on) {
    wait_for_syn_timer(c);
    return;
  }
  if (!back.is_open()) {
    count_unanswered(c, back.cut_by());
    wait_for_syn_timer(c);
    return;
  }
  const bool is_accepted = std::ranges::binary_search(server.listening, c.server_port);
  if (back.is_clogged()) {
    if (is_accepted) c.sides[kServer].state = SideState::kAccepting;
    handshake_stands(c, back, is_accepted ? Standing::kSynAck : Standing::kRefusal);
    return;
  }
  if (loses_signal(back)) {  // the client sends its SYN again, and is answered again
    count_unanswered(c, back.conditions()->losses);
    wait_for_syn_timer(c);
    return;
  }
  const env::Instant answered = paths_.signal(back, scheduler_.now());
  if (is_accepted) c.sides[kServer].state = SideState::kAccepting;
  post(answered, c, kClient, is_accepted ? EventKind::kSynAck : EventKind::kRefused);
}

void StreamNetwork::on_syn_ack(Connection& c) {
  Side& client = c.sides[kClient];
  if (client.state != SideState::kConnecting) return;
  client.state = SideState::kOpen;
  ++counts_.connections;
  if (tap_ != nullptr) tap_->on_connection_opened(c.first_syn, scheduler_.now(), name(c));
  enqueue(c, kClient, items_.take(ItemKind::kHandshake));
  give(c, kClient, items_.take(ItemKind::kConnected));
}

void StreamNetwork::on_syn_timer(Connection& c) {
  if (c.sides[kClient].state != SideState::kConnecting) return;
  if (c.syn_retries == kSynRetries) {
    fail_connect(c);
    return;
  }
  ++c.syn_retries;
  if (c.standing == Standing::kNothing) {
    send_syn(c);
  } else {  // the segment that stands will do
    c.last_syn = scheduler_.now();
    wait_for_syn_timer(c);
  }
}

void StreamNetwork::fail_connect(Connection& c) {
  if (c.sides[kClient].state != SideState::kConnecting) return;
  c.sides[kClient].state = SideState::kBroken;
  give(c, kClient, items_.take(ItemKind::kFailed));
}

}  // namespace sim
