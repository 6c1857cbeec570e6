// Reads the parameters of a fault as a person wrote them: by name and kind, with units, selectors
// and fallbacks. Used by the scenario language and by the datadriven tests.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/faults/fault.h"

namespace sim {

struct FaultArgError {
  enum class Kind : std::uint8_t {
    kUnknownParam,
    kMissing,
    kWrongType,
    kNoUnit,
    kOutOfRange,
    kNode
  };
  Kind kind = Kind::kWrongType;
  std::string message;  // `fault.kill{ node = }: no node "broker-9"`
  std::vector<std::string> nearest = {};
  std::string help = {};
};

class FaultArgsReader {
 public:
  using Done = std::expected<void, FaultArgError>;

  // `rng` serves selectors ("random brokers"). `call` is what the person wrote, for messages.
  FaultArgsReader(Lab& lab, const FaultInfo& info, std::string call, env::Rng& rng)
      : lab_(lab), info_(info), call_(std::move(call)), rng_(rng) {}

  Done set_text(std::string_view name, std::string_view text);
  Done set_number(std::string_view name, std::int64_t number);
  Done set_nodes(std::string_view name, std::vector<HostId> nodes);
  bool knows(std::string_view name) const { return find(name) != nullptr; }
  const FaultParam* find(std::string_view name) const;

  // Fallbacks for what was not given; an error when something required was not.
  std::expected<FaultArgs, FaultArgError> finish();

 private:
  std::expected<const FaultParam*, FaultArgError> param(std::string_view name) const;
  Done set_selected(const FaultParam& param, std::string_view selector);
  FaultArgError error(FaultArgError::Kind kind, const FaultParam& param,
                      std::string_view message) const;
  FaultArgError wrong(const FaultParam& param, std::string_view got) const;

  Lab& lab_;
  const FaultInfo& info_;
  std::string call_;
  env::Rng& rng_;
  FaultArgs args_;
};

// "20ms, exponential...": how a value of that kind is written; for messages and manuals.
std::string_view how_written(ParamKind kind);

// "slow-disk broker-2 10": for records, events.csv and summaries.
std::string fault_label(const FaultInfo& info, const FaultArgs& args, World& world);

}  // namespace sim
