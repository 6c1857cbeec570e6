#include "tests/unit/raft/raft_text.h"

namespace kafka::test {
namespace {

template <class T>
std::string str(T number) {
  return std::to_string(number);
}

std::string of_leader(ErrorCode error, std::int32_t leader, std::int32_t epoch) {
  const std::string text = error == ErrorCode::kNone ? "" : std::string(name(error)) + ", ";
  return text + "epoch " + str(epoch) + ", leader " + (leader < 0 ? "none" : str(leader));
}

std::string voter(std::int32_t id, const Uuid& directory) {
  return str(id) + (directory.is_zero() ? "" : "@" + str(directory.low));
}

std::string text(const VoteRequest& request) {
  const auto& asked = request.topics[0].partitions[0];
  return std::string(asked.pre_vote ? "pre-vote" : "vote") + "? epoch " + str(asked.replica_epoch) +
         ", log ends at " + str(asked.last_offset) + " of epoch " + str(asked.last_offset_epoch);
}
std::string text(const BeginQuorumEpochRequest& request) {
  return "begin epoch " + str(request.topics[0].partitions[0].leader_epoch);
}
std::string text(const EndQuorumEpochRequest& request) {
  std::string line =
      "end epoch " + str(request.topics[0].partitions[0].leader_epoch) + ", successors";
  for (const auto& candidate : request.topics[0].partitions[0].preferred_candidates)
    line += " " + str(candidate.candidate_id);
  return line;
}
std::string text(const FetchRequest& request) {
  const auto& fetch = request.topics[0].partitions[0];
  return "fetch epoch " + str(fetch.current_leader_epoch) + " from " + str(fetch.fetch_offset) +
         " after epoch " + str(fetch.last_fetched_epoch) + ", high watermark " +
         str(fetch.high_watermark);
}
std::string text(const FetchSnapshotRequest& request) {
  const auto& fetch = request.topics[0].partitions[0];
  return "fetch-snapshot epoch " + str(fetch.current_leader_epoch) + ", of " +
         str(fetch.snapshot_id.end_offset) + " epoch " + str(fetch.snapshot_id.epoch) + " from " +
         str(fetch.position);
}
std::string text(const DescribeQuorumRequest&) { return "describe quorum"; }
std::string text(const AddRaftVoterRequest& request) {
  return "add voter " + voter(request.voter_id, request.voter_directory_id);
}
std::string text(const RemoveRaftVoterRequest& request) {
  return "remove voter " + voter(request.voter_id, request.voter_directory_id);
}
std::string text(const UpdateRaftVoterRequest& request) {
  return "update voter " + voter(request.voter_id, request.voter_directory_id) + " at " +
         request.listeners[0].host;
}
std::string text(const ApiVersionsRequest&) { return "api versions?"; }

std::string text(const FetchResponse& response) {
  const auto& p = response.responses[0].partitions[0];
  std::string line =
      of_leader(p.error_code, p.current_leader.leader_id, p.current_leader.leader_epoch);
  if (p.diverging_epoch.epoch >= 0) {
    line += ", diverges: epoch " + str(p.diverging_epoch.epoch) + " ends at " +
            str(p.diverging_epoch.end_offset);
  }
  if (p.snapshot_id.end_offset >= 0) {
    line += ", take the snapshot of " + str(p.snapshot_id.end_offset) + " epoch " +
            str(p.snapshot_id.epoch);
  }
  if (p.records && !p.records->batches.empty())
    line += ", records up to " + str(p.records->batches.back().last_offset());
  return line + ", high watermark " + str(p.high_watermark);
}
std::string text(const FetchSnapshotResponse& response) {
  const auto& p = response.topics[0].partitions[0];
  const std::string line =
      of_leader(p.error_code, p.current_leader.leader_id, p.current_leader.leader_epoch);
  if (p.error_code != ErrorCode::kNone) return line;
  return line + ", snapshot of " + str(p.snapshot_id.end_offset) + " epoch " +
         str(p.snapshot_id.epoch) + ", " + str(p.unaligned_records.size()) + " of " + str(p.size) +
         " bytes from " + str(p.position);
}
std::string text(const VoteResponse& response) {
  const auto& p = response.topics[0].partitions[0];
  return (p.vote_granted ? "granted, " : "refused, ") +
         of_leader(p.error_code, p.leader_id, p.leader_epoch);
}
template <class Response>
  requires requires(Response r) { r.topics[0].partitions[0].leader_id; }
std::string text(const Response& response) {
  const auto& p = response.topics[0].partitions[0];
  return of_leader(p.error_code, p.leader_id, p.leader_epoch);
}
std::string text(const DescribeQuorumResponse& response) {
  const auto& p = response.topics[0].partitions[0];
  if (p.error_code != ErrorCode::kNone) return std::string(name(p.error_code));
  std::string line = of_leader(p.error_code, p.leader_id, p.leader_epoch) + ", high watermark " +
                     str(p.high_watermark);
  const auto list = [&](const char* what, const auto& replicas) {
    line += std::string(", ") + what;
    for (const auto& replica : replicas) {
      line += " " + voter(replica.replica_id, replica.replica_directory_id) + " to " +
              str(replica.log_end_offset);
    }
  };
  list("voters", p.current_voters);
  list("observers", p.observers);
  return line;
}
std::string text(const UpdateRaftVoterResponse& response) {
  return of_leader(response.error_code, response.current_leader.leader_id,
                   response.current_leader.leader_epoch);
}
std::string text(const AddRaftVoterResponse&) { return "added"; }
std::string text(const RemoveRaftVoterResponse&) { return "removed"; }
std::string text(const ApiVersionsResponse&) { return "api versions"; }

}  // namespace

std::string text_of(const RaftRequest& request) {
  return std::visit([](const auto& what) { return text(what); }, request);
}

std::string text_of(const RaftResponse& response) {
  return std::visit(
      [](const auto& what) {
        using Response = std::remove_cvref_t<decltype(what)>;
        if (what.error_code != ErrorCode::kNone &&
            !std::is_same_v<Response, UpdateRaftVoterResponse>) {
          return std::string(name(what.error_code));
        }
        return text(what);
      },
      response);
}

std::string text_of(const VoterSet& voters) {
  std::string line;
  for (const auto& [id, one] : voters.voters())
    line += (line.empty() ? "" : ", ") + voter(id.value(), directory_of(one.key));
  return line;
}

}  // namespace kafka::test
