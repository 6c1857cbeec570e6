// An open-loop load: records at a fixed rate from the moment the topic is there, whether or not the
// cluster keeps up. Each has an intended send time, from which latency is measured. Drawn from the
// stream workload/<producer>. Lives as long as the Lab that owns it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker-model/types/command.h"
#include "sim/core/world.h"

namespace sim {

struct LoadSpec {
  std::string topic;
  env::Duration gap{};                 // between two records
  std::optional<std::uint64_t> count;  // none: until the end
  std::uint32_t size = 100;            // bytes of the value
  std::uint32_t keys = 0;              // how many different keys; 0: records have none
};

// Told of each record when it is due, whether or not the producer is there to take it: what never
// gets an outcome is counted, not forgotten.
class LoadSink {
 public:
  virtual ~LoadSink() = default;
  virtual void on_due(std::uint64_t tag, env::Instant intended) = 0;
};

class Load final : private EventTarget {
 public:
  // `number` tells loads of one run apart: tags are (number << 40) + 1, 2, ...
  Load(World& world, Host& producer, std::uint32_t number, LoadSpec spec, LoadSink& sink);

  void start();  // now; once
  std::uint64_t sent() const { return sent_; }
  const LoadSpec& spec() const { return spec_; }
  bool is_done() const { return spec_.count.has_value() && sent_ >= *spec_.count; }

  static constexpr int kTagBits = 40;
  static std::uint32_t number_of(std::uint64_t tag) {
    return static_cast<std::uint32_t>(tag >> kTagBits);
  }

 private:
  void on_event(const Event& event) override;
  void send_one();

  World& world_;
  Host& producer_;
  std::uint32_t number_;
  LoadSpec spec_;
  LoadSink& sink_;
  env::Rng& rng_;
  std::uint64_t sent_ = 0;
};

}  // namespace sim
