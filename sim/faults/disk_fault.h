// The common part of faults that make operations of a disk fail: a broker or controller may end
// itself for it, and the heal starts it again.
#pragma once

#include <functional>
#include <string_view>

#include "sim/faults/nodes.h"

namespace sim {

class DiskFault final : public Fault {
 public:
  using Count = std::uint64_t DiskCounts::*;
  struct Options {
    std::string_view effect;  // "writes without space"
    Count count = nullptr;    // which counts it
    std::function<void(DiskTrouble&)> begin;
    std::function<void(DiskTrouble&)> end;
  };

  DiskFault(Host& host, Disk& disk, Options options);
  void heal() override;
  Effects effects() const override;

 private:
  Host& host_;
  Disk& disk_;
  Options options_;
  std::uint64_t before_;
  std::optional<std::uint64_t> after_;
};

// Those that fail with an error of the medium: { node, files, ratio }.
extern const std::span<const FaultParam> kDiskErrorParams;
FaultResult install_disk_errors(FaultContext& context, const FaultArgs& args,
                                DiskErrors DiskTrouble::* which, std::string_view effect,
                                DiskFault::Count count);
std::optional<FaultArgs> draw_disk_errors(const NemesisTargets& targets, env::Rng& rng);

}  // namespace sim
