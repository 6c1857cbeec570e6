#include "broker-model/raft/snapshot_writer.h"

namespace kafka {

SnapshotWriter::SnapshotWriter(env::Env& env, const SnapshotId& id)
    : id_(id), file_(env.open(partial_snapshot_file(id))) {
  ops_.push_back(env.truncate(file_, 0));  // a crash may have left something there
}

void SnapshotWriter::append(env::Env& env, const env::Rope& bytes) {
  TIT_ASSERT(step_ == Step::kOpen, "a frozen snapshot does not change");
  ops_.push_back(env.write(file_, static_cast<std::int64_t>(bytes_.size()), bytes));
  bytes_.append(bytes);
}

void SnapshotWriter::freeze(env::Env& env) {
  TIT_ASSERT(step_ == Step::kOpen, "a snapshot is frozen once");
  step_ = Step::kFrozen;
  ops_.push_back(env.sync(file_));
}

bool SnapshotWriter::on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  if (std::erase(ops_, op) == 0) return false;
  if (result.error != env::DiskError::kNone) has_failed_ = true;
  if (step_ != Step::kFrozen || !ops_.empty() || has_failed_) return true;
  env.rename(partial_snapshot_file(id_), snapshot_file(id_));
  step_ = Step::kNamed;
  ops_.push_back(env.sync_dir());
  return true;
}

void SnapshotWriter::discard(env::Env& env) {
  if (step_ != Step::kNamed) env.remove(partial_snapshot_file(id_));
}

}  // namespace kafka
