// A controller as a process of its own: listens on the controller port, answers the controller's
// APIs, hosts RaftClient (the metadata log) and Controller (the state machine). One of the quorum
// is active; the others replay what is committed, and know nothing more when they take over.
//
// Life: made at each start over the same disk, destroyed by a kill (env::Node). After a ShutDown
// command the raft client hands leadership over, if it has it and there is another voter.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/controller/feature_control.h"
#include "broker-model/env/node.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/config.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class ControllerBoot;
class MetadataImage;
class RaftClient;

struct ControllerNodeOptions {
  NodeId id;  // 3000 and up
  std::string cluster_id;
  // controller.quorum.voters, this node among them; from kraft.version 1 on
  // controller.quorum.bootstrap.servers.
  std::vector<QuorumVoter> voters;
  std::int16_t kraft_version = 0;  // that the cluster was formatted with
  // With kraft.version 1, of a disk that is new: the first voters, this node among them, or, empty,
  // none: a node that is to be added.
  VoterSet initial_voters{};
  std::string host{};  // by which others reach it
  std::uint16_t port = 9093;
  Config config{ConfigDef::broker()};
  std::map<std::string, std::int16_t, std::less<>> features = default_features();
  ControllerMutations mutations{};
};

class ControllerNode final : public env::Node {
 public:
  explicit ControllerNode(ControllerNodeOptions options);
  ~ControllerNode() override;

  void on_start(env::Env&) override;
  void on_frame(env::Env&, env::ConnId, env::Frame) override;
  void on_timer(env::Env&, env::TimerKey) override;
  void on_conn(env::Env&, env::ConnId, const env::ConnEvent&) override;
  void on_disk(env::Env&, env::DiskOpId, env::DiskResult) override;
  void on_command(env::Env&, const Command&) override;
  bool has_stopped() const override;
  void check_invariants() const override;

  // --- for selectors and tests; nothing here changes anything
  const RaftClient* raft() const;      // nullptr before start, and before its disk is read
  bool is_active() const;              // elected, and the log replayed
  const MetadataImage* image() const;  // replayed so far, not all committed; nullptr before start

 private:
  struct Impl;
  void run(env::Env& env, std::optional<Uuid> directory);

  ControllerNodeOptions options_;
  std::unique_ptr<ControllerBoot> boot_;  // with kraft.version 1, until it is done
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
