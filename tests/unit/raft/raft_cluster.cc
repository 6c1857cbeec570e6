#include "tests/unit/raft/raft_cluster.h"

namespace kafka::test {

ReplicaKey RaftCluster::key_of(std::size_t i) const {
  if (setting_.kraft_version == 0) return {.id = id_of(i)};
  return {id_of(i), Uuid{i + 1, replicas_[i]->disks}};
}

// What the storage tool leaves on the disk of a first voter.
void RaftCluster::format(std::size_t i, bool is_voter) {
  if (setting_.kraft_version == 0 || !is_voter) return;
  VoterSet first;
  for (const auto& [id, voter] : voters_.voters()) {
    const auto at = static_cast<std::size_t>(id.value() - kFirst);
    first.add({{id, Uuid{at + 1, 1}}, voter.endpoint, kSupportedKRaftVersions});
  }
  FakeDisk& disk = replicas_[i]->disk;
  const SnapshotHead head{
      .id = kBootstrapSnapshotId, .kraft_version = setting_.kraft_version, .voters = first};
  const std::string name = snapshot_file(kBootstrapSnapshotId);
  disk.set_content(name, write_snapshot(head, {}, WallTime{}));
  disk.inode(disk.open(name)).synced = disk.inode(disk.open(name)).content;
  disk.sync_names();
}

void RaftCluster::note_snapshot(const SnapshotId& id, const std::vector<std::string>& names) {
  std::vector<std::string> below;
  for (const auto& [offset, name] : committed_.records) {
    if (offset < id.end_offset) below.push_back(name);
  }
  if (names != below) {
    committed_.contradictions.push_back("snapshot of " + std::to_string(id.end_offset) + " has " +
                                        std::to_string(names.size()) + " records and not the " +
                                        std::to_string(below.size()) + " that were committed");
  }
}

void RaftCluster::take_snapshot(std::size_t i) {
  Replica& replica = *replicas_[i]->replica;
  if (replica.committed.high_watermark == 0) return;
  RecordList records;
  for (const std::string& name : replica.loaded)
    records.push_back({TopicRecord{.name = name, .topic_id = {1, 1}}, 0});
  replica.raft.create_snapshot({replica.committed.high_watermark, replica.committed.epoch},
                               replica.committed.timestamp, records);
  settle();
}

bool RaftCluster::ask_leader(RaftRequest request) {
  const auto to = leader();
  if (!to) return false;
  last_answer_.reset();
  const std::int16_t version = version_of(request);
  raft(*to).handle(++last_token_, version, std::move(request));
  settle();
  return true;
}

bool RaftCluster::add_voter(std::size_t i) {
  const ReplicaKey key = key_of(i);
  const env::Endpoint at = endpoint(i);
  return ask_leader(AddRaftVoterRequest{
      .cluster_id = "c",
      .voter_id = key.id.value(),
      .voter_directory_id = *key.directory_id,
      .listeners = {{.name = std::string(kControllerListener), .host = at.host, .port = at.port}}});
}

bool RaftCluster::remove_voter(std::size_t i) { return remove_voter(key_of(i)); }

bool RaftCluster::remove_voter(const ReplicaKey& key) {
  return ask_leader(RemoveRaftVoterRequest{
      .cluster_id = "c", .voter_id = key.id.value(), .voter_directory_id = *key.directory_id});
}

std::string RaftCluster::describe() {
  std::string text;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!text.empty()) text += ", ";
    if (!is_up(i)) {
      text += "down";
      continue;
    }
    const QuorumState& quorum = raft(i).quorum();
    text += std::string(quorum.name_of(quorum.state())) + " " +
            std::to_string(quorum.epoch().value()) + " of " +
            std::to_string(raft(i).log_start_offset()) + ".." +
            std::to_string(raft(i).log_end_offset());
    if (raft(i).has_failed()) text += " (failed)";
  }
  return text;
}

void RaftCluster::deliver(Message message) {
  const auto found = asked_.find(message.token);
  if (found == asked_.end()) return;
  const Asked asked = found->second;
  const bool is_reachable = is_up(asked.to) && !is_cut(asked.from, asked.to);
  if (message.request && std::holds_alternative<ApiVersionsRequest>(*message.request)) {
    if (!is_reachable) return;
    ApiVersionsResponse versions;
    versions.supported_features.push_back(
        {.name = std::string(kKRaftVersionFeature), .min_version = 0, .max_version = 1});
    return reply(message.token, versions);
  }
  if (message.request) {
    if (is_reachable)
      raft(asked.to).handle(message.token, version_of(*message.request), *message.request);
    return;
  }
  if (message.response && is_cut(asked.from, asked.to)) return;
  asked_.erase(found);
  if (!is_up(asked.from) || replicas_[asked.from]->replica.get() != asked.asker) return;
  const NodeId to(kFirst + static_cast<int>(asked.to));
  if (message.response) {
    raft(asked.from).on_response(to, asked.correlation, *message.response);
  } else {
    raft(asked.from).on_failed(to, asked.correlation);
  }
}

std::optional<Instant> RaftCluster::next_event() {
  std::optional<Instant> next;
  const auto consider = [&](Instant at) { next = next ? std::min(*next, at) : at; };
  if (!messages_.empty()) consider(messages_.begin()->first);
  for (const auto& slot : replicas_) {
    if (!slot->replica) continue;
    for (const auto& [key, at] : slot->replica->env.timers) consider(at);
    if (!slot->replica->env.disk_ops.empty() && disk_time_ > Duration::zero()) consider(disk_due_);
  }
  return next;
}

void RaftCluster::move_to(Instant to) {
  if (to <= now_) return;
  for (const auto& slot : replicas_) {
    if (slot->replica) slot->replica->env.advance(to - now_);
  }
  now_ = to;
}

void RaftCluster::fire() {
  while (!messages_.empty() && messages_.begin()->first <= now_) {
    Message message = std::move(messages_.begin()->second);
    messages_.erase(messages_.begin());
    deliver(std::move(message));
  }
  for (const auto& slot : replicas_) {
    if (!slot->replica) continue;
    while (const auto key = slot->replica->env.next_timer(now_)) slot->replica->raft.on_timer(*key);
  }
  if (disk_time_ > Duration::zero() && disk_due_ <= now_) {
    disk_due_ = now_ + disk_time_;
    for (const auto& slot : replicas_) {
      if (slot->replica) complete_one(*slot->replica);
    }
  }
}

void RaftCluster::settle() {
  for (bool is_busy = true; is_busy;) {
    is_busy = false;
    for (const auto& slot : replicas_) {
      if (!slot->replica) continue;
      while (const auto job = slot->replica->env.next_job()) {
        slot->replica->raft.on_timer(*job);
        is_busy = true;
      }
      while (disk_time_ == Duration::zero() && complete_one(*slot->replica)) is_busy = true;
      slot->replica->raft.check_invariants();
    }
  }
}

void RaftCluster::start(std::size_t i) {
  if (is_up(i)) return;
  Slot& slot = *replicas_[i];
  slot.replica = std::make_unique<Replica>(*this, i, slot.disk, rng_.next());
  slot.replica->env.advance(now_ - slot.replica->env.monotonic);
  slot.replica->raft.start();
  settle();
}

void RaftCluster::append_at(std::size_t i, const std::string& name) {
  Replica& replica = *replicas_[i]->replica;
  const Offset offset = replica.raft.append({{TopicRecord{.name = name, .topic_id = {1, 1}}, 0}});
  replica.appended[offset] = name;
  settle();
}

}  // namespace kafka::test
