// Fault: something that goes wrong, on purpose, for a while. A fault is one file (parameters,
// install, heal, what it affected) and one line in a registry: sim/faults/registry.cc for what
// hosts, links, disks and clocks can suffer, sim/lab/faults/registry.cc for what needs Kafka's
// words (isolate-leader, rolling-restart).
//
// From that one description come the word of the scenario language (fault.slow_disk{ }), `titorelli
// list faults`, docs/faults.md, the complaints about wrong parameters, and what the nemesis draws.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/core/distributions.h"
#include "sim/core/world.h"
#include "sim/net/network.h"

namespace sim {

class Lab;

// How a parameter is written in a scenario, and what it becomes.
enum class ParamKind : std::uint8_t {
  kNode,             // a node, or a selector that means one ("leader of orders-0") -> HostId
  kNodes,            // the same, or a list of them -> vector<HostId>
  kDuration,         // "250ms", never negative -> env::Duration
  kOffset,           // a duration that may be negative, "-250ms" -> env::Duration
  kRatio,            // "0.5%" -> parts per million, int64
  kFactor,           // 10: so many times -> int64, from 2 to 1,000,000
  kCount,            // -> int64, at least 1
  kPartsPerMillion,  // of drift, may be negative -> int64
  kBandwidth,        // "1MB/s", "10Mbit/s" -> bytes per second, int64, at least 1
  kDistribution,     // "20ms", "lognormal(median 20ms, p99 80ms)" -> Distribution
  kChoice,           // one of `choices` -> string
  kName,             // of something that is no host: a partition, a link -> string
};

struct FaultParam {
  std::string_view name;
  ParamKind kind = ParamKind::kNode;
  std::string_view doc;
  bool is_required = false;
  std::string_view fallback = {};  // as one would write it; empty: absent unless given
  std::string_view choices = {};   // of kChoice: "both|to|from"
};

using FaultValue = std::variant<HostId, std::vector<HostId>, env::Duration, std::int64_t,
                                Distribution, std::string>;

// The parameters of one installation, by name, already of the right kind.
class FaultArgs {
 public:
  FaultArgs& set(std::string_view name, FaultValue value) {
    values_.insert_or_assign(std::string(name), std::move(value));
    return *this;
  }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // REQUIRES: has(name), and T is what its kind becomes.
  template <class T>
  const T& get(std::string_view name) const {
    const auto found = values_.find(name);
    TIT_ASSERT(found != values_.end() && std::holds_alternative<T>(found->second),
               "a parameter that the fault declares, of its kind");
    return std::get<T>(found->second);
  }
  HostId node(std::string_view name) const { return get<HostId>(name); }
  const std::vector<HostId>& nodes(std::string_view name) const {
    return get<std::vector<HostId>>(name);
  }
  env::Duration duration(std::string_view name) const { return get<env::Duration>(name); }
  std::int64_t number(std::string_view name) const { return get<std::int64_t>(name); }
  const std::string& text(std::string_view name) const { return get<std::string>(name); }
  const FaultValue& value(std::string_view name) const { return values_.find(name)->second; }

 private:
  std::map<std::string, FaultValue, std::less<>> values_;
};

// What a fault did, in words and numbers: {"frames held", 12}. Times, in nanoseconds, are effects
// as well ("CPU time added"), but do not add up with counts. A note ("times cut") says how often
// the fault tried, which is no proof that anybody noticed.
struct Effect {
  enum class Unit : std::uint8_t { kCount, kTime, kNote };
  std::string_view what;
  std::uint64_t amount = 0;
  Unit unit = Unit::kCount;
};
using Effects = std::vector<Effect>;

// A fault in force. Made by FaultInfo::install, which has done the harm already.
class Fault {
 public:
  virtual ~Fault() = default;
  // Ends it, with all that it still had in mind. Called at most once, and not after it has ended by
  // itself. effects() is asked after it, too, and does not change any more.
  virtual void heal() = 0;
  // So far. Every fault has at least one count, zero as long as it touched nothing; a fault whose
  // counts are all zero is reported as one that had no effect.
  virtual Effects effects() const = 0;
  // Hosts whose process this fault ended. Once one is started, by whomever, the fault is over.
  virtual std::vector<HostId> down() const { return {}; }
};

struct FaultContext {
  World& world;
  StreamNetwork& network;
  env::Rng& rng;                // this fault's own stream
  Lab* lab = nullptr;           // for faults of sim/lab/faults; null in tests of the engine alone
  std::function<void()> ended;  // to be called, from an event, by a fault that ends by itself
};

// Why a fault cannot be, in a sentence for the person who wrote the parameters ("broker-1 is on
// both sides"). `is_state`: the parameters are right and what they name is not in a state for it
// ("broker-1 is down already").
struct FaultRefusal {
  FaultRefusal(std::string why) : sentence(std::move(why)) {}  // NOLINT: a sentence is a refusal
  FaultRefusal(const char* why) : sentence(why) {}             // NOLINT
  static FaultRefusal of_state(std::string why) {
    FaultRefusal refusal(std::move(why));
    refusal.is_state = true;
    return refusal;
  }

  std::string sentence;
  bool is_state = false;
};
using FaultResult = std::expected<std::unique_ptr<Fault>, FaultRefusal>;

// What the nemesis may hit, and how hard.
struct NemesisTargets {
  std::vector<HostId> brokers = {};      // that run now
  std::vector<HostId> controllers = {};  // that run now
  std::vector<HostId> clients = {};
  std::vector<std::string> partitions = {};  // "orders-0"
  env::Duration mean{};  // how long a fault lasts, about: for parameters like times
};

struct FaultInfo {
  std::string_view name;    // "one-way-partition"
  std::string_view family;  // what the swarm switches on and off together: see kFaultFamilies
  std::string_view doc;     // what happens, in a line or two
  std::span<const FaultParam> params;
  FaultResult (*install)(FaultContext&, const FaultArgs&) = nullptr;
  // Parameters as the nemesis would choose them; nothing when there is nobody to hit. Null: the
  // nemesis leaves this one alone. One draw per full expression.
  std::optional<FaultArgs> (*draw)(const NemesisTargets&, env::Rng&) = nullptr;
  bool takes_down = false;  // it ends processes: counts against the bound of nodes that are down
};

inline constexpr std::string_view kFaultFamilies[] = {
    "partition", "link", "connection", "process", "cpu", "disk", "clock", "operations"};

std::span<const FaultInfo> engine_faults();  // sim/faults/registry.cc

}  // namespace sim
