// Whole clusters from C++, without Lua.
#include "sim/lab/lab.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/lab_faults.h"

namespace sim {
namespace {

using testing::heal;
using testing::inject_on;
using testing::refusal;

using namespace std::chrono_literals;

env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

kafka::Config with(const kafka::ConfigDef& def,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  kafka::Config config(def);
  for (const auto& [key, value] : values) REQUIRE(config.set(key, value).has_value());
  return config;
}

struct Clients {
  Host* producer = nullptr;
  Host* consumer = nullptr;
};

// 3 brokers, orders with 3 partitions and RF 3, 200 records/s, a consumer, all checks.
Clients declare_orders(Lab& lab, std::string_view acks = "all", std::string_view min_insync = "2") {
  lab.build_cluster({.brokers = 3});
  lab.declare_topic(
      {.name = "orders",
       .partitions = 3,
       .replicas = 3,
       .config = with(kafka::ConfigDef::topic(), {{"min.insync.replicas", min_insync}})});
  for (std::string_view check : {"no_lost_acks", "replicas_agree", "high_watermark_monotonic",
                                 "one_leader_per_epoch", "in_order_without_gaps"})
    lab.add_check(check, "orders");
  Clients clients;
  clients.producer = &lab.add_producer(with(kafka::ConfigDef::producer(), {{"acks", acks}}));
  lab.drive(*clients.producer,
            {.topic = "orders", .gap = 5ms, .count = std::nullopt, .size = 200, .keys = 1000});
  clients.consumer = &lab.add_consumer(
      with(kafka::ConfigDef::consumer(), {{"auto.offset.reset", "earliest"}}), "orders");
  return clients;
}

Host& leader_of_orders_0(Lab& lab) {
  const ClusterState::Partition* p = lab.state().find({"orders", 0});
  REQUIRE(p != nullptr);
  REQUIRE(p->leader.has_value());
  return lab.broker(*p->leader);
}

// The story of scenarios/tour: cut off at 5 s, killed and the links healed at 6 s, back at 18 s.
void crash_leader(Lab& lab) {
  lab.world().run_until(at(5s));
  Host& leader = leader_of_orders_0(lab);
  std::vector<HostId> others;
  for (Host* broker : lab.brokers())
    if (broker != &leader) others.push_back(broker->id());
  const FaultId cut = testing::cut(lab, {leader.id()}, others);
  lab.world().run_until(at(6s));
  inject_on(lab, "kill", leader);
  heal(lab, cut);
  lab.world().run_until(at(18s));
  CHECK(lab.start(leader));
  lab.world().run_until(at(30s));
  lab.finish();
}

std::uint64_t total(const Lab& lab, Count which) {
  return const_cast<Lab&>(lab).recorder().metrics().of(which).total;
}

}  // namespace

TEST_CASE("3 brokers, acks=all, leader cut off and killed: all checks hold, everything arrives") {
  Lab lab({.seed = 1});
  declare_orders(lab);
  crash_leader(lab);
  for (const kafka::CheckResult& check : lab.recorder().check_results()) {
    CAPTURE(check.name);
    CAPTURE(check.detail);
    CHECK(check.verdict == kafka::Verdict::kOk);
    CHECK(check.evaluated > 0);
  }
  CHECK(total(lab, Count::kAcked) > 5900);
  CHECK(total(lab, Count::kAcked) == total(lab, Count::kDelivered));
  // The leader's old epoch ended with it.
  CHECK(lab.state().find({"orders", 0})->leader_epoch > kafka::LeaderEpoch(0));
  CHECK(lab.state().find({"orders", 0})->isr.size() == 3);
  // The outage is in the latency of the records that were meant to be sent during it.
  const Metrics& metrics = lab.recorder().metrics();
  CHECK(metrics.of(Latency::kProduce).windows.at(6).max() > 5s);
  CHECK(metrics.of(Latency::kProduce).windows.at(25).max() < 200ms);
}

TEST_CASE("3 brokers, acks=1, leader cut off and killed: the lost offsets are named") {
  Lab lab({.seed = 1});
  declare_orders(lab, "1");
  crash_leader(lab);
  const std::vector<kafka::CheckResult> results = lab.recorder().check_results();
  CHECK(results[0].verdict == kafka::Verdict::kViolated);
  CHECK(results[0].detail.find("orders-0 offsets") != std::string::npos);
  CHECK(results[0].detail.find("acks=1 allows this") != std::string::npos);
  CHECK(total(lab, Count::kDelivered) < total(lab, Count::kAcked));
}

TEST_CASE("same seed, same digest; another seed, another digest") {
  const auto digest = [](std::uint64_t seed) {
    Lab lab({.seed = seed});
    declare_orders(lab);
    lab.world().run_until(at(2s));
    lab.finish();
    return lab.world().digest();
  };
  CHECK(digest(1) == digest(1));
  CHECK(digest(1) != digest(2));
}

TEST_CASE("a topic that cannot be created says so, and its loads and consumers never begin") {
  Lab lab({.seed = 1});
  lab.build_cluster({.brokers = 3});
  lab.declare_topic({.name = "wide", .partitions = 1, .replicas = 4});
  Host& producer = lab.add_producer(kafka::Config(kafka::ConfigDef::producer()));
  lab.drive(producer, {.topic = "wide", .gap = 5ms, .count = std::nullopt});
  lab.world().run_until(at(5s));
  lab.finish();
  REQUIRE(lab.topic_failures().size() == 1);
  CHECK(lab.topic_failures()[0].find("wide") != std::string::npos);
  CHECK(lab.topic_failures()[0].find("INVALID_REPLICATION_FACTOR") != std::string::npos);
  CHECK(total(lab, Count::kSent) == 0);
}

TEST_CASE("faults: killing, pausing and stopping what is down are refused, as is healing twice") {
  Lab lab({.seed = 1});
  declare_orders(lab);
  lab.world().run_until(at(2s));
  Host& broker = lab.broker(kafka::NodeId(2));
  const FaultId kill = inject_on(lab, "kill", broker);
  CHECK(lab.faults().affected(kill) > 1);  // the process and its connections
  for (const char* fault : {"kill", "pause", "shutdown", "restart"})
    CHECK(refusal(lab, fault, broker) == "broker-2 is down already; start it first");
  lab.world().run_until(at(4s));
  heal(lab, kill);  // starts it
  CHECK(broker.state() == HostState::kUp);
  const auto twice = lab.faults().heal(kill);
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error() == "\"kill broker-2\" was healed at 4s already");
  lab.world().run_until(at(5s));
  lab.finish();
  CHECK(lab.faults().records().size() == 1);
  CHECK(lab.faults().records()[0].until == at(4s));
}

TEST_CASE("faults: a pause that ends while the host is down does not start it") {
  Lab lab({.seed = 1});
  declare_orders(lab);
  lab.world().run_until(at(2s));
  Host& broker = lab.broker(kafka::NodeId(2));
  inject_on(lab, "pause", broker, 2s);
  lab.world().run_until(at(3s));
  inject_on(lab, "kill", broker);
  lab.world().run_until(at(6s));
  CHECK(broker.state() == HostState::kDown);
  CHECK(lab.start(broker));
  CHECK(broker.state() == HostState::kUp);
}

TEST_CASE("faults: power loss after a kill takes the page cache, which is an effect") {
  Lab lab({.seed = 1});
  declare_orders(lab);
  lab.world().run_until(at(2s));
  Host& broker = lab.broker(kafka::NodeId(2));
  inject_on(lab, "kill", broker);
  lab.world().run_until(at(3s));
  const FaultId second = inject_on(lab, "power-loss", broker);
  CHECK(lab.faults().affected(second) > 0);  // pages
  Host& other = lab.broker(kafka::NodeId(3));
  CHECK(lab.faults().affected(inject_on(lab, "power-loss", other)) > 1);
  CHECK(other.state() == HostState::kDown);
}

TEST_CASE("faults: a partition between hosts that never talk affects nothing") {
  Lab lab({.seed = 1});
  const Clients clients = declare_orders(lab);
  lab.world().run_until(at(2s));
  const FaultId cut = testing::cut(lab, {clients.producer->id()}, {clients.consumer->id()});
  const FaultId real =
      testing::cut(lab, {clients.producer->id()}, {lab.broker(kafka::NodeId(1)).id()});
  lab.world().run_until(at(3s));
  heal(lab, cut);
  heal(lab, real);
  lab.world().run_until(at(4s));
  lab.finish();
  CHECK(lab.faults().records()[0].affected == 0);
  CHECK(lab.faults().records()[1].affected > 0);
}

TEST_CASE("a producer that is killed: records meant to be sent are counted sent and unfinished") {
  Lab lab({.seed = 1});
  const Clients clients = declare_orders(lab);
  lab.world().run_until(at(3s));
  const std::uint64_t acked = total(lab, Count::kAcked);
  inject_on(lab, "kill", *clients.producer);
  lab.world().run_until(at(5s));
  lab.finish();
  CHECK(total(lab, Count::kAcked) == acked);
  CHECK(total(lab, Count::kUnfinished) >= 400);  // two seconds of 200/s
  CHECK(total(lab, Count::kSent) ==
        acked + total(lab, Count::kFailed) + total(lab, Count::kUnfinished));
  CHECK(lab.recorder().metrics().of(Count::kUnfinished).windows.at(4) == 200);
}

TEST_CASE("a producer that is paused and then killed: what waited for it is not forgotten") {
  Lab lab({.seed = 1});
  const Clients clients = declare_orders(lab);
  lab.world().run_until(at(3s));
  const std::uint64_t sent = total(lab, Count::kSent);
  inject_on(lab, "pause", *clients.producer);
  lab.world().run_until(at(4s));
  inject_on(lab, "kill", *clients.producer);
  lab.world().run_until(at(5s));
  lab.finish();
  CHECK(total(lab, Count::kSent) == sent + 400);
  CHECK(total(lab, Count::kSent) == total(lab, Count::kAcked) + total(lab, Count::kUnfinished));
}

TEST_CASE("latency counts from the intended send time: a paused producer's wait is in it") {
  Lab lab({.seed = 1});
  const Clients clients = declare_orders(lab);
  lab.world().run_until(at(3s));
  inject_on(lab, "pause", *clients.producer, 2s);
  lab.world().run_until(at(8s));
  lab.finish();
  const LatencySeries& produce = lab.recorder().metrics().of(Latency::kProduce);
  // Who measures from the send itself sees one slow batch here; we see every record of two seconds.
  CHECK(produce.windows.at(3).percentile(1, 100) > 900ms);
  CHECK(produce.windows.at(3).max() > 1900ms);
  CHECK(produce.windows.at(4).percentile(1, 2) > 400ms);
  CHECK(produce.windows.at(6).max() < 200ms);
}

TEST_CASE("end-to-end latency: counted once a record, also when delivered before the ack") {
  struct Nobody final : RecorderListener {
    void on_observed(const Member&, const kafka::Observation&) override {}
  };
  Nobody nobody;
  Recorder recorder(nobody);
  recorder.add_member(HostId(1),
                      {.role = Role::kProducer, .id = kafka::NodeId(101'000), .name = "p"});
  recorder.add_member(HostId(2),
                      {.role = Role::kConsumer, .id = kafka::NodeId(102'000), .name = "c"});
  Digest digest;
  const auto see = [&](env::Duration when, HostId host, auto observation) {
    recorder.on_observation(at(when), host, 1, kafka::Observation(observation), digest);
  };
  const kafka::TopicPartitionView orders0{"orders", 0};
  see(1s, HostId(1),
      kafka::SendStarted{.tag = 1, .topic = "orders", .content = 77, .intended = at(1s)});
  const kafka::RecordDelivered delivered{.partition = orders0,
                                         .offset = 0,
                                         .batch_epoch = kafka::LeaderEpoch(0),
                                         .content = 77,
                                         .timestamp = {}};
  see(1s + 3ms, HostId(2), delivered);
  see(1s + 5ms, HostId(1),
      kafka::SendAcked{
          .tag = 1, .partition = orders0, .offset = 0, .content = 77, .intended = at(1s)});
  see(1s + 9ms, HostId(2), delivered);  // again, e.g. to a second consumer
  recorder.finish(at(2s));
  const Metrics& metrics = recorder.metrics();
  CHECK(metrics.of(Latency::kEndToEnd).total.count() == 1);
  CHECK(metrics.of(Latency::kEndToEnd).total.max() == 3ms);
  CHECK(metrics.of(Latency::kProduce).total.max() == 5ms);
  CHECK(metrics.of(Count::kDelivered).total == 2);
  CHECK(metrics.of(Count::kUnfinished).total == 0);
}

}  // namespace sim
