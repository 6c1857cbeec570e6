// Raft clients over fake environments, with a network and a clock that a test moves. Requests and
// answers take some milliseconds, drawn; who is cut off or down answers nothing.
//
// It watches what must hold whatever happens: an epoch has one leader, an offset that was once
// committed holds the same record for ever, and a snapshot holds what was committed below its end,
// no more and no less.
//
// With kraft.version 1 the first voters stand in the bootstrap snapshot of their disks; a disk that
// was wiped comes back with a directory of its own.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker-model/messages/metadata_record.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/types/observation.h"
#include "tests/support/fake_env.h"

namespace kafka::test {

using ::test::FakeDisk;
using ::test::FakeEnv;

class RaftCluster {
 public:
  static constexpr int kFirst = 3000;

  struct Committed {
    std::map<Offset, std::string> records;      // by whoever told of it first
    std::map<LeaderEpoch, NodeId> leaders;      // that were told that they lead
    std::vector<std::string> contradictions{};  // what must not be
  };

  struct Setting {
    std::uint64_t seed = 1;
    Duration election_timeout = 1s;  // about a round trip: many stand at once
    RaftMutations mutations{};
    std::int16_t kraft_version = 0;
    bool auto_join = false;
    std::int32_t fetch_max_bytes = 1024 * 1024;  // controller.quorum.fetch.max.bytes
    std::int32_t snapshot_piece = 1024 * 1024;   // controller.quorum.fetch.snapshot.max.bytes
    std::int64_t retention_bytes = 1024 * 1024;  // metadata.max.retention.bytes
  };

  // `voters` nodes from 3000 on, then so many observers.
  explicit RaftCluster(int voters, int observers = 0) : RaftCluster(voters, observers, Setting{}) {}
  RaftCluster(int voters, int observers, const Setting& setting)
      : rng_(setting.seed), setting_(setting) {
    for (int i = 0; i < voters; ++i) {
      const NodeId id(kFirst + i);
      voters_.add({.key = {.id = id}, .endpoint = endpoint(static_cast<std::size_t>(i))});
    }
    for (int i = 0; i < voters + observers; ++i) {
      replicas_.push_back(std::make_unique<Slot>());
      format(static_cast<std::size_t>(i), i < voters);
    }
    for (std::size_t i = 0; i < replicas_.size(); ++i) start(i);
  }

  std::size_t size() const { return replicas_.size(); }
  bool is_up(std::size_t i) const { return replicas_[i]->replica != nullptr; }
  RaftClient& raft(std::size_t i) { return replicas_[i]->replica->raft; }
  const std::vector<std::string>& image(std::size_t i) const {
    return replicas_[i]->replica->records;
  }
  const Committed& committed() const { return committed_; }
  Instant now() const { return now_; }
  Duration election_timeout() const { return setting_.election_timeout; }

  // For messages: "leader 3 of 12, follower 3 of 10, down".
  std::string describe();

  // The one that leads and whose listener knows; nothing when there is none.
  std::optional<std::size_t> leader() {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!is_up(i) || !raft(i).is_leader()) continue;
      if (!found || raft(i).quorum().epoch() > raft(*found).quorum().epoch()) found = i;
    }
    return found;
  }

  // The state that a replica has loaded is written down as a snapshot, unless it has none.
  void take_snapshot(std::size_t i);
  Offset log_start(std::size_t i) { return raft(i).log_start_offset(); }
  // Of the last loader's state: what would be in a snapshot.
  const std::vector<std::string>& loaded(std::size_t i) const {
    return replicas_[i]->replica->loaded;
  }

  // --- kraft.version 1: to the leader, false when there is none. The answer comes with
  // last_answer(), by `run_until`.
  bool add_voter(std::size_t i);
  bool remove_voter(std::size_t i);
  bool remove_voter(const ReplicaKey& key);
  std::optional<ErrorCode> last_answer() const { return last_answer_; }
  ReplicaKey key_of(std::size_t i) const;
  static NodeId id_of(std::size_t i) { return NodeId(kFirst + static_cast<int>(i)); }

  // A topic of that name, by the leader. False when there is none.
  bool append(const std::string& name) {
    const auto at = leader();
    if (!at) return false;
    append_at(*at, name);
    return true;
  }
  void append_at(std::size_t i, const std::string& name);

  void kill(std::size_t i) { replicas_[i]->replica.reset(); }
  void lose_power(std::size_t i) {
    kill(i);
    replicas_[i]->disk.lose_power();
  }
  void wipe(std::size_t i) {
    kill(i);
    replicas_[i]->disk = FakeDisk();
    ++replicas_[i]->disks;
  }
  void start(std::size_t i);
  FakeEnv& env(std::size_t i) { return replicas_[i]->replica->env; }
  FakeDisk& disk(std::size_t i) { return replicas_[i]->disk; }

  // Nothing passes between the two groups: those named, and all others.
  void cut_off(std::set<std::size_t> group) { group_ = std::move(group); }
  void heal() { group_.clear(); }
  // With it the disk takes that long for each operation; else it answers at once.
  void set_disk_time(Duration time) { disk_time_ = time; }

  // Until then, or until `done` answers true after an event.
  template <class Done>
  bool run_until(Instant until, Done done) {
    while (true) {
      settle();
      if (done()) return true;
      const std::optional<Instant> next = next_event();
      if (!next || *next > until) break;
      move_to(*next);
      fire();
    }
    move_to(until);
    return done();
  }
  void run_for(Duration time) {
    run_until(now_ + time, [] { return false; });
  }
  bool wait_for_leader(Duration within = 10s) {
    return run_until(now_ + within, [this] { return leader().has_value(); });
  }

 private:
  // Tells the cluster who was elected.
  struct WatchedEnv final : FakeEnv {
    WatchedEnv(RaftCluster& c, FakeDisk& disk, std::uint64_t seed)
        : FakeEnv(disk, seed), cluster(c) {}
    void observe(const Observation& observation) override {
      if (const auto* elected = std::get_if<QuorumLeaderElected>(&observation.what))
        cluster.note_leader(elected->epoch, elected->leader);
    }
    RaftCluster& cluster;
  };
  struct Replica final : RaftHost {
    Replica(RaftCluster& c, std::size_t i, FakeDisk& disk, std::uint64_t seed)
        : cluster(c), index(i), env(c, disk, seed), raft(options(c, i), env, *this) {}

    static RaftOptions options(const RaftCluster& cluster, std::size_t index) {
      RaftOptions options;
      options.self = cluster.key_of(index);
      options.endpoint = endpoint(index);
      options.cluster_id = "c";
      if (cluster.setting_.kraft_version == 0) {
        options.voters = cluster.voters_;
      } else {
        for (const auto& [id, voter] : cluster.voters_.voters())
          options.bootstrap.push_back({id, voter.endpoint});
        options.can_become_voter = true;
        options.auto_join = cluster.setting_.auto_join;
      }
      options.fetch_max_bytes = cluster.setting_.fetch_max_bytes;
      options.fetch_snapshot_max_bytes = cluster.setting_.snapshot_piece;
      options.retention_bytes = cluster.setting_.retention_bytes;
      options.timer_kind = 1;
      options.election_timeout = cluster.setting_.election_timeout;
      options.mutations = cluster.setting_.mutations;
      return options;
    }
    void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                           const RaftRequest& request) override {
      cluster.send(index, to.id, correlation, request);
    }
    void on_raft_answer(std::uint64_t token, const RaftResponse& response) override {
      cluster.reply(token, response);
    }
    void load(const MetadataRecord& record, Offset offset) override {
      const auto* topic = std::get_if<TopicRecord>(&record);
      if (topic == nullptr) return;
      loaded.push_back(topic->name);
      cluster.note(offset, topic->name);
    }
    void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& from) override {
      loaded = names_of(from);
      cluster.note_snapshot(id, loaded);
    }
    void replay(const MetadataRecord& record, Offset offset) override {
      const auto* topic = std::get_if<TopicRecord>(&record);
      if (topic == nullptr) return;
      records.push_back(topic->name);
      cluster.note(offset, topic->name);
    }
    void replay_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& from) override {
      records = names_of(from);
      cluster.note_snapshot(id, records);
    }
    void on_commit(const CommittedUpTo& up_to) override {
      committed = up_to;
      for (const auto& [offset, name] : appended) {
        if (offset < up_to.high_watermark) cluster.note(offset, name);
      }
    }
    void on_leader(LeaderEpoch) override {}
    void on_resigned() override {
      records.clear();
      appended.clear();
    }

    RaftCluster& cluster;
    std::size_t index;
    WatchedEnv env;
    RaftClient raft;
    static std::vector<std::string> names_of(const std::vector<MetadataRecord>& records) {
      std::vector<std::string> names;
      for (const MetadataRecord& record : records)
        names.push_back(std::get<TopicRecord>(record).name);
      return names;
    }
    std::vector<std::string> records;  // replayed
    std::vector<std::string> loaded;
    CommittedUpTo committed;
    std::map<Offset, std::string> appended;  // as the leader
  };
  struct Slot {
    FakeDisk disk;
    std::uint64_t disks = 1;  // that it has had
    std::unique_ptr<Replica> replica;
  };
  struct Asked {
    std::size_t from = 0;
    std::size_t to = 0;
    std::uint64_t correlation = 0;
    const Replica* asker = nullptr;  // another incarnation asks for nothing of this one
  };
  struct Message {
    std::uint64_t token = 0;
    std::optional<RaftRequest> request;
    std::optional<RaftResponse> response;  // neither: it failed
  };

  void note(Offset offset, const std::string& name) {
    const auto [at, is_new] = committed_.records.emplace(offset, name);
    if (!is_new && at->second != name) {
      committed_.contradictions.push_back("offset " + std::to_string(offset) + " was " +
                                          at->second + " and is " + name);
    }
  }
  void note_snapshot(const SnapshotId& id, const std::vector<std::string>& names);
  void format(std::size_t i, bool is_voter);
  static env::Endpoint endpoint(std::size_t i) { return {"c" + std::to_string(i), 9093}; }
  bool ask_leader(RaftRequest request);
  void note_leader(LeaderEpoch epoch, NodeId id) {
    const auto [at, is_new] = committed_.leaders.emplace(epoch, id);
    if (!is_new && at->second != id) {
      committed_.contradictions.push_back("two leaders in epoch " + std::to_string(epoch.value()));
    }
  }

  bool is_cut(std::size_t a, std::size_t b) const {
    return group_.contains(a) != group_.contains(b);
  }

  void send(std::size_t from, NodeId to, std::uint64_t correlation, const RaftRequest& request) {
    const std::uint64_t token = ++last_token_;
    asked_[token] = {from, static_cast<std::size_t>(to.value() - kFirst), correlation,
                     replicas_[from]->replica.get()};
    post(rng_.between(Duration(1ms), Duration(5ms)), {token, request, std::nullopt});
    post(2s, {token, std::nullopt, std::nullopt});  // the connection's own time-out
  }
  void reply(std::uint64_t token, const RaftResponse& response) {
    if (const auto* added = std::get_if<AddRaftVoterResponse>(&response))
      last_answer_ = added->error_code;
    if (const auto* removed = std::get_if<RemoveRaftVoterResponse>(&response))
      last_answer_ = removed->error_code;
    post(rng_.between(Duration(1ms), Duration(5ms)), {token, std::nullopt, response});
  }
  void post(Duration after, Message message) {
    messages_.emplace(now_ + after, std::move(message));
  }

  void deliver(Message message);
  static std::int16_t version_of(const RaftRequest& request) {
    return std::visit(
        [](const auto& what) { return std::remove_cvref_t<decltype(what)>::api.highest; }, request);
  }

  std::optional<Instant> next_event();
  void move_to(Instant to);
  void fire();
  static bool complete_one(Replica& replica) {
    return replica.env.complete_disk_op(
        [&](env::DiskOpId op, const env::DiskResult& result) { replica.raft.on_disk(op, result); });
  }
  void settle();

  env::Rng rng_;
  Setting setting_;
  VoterSet voters_;
  std::vector<std::unique_ptr<Slot>> replicas_;
  Instant now_{Duration(0)};
  std::set<std::size_t> group_;
  Duration disk_time_{};
  Instant disk_due_{Duration(0)};
  std::multimap<Instant, Message> messages_;
  std::map<std::uint64_t, Asked> asked_;
  std::uint64_t last_token_ = 0;
  Committed committed_;
  std::optional<ErrorCode> last_answer_;
};

}  // namespace kafka::test
