#include "sim/faults/disk_fault.h"

#include <fmt/format.h>

#include <utility>

namespace sim {
namespace {

constexpr std::int64_t kPercent = 10'000;  // of parts per million

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose disk fails", true},
    {"files", ParamKind::kName,
     "what the names of its files hold that it fails on, such as \"orders-0/\" or \".log\"; "
     "absent: all"},
    {"ratio", ParamKind::kRatio, "the share of operations that fail", false, "100%"},
};

}  // namespace

const std::span<const FaultParam> kDiskErrorParams{kParams};

DiskFault::DiskFault(Host& host, Disk& disk, Options options)
    : host_(host),
      disk_(disk),
      options_(std::move(options)),
      before_(disk.counts().*options_.count) {
  DiskTrouble trouble = disk_.trouble();
  options_.begin(trouble);
  disk_.set_trouble(std::move(trouble));
}

void DiskFault::heal() {
  DiskTrouble trouble = disk_.trouble();
  options_.end(trouble);
  disk_.set_trouble(std::move(trouble));
  after_ = disk_.counts().*options_.count;
  const bool has_halted = host_.state() == HostState::kDown && host_.has_ended_itself();
  if (has_halted && *after_ > before_) host_.start();
}

Effects DiskFault::effects() const {
  return {{options_.effect, after_.value_or(disk_.counts().*options_.count) - before_}};
}

FaultResult install_disk_errors(FaultContext& context, const FaultArgs& args,
                                DiskErrors DiskTrouble::* which, std::string_view effect,
                                DiskFault::Count count) {
  Host& host = context.world.host(args.node("node"));
  Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  if ((disk->trouble().*which).parts_per_million > 0)
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("the disk of {} has such errors already", host.name())));
  DiskErrors errors{.files = args.has("files") ? args.text("files") : "",
                    .parts_per_million = args.number("ratio")};
  return std::make_unique<DiskFault>(
      host, *disk,
      DiskFault::Options{.effect = effect,
                         .count = count,
                         .begin = [which, errors](DiskTrouble& t) { t.*which = errors; },
                         .end = [which](DiskTrouble& t) { t.*which = {}; }});
}

std::optional<FaultArgs> draw_disk_errors(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("ratio", rng.between(std::int64_t{1}, std::int64_t{100}) * kPercent);
  return args;
}

}  // namespace sim
