#include "sim/lab/load.h"

#include <fmt/format.h>

namespace sim {

Load::Load(World& world, Host& producer, std::uint32_t number, LoadSpec spec, LoadSink& sink)
    : world_(world),
      producer_(producer),
      number_(number),
      spec_(std::move(spec)),
      sink_(sink),
      rng_(world.streams().stream(fmt::format("workload/{}", producer.name()))) {
  TIT_ASSERT(spec_.gap > env::Duration::zero(), "a load has a rate");
}

void Load::start() { world_.scheduler().post(world_.now(), *this); }

void Load::on_event(const Event&) {
  if (spec_.count.has_value() && sent_ >= *spec_.count) return;
  send_one();
  world_.scheduler().post(world_.now() + spec_.gap, *this);
}

void Load::send_one() {
  ++sent_;
  const std::uint64_t tag = (std::uint64_t{number_} << kTagBits) + sent_;
  // A value that can be read in a capture: who sent it, which one it is, then filler of the size
  // asked for.
  env::BytesBuilder value(spec_.size + 64);
  char head[64];
  const auto end = fmt::format_to_n(head, sizeof head, "{}/{:08} ", producer_.name(), sent_);
  const std::size_t head_size = std::min<std::size_t>(end.size, spec_.size);
  value.append({reinterpret_cast<const std::uint8_t*>(head), head_size});
  if (head_size < spec_.size)
    std::memset(value.extend(spec_.size - head_size), 'x', spec_.size - head_size);
  std::optional<env::Bytes> key;
  if (spec_.keys > 0) {
    const std::uint64_t number = rng_.below(spec_.keys);
    key = env::Bytes::copy_of(std::string_view(fmt::format("key-{}", number)));
  }
  auto order = std::make_shared<kafka::Command>(kafka::SendRecord{.topic = spec_.topic,
                                                                  .partition = std::nullopt,
                                                                  .key = std::move(key),
                                                                  .value = value.finish(),
                                                                  .tag = tag,
                                                                  .intended = world_.now()});
  sink_.on_due(tag, world_.now());
  producer_.command(std::move(order));  // a producer that is down never learns of it
}

}  // namespace sim
