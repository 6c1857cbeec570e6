// StreamNetwork: hosts joined by TCP-like connections over a Topology, and what goes wrong between
// them. A World makes one; hosts call it through Network (sim/core/network_port.h).
//
// What of TCP is modelled, and what is not: sim/net/README.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/network_port.h"
#include "sim/core/scheduler.h"
#include "sim/core/streams.h"
#include "sim/net/connection.h"
#include "sim/net/filter.h"
#include "sim/net/path.h"
#include "sim/net/rules.h"
#include "sim/net/tap.h"
#include "sim/net/topology.h"

namespace sim {

struct NetworkCounts {
  std::uint64_t frames_sent = 0;  // given by processes, whatever became of them
  std::uint64_t bytes_sent = 0;   // content alone
  std::uint64_t frames_delivered = 0;
  std::uint64_t bytes_delivered = 0;
  std::uint64_t connects = 0;     // attempts
  std::uint64_t connections = 0;  // attempts that succeeded
  std::uint64_t refusals = 0;
  std::uint64_t resets = 0;  // RSTs that arrived and connections given up after all retries
  std::uint64_t retransmissions = 0;
};

struct StreamOptions {
  // Bytes (with length prefixes) that a receiver's kernel holds for its process, and so the most
  // that a sender has under way. net.ipv4.tcp_rmem's upper end is of this order.
  std::uint64_t receive_buffer_bytes = std::uint64_t{4} << 20;
};

class StreamNetwork final : public Network, private EventTarget {
 public:
  StreamNetwork(Scheduler&, Streams&, Topology, StreamOptions = {});
  ~StreamNetwork() override;
  StreamNetwork(const StreamNetwork&) = delete;
  StreamNetwork& operator=(const StreamNetwork&) = delete;

  // REQUIRES: no host has been added.
  void set_topology(Topology);

  // --- Network. A host is switched off until host_up().
  void add_host(HostId, std::string_view name, std::string_view rack, SocketSink&) override;
  std::optional<HostId> resolve(std::string_view name) const override;
  void host_up(HostId) override;
  void host_killed(HostId) override;
  void host_lost(HostId) override;
  void host_paused(HostId, bool is_paused) override;
  void listen(HostId, std::uint16_t port) override;
  SocketId connect(HostId from, const env::Endpoint& to) override;
  void send(SocketId, env::Frame&&) override;
  void set_readable(SocketId, bool) override;
  void close(SocketId) override;

  // --- rules, each in force until it is healed. They add up; none concerns a host and itself.
  using Hosts = std::vector<HostId>;
  // Nothing gets through.
  RuleHandle partition(Hosts a, Hosts b, Direction = Direction::kBoth);
  // Nothing moves and nothing is lost; when it is healed, all that stands there moves, in order.
  RuleHandle clog(Hosts a, Hosts b, Direction = Direction::kBoth);
  // Each frame, SYN and RST takes so much longer, and acknowledgements its mean.
  RuleHandle slow_link(Hosts a, Hosts b, Distribution extra, Direction = Direction::kBoth);
  // Of each ordered pair of hosts; what is more waits in a queue. REQUIRES: a rate above 0.
  RuleHandle limit_bandwidth(Hosts a, Hosts b, std::uint64_t bytes_per_second,
                             Direction = Direction::kBoth);
  // Of each segment's transmissions. REQUIRES: at most 1,000,000.
  RuleHandle lose_packets(Hosts a, Hosts b, std::uint32_t parts_per_million,
                          Direction = Direction::kBoth);
  // Its process takes no more off all its sockets together. REQUIRES: a rate above 0.
  RuleHandle limit_reading(HostId, std::uint64_t bytes_per_second);
  // A link of a graph is down: routes go around it. REQUIRES: topology().is_graph(), a link of it.
  RuleHandle fail_link(LinkId);
  bool heal(RuleHandle);  // false: healed before, or nothing that can be healed
  const RuleCounts& counts(RuleHandle handle) const { return rules_.counts(handle); }

  // --- blows: they have happened when these return
  // A middlebox sends RST to both ends of each connection between a host of `a` and one of `b`.
  // Answers how many connections that hit; a cut eats an RST.
  std::size_t reset_connections(const Hosts& a, const Hosts& b);
  // A middlebox forgot its mappings: from now on segments of the connections that exist between
  // them vanish, either way and for ever; new connections are not affected. The counts of the
  // handle say how many that hit (connections_hit) and what vanished.
  RuleHandle sever_connections(const Hosts& a, const Hosts& b);

  // --- messages in hand
  void set_filter(FrameFilter* filter) { filter_ = filter; }  // null: none; what is held stays so
  bool release(FrameTicket);                                  // false: not held (any more)

  // --- observation
  void set_tap(NetworkTap* tap) { tap_ = tap; }  // null: none. It outlives its use here.
  const NetworkCounts& counts() const { return counts_; }
  const Topology& topology() const { return paths_.topology(); }
  std::size_t paths_in_use() const { return paths_.size(); }  // ordered pairs that ever talked
  std::size_t open_connections() const { return connections_.size() - free_connections_.size(); }
  std::size_t connections_of(HostId) const;  // open ones of this host, however they began
  // None when the socket is gone.
  std::optional<ConnectionName> name_of(SocketId) const;
  void check_invariants() const;

 private:
  enum class EventKind : std::uint32_t {
    kArrival,    // the front of a flow's in_flight reached the other side
    kDrain,      // hand the front of an inbox to its process
    kFlowTimer,  // a retransmission time-out, or an ack that somebody waits for
    kSyn,        // a SYN reached the server's host
    kSynAck,     // its answer reached the client
    kRefused,    // the other answer
    kSynTimer,
    kUnknownHost,
    kReader,  // of a host: its process has time to read again
  };

  struct HeldFrame {
    SocketId socket;  // of its sender at kLeaves, of its receiver at kArrives
    FramePoint point = FramePoint::kLeaves;
  };

  void on_event(const Event&) override;

  // network.cc: hosts, sockets, rules
  NetHost& host(HostId);
  Connection& new_connection(NetHost& client);
  std::uint16_t ephemeral_port(NetHost& client);
  Connection* find(SocketId) const;
  void post(env::Instant, const Connection&, int side, EventKind);
  void vanish(Connection&, int side);             // to kGone; may free the connection
  void abort(Connection&, int side);              // RST to the peer, then vanish
  void receiver_vanished(Connection&, int side);  // `side`'s peer is gone and may not say so
  ConnectionName name(const Connection&) const;

  // operations.cc: rules and blows
  RuleHandle add_rule(Rule);
  void apply_rules();
  void apply_rules_to(Connection&);
  void apply_read_limits();
  void ack_path_cut(Connection&, int side);
  void ack_path_healed(Connection&, int side);
  std::vector<Connection*> connections_between(const Hosts& a, const Hosts& b);

  // clog.cc: what stands, and what moves on
  void stand(Connection&, int side, Item&);
  void move_on(Connection&, int side);
  void acks_stand(Connection&, int side);
  void acks_move_on(Connection&, int side);
  void handshake_stands(Connection&, const Path&, Standing);
  void handshake_moves_on(Connection&);
  void hasten(Connection&, int side);

  // reading.cc: processes that read slowly
  bool may_read(const Side& side, const Item& item) const;
  void wait_to_read(Connection&, int side);
  void charge_reader(Side&, const Item&);
  void post_reader(NetHost&);
  void on_reader(NetHost&);
  void set_read_limit(NetHost&, std::optional<Rules::Index>);

  // gate.cc
  bool passes_gate(Connection&, int side, Item*);
  bool passes_filter(Connection&, int side, Item&);
  void lose_if_held(const Item&);
  void clear_inbox(Side&);
  void clear_gate(Flow&);

  // handshake.cc
  void send_syn(Connection&);
  void wait_for_syn_timer(Connection&);
  void count_unanswered(Connection&, const std::vector<Rules::Index>& by);
  void on_syn(Connection&);
  void on_syn_ack(Connection&);
  void on_syn_timer(Connection&);
  void fail_connect(Connection&);

  // flow.cc: the sending half
  void enqueue(Connection&, int side, Item*);
  void transmit(Connection&, int side, Item*);
  void dispatch(Connection&, int side, Item*, env::Instant arrival);
  void put_in_flight(Connection&, int side, Item*);
  void await_front(Connection&, int side);
  bool is_lost(Connection&, int side, const Item&);
  bool send_front(Connection&, int side);
  void set_retransmit_time(Flow&);
  bool is_retransmission_lost(Flow&);
  bool loses_signal(Path&);
  env::Instant ack_time(Connection&, int side, env::Instant arrival);
  bool fits(Connection&, int side, const Item&);
  void hold(Connection&, int side);
  void pump(Connection&, int side);
  bool send_reset(Connection&, int side, env::Instant earliest);
  void collect_acks(Flow&);
  void acknowledge_by(Connection&, int side, env::Instant at);
  void lose_acks(Connection&, int side);
  void start_retransmit_timer(Flow&, env::Instant since);
  void arm(Connection&, int side);
  void on_flow_timer(Connection&, int side);
  void retransmit(Connection&, int side);
  void give_up(Connection&, int side);
  void stop_sending(Flow&);
  void wait_for_window(Connection&, int side);
  void count_held(const Path&);
  void count_delayed(const Path&, const Item&);
  Path& ack_path(Connection& c, int side) { return *c.sides[other(side)].flow.path; }

  // delivery.cc: the receiving half
  void on_arrival(Connection&, int side);
  void arrive_at_gone(Connection&, int side);
  void arrive_finish(Connection&, int side, Item*);
  void arrive_reset(Connection&, int side, Item*);
  static bool can_be_handed(const Side&, const Item&);
  void give(Connection&, int side, Item*);
  void hand(Connection&, int side, Item*);
  void hand_end(Connection&, int side, ItemKind);
  void on_drain(Connection&, int side);
  void hand_front(Connection&, int side);
  void kick(Connection&, int side);
  void window_opened(Connection&, int side);

  Scheduler& scheduler_;
  StreamOptions options_;
  Rules rules_;
  Paths paths_;
  NetworkTap* tap_ = nullptr;
  FrameFilter* filter_ = nullptr;
  NetworkCounts counts_;
  std::map<HostId, std::unique_ptr<NetHost>> hosts_;
  std::map<std::string, HostId, std::less<>> names_;
  std::map<FrameTicket, HeldFrame> held_;
  ItemPool items_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> free_connections_;
};

}  // namespace sim
