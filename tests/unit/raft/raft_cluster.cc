#include "tests/unit/raft/raft_cluster.h"

namespace kafka::test {

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
