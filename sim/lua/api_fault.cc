// fault: every fault of the registry, by its name. handle: what each of them answers.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "sim/core/quantities.h"
#include "sim/lab/faults/registry.h"
#include "sim/lab/selectors.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/fault_words.h"
#include "sim/lua/options.h"
#include "sim/lua/sandbox.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

Mistake mistake_of(FaultArgError::Kind kind) {
  switch (kind) {
    case FaultArgError::Kind::kUnknownParam: return Mistake::kUnknownOption;
    case FaultArgError::Kind::kMissing: return Mistake::kMissingOption;
    case FaultArgError::Kind::kWrongType: return Mistake::kWrongType;
    case FaultArgError::Kind::kNoUnit: return Mistake::kNoUnit;
    case FaultArgError::Kind::kOutOfRange: return Mistake::kOutOfRange;
    case FaultArgError::Kind::kNode: return Mistake::kUnknownNode;
  }
  return Mistake::kOther;
}

void demand(lua_State* L, const FaultArgsReader::Done& done) {
  if (!done.has_value()) raise(L, done.error());
}

std::string registry_name(std::string_view word) {  // slow_disk -> slow-disk
  std::string name(word);
  std::ranges::replace(name, '_', '-');
  return name;
}

// What the linter and the editor may expect of a parameter: nodes may be selectors, so anything.
std::string_view type_of(ParamKind kind) {
  switch (kind) {
    case ParamKind::kNode:
    case ParamKind::kNodes: return "any";
    case ParamKind::kDuration: return "duration";
    case ParamKind::kFactor:
    case ParamKind::kCount:
    case ParamKind::kPartsPerMillion: return "integer";
    default: return "string";
  }
}

// Reads the option on top of the stack into the reader, and pops it.
void read_param(lua_State* L, FaultArgsReader& reader, const FaultParam& param,
                const std::string& call) {
  const bool takes_nodes = param.kind == ParamKind::kNode || param.kind == ParamKind::kNodes;
  const std::string what = fmt::format("{}{{ {} = }}", call, param.name);
  int is_integer = 0;
  switch (lua_type(L, -1)) {
    case LUA_TSTRING:
      if (type_of(param.kind) == "integer") {
        scenario_error(L, Mistake::kWrongType,
                       fmt::format("{}: expects {}, got \"{}\"", what, how_written(param.kind),
                                   lua_tostring(L, -1)));
      }
      demand(L, reader.set_text(param.name, lua_tostring(L, -1)));
      break;
    case LUA_TNUMBER: {
      const lua_Integer number = lua_tointegerx(L, -1, &is_integer);
      if (is_integer == 0) {
        push_text(L, -1);
        demand(L, reader.set_text(param.name, lua_tostring(L, -1)));
        lua_pop(L, 1);
      } else {
        demand(L, reader.set_number(param.name, number));
      }
      break;
    }
    case LUA_TTABLE:
    case LUA_TUSERDATA:
      if (takes_nodes) {
        demand(L, reader.set_nodes(param.name, check_nodes(L, -1, what)));
        break;
      }
      [[fallthrough]];
    default:
      scenario_error(L, Mistake::kWrongType,
                     fmt::format("{}: expects {}, got a {}", what, how_written(param.kind),
                                 luaL_typename(L, -1)));
  }
  lua_pop(L, 1);
}

int fault_inject(lua_State* L) {
  const std::string word = lua_tostring(L, lua_upvalueindex(1));
  const std::string call = "fault." + word;
  const FaultInfo* info = find_fault(registry_name(word));
  Lab& lab = run_of(L).lab(L);
  if (!lab.has_cluster())
    scenario_error(L, Mistake::kOutOfOrder, fmt::format("{}: there is no cluster yet", call));
  Options options(L, 1, call);
  FaultArgsReader reader(lab, *info, call, lab.faults().next_stream());
  for (const FaultParam& param : info->params) {
    if (options.push(param.name)) read_param(L, reader, param, call);
  }
  const std::optional<std::int64_t> duration = options.duration("duration");
  options.finish();
  const auto args = reader.finish();
  if (!args.has_value()) raise(L, args.error());
  std::optional<env::Duration> limit;
  if (duration.has_value()) limit = env::Duration(*duration);
  return inject_fault(L, info->name, *args, limit);
}

// The words of the registry, written once: names and manual lines live as long as the program.
std::span<const ApiWord> fault_words() {
  static const std::vector<ApiWord> kWords = [] {
    static std::deque<std::string> texts;
    static std::deque<std::vector<ApiOption>> details;
    const auto keep = [](std::string text) -> std::string_view {
      texts.push_back(std::move(text));
      return texts.back();
    };
    std::vector<ApiWord> words;
    for (const FaultInfo& info : faults()) {
      std::string word(info.name);
      std::ranges::replace(word, '-', '_');
      std::string options;
      std::string meanings;
      details.emplace_back();
      for (const FaultParam& param : info.params) {
        details.back().push_back({param.name, type_of(param.kind), param.doc});
        options +=
            fmt::format("{} ={}, ", param.name,
                        param.fallback.empty() ? "" : fmt::format(" \"{}\"", param.fallback));
        meanings += fmt::format(" `{}`: {}.", param.name, param.doc);
      }
      const std::string_view name = keep(std::move(word));
      words.push_back({name, &fault_inject,
                       keep(fmt::format("fault.{}{{ {}duration = }} -> handle", name, options)),
                       keep(fmt::format("{}{}", info.doc, meanings)), details.back()});
    }
    return words;
  }();
  return kWords;
}

// --- handles

FaultId check_fault(lua_State* L) {
  return FaultId(check_object(L, 1, ObjectKind::kFault, "a fault's handle").id);
}

int handle_heal(lua_State* L) {
  const FaultId id = check_fault(L);
  const auto healed = run_of(L).lab(L).faults().heal(id);
  if (!healed.has_value()) {
    scenario_error(L, Mistake::kWrongState, healed.error(),
                   "handle:is_over() tells whether there is something to heal");
  }
  return 0;
}

int handle_affected(lua_State* L) {
  const FaultId id = check_fault(L);
  lua_pushinteger(L, static_cast<lua_Integer>(run_of(L).lab(L).faults().affected(id)));
  return 1;
}

// Times in milliseconds, as everywhere in Lua.
int handle_effects(lua_State* L) {
  const FaultId id = check_fault(L);
  lua_newtable(L);
  for (const Effect& effect : run_of(L).lab(L).faults().effects(id)) {
    std::uint64_t amount = effect.amount;
    if (effect.unit == Effect::Unit::kTime) amount /= 1'000'000;
    lua_pushlstring(L, effect.what.data(), effect.what.size());
    lua_pushinteger(L, static_cast<lua_Integer>(amount));
    lua_rawset(L, -3);
  }
  return 1;
}

int handle_is_over(lua_State* L) {
  const FaultId id = check_fault(L);
  lua_pushboolean(L, run_of(L).lab(L).faults().is_over(id));
  return 1;
}

int handle_name(lua_State* L) {
  const FaultId id = check_fault(L);
  const std::string& name = run_of(L).lab(L).faults().records().at(id.value()).name;
  lua_pushlstring(L, name.data(), name.size());
  return 1;
}

constexpr ApiWord kHandleWords[] = {
    {"heal", &handle_heal, "handle:heal()",
     "Ends the fault: a partition heals, a paused node resumes, a node that is down starts. An "
     "error when it is over already."},
    {"is_over", &handle_is_over, "handle:is_over() -> boolean",
     "Whether it was healed, its duration has passed, its node was started, or it ended by "
     "itself."},
    {"affected", &handle_affected, "handle:affected() -> number",
     "What it has touched so far: frames held, connections reset, processes ended, operations "
     "slowed."},
    {"effects", &handle_effects, "handle:effects() -> table",
     "The same one by one: { [\"frames held\"] = 12, ... }; times in milliseconds."},
    {"name", &handle_name, "handle:name() -> string", "As in the summary: \"kill broker-1\"."},
};

}  // namespace

void raise(lua_State* L, const FaultArgError& error) {
  const std::string help = error.nearest.empty() ? error.help : suggestion(error.nearest);
  scenario_error(L, mistake_of(error.kind), error.message, help);
}

int inject_fault(lua_State* L, std::string_view name, const FaultArgs& args,
                 std::optional<env::Duration> duration) {
  const auto id = run_of(L).lab(L).faults().inject(*find_fault(name), args, duration);
  if (!id.has_value()) {
    scenario_error(L, id.error().is_state ? Mistake::kWrongState : Mistake::kBadTargets,
                   fmt::format("{}: {}", name, id.error().sentence));
  }
  push_object(L, {.kind = ObjectKind::kFault, .id = id->value()});
  return 1;
}

std::vector<HostId> check_nodes(lua_State* L, int index, std::string_view what) {
  index = lua_absindex(L, index);
  if (lua_type(L, index) == LUA_TSTRING) {
    Lab& lab = run_of(L).lab(L);
    const auto selected = select_hosts(lab, lua_tostring(L, index), lab.faults().next_stream());
    if (!selected.has_value()) {
      scenario_error(L, Mistake::kUnknownNode,
                     fmt::format("{}: {}", what, selected.error().message),
                     suggestion(selected.error().nearest));
    }
    return *selected;
  }
  if (!lua_istable(L, index)) return {check_host(L, index, what).id()};
  std::vector<HostId> hosts;
  const lua_Integer count = luaL_len(L, index);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(L, index, i);
    if (lua_istable(L, -1)) {
      scenario_error(L, Mistake::kWrongType,
                     fmt::format("{}: a list of nodes, got a list within a list", what));
    }
    const std::vector<HostId> more = check_nodes(L, -1, what);
    hosts.insert(hosts.end(), more.begin(), more.end());
    lua_pop(L, 1);
  }
  return hosts;
}

ApiNoun api_fault() {
  return {"fault", false,
          "Faults, each by its name in `titorelli list faults`. Nodes are given as objects, names "
          "or selectors (\"leader of orders-0\", \"controller\", \"rack r1\", \"random brokers\"); "
          "all take `duration`, after which they heal by themselves.",
          fault_words()};
}
ApiNoun api_handle() { return {"handle", true, "What every fault answers.", kHandleWords}; }

}  // namespace sim
