// A broker's side of the metadata quorum: a replica of `__cluster_metadata-0` that does not vote,
// and the image that its committed records and snapshots make (KafkaRaftClient as an observer,
// MetadataLoader). It writes snapshots of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "broker-model/controller/metadata_loader.h"
#include "broker-model/env/env.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/types/ids.h"

namespace kafka {

// What the node that hosts the observer does for it.
class QuorumObserverHost {
 public:
  virtual ~QuorumObserverHost() = default;
  // Fetch or FetchSnapshot. One answer comes back, later: on_response or on_failed, with the
  // correlation.
  virtual void send_quorum_request(const QuorumVoter& to, std::uint64_t correlation,
                                   const RaftRequest& request) = 0;
  // Records were committed and replayed: image().take_delta() tells which. Called also once when
  // a restarted broker has caught up to the high watermark that it first learned.
  virtual void on_metadata_changed() = 0;
};

class QuorumObserver final : private RaftHost {
 public:
  QuorumObserver(RaftOptions options, const Config& config, env::Env& env,
                 QuorumObserverHost& host);
  QuorumObserver(const QuorumObserver&) = delete;
  QuorumObserver& operator=(const QuorumObserver&) = delete;

  void start() { raft_.start(); }  // opens the log; the first fetch leaves when it is loaded

  // Inputs. on_timer and on_disk answer false when the event is not the observer's.
  void on_response(NodeId from, std::uint64_t correlation, RaftResponse response) {
    raft_.on_response(from, correlation, std::move(response));
  }
  void on_failed(NodeId from, std::uint64_t correlation) { raft_.on_failed(from, correlation); }
  bool on_timer(env::TimerKey key) { return raft_.on_timer(key); }
  bool on_disk(env::DiskOpId op, const env::DiskResult& result) {
    return raft_.on_disk(op, result);
  }

  MetadataImage& image() { return loader_.image(); }
  const MetadataImage& image() const { return loader_.image(); }
  // The active controller as far as is known: where to send BrokerRegistration and the like.
  std::optional<QuorumVoter> leader() const { return raft_.quorum().leader_node(); }
  LeaderEpoch epoch() const { return raft_.quorum().epoch(); }
  std::int16_t kraft_version() const { return raft_.kraft_version(); }
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
  void load(const MetadataRecord& record, Offset offset) override { loader_.load(record, offset); }
  void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) override {
    loader_.load_snapshot(id, records, env_.now());
  }
  // It hosts no state machine.
  void replay(const MetadataRecord&, Offset) override {}
  void replay_snapshot(const SnapshotId&, const std::vector<MetadataRecord>&) override {}
  void on_commit(const CommittedUpTo& committed) override;
  void on_leader(LeaderEpoch epoch) override;
  void on_resigned() override;

  env::Env& env_;
  QuorumObserverHost& host_;
  MetadataLoader loader_;
  Offset image_end_offset_ = 0;  // all below is in the image
  RaftClient raft_;
};

}  // namespace kafka
