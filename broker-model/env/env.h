// Env: all that a node sees of the world. One Env is one incarnation of one node; it dies with it.
//
// `sim` implements it on virtual time, a live mode will implement it on TCP. Calls record an effect
// and return: none blocks, none calls back before the handler has returned. Effects of a dead
// incarnation never reach its successor, except what it put on the disk or on the wire.
#pragma once

#include <string_view>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/env/rng.h"

namespace kafka {
struct Observation;  // broker-model/types/observation.h; the engine hands the reference on
struct Command;      // broker-model/types/command.h
}  // namespace kafka

namespace env {

// A lane is a pool of threads (Kafka's own): `servers` of them serve one queue, first come first
// served. Lanes of different kind or index never wait for each other.
enum class LaneKind : std::uint8_t {
  kNetwork,         // num.network.threads
  kRequestHandler,  // num.io.threads
  kReplicaFetcher,  // one lane per source broker and fetcher id, one server
  kRaft,            // raft client and metadata loader
  kController,      // the controller's event queue, one server
  kHeartbeat,       // broker lifecycle, one server
  kCoordinator,
  kLogCleaner,
  kClient,  // a client's sender or application thread
};
struct Lane {
  LaneKind kind = LaneKind::kRequestHandler;
  std::uint16_t index = 0;
  std::uint16_t servers = 1;  // the same on every call for one (kind, index)
};

enum class ConnEventKind : std::uint8_t {
  kAccepted,   // a peer connected to a port this node listens on
  kConnected,  // our connect() succeeded
  kFailed,     // our connect() did not: refused, or gave up after the setup time-out of the host
  kClosed,     // the peer closed in order; everything it sent before has been delivered
  kReset,      // the connection died: peer killed, retransmission limit, reset injected
};
struct ConnEvent {
  ConnEventKind kind = ConnEventKind::kReset;
  std::uint16_t local_port = 0;  // kAccepted: the port that was connected to
  std::string_view peer_host;    // valid during the call
};

enum class DiskError : std::uint8_t { kNone, kIo, kFull };
struct DiskResult {
  DiskError error = DiskError::kNone;
  Rope data;  // of a read: the bytes found, short at the end of the file
};
struct FileInfo {
  std::string name;
  std::int64_t size = 0;
};

class Env {
 public:
  virtual ~Env() = default;

  // --- clocks and randomness
  virtual Instant now() const = 0;  // monotonic (System.nanoTime), never skewed
  virtual WallTime wall_clock()
      const = 0;           // System.currentTimeMillis: a fault may skew it or make it jump
  virtual Rng& rng() = 0;  // this node's own stream

  // --- timers: the same key replaces; a timer fires once, never early
  virtual void set_timer(TimerKey, Duration after) = 0;
  virtual void cancel_timer(TimerKey) = 0;  // no effect when it is not set

  // --- CPU: `done` fires (as on_timer) when a server of the lane has spent `cpu` on this job. Jobs
  // of a lane start in the order they were given. A live node answers at once: its CPU time is
  // real.
  virtual void spend(Lane, Duration cpu, TimerKey done) = 0;

  // --- connections
  virtual void listen(std::uint16_t port) = 0;
  virtual ConnId connect(const Endpoint& to) = 0;  // outcome arrives as on_conn
  virtual void send(ConnId, Frame) = 0;  // in order per connection, or never; ignored on a dead one
  virtual void set_readable(
      ConnId, bool) = 0;  // back-pressure: an unread connection fills up and stalls its peer
  virtual void close(
      ConnId) = 0;  // in order, after what was sent; no on_conn follows for this side

  // --- disk: names are relative to the node's one log directory and may hold '/'
  virtual FileId open(std::string_view name) = 0;                 // created when absent
  virtual DiskOpId write(FileId, std::int64_t offset, Rope) = 0;  // in page cache when done
  virtual DiskOpId read(FileId, std::int64_t offset, std::size_t size) = 0;
  virtual DiskOpId sync(FileId) = 0;  // the content survives power loss when done
  virtual DiskOpId sync_dir() = 0;    // new, renamed and removed names survive it when done
  virtual DiskOpId truncate(FileId, std::int64_t size) = 0;
  virtual void rename(std::string_view from, std::string_view to) = 0;
  virtual void remove(std::string_view name) = 0;
  virtual std::vector<FileInfo> list() const = 0;  // sorted by name

  // --- truth, for checkers, plots and traces; not a side channel: nothing comes back
  virtual void observe(const kafka::Observation&) = 0;
};

}  // namespace env
