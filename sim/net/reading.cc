// Processes that read slowly: a host whose process takes so many bytes a second off all its sockets
// together, one frame after the other, the sockets in turn.
#include <algorithm>

#include "sim/net/network.h"

namespace sim {

// False: it has to queue up for its process' attention.
bool StreamNetwork::may_read(const Side& side, const Item& item) const {
  const ReadLimit* limit = side.host->read_limit.get();
  if (limit == nullptr || item.kind != ItemKind::kFrame) return true;
  return limit->waiting.empty() && limit->pace.free_at <= scheduler_.now();
}

// The front of the inbox will be read when it is its turn.
void StreamNetwork::wait_to_read(Connection& c, int side) {
  Side& reader = c.sides[side];
  NetHost& host = *reader.host;
  if (reader.is_waiting_to_read || host.read_limit == nullptr) return;
  reader.is_waiting_to_read = true;
  host.read_limit->waiting.push_back(c.sides[side].id);
  post_reader(host);
}

void StreamNetwork::post_reader(NetHost& host) {
  ReadLimit& limit = *host.read_limit;
  if (limit.is_posted || limit.waiting.empty()) return;
  limit.is_posted = true;
  limit.event =
      scheduler_.schedule(std::max(limit.pace.free_at, scheduler_.now()), *this, host.id.value(),
                          static_cast<std::uint32_t>(EventKind::kReader));
}

// It is being read, which takes its time.
void StreamNetwork::charge_reader(Side& side, const Item& item) {
  ReadLimit* limit = side.host->read_limit.get();
  if (limit == nullptr || item.kind != ItemKind::kFrame) return;
  const env::Instant now = scheduler_.now();
  limit->pace.pass(now, item.stream_bytes);
  post_reader(*side.host);
  if (item.arrival >= now) return;
  RuleCounts& counts = rules_.counts(limit->rule);
  ++counts.frames_delayed;
  counts.bytes_delayed += item.stream_bytes;
  counts.time_added += now - item.arrival;
}

void StreamNetwork::on_reader(NetHost& host) {
  ReadLimit& limit = *host.read_limit;
  limit.is_posted = false;
  while (!limit.waiting.empty()) {
    const SocketId id = limit.waiting.front();
    limit.waiting.pop_front();
    Connection* c = find(id);
    if (c == nullptr) continue;
    const int side = static_cast<int>(id.value() & 1);
    Side& reader = c->sides[side];
    reader.is_waiting_to_read = false;
    if (reader.inbox.empty()) continue;
    Item& next = *reader.inbox.front();
    if (next.kind != ItemKind::kFrame || !can_be_handed(reader, next)) continue;
    if (!passes_filter(*c, side, next)) continue;
    hand_front(*c, side);
    return;
  }
}

void StreamNetwork::set_read_limit(NetHost& host, std::optional<Rules::Index> rule) {
  if (!rule.has_value() && host.read_limit == nullptr) return;
  if (!rule.has_value()) {
    if (host.read_limit->is_posted) scheduler_.cancel(host.read_limit->event);
    const std::unique_ptr<ReadLimit> gone = std::move(host.read_limit);
    for (const SocketId id : gone->waiting) {
      Connection* c = find(id);
      if (c == nullptr) continue;
      const int side = static_cast<int>(id.value() & 1);
      c->sides[side].is_waiting_to_read = false;
      kick(*c, side);
    }
    return;
  }
  if (host.read_limit == nullptr) host.read_limit = std::make_unique<ReadLimit>();
  ReadLimit& limit = *host.read_limit;
  if (limit.rule == *rule && limit.pace.nanos_per_byte != 0) return;
  limit.rule = *rule;
  limit.pace = TransmitQueue::of(rules_.rule(*rule).bytes_per_second);  // free now
  if (!limit.is_posted) return;
  scheduler_.cancel(limit.event);
  limit.is_posted = false;
  post_reader(host);
}

}  // namespace sim
