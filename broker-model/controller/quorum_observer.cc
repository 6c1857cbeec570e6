#include "broker-model/controller/quorum_observer.h"

#include <utility>

namespace kafka {

QuorumObserver::QuorumObserver(RaftOptions options, env::Env& env, QuorumObserverHost& host)
    : host_(host), raft_(std::move(options), env, *this) {
  TIT_ASSERT(!raft_.quorum().is_voter(), "an observer does not vote");
}

void QuorumObserver::on_fetch_response(NodeId from, std::uint64_t correlation,
                                       FetchResponse response) {
  raft_.on_response(from, correlation, std::move(response));
}

void QuorumObserver::send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                                       const RaftRequest& request) {
  const auto* fetch = std::get_if<FetchRequest>(&request);
  TIT_ASSERT(fetch != nullptr, "an observer only fetches");
  host_.send_quorum_fetch(to, correlation, *fetch);
}

void QuorumObserver::on_commit(Offset high_watermark) {
  image_end_offset_ = high_watermark;
  host_.on_metadata_changed();
}

void QuorumObserver::on_raft_answer(std::uint64_t, const RaftResponse&) {
  TIT_ASSERT(false, "nobody asks an observer");
}
void QuorumObserver::on_leader(LeaderEpoch) { TIT_ASSERT(false, "an observer does not lead"); }
void QuorumObserver::on_resigned() { TIT_ASSERT(false, "an observer does not lead"); }

void QuorumObserver::check_invariants() const {
  raft_.check_invariants();
  image_.check_invariants();
  TIT_ASSERT(image_end_offset_ <= high_watermark(), "the image holds committed records only");
}

}  // namespace kafka
