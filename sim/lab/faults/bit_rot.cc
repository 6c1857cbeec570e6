// bit-rot: bits of what was written to the platter flip, unnoticed until somebody checks.
#include <fmt/format.h>

#include "broker-model/types/command.h"
#include "sim/faults/nodes.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose disk rots", true},
    {"files", ParamKind::kName,
     "what the names of its files hold that it rots in, such as \"orders-0/\"", false, ".log"},
    {"bits", ParamKind::kCount, "how many bits flip, each in a drawn place", false, "1"},
};

class BitRot final : public Fault {
 public:
  explicit BitRot(std::uint64_t bits) : bits_(bits) {}
  void heal() override {}  // nobody knows which bits they were
  Effects effects() const override { return {{"bits flipped", bits_}}; }

 private:
  std::uint64_t bits_;
};

// A place that is not on the platter yet is drawn anew, so often at most.
constexpr int kTries = 1000;

std::uint64_t flip(Disk& disk, const std::string& files, std::int64_t bits, env::Rng& rng) {
  std::vector<env::FileInfo> rotting = disk.list();
  std::erase_if(rotting, [&](const env::FileInfo& file) {
    return file.size == 0 || file.name.find(files) == std::string::npos;
  });
  std::uint64_t flipped = 0;
  if (rotting.empty()) return flipped;
  for (std::int64_t i = 0; i < bits; ++i) {
    for (int tries = 0; tries < kTries; ++tries) {
      const env::FileInfo& file = rotting[rng.below(rotting.size())];
      const std::int64_t offset = rng.between(std::int64_t{0}, file.size - 1);
      const auto bit = static_cast<int>(rng.below(8));
      if (!disk.flip_bit(file.name, offset, bit)) continue;
      ++flipped;
      break;
    }
  }
  return flipped;
}

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  const std::string& files = args.text("files");
  const std::uint64_t flipped = flip(*disk, files, args.number("bits"), context.rng);
  if (flipped == 0)
    return std::unexpected(FaultRefusal::of_state(fmt::format(
        "nothing of the files \"{}\" is on the platter of {} yet", files, host.name())));
  // What is in the page cache would hide it for as long as it stays there.
  if (host.state() != HostState::kDown)
    host.command(std::make_shared<kafka::Command>(kafka::DropPageCache{}));
  context.world.at(context.world.now(), context.ended);
  return std::make_unique<BitRot>(flipped);
}

}  // namespace

// No draw: where other copies are gone, what rots is lost by design, which no nemesis may decide.
FaultInfo bit_rot_fault() {
  return {.name = "bit-rot",
          .family = "disk",
          .doc =
              "Bits flip in what is on the platter, and the page cache is dropped, so that the "
              "process serves what the disk holds. A follower and a consumer with check.crcs find "
              "a bad CRC; the leader does not look. A recovery cuts the log there. It is over at "
              "once.",
          .params = kParams,
          .install = &install};
}

}  // namespace sim
