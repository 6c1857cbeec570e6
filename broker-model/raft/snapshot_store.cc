#include "broker-model/raft/snapshot_store.h"

#include <algorithm>
#include <utility>

namespace kafka {

void SnapshotStore::open(env::Env& env, std::span<const env::FileInfo> files) {
  for (const env::FileInfo& file : files) {
    const auto path = parse_snapshot_file(file.name);
    if (!path) continue;
    if (path->is_partial) {
      env.remove(file.name);
      continue;
    }
    reads_.push_back(
        {env.read(env.open(file.name), 0, static_cast<std::size_t>(file.size)), path->id});
  }
}

bool SnapshotStore::on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  if (std::erase(orphans_, op) > 0) return true;
  const auto read = std::ranges::find(reads_, op, &Read::op);
  if (read != reads_.end()) {
    if (result.error != env::DiskError::kNone) has_failed_ = true;
    add(read->id, result.data);
    reads_.erase(read);
    return true;
  }
  if (download_ && download_->on_disk(env, op, result)) {
    if (download_->has_failed()) has_failed_ = true;
    return true;
  }
  if (!written_ || !written_->on_disk(env, op, result)) return false;
  if (written_->has_failed()) {  // Kafka's fault handler speaks of it, and life goes on
    drop(env, *written_);
    written_.reset();
  } else if (written_->is_done()) {
    add(written_->id(), written_->bytes());
    finished_ = written_->id();
    written_.reset();
  }
  return true;
}

void SnapshotStore::add(const SnapshotId& id, env::Rope bytes) {
  const std::optional<WallTime> timestamp = snapshot_timestamp(bytes);
  snapshots_.insert_or_assign(
      id, Entry{.bytes = std::move(bytes), .last_contained_log_timestamp = timestamp});
}

bool SnapshotStore::recover(env::Env& env, Offset log_start_offset) {
  std::erase_if(snapshots_, [&](const auto& entry) {
    if (entry.first.end_offset >= log_start_offset) return false;
    env.remove(snapshot_file(entry.first));
    return true;
  });
  return log_start_offset == 0 || !snapshots_.empty();
}

std::optional<SnapshotId> SnapshotStore::earliest() const {
  return snapshots_.empty() ? std::nullopt : std::optional(snapshots_.begin()->first);
}

std::optional<SnapshotId> SnapshotStore::latest() const {
  return snapshots_.empty() ? std::nullopt : std::optional(snapshots_.rbegin()->first);
}

const SnapshotStore::Entry* SnapshotStore::find(const SnapshotId& id) const {
  const auto found = snapshots_.find(id);
  return found == snapshots_.end() ? nullptr : &found->second;
}

void SnapshotStore::write(env::Env& env, const SnapshotId& id, const env::Rope& bytes) {
  TIT_ASSERT(!is_writing(), "one snapshot is made at a time");
  written_.emplace(env, id);
  written_->append(env, bytes);
  written_->freeze(env);
}

void SnapshotStore::begin_download(env::Env& env, const SnapshotId& id) {
  end_download(env);
  download_.emplace(env, id);
}

void SnapshotStore::end_download(env::Env& env) {
  if (!download_) return;
  if (download_->is_done()) {
    add(download_->id(), download_->bytes());
  } else {
    drop(env, *download_);
  }
  download_.reset();
}

void SnapshotStore::drop(env::Env& env, SnapshotWriter& writer) {
  const std::vector<env::DiskOpId> left = writer.take_operations();
  orphans_.insert(orphans_.end(), left.begin(), left.end());
  writer.discard(env);
}

void SnapshotStore::remove_before(env::Env& env, const SnapshotId& id) {
  while (!snapshots_.empty() && snapshots_.begin()->first < id) {
    env.remove(snapshot_file(snapshots_.begin()->first));
    snapshots_.erase(snapshots_.begin());
  }
}

}  // namespace kafka
