// The disk as a host sees it: sim/disk implements DiskPort, SimEnv calls it. It outlives the
// incarnations of its host.
//
// No call answers from inside itself: what was asked is done, in order, from scheduler events.
#pragma once

#include <string_view>
#include <vector>

#include "broker-model/env/env.h"

namespace sim {

// The host side: called from scheduler events only.
class DiskSink {
 public:
  virtual ~DiskSink() = default;
  virtual void on_disk_done(env::DiskOpId, env::DiskResult) = 0;
};

class DiskPort {
 public:
  virtual ~DiskPort() = default;

  virtual void attach(DiskSink&) = 0;  // before the first use

  // The file calls of env::Env. A FileId is good until the process ends.
  virtual env::FileId open(std::string_view name) = 0;
  virtual env::DiskOpId write(env::FileId, std::int64_t offset, env::Rope) = 0;
  virtual env::DiskOpId read(env::FileId, std::int64_t offset, std::size_t size) = 0;
  virtual env::DiskOpId sync(env::FileId) = 0;
  virtual env::DiskOpId sync_dir() = 0;
  virtual env::DiskOpId truncate(env::FileId, std::int64_t size) = 0;
  virtual void rename(std::string_view from, std::string_view to) = 0;
  virtual void remove(std::string_view name) = 0;
  virtual std::vector<env::FileInfo> list() const = 0;

  virtual void process_ended() = 0;  // what was not done never will be; the page cache lives
  virtual void power_lost() = 0;     // and of the page cache each page is kept, lost or torn
  virtual void wipe() = 0;           // and nothing is left at all
};

}  // namespace sim
