// The admin client: what an operator may ask of a cluster while it runs, and what became of it.
#include <fmt/format.h>

#include <algorithm>

#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

using kafka::NodeId;

int give(lua_State* L, decltype(kafka::AdminOrder::what) what) {
  Lab& lab = run_of(L).lab(L);
  const Host& host =
      lab.world().host(HostId(check_object(L, 1, ObjectKind::kAdmin, "an admin").id));
  if (host.state() == HostState::kDown) {
    scenario_error(L, Mistake::kWrongState, fmt::format("{} is down", host.name()),
                   "start it first, with :start()");
  }
  const std::uint64_t number = lab.order(std::move(what));
  run_of(L).handles().add_order(number);
  push_object(L, {.kind = ObjectKind::kOrder, .id = static_cast<std::uint32_t>(number)});
  return 1;
}

kafka::TopicPartition check_topic_partition(lua_State* L) {
  const TopicSpec& topic = check_topic(L, 2, "a topic");
  return {topic.name, check_partition(L, 3, topic)};
}

// An integer argument within bounds; `what` says what it is.
std::int64_t check_number(lua_State* L, int index, std::int64_t low, std::int64_t high,
                          std::string_view what) {
  int is_integer = 0;
  const lua_Integer value = lua_tointegerx(L, index, &is_integer);
  if (is_integer == 0 || value < low || value > high) {
    push_text(L, lua_gettop(L) < index ? (lua_pushnil(L), index) : index);
    scenario_error(
        L, Mistake::kOutOfRange,
        fmt::format("{} is a number from {} to {}, got {}", what, low, high, lua_tostring(L, -1)));
  }
  return value;
}

// A broker, or its id.
NodeId check_broker_id(lua_State* L, int index) {
  const Lab& lab = run_of(L).lab(L);
  const int brokers = lab.cluster().brokers;
  if (is_object(L, index, ObjectKind::kNode)) {
    const Host& host = check_host(L, index, "a broker");
    const NodeId id = run_of(L).lab(L).recorder().member(host.id()).id;
    if (id.value() <= brokers) return id;
    scenario_error(L, Mistake::kUnknownNode, fmt::format("{} is no broker", host.name()));
  }
  return NodeId(static_cast<std::int32_t>(check_number(L, index, 1, brokers, "a broker")));
}

int admin_delete_topic(lua_State* L) {
  return give(L, kafka::DeleteTopic{.name = check_topic(L, 2, "a topic").name});
}

int admin_create_partitions(lua_State* L) {
  const TopicSpec& topic = check_topic(L, 2, "a topic");
  const std::int64_t count = check_number(L, 3, 1, 10'000, "the number of partitions");
  return give(L,
              kafka::AddPartitions{.topic = topic.name, .count = static_cast<std::int32_t>(count)});
}

int admin_alter_config(lua_State* L) {
  Options options(L, 2, "alter_config");
  kafka::AlterConfig order;
  if (options.push("topic")) {
    order.topic = check_topic(L, -1, "alter_config{ topic = }: a topic").name;
    lua_pop(L, 1);
  }
  if (options.push("broker")) {
    order.broker = check_broker_id(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  if (!order.topic.empty() && order.broker) {
    scenario_error(L, Mistake::kWrongType,
                   "alter_config{ } is about a topic or a broker, not both");
  }
  const kafka::ConfigDef& def =
      order.topic.empty() ? kafka::ConfigDef::broker() : kafka::ConfigDef::topic();
  for (const std::string& key : options.strings("unset")) {
    const kafka::ConfigKey* known = def.find(key);
    if (known == nullptr) {
      std::vector<std::string_view> names;
      for (const kafka::ConfigKey& candidate : def.keys()) names.push_back(candidate.name);
      unknown_name(L, Mistake::kUnknownConfig, fmt::format("{} config", def.noun()), key, names);
    }
    order.values[std::string(known->name)] = std::nullopt;
  }
  kafka::Config config(def);
  options.configure(config);
  for (const auto& [key, value] : config.values()) order.values[key] = value;
  if (order.values.empty()) {
    scenario_error(L, Mistake::kMissingOption, "alter_config{ } changes nothing",
                   "admin:alter_config{ topic = orders, min_insync_replicas = 1 }");
  }
  return give(L, std::move(order));
}

int admin_reassign(lua_State* L) {
  kafka::ReassignPartition order{.partition = check_topic_partition(L), .replicas = std::nullopt};
  if (!lua_istable(L, 4)) {
    scenario_error(L, Mistake::kWrongType, "reassign(topic, partition, brokers) expects a list",
                   "admin:reassign(orders, 0, { 1, 2, 4 }); the first is the preferred leader");
  }
  order.replicas.emplace();
  for (lua_Integer i = 1; lua_rawgeti(L, 4, i) != LUA_TNIL; ++i) {
    order.replicas->push_back(check_broker_id(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return give(L, std::move(order));
}

int admin_cancel_reassignment(lua_State* L) {
  return give(
      L, kafka::ReassignPartition{.partition = check_topic_partition(L), .replicas = std::nullopt});
}

int admin_elect_leader(lua_State* L) {
  kafka::ElectLeader order{.partition = check_topic_partition(L)};
  Options options(L, 4, "elect_leader");
  order.is_unclean = options.boolean("unclean").value_or(false);
  options.finish();
  return give(L, std::move(order));
}

int admin_update_feature(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) {
    scenario_error(L, Mistake::kWrongType, "update_feature(name, level, options) expects a name",
                   "admin:update_feature(\"eligible.leader.replicas.version\", 1)");
  }
  kafka::UpdateFeature order{.feature = lua_tostring(L, 2)};
  order.level = static_cast<std::int16_t>(check_number(L, 3, 0, INT16_MAX, "a level"));
  Options options(L, 4, "update_feature");
  order.may_downgrade = options.boolean("downgrade").value_or(false);
  options.finish();
  return give(L, std::move(order));
}

int admin_delete_records(lua_State* L) {
  kafka::DeleteRecords order{.partition = check_topic_partition(L)};
  if (!lua_isnoneornil(L, 4)) order.before = check_number(L, 4, 0, INT64_MAX, "an offset");
  return give(L, std::move(order));
}

int admin_unregister_broker(lua_State* L) {
  return give(L, kafka::UnregisterBroker{.broker = check_broker_id(L, 2)});
}

Host& check_controller(lua_State* L, int index) {
  Host& host = check_host(L, index, "a controller");
  if (run_of(L).lab(L).recorder().member(host.id()).role != Role::kController)
    scenario_error(L, Mistake::kUnknownNode, fmt::format("{} is no controller", host.name()));
  return host;
}

int admin_add_voter(lua_State* L) {
  Host& host = check_controller(L, 2);
  const auto key = Lab::replica_key(host);
  if (!key) {
    scenario_error(L, Mistake::kWrongState, fmt::format("{} is down", host.name()),
                   "start it first: who is added must follow the quorum");
  }
  return give(L, kafka::AddVoter{.voter = key->id,
                                 .directory = kafka::directory_of(*key),
                                 .endpoint = {.host = host.name(), .port = Lab::kControllerPort}});
}

int admin_remove_voter(lua_State* L) {
  const Host& host = check_controller(L, 2);
  Lab& lab = run_of(L).lab(L);
  const NodeId id = lab.recorder().member(host.id()).id;
  const kafka::VoterSet voters = lab.quorum_voters();
  const auto known = voters.voters().find(id);
  kafka::RemoveVoter order{.voter = id};
  if (known != voters.voters().end()) order.directory = kafka::directory_of(known->second.key);
  return give(L, std::move(order));
}

constexpr ApiOption kAlterOptions[] = {
    {"topic", "topic", "Whose keys; without it brokers'."},
    {"broker", "node", "Which broker's keys; without it all brokers'."},
    {"unset", "list of strings", "Keys that shall have their defaults again."},
};
constexpr ApiOption kElectOptions[] = {
    {"unclean", "boolean", "Any live replica, when none that is eligible lives."},
};
constexpr ApiOption kUpdateOptions[] = {
    {"downgrade", "boolean", "The level may be lower than it is."},
};

constexpr ApiWord kAdminWords[] = {
    {"delete_topic", &admin_delete_topic, "admin:delete_topic(topic) -> order",
     "Deletes a topic and what is in it."},
    {"create_partitions", &admin_create_partitions,
     "admin:create_partitions(topic, count) -> order",
     "Adds partitions, so that there are that many."},
    {"alter_config", &admin_alter_config,
     "admin:alter_config{ topic =, broker =, unset =, <topic or broker key> = } -> order",
     "Changes dynamic configuration while everything runs (IncrementalAlterConfigs).",
     kAlterOptions},
    {"reassign", &admin_reassign, "admin:reassign(topic, partition, brokers) -> order",
     "Moves a partition to these brokers, the preferred leader first. It is over when they are in "
     "the ISR and the others gone: topic:isr(partition)."},
    {"cancel_reassignment", &admin_cancel_reassignment,
     "admin:cancel_reassignment(topic, partition) -> order",
     "Takes back a move that is under way."},
    {"elect_leader", &admin_elect_leader,
     "admin:elect_leader(topic, partition, { unclean = false }) -> order",
     "Gives leadership to the preferred replica, or, unclean, to any live one.", kElectOptions},
    {"update_feature", &admin_update_feature,
     "admin:update_feature(name, level, { downgrade = false }) -> order",
     "Raises or lowers a finalised feature level.", kUpdateOptions},
    {"delete_records", &admin_delete_records,
     "admin:delete_records(topic, partition, before) -> order",
     "Moves the log start offset to `before`; without it to the high watermark. What lies before "
     "is gone for everybody."},
    {"unregister_broker", &admin_unregister_broker, "admin:unregister_broker(broker) -> order",
     "Makes the cluster forget a broker that is gone for good."},
    {"add_voter", &admin_add_voter, "admin:add_voter(controller) -> order",
     "Makes a controller, as it is with its disk, a voter of a quorum that keeps its voters in the "
     "log: features = { [\"kraft.version\"] = 1 }. It has to be caught up (KIP-853)."},
    {"remove_voter", &admin_remove_voter, "admin:remove_voter(controller) -> order",
     "Takes a controller, with the disk by which the quorum knows it, out of the voters. It goes "
     "on "
     "as an observer."},
};

// --- orders --------------------------------------------------------------------------------------

const OrderHandle& check_order(lua_State* L) {
  return run_of(L).handles().order(check_object(L, 1, ObjectKind::kOrder, "an order").id);
}

int push_text_or_nil(lua_State* L, const std::string& text) {
  if (text.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, text.data(), text.size());
  }
  return 1;
}

int order_is_done(lua_State* L) {
  lua_pushboolean(L, check_order(L).is_done);
  return 1;
}
int order_error(lua_State* L) { return push_text_or_nil(L, check_order(L).error); }
int order_reason(lua_State* L) { return push_text_or_nil(L, check_order(L).reason); }

constexpr ApiWord kOrderWords[] = {
    {"is_done", &order_is_done, "order:is_done() -> boolean",
     "Whether the cluster has answered, or the admin client given up."},
    {"error", &order_error, "order:error() -> string or nil",
     "Kafka's name of what went wrong; nil while it is under way and after a success."},
    {"reason", &order_reason, "order:reason() -> string or nil", "The failure in words."},
};

}  // namespace

ApiNoun api_admin() {
  static const std::vector<ApiWord> kWords = joined({kAdminWords, process_words()});
  return {"admin", true, "The admin client.", kWords};
}

ApiNoun api_order() { return {"order", true, "What the admin client was asked for.", kOrderWords}; }

}  // namespace sim
