// A broker's side of the metadata quorum: a replica of `__cluster_metadata-0` that does not vote,
// and the image that its committed records make (KafkaRaftClient as an observer, MetadataLoader).
#pragma once

#include <cstdint>
#include <optional>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/env/env.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/types/ids.h"

namespace kafka {

// What the node that hosts the observer does for it.
class QuorumObserverHost {
 public:
  virtual ~QuorumObserverHost() = default;
  // One answer comes back, later: on_fetch_response or on_fetch_failed, with the correlation.
  virtual void send_quorum_fetch(const QuorumVoter& to, std::uint64_t correlation,
                                 const FetchRequest& request) = 0;
  // Records were committed and replayed: image().take_delta() tells which. Called also once when
  // a restarted broker has caught up to the high watermark that it first learned.
  virtual void on_metadata_changed() = 0;
};

class QuorumObserver final : private RaftHost {
 public:
  // REQUIRES: its node is none of the voters.
  QuorumObserver(RaftOptions options, env::Env& env, QuorumObserverHost& host);
  QuorumObserver(const QuorumObserver&) = delete;
  QuorumObserver& operator=(const QuorumObserver&) = delete;

  void start() { raft_.start(); }  // opens the log; the first fetch leaves when it is loaded

  // Inputs. on_timer and on_disk answer false when the event is not the observer's.
  void on_fetch_response(NodeId from, std::uint64_t correlation, FetchResponse response);
  void on_fetch_failed(NodeId from, std::uint64_t correlation) {
    raft_.on_failed(from, correlation);
  }
  bool on_timer(env::TimerKey key) { return raft_.on_timer(key); }
  bool on_disk(env::DiskOpId op, const env::DiskResult& result) {
    return raft_.on_disk(op, result);
  }

  MetadataImage& image() { return image_; }
  const MetadataImage& image() const { return image_; }
  // The active controller as far as is known: where to send BrokerRegistration and the like.
  std::optional<QuorumVoter> leader() const { return raft_.quorum().leader_node(); }
  LeaderEpoch epoch() const { return raft_.quorum().epoch(); }
  // 0 until it is learned.
  Offset high_watermark() const { return raft_.quorum().high_watermark().value_or(0); }
  Offset log_end_offset() const { return raft_.log_end_offset(); }
  // The offset that a BrokerHeartbeat reports: the last record replayed, -1 when none.
  Offset image_offset() const { return image_end_offset_ - 1; }

  // The leader's log contradicts what was committed here (its disk was wiped): nothing more is
  // fetched. Kafka's raft thread dies of it.
  bool has_failed() const { return raft_.has_failed(); }

  void check_invariants() const;

 private:
  void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                         const RaftRequest& request) override;
  void on_raft_answer(std::uint64_t token, const RaftResponse& response) override;
  void replay(const MetadataRecord& record, Offset offset) override {
    image_.replay(record, offset);
  }
  void on_commit(Offset high_watermark) override;
  void on_leader(LeaderEpoch epoch) override;
  void on_resigned() override;

  QuorumObserverHost& host_;
  MetadataImage image_;
  Offset image_end_offset_ = 0;  // all below is in the image
  RaftClient raft_;
};

}  // namespace kafka
