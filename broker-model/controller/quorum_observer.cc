#include "broker-model/controller/quorum_observer.h"

#include <utility>

namespace kafka {

namespace {

RaftOptions as_observer(RaftOptions options) {
  options.is_observer = true;
  return options;
}

}  // namespace

QuorumObserver::QuorumObserver(RaftOptions options, const Config& config, env::Env& env,
                               QuorumObserverHost& host)
    : env_(env),
      host_(host),
      loader_(config, env.now()),
      raft_(as_observer(std::move(options)), env, *this) {}

void QuorumObserver::send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                                       const RaftRequest& request) {
  TIT_ASSERT(std::holds_alternative<FetchRequest>(request) ||
                 std::holds_alternative<FetchSnapshotRequest>(request),
             "an observer only fetches");
  host_.send_quorum_request(to, correlation, request);
}

void QuorumObserver::on_commit(const CommittedUpTo& committed) {
  image_end_offset_ = committed.high_watermark;
  loader_.on_commit(committed, raft_, env_.now());
  host_.on_metadata_changed();
}

void QuorumObserver::on_raft_answer(std::uint64_t, const RaftResponse&) {
  TIT_ASSERT(false, "nobody asks an observer");
}
void QuorumObserver::on_leader(LeaderEpoch) { TIT_ASSERT(false, "an observer does not lead"); }
void QuorumObserver::on_resigned() { TIT_ASSERT(false, "an observer does not lead"); }

void QuorumObserver::check_invariants() const {
  raft_.check_invariants();
  image().check_invariants();
  TIT_ASSERT(image_end_offset_ <= high_watermark(), "the image holds committed records only");
}

}  // namespace kafka
