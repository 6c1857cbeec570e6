// A broker's side of the metadata quorum: it replicates __cluster_metadata-0 from the active
// controller by Fetch, keeps it on its own disk and replays what is committed into an image.
// KafkaRaftClient in the role of an observer, and MetadataLoader, in one.
//
// Life: made with the node, start() in on_start, dies with it. What is on disk is loaded again and
// replayed as soon as the leader's high watermark covers it, as in Kafka.
//
//   Unattached --(a voter answers; or names the leader)--> Follower --(fetch time-out, leader
//   fenced or gone)--> Unattached
//
// Invariants: high_watermark <= log end offset; the image holds exactly the records below
// `image_end_offset`, which never passes the high watermark; one fetch is in flight at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/env/env.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/types/config.h"
#include "broker-model/types/ids.h"

namespace kafka {

// One of controller.quorum.voters: "3000@controller-1:9093".
struct QuorumVoter {
  NodeId id;
  env::Endpoint endpoint;
  friend auto operator<=>(const QuorumVoter&, const QuorumVoter&) = default;
};
struct QuorumObserverOptions {
  NodeId node;        // this broker
  Uuid directory_id;  // of its metadata log directory
  std::string cluster_id;
  std::vector<QuorumVoter> voters;             // not empty
  Duration fetch_timeout = 2s;                 // controller.quorum.fetch.timeout.ms
  Duration request_timeout = 2s;               // controller.quorum.request.timeout.ms
  Duration retry_backoff = 20ms;               // controller.quorum.retry.backoff.ms
  std::int32_t fetch_max_bytes = 1024 * 1024;  // controller.quorum.fetch.max.bytes
  Duration fetch_max_wait = 500ms;
  std::uint32_t timer_kind = 0x5100;  // it uses kinds [timer_kind, timer_kind + 4)
};
// All but the voters, which the caller knows.
QuorumObserverOptions quorum_observer_options(NodeId node, const Uuid& directory_id,
                                              std::string cluster_id, const Config& config);

// What the node that hosts the observer does for it.
class QuorumObserverHost {
 public:
  virtual ~QuorumObserverHost() = default;
  // Sends a Fetch (version 17 or 18) to a voter. Exactly one answer comes back, always later:
  // on_fetch_response, or on_fetch_failed when the connection died, could not be made or
  // `timeout` passed.
  virtual void send_quorum_fetch(const QuorumVoter& to, const FetchRequest& request,
                                 Duration timeout) = 0;
  // Records were committed and replayed: image().take_delta() tells which. Called also once when
  // a restarted broker has caught up to the high watermark that it first learned.
  virtual void on_metadata_changed() = 0;
};

class QuorumObserver {
 public:
  QuorumObserver(QuorumObserverOptions options, env::Env& env, QuorumObserverHost& host);
  ~QuorumObserver();

  void start();  // opens the log; the first fetch leaves when it is loaded

  // Inputs. on_timer and on_disk answer false when the event is not the observer's.
  void on_fetch_response(FetchResponse response);
  void on_fetch_failed();
  bool on_timer(env::TimerKey key);
  bool on_disk(env::DiskOpId op, const env::DiskResult& result);

  MetadataImage& image();
  const MetadataImage& image() const;
  // The active controller as far as is known: where to send BrokerRegistration and the like.
  std::optional<QuorumVoter> leader() const;
  LeaderEpoch epoch() const;
  Offset high_watermark() const;  // 0 until it is learned
  Offset log_end_offset() const;
  // The offset that a BrokerHeartbeat reports: the last record replayed, -1 when none.
  Offset image_offset() const;

  // The leader's log contradicts what was committed here (its disk was wiped): nothing more is
  // fetched. Kafka's raft thread dies of it.
  bool has_failed() const;

  void check_invariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
