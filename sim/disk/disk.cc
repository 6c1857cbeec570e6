#include "sim/disk/disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sim {
namespace {

enum EventWord : std::uint64_t { kOpDone, kWriteBack, kWriteBackNames };

}  // namespace

Disk::Disk(Scheduler& scheduler, env::Rng& stream, DiskOptions options)
    : scheduler_(scheduler), rng_(stream), options_(std::move(options)) {
  TIT_ASSERT(options_.page_kept + options_.page_lost + options_.page_torn > 0,
             "something becomes of a page");
}

// --- names

env::FileId Disk::open(std::string_view name) {
  const auto found = names_.find(name);
  if (found != names_.end()) return env::FileId(found->second);
  const InodeId id = next_inode_++;
  inodes_.try_emplace(id);
  change_name(name, id);
  end_name_changes();
  return env::FileId(id);
}

void Disk::rename(std::string_view from, std::string_view to) {
  const auto found = names_.find(from);
  if (found == names_.end() || from == to) return;
  const InodeId id = found->second;
  change_name(to, id);
  change_name(from, std::nullopt);
  end_name_changes();
}

void Disk::remove(std::string_view name) {
  if (!names_.contains(name)) return;
  change_name(name, std::nullopt);
  end_name_changes();
}

void Disk::change_name(std::string_view name, std::optional<InodeId> inode) {
  if (inode.has_value()) {
    names_.insert_or_assign(std::string(name), *inode);
  } else {
    names_.erase(std::string(name));
  }
  journal_.push_back({.name = std::string(name), .inode = inode, .group = journal_group_});
}

void Disk::end_name_changes() {
  ++journal_group_;
  if (journal_writeback_.slot != Event::kNoSlot) return;
  const env::Duration delay = options_.writeback_delay.draw(rng_);
  journal_writeback_ = scheduler_.schedule(scheduler_.now() + delay, *this, kWriteBackNames);
}

void Disk::make_names_durable(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const NameChange& change = journal_[i];
    if (change.inode.has_value()) {
      durable_names_.insert_or_assign(change.name, *change.inode);
    } else {
      durable_names_.erase(change.name);
    }
  }
  journal_.erase(journal_.begin(), journal_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::vector<env::FileInfo> Disk::list() const {
  std::vector<env::FileInfo> files;
  files.reserve(names_.size());
  for (const auto& [name, id] : names_) {
    files.push_back({.name = name, .size = inodes_.at(id).cache.size()});
  }
  return files;
}

// --- operations

Disk::Inode& Disk::inode(env::FileId file) {
  const auto found = inodes_.find(file.value());
  TIT_ASSERT(found != inodes_.end(), "a file that was opened in this incarnation");
  return found->second;
}

env::DiskOpId Disk::write(env::FileId file, std::int64_t offset, env::Rope content) {
  inode(file);
  return submit({.kind = OpKind::kWrite,
                 .inode = file.value(),
                 .offset = offset,
                 .content = std::move(content)});
}

env::DiskOpId Disk::read(env::FileId file, std::int64_t offset, std::size_t size) {
  inode(file);
  return submit({.kind = OpKind::kRead,
                 .inode = file.value(),
                 .offset = offset,
                 .size = size,
                 .content = {}});
}

env::DiskOpId Disk::sync(env::FileId file) {
  inode(file);
  return submit({.kind = OpKind::kSync, .inode = file.value(), .content = {}});
}

env::DiskOpId Disk::sync_dir() { return submit({.kind = OpKind::kSyncDir, .content = {}}); }

env::DiskOpId Disk::truncate(env::FileId file, std::int64_t size) {
  inode(file);
  return submit({.kind = OpKind::kTruncate, .inode = file.value(), .offset = size, .content = {}});
}

const Distribution& Disk::latency(OpKind kind) const {
  switch (kind) {
    case OpKind::kWrite:
    case OpKind::kTruncate: return options_.write_latency;
    case OpKind::kRead: return options_.read_latency;
    case OpKind::kSync:
    case OpKind::kSyncDir: return options_.sync_latency;
  }
  return options_.write_latency;
}

env::DiskOpId Disk::submit(Op op) {
  TIT_ASSERT(op.offset >= 0, "a file begins at 0");
  const env::DiskOpId id(next_op_++);
  op.id = id;
  ops_.push_back(std::move(op));
  if (trouble_.is_stalled) ++counts_.operations_stalled;
  if (ops_.size() == 1) start_next();
  return id;
}

void Disk::start_next() {
  first_op_plain_ = latency(ops_.front().kind).draw(rng_);
  first_op_total_ = slowed(first_op_plain_);
  if (first_op_total_ > first_op_plain_) {
    ++counts_.operations_slowed;
    counts_.time_added += first_op_total_ - first_op_plain_;
  }
  if (trouble_.is_stalled) {
    first_op_remaining_ = first_op_total_;
    return;
  }
  schedule_first(first_op_total_);
}

env::Duration Disk::slowed(env::Duration plain) const {
  return plain * trouble_.factor + trouble_.extra;
}

void Disk::schedule_first(env::Duration takes) {
  first_op_end_ = scheduler_.now() + takes;
  first_op_done_ = scheduler_.schedule(first_op_end_, *this, kOpDone);
}

// What is under way goes on at the new pace: a disk that is no longer slow does not finish one sync
// at the old one.
void Disk::set_trouble(DiskTrouble trouble) {
  TIT_ASSERT(trouble.factor >= 1 && trouble.extra.count() >= 0, "a disk is slowed, not sped up");
  const bool is_stalled = trouble.is_stalled;
  const bool was_stalled = std::exchange(trouble_, std::move(trouble)).is_stalled;
  if (ops_.empty()) return;
  const env::Duration total = slowed(first_op_plain_);
  if (was_stalled == is_stalled && total == first_op_total_) return;
  env::Duration left = first_op_remaining_;
  if (!was_stalled) {
    left = first_op_end_ - scheduler_.now();
    scheduler_.cancel(std::exchange(first_op_done_, {}));
  }
  if (first_op_total_ > env::Duration::zero()) {
    const auto was = static_cast<std::uint64_t>(left.count());
    const auto scaled = env::Uint128{was} * static_cast<std::uint64_t>(total.count()) /
                        static_cast<std::uint64_t>(first_op_total_.count());
    if (total > first_op_total_) ++counts_.operations_slowed;
    counts_.time_added += env::Duration(static_cast<std::int64_t>(scaled)) - left;
    left = env::Duration(static_cast<std::int64_t>(scaled));
  }
  first_op_total_ = total;
  if (is_stalled) {
    if (!was_stalled) counts_.operations_stalled += ops_.size();
    first_op_remaining_ = left;
  } else {
    schedule_first(left);
  }
}

void Disk::on_event(const Event& event) {
  switch (static_cast<EventWord>(event.a)) {
    case kOpDone: finish_first(); return;
    case kWriteBack: {
      Inode& dirty = inodes_.at(event.b);
      dirty.writeback = {};
      make_durable(dirty);
      return;
    }
    case kWriteBackNames:
      journal_writeback_ = {};
      make_names_durable(journal_.size());
      return;
  }
}

void Disk::finish_first() {
  Op op = std::move(ops_.front());
  ops_.pop_front();
  if (!ops_.empty()) start_next();
  env::DiskResult result = carry_out(op);
  TIT_ASSERT(sink_ != nullptr, "a disk is attached before it is used");
  sink_->on_disk_done(op.id, std::move(result));
}

// Names lead to inodes, not back: looked for only while the disk is in trouble.
bool Disk::is_hit(const DiskErrors& errors, const Op& op) {
  if (errors.parts_per_million == 0) return false;
  if (!errors.files.empty()) {
    const bool is_meant = std::ranges::any_of(names_, [&](const auto& entry) {
      return entry.second == op.inode && entry.first.find(errors.files) != std::string::npos;
    });
    if (!is_meant) return false;
  }
  constexpr std::int64_t kAll = 1'000'000;
  return errors.parts_per_million >= kAll ||
         rng_.chance(static_cast<std::uint64_t>(errors.parts_per_million), kAll);
}

// How much of a write finds a place: on a full disk what the file's last page still holds.
std::size_t Disk::room(const Inode& file, const Op& op) const {
  if (!trouble_.is_full) return op.content.size();
  const std::int64_t pages = (file.cache.size() + kPageSize - 1) / kPageSize;
  const std::int64_t left = std::max<std::int64_t>(0, pages * kPageSize - op.offset);
  return std::min(op.content.size(), static_cast<std::size_t>(left));
}

// What becomes of an operation that the disk is about to do.
env::DiskError Disk::fate(const Op& op) {
  switch (op.kind) {
    case OpKind::kRead:
      if (!is_hit(trouble_.read_errors, op)) return env::DiskError::kNone;
      ++counts_.reads_failed;
      return env::DiskError::kIo;
    case OpKind::kWrite:
      if (room(inodes_.at(op.inode), op) < op.content.size()) {
        ++counts_.writes_without_space;
        return env::DiskError::kFull;
      }
      [[fallthrough]];
    case OpKind::kTruncate:
      if (!is_hit(trouble_.write_errors, op)) return env::DiskError::kNone;
      ++counts_.writes_failed;
      return env::DiskError::kIo;
    case OpKind::kSync:
      if (!inodes_.at(op.inode).is_dirty() || !is_hit(trouble_.sync_errors, op))
        return env::DiskError::kNone;
      ++counts_.syncs_failed;
      return env::DiskError::kIo;
    case OpKind::kSyncDir: break;
  }
  return env::DiskError::kNone;
}

void Disk::write_pages(Inode& file, const Op& op) {
  const std::size_t size = room(file, op);
  if (size == 0) return;
  const std::int64_t old_size = file.cache.size();
  file.cache.write(op.offset, op.content.slice(0, size));
  const std::int64_t end = op.offset + static_cast<std::int64_t>(size);
  mark_dirty(op.inode, file, std::min(op.offset, old_size), end);  // a gap is written too
}

env::DiskResult Disk::carry_out(Op& op) {
  env::DiskResult result{.error = fate(op), .data = {}};
  const bool is_good = result.error == env::DiskError::kNone;
  switch (op.kind) {
    case OpKind::kWrite:
      if (result.error != env::DiskError::kIo) write_pages(inodes_.at(op.inode), op);
      break;
    case OpKind::kRead:
      if (!is_good) break;
      result.data = inodes_.at(op.inode).cache.read(op.offset, static_cast<std::int64_t>(op.size));
      break;
    case OpKind::kSync:
      if (is_good) {
        make_durable(inodes_.at(op.inode));
      } else {
        fail_sync(inodes_.at(op.inode));
      }
      break;
    case OpKind::kSyncDir:
      scheduler_.cancel(std::exchange(journal_writeback_, {}));
      make_names_durable(journal_.size());
      break;
    case OpKind::kTruncate: {
      if (!is_good) break;
      Inode& file = inodes_.at(op.inode);
      const std::int64_t old_size = file.cache.size();
      file.cache.resize(op.offset);
      if (op.offset > old_size) {
        mark_dirty(op.inode, file, old_size, op.offset);
      } else if (op.offset < old_size) {
        file.cut = std::min(file.cut.value_or(op.offset), op.offset);
        note_dirty(op.inode, file);
      }
      break;
    }
  }
  return result;
}

// --- dirty pages

void Disk::note_dirty(InodeId id, Inode& file) {
  if (file.writeback.slot != Event::kNoSlot) return;
  const env::Duration delay = options_.writeback_delay.draw(rng_);
  file.writeback = scheduler_.schedule(scheduler_.now() + delay, *this, kWriteBack, id);
}

// The pages of the bytes [begin, end) join the ranges of dirty ones.
void Disk::mark_dirty(InodeId id, Inode& file, std::int64_t begin, std::int64_t end) {
  std::int64_t first = begin / kPageSize;
  std::int64_t last = (end + kPageSize - 1) / kPageSize;
  auto at = file.dirty.upper_bound(first);
  if (at != file.dirty.begin() && std::prev(at)->second >= first) --at;
  if (at != file.dirty.end() && at->first <= first && at->second >= last)
    return note_dirty(id, file);  // dirty already
  while (at != file.dirty.end() && at->first <= last) {
    first = std::min(first, at->first);
    last = std::max(last, at->second);
    at = file.dirty.erase(at);
  }
  file.dirty.emplace_hint(at, first, last);
  note_dirty(id, file);
}

void Disk::make_durable(Inode& file) {
  if (file.cut.has_value()) file.durable.resize(std::min(*file.cut, file.durable.size()));
  for (const auto& [first, end] : file.dirty) {
    const std::int64_t offset = first * kPageSize;
    file.durable.write(offset, file.cache.read(offset, (end - first) * kPageSize));
  }
  file.durable.resize(file.cache.size());
  file.dirty.clear();
  file.cut.reset();
  scheduler_.cancel(std::exchange(file.writeback, {}));
}

// Clean without having been written: nothing but another write will bring these pages to the
// platter.
void Disk::fail_sync(Inode& file) {
  for (const auto& [first, end] : file.dirty)
    counts_.pages_dropped += static_cast<std::uint64_t>(end - first);
  file.has_dropped_pages = file.has_dropped_pages || !file.dirty.empty();
  file.dirty.clear();
  if (file.cut.has_value()) file.durable.resize(std::min(*file.cut, file.durable.size()));
  file.cut.reset();
  scheduler_.cancel(std::exchange(file.writeback, {}));
}

bool Disk::flip_bit(std::string_view name, std::int64_t offset, int bit) {
  TIT_ASSERT(offset >= 0 && bit >= 0 && bit < 8, "a bit of a byte of a file");
  const auto found = names_.find(name);
  if (found == names_.end()) return false;
  Inode& file = inodes_.at(found->second);
  const auto dirty = file.dirty.upper_bound(offset / kPageSize);
  const bool is_dirty =
      dirty != file.dirty.begin() && std::prev(dirty)->second > offset / kPageSize;
  if (offset >= std::min(file.durable.size(), file.cache.size()) || is_dirty) return false;
  const env::Bytes old = file.durable.read(offset, 1).contiguous();
  const auto flipped = static_cast<std::uint8_t>(*old.data() ^ (1U << static_cast<unsigned>(bit)));
  const env::Rope rotten(env::Bytes::copy_of(std::span(&flipped, 1)));
  file.durable.write(offset, rotten);
  file.cache.write(offset, rotten);
  ++counts_.bits_flipped;
  tell(DiskLoss::kMedium);
  return true;
}

void Disk::tell(DiskLoss loss) const {
  if (watch_) watch_(loss);
}

// --- ends

void Disk::process_ended() {
  scheduler_.cancel(std::exchange(first_op_done_, {}));
  ops_.clear();
  drop_nameless();
}

void Disk::power_lost() {
  scheduler_.cancel(std::exchange(first_op_done_, {}));
  scheduler_.cancel(std::exchange(journal_writeback_, {}));
  ops_.clear();
  if (!journal_.empty()) {
    const std::uint64_t groups = journal_.back().group - journal_.front().group + 1;
    const std::uint64_t kept = journal_.front().group + rng_.below(groups + 1);
    const auto end = std::find_if(journal_.begin(), journal_.end(),
                                  [kept](const NameChange& c) { return c.group >= kept; });
    make_names_durable(static_cast<std::size_t>(end - journal_.begin()));
    journal_.clear();
  }
  names_ = durable_names_;
  bool has_dropped_pages = false;
  for (auto& [id, file] : inodes_) {
    has_dropped_pages = has_dropped_pages || file.has_dropped_pages;
    lose_power(file);
  }
  drop_nameless();
  tell(has_dropped_pages ? DiskLoss::kMedium : DiskLoss::kUnsynced);
}

void Disk::lose_power(Inode& file) {
  scheduler_.cancel(std::exchange(file.writeback, {}));
  if (file.cut.has_value() && rng_.chance(1, 2)) {
    file.durable.resize(std::min(*file.cut, file.durable.size()));
  }
  for (const auto& [first, end] : file.dirty) {
    for (std::int64_t page = first; page < end; ++page) lose_page(file, page);
  }
  file.dirty.clear();
  file.cut.reset();
  file.has_dropped_pages = false;
  file.cache = file.durable;
}

void Disk::lose_page(Inode& file, std::int64_t page) {
  const std::uint64_t fate =
      rng_.below(options_.page_kept + options_.page_lost + options_.page_torn);
  if (fate >= options_.page_kept && fate < options_.page_kept + options_.page_lost) {
    ++counts_.pages_lost;
    return;
  }
  std::int64_t written = kPageSize;
  if (fate >= options_.page_kept) {
    ++counts_.pages_torn;
    written = kSectorSize * rng_.between(1, kPageSize / kSectorSize - 1);
  }
  const std::int64_t offset = page * kPageSize;
  if (offset >= file.cache.size()) return;
  env::Rope content = file.cache.read(offset, written);
  const std::int64_t end = offset + static_cast<std::int64_t>(content.size());
  // Behind the end of a file its last page holds zeros: they cover what a lost truncation brings
  // back.
  const std::int64_t covered = std::min(offset + written, file.durable.size());
  if (end < covered) {
    env::BytesBuilder zeros(static_cast<std::size_t>(covered - end));
    std::memset(zeros.extend(static_cast<std::size_t>(covered - end)), 0,
                static_cast<std::size_t>(covered - end));
    content.append(zeros.finish());
  }
  file.durable.write(offset, content);
}

void Disk::wipe() {
  counts_.files_wiped += names_.size();
  process_ended();
  scheduler_.cancel(std::exchange(journal_writeback_, {}));
  for (auto& [id, file] : inodes_) scheduler_.cancel(std::exchange(file.writeback, {}));
  names_.clear();
  durable_names_.clear();
  journal_.clear();
  inodes_.clear();
  tell(DiskLoss::kWiped);
}

// No process holds a file open any more: what no name leads to, now or after a power loss, is gone.
void Disk::drop_nameless() {
  std::vector<InodeId> named;
  for (const auto& [name, id] : names_) named.push_back(id);
  for (const auto& [name, id] : durable_names_) named.push_back(id);
  for (const NameChange& change : journal_) {
    if (change.inode.has_value()) named.push_back(*change.inode);
  }
  std::sort(named.begin(), named.end());
  for (auto at = inodes_.begin(); at != inodes_.end();) {
    if (std::binary_search(named.begin(), named.end(), at->first)) {
      ++at;
    } else {
      scheduler_.cancel(at->second.writeback);
      at = inodes_.erase(at);
    }
  }
}

std::optional<env::Rope> Disk::cached(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  const FileContent& content = inodes_.at(found->second).cache;
  return content.read(0, content.size());
}

std::optional<env::Rope> Disk::durable(std::string_view name) const {
  const auto found = durable_names_.find(name);
  if (found == durable_names_.end()) return std::nullopt;
  const FileContent& content = inodes_.at(found->second).durable;
  return content.read(0, content.size());
}

}  // namespace sim
