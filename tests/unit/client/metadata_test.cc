#include "broker-model/client/metadata.h"

#include "broker-model/client/producer/producer.h"
#include "tests/unit/client/harness.h"

using namespace kafka;
using test::World;
using namespace std::chrono_literals;

namespace {

// A client that does nothing but keep its metadata.
class Idle final : public ClientNode {
 public:
  Idle()
      : ClientNode({.client_id = "i",
                    .bootstrap = World::bootstrap(),
                    .config = Config(ConfigDef::producer())}) {}
  void on_command(env::Env&, const Command&) override {}
  ClientMetadata& view() { return metadata(); }
  RpcClient& network() { return rpc(); }
  void poke(env::Env& env) { wake(env); }

 private:
  void run_once(env::Env&) override {}
  void on_reply(env::Env&, const RpcReply&, const env::Rope&) override {}
  void on_failure(env::Env&, const RpcFailure&) override {}
};

struct Fixture {
  World world;
  Idle client;
  Fixture() {
    world.topics["orders"] = {{7, 7}, {{1, 5}}};
    world.start(client);
    client.view().add_topic(world.env, "orders");
    client.poke(world.env);
    world.advance(10ms);
  }
  void refresh() {
    client.view().request_update();
    client.poke(world.env);
    world.advance(5s);
  }
};

}  // namespace

TEST_CASE("metadata: a new topic is asked for at once, and known by name and id") {
  Fixture f;
  REQUIRE(f.client.view().topic("orders") != nullptr);
  CHECK(f.client.view().leader({"orders", 0}) == NodeId{1});
  CHECK(*f.client.view().topic_name({7, 7}) == "orders");
  CHECK(f.client.view().partitions_led_by(NodeId{1}).size() == 1);
  CHECK(f.client.view().partition({"orders", 1}) == nullptr);
}

TEST_CASE(
    "metadata: an answer with an older leader epoch is not believed, unless the topic is new") {
  Fixture f;
  f.world.topics["orders"].partitions[0] = {2, 4};
  f.refresh();
  CHECK(f.client.view().leader({"orders", 0}) == NodeId{1});
  CHECK(f.client.view().leader_epoch({"orders", 0}) == 5);
  f.world.topics["orders"].id = {8, 8};  // deleted and made again
  f.refresh();
  CHECK(f.client.view().leader({"orders", 0}) == NodeId{2});
  CHECK(f.client.view().leader_epoch({"orders", 0}) == 4);
}

TEST_CASE("metadata: a leader hint counts only when its epoch is newer and its node known") {
  Fixture f;
  const TopicPartition id{"orders", 0};
  ClientMetadata& view = f.client.view();
  CHECK_FALSE(view.update_leaders(f.world.env, {{id, NodeId{2}, 5}}, {}));
  CHECK_FALSE(view.update_leaders(f.world.env, {{id, NodeId{9}, 6}}, {}));
  CHECK(view.update_leaders(f.world.env, {{id, NodeId{9}, 6}}, {{NodeId{9}, World::endpoint(9)}}));
  CHECK(view.leader(id) == NodeId{9});
  CHECK(view.partitions_led_by(NodeId{9}).size() == 1);
}

TEST_CASE("metadata: refreshed after metadata.max.age.ms") {
  Fixture f;
  f.world.advance(10s);  // first full answer settled
  const int before = f.world.metadata_requests;
  f.world.advance(280s);
  CHECK(f.world.metadata_requests == before);
  f.world.advance(40s);
  CHECK(f.world.metadata_requests == before + 1);
}

TEST_CASE("metadata: when no known broker can be tried, the client starts from its bootstrap") {
  Fixture f;
  f.world.brokers = {2};  // the cluster has moved away from the bootstrap address
  f.world.topics["orders"].partitions[0] = {2, 6};
  f.refresh();
  CHECK_FALSE(f.client.view().is_bootstrapping());
  CHECK(f.client.view().leader({"orders", 0}) == NodeId{2});
  // Now broker 2 resets every connection while broker 1, the bootstrap server, lives.
  f.world.brokers = {1};
  f.world.topics["orders"].partitions[0] = {1, 7};
  f.world.unreachable = {2};
  const auto connects = f.world.env.connects;  // more come meanwhile
  for (const auto& [conn, to] : connects) {
    if (to == World::endpoint(2)) f.world.reset(conn);
  }
  f.refresh();
  f.world.advance(200s);
  f.client.view().add_topic(f.world.env, "orders");  // still in use (metadata.max.idle.ms)
  f.world.advance(150s);                             // rebootstrap.trigger.ms is over
  CHECK(f.client.view().leader({"orders", 0}) == NodeId{1});
}
