// The state of TCP-like connections: items, queues, flows, sides. Only StreamNetwork changes it.
//
// A connection has two sides, the client's (0) and the server's (1). Each side has an inbox, what
// its process has not been given yet, and a flow, what it sends to the other side.
//
//              connect                     SYN-ACK
//   client:  ----------> kConnecting ------------------> kOpen
//              SYN                        handshake ACK
//   server:  ----------> kAccepting -------------------> kOpen
//
//   kOpen   -- close() ----------------------> kClosing -- FIN arrived, or RST --> kGone
//   kOpen   -- RST arrived, retries used up -> kBroken  -- process was told -----> kGone
//   kOpen   -- FIN handed to the process ----> kGone
//   any     -- host killed or lost ----------> kGone
//
// Invariants: a gate begins with a held item; an inbox is empty unless its process is alive (not
// kGone, not kClosing); a connection whose two sides are gone is freed; a flow has an arrival event
// scheduled for the front of `in_flight`, unless that stands in a clog.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/network_port.h"
#include "sim/core/scheduler.h"
#include "sim/net/path.h"

namespace sim {

constexpr env::Instant kNever = env::Instant::max();
// Of what stands in a clog: it will arrive, and nobody knows when.
constexpr env::Instant kStanding = kNever - env::Duration(1);

enum class ItemKind : std::uint8_t {
  kFrame,
  kHandshake,  // the ACK that ends the handshake; to the server's process: accepted
  kFinish,     // FIN
  kReset,      // RST, or the kernel's own verdict
  kConnected,  // inbox only
  kFailed,     // inbox only
};

struct alignas(64) Item {
  Item* next = nullptr;
  env::Instant arrival;            // while in flight; kStanding in a clog
  env::Instant leaves;             // the queues of limits of bandwidth, while in flight
  std::uint64_t stream_bytes = 0;  // length prefix and content
  std::uint64_t ticket = 0;        // of kFrame: sim/net/filter.h
  ItemKind kind = ItemKind::kFrame;
  bool is_held = false;   // by the filter, where it is
  bool is_asked = false;  // the filter has been asked whether it may be handed
  env::Frame frame;       // of kFrame
};

// Items come from a freelist and move between queues by their link.
class ItemPool {
 public:
  Item* take(ItemKind kind) {
    if (free_ == nullptr) grow();
    Item* item = free_;
    free_ = item->next;
    item->next = nullptr;
    item->kind = kind;
    item->is_held = item->is_asked = false;
    item->stream_bytes = 0;
    return item;
  }
  void give_back(Item* item) {
    item->frame.clear();
    item->next = free_;
    free_ = item;
  }

 private:
  static constexpr std::size_t kChunk = 64;
  void grow() {
    chunks_.push_back(std::make_unique<std::array<Item, kChunk>>());
    for (Item& item : *chunks_.back()) {
      item.next = free_;
      free_ = &item;
    }
  }
  std::vector<std::unique_ptr<std::array<Item, kChunk>>> chunks_;
  Item* free_ = nullptr;
};

class ItemQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  Item* front() const { return first_; }
  void push(Item* item) {
    item->next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = item;
    last_ = item;
  }
  Item* pop() {
    Item* item = first_;
    first_ = item->next;
    item->next = nullptr;
    return item;
  }
  void clear(ItemPool& pool) {
    while (!empty()) pool.give_back(pop());
  }

 private:
  Item* first_ = nullptr;
  Item* last_ = nullptr;  // valid while first_ is not null
};

// What a sender knows of one transmitted item. Acknowledgements are not events: `ack_at` says when
// this one's reaches the sender, and is looked at when it matters.
struct AckRecord {
  env::Instant sent;
  env::Instant arrival;
  env::Instant ack_at;  // kNever: lost on the way back; kStanding: it, or its frame, is in a clog
  std::uint64_t bytes = 0;
};

// A ring of records, oldest first. At most 2^27 of them.
class AckQueue {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  AckRecord& operator[](std::size_t i) { return ring_[(head_ + i) & (capacity() - 1)]; }
  AckRecord& front() { return ring_[head_]; }
  void push(const AckRecord& record) {
    if (ring_ == nullptr || count_ == capacity()) grow();
    ring_[(head_ + count_) & (capacity() - 1)] = record;
    ++count_;
  }
  void pop() {
    head_ = (head_ + 1) & (capacity() - 1);
    --count_;
  }
  void prefetch() const { __builtin_prefetch(ring_.get() + head_); }
  void clear() {
    head_ = 0;
    count_ = 0;
  }

 private:
  std::uint32_t capacity() const { return std::uint32_t{1} << capacity_log_; }
  void grow() {
    const std::uint32_t log = ring_ == nullptr ? 2 : capacity_log_ + 1u;
    auto larger = std::make_unique<AckRecord[]>(std::size_t{1} << log);
    for (std::uint32_t i = 0; i < count_; ++i) larger[i] = (*this)[i];
    ring_ = std::move(larger);
    capacity_log_ = log & 31u;
    head_ = 0;
  }
  std::unique_ptr<AckRecord[]> ring_;
  std::uint32_t head_ = 0;
  std::uint32_t count_ : 27 = 0;
  std::uint32_t capacity_log_ : 5 = 0;
};

// What one side sends. Sent items are in flight; what may not be sent yet waits in `unsent`.
// What each frame needs comes first, and fills two cache lines together with that of Side.
struct Flow {
  Path* path = nullptr;  // null until the pair is known
  ItemQueue in_flight;   // by arrival; it will arrive, whatever happens to the sender
  ItemQueue unsent;      // held: window full, data lost before it, or waiting for an ack
  AckQueue unacked;
  std::uint64_t unacked_bytes = 0;
  env::Instant last_arrival;       // nothing arrives before what was sent before
  std::uint32_t acks_lost = 0;     // records whose ack_at is kNever
  std::uint8_t retries = 0;        // retransmissions since the last ack
  bool has_lost_data = false;      // the front of `unsent` was sent into a cut, or lost
  bool is_in_loss = false;         // a retransmission timed out: no new data until an ack
  bool is_retransmitting = false;  // retransmit_at is not kNever
  // Rarely needed from here on.
  ItemQueue gate;  // before all else: what the filter holds, and what follows it
  bool has_sent_reset = false;
  bool is_front_sent = false;       // of `unsent`: it was sent and lost, in part or whole
  bool is_fast = false;             // the next retransmission is a fast one
  std::uint8_t losses_to_come = 0;  // retransmissions of that front that will be lost as well
  std::uint64_t sent_offset = 0;    // stream bytes, for taps
  std::uint64_t delivered_offset = 0;
  env::Instant retransmit_at = kNever;  // kNever while nothing is missing
  env::Instant wake_at = kNever;        // an ack or a window update comes then
  env::Instant timer_at = kNever;       // of the scheduled event; kNever: none
  EventHandle timer;
  env::Instant front_arrival;  // of the parts that got through

  bool is_blocked() const { return has_lost_data || is_in_loss; }
  // What an answer will need, which is far away when thousands of connections talk.
  void prefetch() const {
    __builtin_prefetch(path);
    __builtin_prefetch(reinterpret_cast<const char*>(path) + 64);
    unacked.prefetch();
  }
  void retransmit_from(env::Instant at) {
    retransmit_at = at;
    is_retransmitting = true;
  }
  void stop_retransmitting() {
    if (!is_retransmitting) return;
    retransmit_at = kNever;
    is_retransmitting = false;
  }
};

enum class SideState : std::uint8_t { kGone, kConnecting, kAccepting, kOpen, kClosing, kBroken };

// What a process takes off its sockets, when that is limited.
struct ReadLimit {
  Rules::Index rule = 0;
  TransmitQueue pace;
  std::deque<SocketId> waiting;  // sides whose inbox has something to read, in turn
  EventHandle event;
  bool is_posted = false;
};

struct NetHost {
  HostId id;
  std::string name;
  SocketSink* sink = nullptr;
  std::unique_ptr<ReadLimit> read_limit;  // null: none
  bool is_on = false;                     // the machine: its kernel answers
  bool is_paused = false;                 // the process alone: its kernel goes on
  std::vector<std::uint16_t> listening;   // sorted
  std::uint32_t ports_used = 0;           // ephemeral ones, ever
  std::vector<std::uint16_t> port_users;  // of each of those; empty in the first round
};

struct alignas(64) Side {
  SocketId id;  // of no socket while the connection is not in use
  NetHost* host = nullptr;
  SideState state = SideState::kGone;
  bool is_readable = true;
  bool is_drain_posted = false;
  bool is_waiting_to_read = false;  // in ReadLimit::waiting
  ItemQueue inbox;
  std::uint64_t unread_bytes = 0;
  Flow flow;
};

enum class Standing : std::uint8_t { kNothing, kSyn, kSynAck, kRefusal };

// Its kernel knows the connection, as far as the peer's segments are concerned.
inline bool has_socket(const Side& side) {
  return side.state == SideState::kAccepting || side.state == SideState::kOpen ||
         side.state == SideState::kClosing;
}

struct Connection {
  std::array<Side, 2> sides;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // odd while in use
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t syn_retries = 0;
  bool is_counted_unanswered = false;
  Standing standing = Standing::kNothing;  // what of the handshake is in a clog
  EventHandle syn_timer;
  env::Instant first_syn;
  env::Instant last_syn;
};

constexpr std::uint64_t kLengthPrefixBytes = 4;
constexpr int kClient = 0;
constexpr int kServer = 1;
constexpr int other(int side) { return 1 - side; }

// generation (31 bits) | index (32 bits) | side: unique in a run until a slot was used 2^30 times.
inline SocketId socket_id(std::uint32_t generation, std::uint32_t index, int side) {
  return SocketId(static_cast<std::uint64_t>(generation) << 33 |
                  static_cast<std::uint64_t>(index) << 1 | static_cast<std::uint64_t>(side));
}

}  // namespace sim
