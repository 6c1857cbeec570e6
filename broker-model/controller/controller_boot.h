// What a controller of a quorum whose voters stand in the log (kraft.version 1) needs before it
// runs: the id of its directory. Where the disk is new it is formatted first, as the storage tool
// does: as one of the first voters (--initial-controllers: with the bootstrap snapshot that names
// them) or as a node that is to be added (--no-initial-controllers).
//
// Life: from on_start() to is_done(); then it has no operation under way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker-model/env/env.h"
#include "broker-model/log/checkpoint_file.h"
#include "broker-model/raft/snapshot_writer.h"
#include "broker-model/raft/voter_set.h"

namespace kafka {

struct ControllerBootOptions {
  NodeId id;
  std::string cluster_id;
  std::int16_t kraft_version = 1;
  VoterSet initial_voters{};  // this node among them; empty: to be added
};

class ControllerBoot {
 public:
  ControllerBoot(ControllerBootOptions options, env::Env& env);

  // True when the operation was the boot's.
  bool on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  bool is_done() const { return directory_.has_value() && !has_failed_ && meta_.is_idle(); }
  bool has_failed() const { return has_failed_; }
  const Uuid& directory() const { return *directory_; }  // REQUIRES: is_done()

 private:
  void format(env::Env& env);
  void write_meta(env::Env& env);

  ControllerBootOptions options_;
  std::optional<env::DiskOpId> read_;
  std::optional<SnapshotWriter> bootstrap_;
  CheckpointWriter meta_;
  std::optional<Uuid> directory_;
  Uuid drawn_;
  bool has_failed_ = false;
};

}  // namespace kafka
