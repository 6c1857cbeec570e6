// nemesis: faults drawn from the seed.
#include "sim/lua/api_nemesis.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/quantities.h"
#include "sim/lab/faults/registry.h"
#include "sim/lua/api.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

using env::Duration;

// The faults that the two lists name; all that can be drawn when there is neither.
std::vector<const FaultInfo*> chosen_faults(lua_State* L, const std::vector<std::string>& names,
                                            const std::vector<std::string>& families) {
  std::vector<std::string_view> drawable;
  for (const FaultInfo& info : faults()) {
    if (info.draw != nullptr) drawable.push_back(info.name);
  }
  for (const std::string& name : names) {
    const FaultInfo* info = find_fault(name);
    if (info == nullptr)
      unknown_name(L, Mistake::kUnknownFault, "fault", name, drawable, "titorelli list faults");
    if (info->draw == nullptr) {
      scenario_error(L, Mistake::kBadTargets,
                     fmt::format("nemesis{{ faults = }}: a nemesis does not choose \"{}\"", name),
                     fmt::format("put it into force yourself; a nemesis chooses from: {}",
                                 fmt::join(drawable, ", ")));
    }
  }
  for (const std::string& family : families) {
    if (std::ranges::find(kFaultFamilies, family) == std::end(kFaultFamilies))
      unknown_name(L, Mistake::kUnknownFault, "family of faults", family, kFaultFamilies);
  }
  const bool takes_all = names.empty() && families.empty();
  std::vector<const FaultInfo*> chosen;
  for (const FaultInfo& info : faults()) {
    if (info.draw == nullptr) continue;
    if (takes_all || std::ranges::find(names, info.name) != names.end() ||
        std::ranges::find(families, info.family) != families.end())
      chosen.push_back(&info);
  }
  if (chosen.empty()) {
    scenario_error(L, Mistake::kBadTargets,
                   "nemesis{ families = }: none of their faults can be drawn");
  }
  return chosen;
}

// Faults draw parts of these times: not from too little, nor to beyond what adds up.
Duration read_mean(lua_State* L, Options& options, const char* name, Duration otherwise) {
  const Duration mean(options.duration(name).value_or(otherwise.count()));
  if (mean < std::chrono::milliseconds(100) || mean > std::chrono::hours(24)) {
    scenario_error(
        L, Mistake::kOutOfRange,
        fmt::format("nemesis{{ {} = }}: from 100ms to 24h, got \"{}\"", name, duration_text(mean)));
  }
  return mean;
}

Nemesis& check_nemesis(lua_State* L) {
  const Object object = check_object(L, 1, ObjectKind::kNemesis, "a nemesis");
  return *run_of(L).lab(L).nemeses().at(object.id);
}

int nemesis_injected(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_nemesis(L).injected()));
  return 1;
}

int nemesis_families(lua_State* L) {
  const std::vector<std::string>& families = check_nemesis(L).families();
  lua_createtable(L, static_cast<int>(families.size()), 0);
  for (std::size_t i = 0; i < families.size(); ++i) {
    lua_pushlstring(L, families[i].data(), families[i].size());
    lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
  }
  return 1;
}

int nemesis_is_recovered(lua_State* L) {
  lua_pushboolean(L, check_nemesis(L).is_recovered());
  return 1;
}

int nemesis_recovery_time(lua_State* L) {
  const std::optional<Duration> took = check_nemesis(L).recovery_time();
  if (took.has_value()) {
    lua_pushinteger(L, took->count() / 1'000'000);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

constexpr ApiWord kWords[] = {
    {"injected", &nemesis_injected, "nemesis:injected() -> number",
     "How many faults it has put into force so far."},
    {"families", &nemesis_families, "nemesis:families() -> list of strings",
     "The families of faults that are on in this run."},
    {"is_recovered", &nemesis_is_recovered, "nemesis:is_recovered() -> boolean",
     "Whether the cluster has made all the progress that is demanded after the end."},
    {"recovery_time", &nemesis_recovery_time, "nemesis:recovery_time() -> milliseconds or nil",
     "How long that took; nil before."},
};

}  // namespace

int nemesis_declare(lua_State* L) {
  Lab& lab = run_of(L).lab(L);
  if (!lab.has_cluster())
    scenario_error(L, Mistake::kOutOfOrder, "nemesis{ }: cluster{ } comes first");
  Options options(L, 1, "nemesis");
  NemesisSpec spec;
  const std::vector<std::string> names = options.strings("faults");
  const std::vector<std::string> families = options.strings("families");
  spec.every = read_mean(L, options, "every", std::chrono::seconds(5));
  spec.lasting = read_mean(L, options, "lasting", std::chrono::seconds(3));
  const Duration start(options.duration("start").value_or(5'000'000'000));
  const Duration stop(
      options.duration("stop").value_or((start + std::chrono::seconds(30)).count()));
  spec.start = env::Instant(start);
  spec.stop = env::Instant(stop);
  spec.recover_within = read_mean(L, options, "recover_within", std::chrono::seconds(60));
  const int brokers = lab.cluster().brokers;
  spec.brokers_down_max =
      options.integer("brokers_down", 0, brokers).value_or(std::min(1, brokers));
  spec.at_once_max = options.integer("at_once", 1, 1000).value_or(3);
  spec.swarm = options.boolean("swarm").value_or(true);
  options.finish();
  if (spec.start < lab.world().now()) {
    scenario_error(L, Mistake::kPast,
                   fmt::format("nemesis{{ start = }}: \"{}\" is past", duration_text(start)),
                   "times count from power-on");
  }
  if (spec.stop <= spec.start) {
    scenario_error(L, Mistake::kOutOfRange,
                   fmt::format("nemesis{{ stop = }}: after its start at {}, got \"{}\"",
                               duration_text(start), duration_text(stop)));
  }
  spec.faults = chosen_faults(L, names, families);
  lab.add_nemesis(std::move(spec));
  push_object(L, {.kind = ObjectKind::kNemesis,
                  .id = static_cast<std::uint32_t>(lab.nemeses().size() - 1)});
  return 1;
}

ApiNoun api_nemesis() { return {"nemesis", true, "What nemesis{ } answers.", kWords}; }

}  // namespace sim
