// reset: a middlebox ends connections; both ends are told, and may connect again.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {kEndA, kEndB};

class Reset final : public Fault {
 public:
  explicit Reset(std::uint64_t connections) : connections_(connections) {}
  void heal() override {}  // the blow has fallen
  Effects effects() const override { return {{"connections reset", connections_}}; }

 private:
  std::uint64_t connections_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, FaultArgs(args).set("direction", std::string("both")));
  if (!ends.has_value()) return std::unexpected(ends.error());
  auto fault = std::make_unique<Reset>(context.network.reset_connections(ends->a, ends->b));
  context.world.at(context.world.now(), context.ended);
  return fault;
}

}  // namespace

FaultInfo reset_fault() {
  return {.name = "reset",
          .family = "connection",
          .doc =
              "A middlebox sends RST to both ends of every connection between two sets of nodes. "
              "It is over at once; they connect again.",
          .params = kParams,
          .install = &install,
          .draw = &draw_ends};
}

}  // namespace sim
