// cluster: topics, nodes, clients.
#include <fmt/format.h>

#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr std::int64_t kPartitionsMax = 10'000;

// Kafka's Topic.validate: 1 to 249 of [a-zA-Z0-9._-], and neither "." nor "..".
bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > 249 || name == "." || name == "..") return false;
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string_view::npos;
}

// Kafka would count on all replicas then (Partition.effectiveMinIsr): not what was asked for.
void refuse_min_isr_above_replicas(lua_State* L, const TopicSpec& topic) {
  constexpr std::string_view kKey = "min.insync.replicas";
  if (!topic.config.is_set(kKey) || topic.config.get_int(kKey) <= topic.replicas) return;
  scenario_error(L, Mistake::kOutOfRange,
                 fmt::format("topic \"{}\" wants {} replicas in sync, but has {}", topic.name,
                             topic.config.get_int(kKey), topic.replicas),
                 "raise replicas or lower min_insync_replicas");
}

int cluster_topic(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  ScenarioRun& run = run_of(L);
  if (lua_type(L, 2) != LUA_TSTRING || !is_topic_name(lua_tostring(L, 2))) {
    scenario_error(L, Mistake::kWrongType, "cluster:topic(name, options) expects a topic name",
                   "up to 249 letters, digits, '.', '_' and '-'");
  }
  const std::string name = lua_tostring(L, 2);
  if (run.lab(L).topic(name) != nullptr)
    scenario_error(L, Mistake::kOutOfOrder, fmt::format("topic \"{}\" is declared twice", name));
  Options options(L, 3, fmt::format("topic(\"{}\")", name));
  const int brokers = run.lab(L).cluster().brokers;
  TopicSpec spec{.name = name};
  spec.partitions =
      static_cast<std::int32_t>(options.integer("partitions", 1, kPartitionsMax).value_or(1));
  spec.replicas = static_cast<std::int16_t>(
      options.integer("replicas", 1, INT16_MAX).value_or(std::min(brokers, 3)));
  if (spec.replicas > brokers) {
    scenario_error(
        L, Mistake::kOutOfRange,
        fmt::format("topic \"{}\" wants {} replicas, but the cluster has {} broker{}", name,
                    spec.replicas, brokers, brokers == 1 ? "" : "s"),
        "each replica needs a broker of its own: raise cluster{ brokers = } or lower replicas");
  }
  spec.may_fail = options.boolean("may_fail").value_or(false);
  options.configure(spec.config);
  if (const auto valid = spec.config.validate(); !valid.has_value()) {
    scenario_error(L, Mistake::kBadConfig, valid.error().message,
                   suggestion(valid.error().nearest));
  }
  refuse_min_isr_above_replicas(L, spec);
  run.topic_names().push_back(name);
  run.lab(L).declare_topic(std::move(spec));
  push_object(L, {.kind = ObjectKind::kTopic,
                  .id = static_cast<std::uint32_t>(run.topic_names().size() - 1)});
  return 1;
}

int cluster_broker(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  const int brokers = run_of(L).lab(L).cluster().brokers;
  int is_integer = 0;
  const lua_Integer id = lua_tointegerx(L, 2, &is_integer);
  if (is_integer == 0 || id < 1 || id > brokers) {
    push_text(L, lua_gettop(L) < 2 ? (lua_pushnil(L), 2) : 2);
    scenario_error(
        L, Mistake::kUnknownNode,
        fmt::format("the cluster has brokers 1 to {}, got {}", brokers, lua_tostring(L, -1)));
  }
  push_broker(L, kafka::NodeId(static_cast<std::int32_t>(id)));
  return 1;
}

int cluster_brokers(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  lua_newtable(L);
  for (int id = 1; id <= run_of(L).lab(L).cluster().brokers; ++id) {
    push_broker(L, kafka::NodeId(id));
    lua_rawseti(L, -2, id);
  }
  return 1;
}

int cluster_controller(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  push_object(L, {.kind = ObjectKind::kNode, .id = run_of(L).lab(L).controller().id().value()});
  return 1;
}

int push_nodes(lua_State* L, const std::vector<Host*>& hosts) {
  lua_newtable(L);
  lua_Integer number = 0;
  for (const Host* host : hosts) {
    push_object(L, {.kind = ObjectKind::kNode, .id = host->id().value()});
    lua_rawseti(L, -2, ++number);
  }
  return 1;
}

int cluster_controllers(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  return push_nodes(L, run_of(L).lab(L).controllers());
}

int cluster_quorum_leaders(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  return push_nodes(L, run_of(L).lab(L).quorum_leaders());
}

int cluster_voters(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  Lab& lab = run_of(L).lab(L);
  const kafka::VoterSet voters = lab.quorum_voters();
  std::vector<Host*> hosts = lab.controllers();
  std::erase_if(hosts, [&](const Host* host) {
    return !voters.voters().contains(lab.recorder().member(host->id()).id);
  });
  return push_nodes(L, hosts);
}

kafka::Config client_config(lua_State* L, Options& options, const kafka::ConfigDef& def) {
  kafka::Config config(def);
  options.configure(config);
  if (const auto valid = config.validate(); !valid.has_value()) {
    scenario_error(L, Mistake::kBadConfig, valid.error().message,
                   suggestion(valid.error().nearest));
  }
  return config;
}

int cluster_producer(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  Options options(L, 2, "producer");
  Host& host =
      run_of(L).lab(L).add_producer(client_config(L, options, kafka::ConfigDef::producer()));
  push_object(L, {.kind = ObjectKind::kProducer, .id = host.id().value()});
  return 1;
}

int cluster_consumer(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  Options options(L, 2, "consumer");
  if (!options.push("topic"))
    scenario_error(L, Mistake::kMissingOption, "consumer{ topic = } is missing",
                   "c:consumer{ topic = orders }");
  const std::string topic = check_topic(L, -1, "consumer{ topic = }: a topic").name;
  lua_pop(L, 1);
  Host& host =
      run_of(L).lab(L).add_consumer(client_config(L, options, kafka::ConfigDef::consumer()), topic);
  run_of(L).handles().set_topic_of(host.id(), topic);
  push_object(L, {.kind = ObjectKind::kConsumer, .id = host.id().value()});
  return 1;
}

int cluster_admin(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  Lab& lab = run_of(L).lab(L);
  if (!lua_isnoneornil(L, 2) && lab.has_admin()) {
    scenario_error(L, Mistake::kOutOfOrder, "the admin client is there already",
                   "configure it before the first topic, which needs it");
  }
  if (!lab.has_admin()) {
    Options options(L, 2, "admin");
    lab.add_admin(client_config(L, options, kafka::ConfigDef::admin()));
  }
  push_object(L, {.kind = ObjectKind::kAdmin, .id = lab.admin().id().value()});
  return 1;
}

int cluster_topics(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  lua_newtable(L);
  for (std::size_t i = 0; i < run_of(L).topic_names().size(); ++i) {
    push_object(L, {.kind = ObjectKind::kTopic, .id = static_cast<std::uint32_t>(i)});
    lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
  }
  return 1;
}

int cluster_leaderless(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  push_partitions(L, run_of(L).lab(L).state().leaderless());
  return 1;
}

int cluster_under_replicated(lua_State* L) {
  check_object(L, 1, ObjectKind::kCluster, "a cluster");
  push_partitions(L, run_of(L).lab(L).state().under_replicated());
  return 1;
}
constexpr ApiOption kTopicOptions[] = {
    {"partitions", "integer", "How many."},
    {"replicas", "integer", "Of each partition; at most as many as brokers."},
    {"may_fail", "boolean", "Its creation may be refused; there is none then."},
};

constexpr ApiWord kWords[] = {
    {"topic", &cluster_topic,
     "cluster:topic(name, { partitions = 1, replicas = 3, may_fail = false, <topic key> = }) -> "
     "topic",
     "Declares a topic. An admin client creates it when all brokers are in service. A failure to "
     "is "
     "one of the run, unless it may_fail.",
     kTopicOptions},
    {"broker", &cluster_broker, "cluster:broker(id) -> node", "The broker with that id."},
    {"brokers", &cluster_brokers, "cluster:brokers() -> list of nodes", "All brokers, by id."},
    {"controller", &cluster_controller, "cluster:controller() -> node",
     "The active controller; while there is none, the one that was elected last."},
    {"controllers", &cluster_controllers, "cluster:controllers() -> list of nodes",
     "All controllers, by id."},
    {"quorum_leaders", &cluster_quorum_leaders, "cluster:quorum_leaders() -> list of nodes",
     "The controllers that believe to lead the quorum: two while one has not heard of the other."},
    {"voters", &cluster_voters, "cluster:voters() -> list of nodes",
     "The voters of the quorum, as its leader knows them; empty while there is none."},
    {"producer", &cluster_producer, "cluster:producer{ <producer key> = } -> producer",
     "A producer on a host of its own."},
    {"consumer", &cluster_consumer, "cluster:consumer{ topic =, <consumer key> = } -> consumer",
     "A consumer on a host of its own, assigned all partitions of the topic."},
    {"admin", &cluster_admin, "cluster:admin{ <admin key> = } -> admin",
     "The admin client, on a host of its own, that creates the declared topics and takes orders. "
     "Its keys are given before the first topic."},
    {"topics", &cluster_topics, "cluster:topics() -> list of topics",
     "The declared topics, in the order of declaration."},
    {"leaderless", &cluster_leaderless, "cluster:leaderless() -> list of strings",
     "Partitions that the controller has left without a leader, \"orders-0\"."},
    {"under_replicated", &cluster_under_replicated, "cluster:under_replicated() -> list of strings",
     "Partitions whose ISR is smaller than their assignment, \"orders-0\"."},
};

}  // namespace

ApiNoun api_cluster() { return {"cluster", true, "What cluster{ } answers.", kWords}; }

}  // namespace sim
