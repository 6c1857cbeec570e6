// A disk with a page cache: what was written is not what survives.
//
// Operations are done one after another, in the order in which they were asked for; content enters
// the page cache when its write is done, so a kill drops what was not done yet and keeps the rest.
// sync makes a file's content durable, sync_dir the names. Names are created, renamed and removed
// in the cache at once, and become durable as a journal does: in order.
//
// Without a sync the system writes back on its own, each file a drawn while after it became dirty,
// in no order between files. On power loss each page that was not written back is kept, lost or
// torn, each drawn on its own; of the journal of names a drawn first part is kept. So an index may
// survive without its log. Writing back takes no time from other operations.
//
// One stream ("disk/<host>") draws latencies and losses. Lives as long as its host.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/disk_port.h"
#include "sim/core/distributions.h"
#include "sim/core/scheduler.h"
#include "sim/disk/file_content.h"

namespace sim {

struct DiskOptions {
  Distribution write_latency = Constant{std::chrono::microseconds(20)};  // into the page cache
  Distribution read_latency = Constant{std::chrono::microseconds(20)};
  Distribution sync_latency =
      Exponential{.mean = std::chrono::milliseconds(1), .low = std::chrono::milliseconds(1)};
  // From a file's first unsynced write to its write-back (Linux: vm.dirty_expire_centisecs, and the
  // interval of the flusher).
  Distribution writeback_delay =
      Uniform{.low = std::chrono::seconds(30), .high = std::chrono::seconds(35)};
  // What becomes of an unsynced page when power is lost, as weights. REQUIRES: not all are 0.
  std::uint64_t page_kept = 1;
  std::uint64_t page_lost = 1;
  std::uint64_t page_torn = 1;
};

// Operations of a kind that fail with an error of the medium (EIO): those on files whose name holds
// that text, so many of a million, each drawn on its own.
struct DiskErrors {
  std::string files;  // empty: all
  std::int64_t parts_per_million = 0;
};

// What a disk suffers from while somebody wills it.
struct DiskTrouble {
  std::int64_t factor = 1;  // each operation takes so many times as long
  env::Duration extra{};    // and so much longer
  bool is_stalled = false;  // and none comes to an end
  // No page is left: a write that needs one fails (ENOSPC) when it has filled the file's last page.
  bool is_full = false;
  DiskErrors read_errors{};
  DiskErrors write_errors{};  // of writes and truncations: nothing is done
  // As Linux has it since 4.13: the sync is told of the error once; its pages stay in the cache,
  // count as clean from then on and are never written, so the next sync succeeds.
  DiskErrors sync_errors{};
};

// What became of operations and pages so far, for those who must show that a fault did something.
struct DiskCounts {
  std::uint64_t operations_slowed = 0;   // begun while factor > 1 or extra > 0
  env::Duration time_added{};            // to them
  std::uint64_t operations_stalled = 0;  // that stood still, or were asked for meanwhile
  std::uint64_t pages_lost = 0;          // at power losses, each still in the page cache alone
  std::uint64_t pages_torn = 0;
  std::uint64_t files_wiped = 0;
  std::uint64_t writes_without_space = 0;
  std::uint64_t reads_failed = 0;
  std::uint64_t writes_failed = 0;
  std::uint64_t syncs_failed = 0;
  std::uint64_t pages_dropped = 0;  // by syncs that failed
  std::uint64_t bits_flipped = 0;
};

// What a disk has lost of what a process wrote. A process does not learn it before it reads.
enum class DiskLoss : std::uint8_t {
  kUnsynced,  // power was lost: nothing that a sync covered
  kWiped,     // all there was
  kMedium,    // it may be anything, and be seen at any later time: rot, pages that a failed sync
              // dropped
};

class Disk final : public DiskPort, private EventTarget {
 public:
  static constexpr std::int64_t kPageSize = 4096;
  static constexpr std::int64_t kSectorSize = 512;  // written whole or not at all

  // REQUIRES: scheduler and stream outlive the disk.
  Disk(Scheduler& scheduler, env::Rng& stream, DiskOptions options = {});

  void attach(DiskSink& sink) override { sink_ = &sink; }

  env::FileId open(std::string_view name) override;
  env::DiskOpId write(env::FileId, std::int64_t offset, env::Rope content) override;
  env::DiskOpId read(env::FileId, std::int64_t offset, std::size_t size) override;
  env::DiskOpId sync(env::FileId) override;
  env::DiskOpId sync_dir() override;
  env::DiskOpId truncate(env::FileId, std::int64_t size) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view name) override;
  std::vector<env::FileInfo> list() const override;

  void process_ended() override;
  void power_lost() override;
  void wipe() override;

  // A bit of that byte flips, on the platter and in the page cache. False, and nothing done, where
  // the byte is not on the platter: behind the end, or in a page that was not written back.
  bool flip_bit(std::string_view name, std::int64_t offset, int bit);
  void set_watch(std::function<void(DiskLoss)> watch) { watch_ = std::move(watch); }

  void set_trouble(DiskTrouble trouble);  // in place of what there was
  const DiskTrouble& trouble() const { return trouble_; }
  const DiskCounts& counts() const { return counts_; }

  // For checkers and tests: what a process would read now, and what a power loss surely keeps.
  std::optional<env::Rope> cached(std::string_view name) const;
  std::optional<env::Rope> durable(std::string_view name) const;

 private:
  using InodeId = std::uint32_t;  // a FileId's value
  using Names = std::map<std::string, InodeId, std::less<>>;

  struct Inode {
    FileContent cache;
    FileContent durable;
    std::map<std::int64_t, std::int64_t> dirty;  // page ranges [first, end), disjoint, by first
    std::optional<std::int64_t> cut;             // lowest size that an unsynced truncation left
    EventHandle writeback;                       // while dirty
    bool has_dropped_pages = false;              // clean ones that were never written
    bool is_dirty() const { return !dirty.empty() || cut.has_value(); }
  };

  enum class OpKind : std::uint8_t { kWrite, kRead, kSync, kSyncDir, kTruncate };
  struct Op {
    OpKind kind = OpKind::kWrite;
    env::DiskOpId id{};
    InodeId inode = 0;
    std::int64_t offset = 0;  // of a truncation: the size
    std::size_t size = 0;
    env::Rope content;
  };

  // A change of names that is not durable yet. No inode: removed.
  struct NameChange {
    std::string name;
    std::optional<InodeId> inode;
    std::uint32_t group = 0;  // changes of one call are durable together
  };

  void on_event(const Event& event) override;
  env::DiskOpId submit(Op op);
  env::Duration slowed(env::Duration plain) const;
  void start_next();
  void schedule_first(env::Duration takes);
  void finish_first();
  env::DiskResult carry_out(Op& op);
  env::DiskError fate(const Op& op);
  bool is_hit(const DiskErrors& errors, const Op& op);
  void write_pages(Inode& file, const Op& op);
  std::size_t room(const Inode& file, const Op& op) const;
  void fail_sync(Inode& file);
  void tell(DiskLoss loss) const;
  const Distribution& latency(OpKind kind) const;

  Inode& inode(env::FileId file);
  void change_name(std::string_view name, std::optional<InodeId> inode);
  void end_name_changes();
  void make_names_durable(std::size_t count);
  void mark_dirty(InodeId id, Inode& inode, std::int64_t begin, std::int64_t end);
  void note_dirty(InodeId id, Inode& inode);
  void make_durable(Inode& inode);
  void lose_power(Inode& inode);
  void lose_page(Inode& inode, std::int64_t page);
  void drop_nameless();

  Scheduler& scheduler_;
  env::Rng& rng_;
  DiskOptions options_;
  DiskSink* sink_ = nullptr;
  std::function<void(DiskLoss)> watch_;
  Names names_;                      // as the process sees them
  Names durable_names_;              // as of the last sync_dir or write-back
  std::vector<NameChange> journal_;  // what leads from durable_names_ to names_
  std::uint32_t journal_group_ = 0;
  EventHandle journal_writeback_;  // while the journal is not empty
  std::map<InodeId, Inode> inodes_;
  InodeId next_inode_ = 1;
  std::uint64_t next_op_ = 1;
  std::deque<Op> ops_;  // the first one is being done
  EventHandle first_op_done_;
  DiskTrouble trouble_;
  DiskCounts counts_;
  env::Duration first_op_plain_{};      // of the first operation, by an untroubled disk
  env::Duration first_op_total_{};      // and by this one, as it is now
  env::Instant first_op_end_{};         // while it is scheduled
  env::Duration first_op_remaining_{};  // while it stands still
};

}  // namespace sim
