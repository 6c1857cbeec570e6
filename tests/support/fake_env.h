// FakeEnv: an Env for tests of machines, moved by hand.
//
// FakeDisk outlives it, as a real disk outlives a process: make a new FakeEnv over the same disk
// for the next incarnation. Disk operations queue up and take effect when the test completes them,
// in order: env.run_disk([&](env::DiskOpId op, env::DiskResult result) { log.on_disk(env, op,
// result); }). Timers and CPU jobs, connections and frames are lists for the test to read;
// observations are kept as their text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/env/node.h"
#include "broker-model/types/observation.h"

namespace test {

// What a machine keeps: file contents as written (page cache) and as synced, names likewise.
class FakeDisk {
 public:
  struct Inode {
    env::Rope content;
    env::Rope synced;
  };

  std::uint32_t open(std::string_view name) {
    const auto found = names_.find(name);
    if (found != names_.end()) return found->second;
    inodes_[++last_inode_];
    names_.emplace(std::string(name), last_inode_);
    return last_inode_;
  }
  Inode& inode(std::uint32_t id) { return inodes_.at(id); }
  void rename(std::string_view from, std::string_view to) {
    const auto found = names_.find(from);
    if (found == names_.end()) return;
    const std::uint32_t id = found->second;
    names_.erase(found);
    names_.insert_or_assign(std::string(to), id);
  }
  void remove(std::string_view name) {
    if (const auto found = names_.find(name); found != names_.end()) names_.erase(found);
  }
  bool exists(std::string_view name) const { return names_.find(name) != names_.end(); }
  std::vector<env::FileInfo> list() const {
    std::vector<env::FileInfo> files;
    for (const auto& [name, id] : names_) {
      files.push_back({name, static_cast<std::int64_t>(inodes_.at(id).content.size())});
    }
    return files;
  }
  void sync_names() { synced_names_ = names_; }

  // All that was not synced is lost: contents and names. A kill needs no call: the page cache
  // lives.
  void lose_power() {
    names_ = synced_names_;
    for (auto& [id, inode] : inodes_) inode.content = inode.synced;
  }

  // For tests that plant or read content directly.
  std::string text(std::string_view name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) return {};
    return std::string(inodes_.at(found->second).content.contiguous().text());
  }
  void set_content(std::string_view name, env::Rope content) {
    inodes_.at(open(name)).content = std::move(content);
  }
  void write_at(std::uint32_t id, std::int64_t offset, const env::Rope& data) {
    env::Rope& content = inodes_.at(id).content;
    const auto at = static_cast<std::size_t>(offset);
    if (at > content.size()) {  // a hole reads as zeros
      content.append(env::Bytes::copy_of(std::vector<std::uint8_t>(at - content.size(), 0)));
    }
    if (at == content.size()) {
      content.append(data);
      return;
    }
    env::Rope whole = content.slice(0, at);
    whole.append(data);
    const std::size_t end = at + data.size();
    if (end < content.size()) whole.append(content.slice(end, content.size() - end));
    content = std::move(whole);
  }
  void truncate(std::uint32_t id, std::int64_t size) {
    env::Rope& content = inodes_.at(id).content;
    const auto wanted = static_cast<std::size_t>(size);
    if (wanted < content.size()) content = content.slice(0, wanted);
    if (wanted > content.size()) write_at(id, size, {});
  }

 private:
  std::map<std::string, std::uint32_t, std::less<>> names_;
  std::map<std::string, std::uint32_t, std::less<>> synced_names_;
  std::map<std::uint32_t, Inode> inodes_;
  std::uint32_t last_inode_ = 0;
};

class FakeEnv : public env::Env {
 public:
  struct Timer {
    env::Instant at;
    env::TimerKey key;
  };
  struct Job {
    env::Lane lane;
    env::Duration cpu{};
    env::TimerKey done;
  };
  struct Sent {
    env::ConnId conn;
    env::Frame frame;
  };
  enum class DiskOpKind : std::uint8_t { kWrite, kRead, kSync, kSyncDir, kTruncate };
  struct DiskOp {
    env::DiskOpId id;
    DiskOpKind kind = DiskOpKind::kWrite;
    env::FileId file;
    std::int64_t offset = 0;  // or the new size
    std::size_t size = 0;
    env::Rope data;
  };

  explicit FakeEnv(FakeDisk& disk, std::uint64_t seed = 1) : disk_(&disk), rng_(seed) {}

  // --- what the test moves and reads
  env::Instant monotonic{env::Duration(0)};
  env::WallTime wall{env::WallTime::duration(1'700'000'000'000)};
  std::map<env::TimerKey, env::Instant> timers;
  std::vector<Job> jobs;  // not yet done; see next_job()
  std::vector<std::uint16_t> listening;
  std::vector<std::pair<env::ConnId, env::Endpoint>> connects;
  std::vector<Sent> sent;
  std::vector<std::pair<env::ConnId, bool>> readable;
  std::vector<env::ConnId> closed;
  std::vector<std::string> observations;
  std::deque<DiskOp> disk_ops;
  env::DiskError next_error = env::DiskError::kNone;  // of the next completion, then none again

  void advance(env::Duration by) {
    // Whole milliseconds of the sum, or many short steps would not move the wall clock at all.
    const auto before = std::chrono::floor<env::WallTime::duration>(monotonic.time_since_epoch());
    monotonic += by;
    wall += std::chrono::floor<env::WallTime::duration>(monotonic.time_since_epoch()) - before;
  }

  // The timer that is due first, if due by `until`: removed, the clock moved there.
  std::optional<env::TimerKey> next_timer(env::Instant until) {
    auto first = timers.end();
    for (auto at = timers.begin(); at != timers.end(); ++at) {
      if (first == timers.end() || at->second < first->second) first = at;
    }
    if (first == timers.end() || first->second > until) return std::nullopt;
    if (first->second > monotonic) advance(first->second - monotonic);
    const env::TimerKey key = first->first;
    timers.erase(first);
    return key;
  }
  // The oldest job's timer key; the clock does not move.
  std::optional<env::TimerKey> next_job() {
    if (jobs.empty()) return std::nullopt;
    const env::TimerKey key = jobs.front().done;
    jobs.erase(jobs.begin());
    return key;
  }

  // Carries out the oldest disk operation (or the one at `index`) and tells the receiver.
  template <class Receiver>
  bool complete_disk_op(Receiver&& receiver, std::size_t index = 0) {
    if (index >= disk_ops.size()) return false;
    DiskOp op = std::move(disk_ops[index]);
    disk_ops.erase(disk_ops.begin() + static_cast<std::ptrdiff_t>(index));
    env::DiskResult result{std::exchange(next_error, env::DiskError::kNone), {}};
    if (result.error == env::DiskError::kNone) result.data = apply(op);
    receiver(op.id, std::move(result));
    return true;
  }
  // All of them, also those that the receiver asks for meanwhile.
  template <class Receiver>
  void run_disk(Receiver&& receiver) {
    while (complete_disk_op(receiver)) {
    }
  }
  void run_disk(env::Node& node) {
    run_disk([&](env::DiskOpId op, env::DiskResult result) {
      node.on_disk(*this, op, std::move(result));
    });
  }

  // --- Env
  env::Instant now() const override { return monotonic; }
  env::WallTime wall_clock() const override { return wall; }
  env::Rng& rng() override { return rng_; }
  void set_timer(env::TimerKey key, env::Duration after) override {
    timers[key] = monotonic + after;
  }
  void cancel_timer(env::TimerKey key) override { timers.erase(key); }
  void spend(env::Lane lane, env::Duration cpu, env::TimerKey done) override {
    jobs.push_back({lane, cpu, done});
  }
  void listen(std::uint16_t port) override { listening.push_back(port); }
  env::ConnId connect(const env::Endpoint& to) override {
    connects.emplace_back(env::ConnId(++last_conn_), to);
    return connects.back().first;
  }
  void send(env::ConnId conn, env::Frame frame) override {
    sent.push_back({conn, std::move(frame)});
  }
  void set_readable(env::ConnId conn, bool is_readable) override {
    readable.emplace_back(conn, is_readable);
  }
  void close(env::ConnId conn) override { closed.push_back(conn); }

  env::FileId open(std::string_view name) override { return env::FileId(disk_->open(name)); }
  env::DiskOpId write(env::FileId file, std::int64_t offset, env::Rope data) override {
    return enqueue(DiskOpKind::kWrite, file, offset, 0, std::move(data));
  }
  env::DiskOpId read(env::FileId file, std::int64_t offset, std::size_t size) override {
    return enqueue(DiskOpKind::kRead, file, offset, size);
  }
  env::DiskOpId sync(env::FileId file) override { return enqueue(DiskOpKind::kSync, file); }
  env::DiskOpId sync_dir() override { return enqueue(DiskOpKind::kSyncDir, {}); }
  env::DiskOpId truncate(env::FileId file, std::int64_t size) override {
    return enqueue(DiskOpKind::kTruncate, file, size);
  }
  void rename(std::string_view from, std::string_view to) override { disk_->rename(from, to); }
  void remove(std::string_view name) override { disk_->remove(name); }
  std::vector<env::FileInfo> list() const override { return disk_->list(); }

  void observe(const kafka::Observation& observation) override {
    observations.push_back(to_string(observation));
  }

 private:
  env::DiskOpId enqueue(DiskOpKind kind, env::FileId file, std::int64_t offset = 0,
                        std::size_t size = 0, env::Rope data = {}) {
    const env::DiskOpId id(++last_op_);
    disk_ops.push_back({id, kind, file, offset, size, std::move(data)});
    return id;
  }
  env::Rope apply(const DiskOp& op) {
    const std::uint32_t id = op.file.value();
    switch (op.kind) {
      case DiskOpKind::kWrite: disk_->write_at(id, op.offset, op.data); break;
      case DiskOpKind::kRead: {
        const env::Rope& content = disk_->inode(id).content;
        const std::size_t from = std::min(static_cast<std::size_t>(op.offset), content.size());
        return content.slice(from, std::min(op.size, content.size() - from));
      }
      case DiskOpKind::kSync: disk_->inode(id).synced = disk_->inode(id).content; break;
      case DiskOpKind::kSyncDir: disk_->sync_names(); break;
      case DiskOpKind::kTruncate: disk_->truncate(id, op.offset); break;
    }
    return {};
  }

  FakeDisk* disk_;
  env::Rng rng_;
  std::uint64_t last_conn_ = 0;
  std::uint64_t last_op_ = 0;
};

}  // namespace test
