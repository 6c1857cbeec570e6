// Writes one snapshot to the disk, made here or fetched: into a .part file, which is synced and
// then gets its name (Kafka's FileRawSnapshotWriter). After any crash the name holds a whole
// snapshot or is not there.
//
// Life: one per snapshot. Its owner hands it the completions of its disk operations.
#pragma once

#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/raft/snapshot.h"

namespace kafka {

class SnapshotWriter {
 public:
  SnapshotWriter(env::Env& env, const SnapshotId& id);

  void append(env::Env& env, const env::Rope& bytes);  // REQUIRES: not frozen
  void freeze(env::Env& env);                          // nothing follows; once
  // True when the operation was this writer's.
  bool on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  void discard(env::Env& env);  // removes what is there of it

  const SnapshotId& id() const { return id_; }
  const env::Rope& bytes() const { return bytes_; }
  bool is_idle() const { return ops_.empty(); }
  bool is_done() const { return step_ == Step::kNamed && is_idle(); }  // survives a power loss
  bool has_failed() const { return has_failed_; }
  std::vector<env::DiskOpId> take_operations() { return std::exchange(ops_, {}); }

 private:
  enum class Step : std::uint8_t { kOpen, kFrozen, kNamed };

  SnapshotId id_;
  env::FileId file_;
  env::Rope bytes_;
  std::vector<env::DiskOpId> ops_;  // under way
  Step step_ = Step::kOpen;
  bool has_failed_ = false;
};

}  // namespace kafka
