// The controller's side of the metadata quorum: KafkaRaftClient as the leader of
// `__cluster_metadata-0`, with one voter, which is this node.
//
//   Loading --(log and quorum-state read)--> Candidate --(vote for oneself persisted)--> Leader
//   any --(a disk operation fails)--> Failed (Kafka: a fatal fault ends the process)
//
// A single voter that starts is a candidate at once and elects itself, in an epoch above every one
// it has seen; the epoch is on disk before it leads. Its first batch is a LeaderChangeMessage. The
// high watermark is the synced end of its log: nothing is committed that a power loss could take.
// More voters and Vote come as further roles of the variant.
//
// Appends are gathered for controller.quorum.append.linger.ms, offsets are given at once
// (prepareAppend). Observers are served up to the log end, with the high watermark beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/quorum_observer.h"
#include "broker-model/env/env.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct QuorumOptions {
  QuorumVoter self;
  std::string cluster_id;
  Duration append_linger = 25ms;      // controller.quorum.append.linger.ms
  std::uint32_t timer_kind = 0x5200;  // it uses kinds [timer_kind, timer_kind + 2)
};

// Kafka's RaftClient.Listener, and the channel that answers fetches.
class QuorumListener {
 public:
  virtual ~QuorumListener() = default;
  // While loading: the records that earlier leaders committed, in order.
  virtual void replay(const MetadataRecord& record, Offset offset) = 0;
  // All that was committed before has been replayed; append() may be called from now on.
  virtual void on_leader(LeaderEpoch epoch) = 0;
  // Everything below is committed. Not before on_leader.
  virtual void on_commit(Offset high_watermark) = 0;
  virtual void on_fetch_answer(std::uint64_t token, const FetchResponse& response) = 0;
};

class Quorum {
 public:
  Quorum(QuorumOptions options, env::Env& env, QuorumListener& listener);
  ~Quorum();

  void start();
  bool on_timer(env::TimerKey key);  // false when the event is not the quorum's
  bool on_disk(env::DiskOpId op, const env::DiskResult& result);

  // Answered through on_fetch_answer, at once or up to max_wait_ms later.
  void handle_fetch(std::uint64_t token, std::int16_t version, const FetchRequest& request);
  void forget_fetch(std::uint64_t token);  // its connection is gone

  bool is_leader() const;
  bool has_failed() const;
  LeaderEpoch epoch() const;
  Offset high_watermark() const;  // 0 before the first commit of this leader
  Offset log_end_offset() const;

  // The offset that the next record will get. REQUIRES: is_leader().
  Offset next_offset() const;
  // Appends the records as one batch's part; answers the offset of the last one.
  // REQUIRES: is_leader(), records not empty.
  Offset append(const RecordList& records);

  void check_invariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
