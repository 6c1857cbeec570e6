// The nemesis keeps its bounds, is drawn from the seed alone, and its demands can fail.
#include "sim/lab/nemesis.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/lab_faults.h"

namespace sim {
namespace {

using namespace std::chrono_literals;

env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

std::vector<const FaultInfo*> all_drawn() {
  std::vector<const FaultInfo*> all;
  for (const FaultInfo& info : faults()) {
    if (info.draw != nullptr) all.push_back(&info);
  }
  return all;
}

NemesisSpec spec_of(std::vector<const FaultInfo*> chosen) {
  NemesisSpec spec;
  spec.faults = std::move(chosen);
  spec.every = 1s;
  spec.lasting = 2s;
  spec.start = at(3s);
  spec.stop = at(20s);
  spec.recover_within = 60s;
  return spec;
}

struct Cluster {
  explicit Cluster(std::uint64_t seed) : lab({.seed = seed}) {
    lab.build_cluster({.brokers = 5});
    TopicSpec topic;
    topic.name = "orders";
    topic.partitions = 3;
    topic.replicas = 3;
    lab.declare_topic(std::move(topic));
    LoadSpec load;
    load.topic = "orders";
    load.gap = 20ms;
    lab.drive(lab.add_producer(kafka::Config(kafka::ConfigDef::producer())), std::move(load));
    lab.add_consumer(kafka::Config(kafka::ConfigDef::consumer()), "orders");
  }
  std::vector<std::string> schedule() const {
    std::vector<std::string> lines;
    for (const FaultRecord& record : lab.faults().records())
      lines.push_back(std::to_string(env::nanos(record.at)) + " " + record.name);
    return lines;
  }
  Lab lab;
};

}  // namespace

TEST_CASE(
    "5 brokers, all faults: the schedule is the seed's alone, and another seed's is another") {
  const auto schedule = [](std::uint64_t seed) {
    Cluster cluster(seed);
    cluster.lab.add_nemesis(spec_of(all_drawn()));
    cluster.lab.world().run_until(at(20s));
    return cluster.schedule();
  };
  const std::vector<std::string> first = schedule(7);
  CHECK(first.size() > 3);
  CHECK(schedule(7) == first);
  CHECK(schedule(8) != first);
}

TEST_CASE("5 brokers: never more down than the bound, never more at once, the controller stays") {
  const FaultInfo* kill = find_fault("kill");
  const FaultInfo* restart = find_fault("restart");
  const FaultInfo* shutdown = find_fault("shutdown");
  const FaultInfo* pause = find_fault("slow-cpu");
  std::size_t down_most = 0;
  std::size_t at_once_most = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Cluster cluster(seed);
    NemesisSpec spec = spec_of({kill, restart, shutdown, pause});
    spec.every = 200ms;
    spec.brokers_down_max = 2;
    spec.at_once_max = 3;
    spec.swarm = false;
    cluster.lab.add_nemesis(std::move(spec));
    for (env::Duration now = 3s; now < 20s; now += 50ms) {
      cluster.lab.world().run_until(at(now));
      const auto brokers = cluster.lab.brokers();
      const auto down = static_cast<std::size_t>(std::ranges::count_if(
          brokers, [](const Host* host) { return host->state() == HostState::kDown; }));
      std::size_t standing = 0;
      for (std::uint32_t i = 0; i < cluster.lab.faults().size(); ++i)
        standing += cluster.lab.faults().is_over(FaultId(i)) ? 0 : 1;
      REQUIRE(cluster.lab.controller().state() != HostState::kDown);
      down_most = std::max(down_most, down);
      at_once_most = std::max(at_once_most, standing);
    }
  }
  CHECK(down_most == 2);  // the bound is reached and not passed
  CHECK(at_once_most == 3);
}

TEST_CASE("5 brokers: at its end all is healed and started, and the cluster recovers") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Cluster cluster(seed);
    const Nemesis& nemesis = cluster.lab.add_nemesis(spec_of(all_drawn()));
    cluster.lab.world().run_until(at(20s));
    for (std::uint32_t i = 0; i < cluster.lab.faults().size(); ++i)
      CHECK(cluster.lab.faults().is_over(FaultId(i)));
    cluster.lab.world().run_until(at(80s));
    CHECK(nemesis.is_recovered());
    CHECK(nemesis.recovery_time() > env::Duration::zero());
    CHECK(cluster.lab.unmet_demands().empty());
    for (const Host* broker : cluster.lab.brokers()) CHECK(broker->state() == HostState::kUp);
  }
}

TEST_CASE("a swarm switches families on and off by the seed; without it all are on") {
  std::set<std::vector<std::string>> choices;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Lab lab({.seed = seed});
    lab.build_cluster({.brokers = 1});
    const Nemesis& nemesis = lab.add_nemesis(spec_of(all_drawn()));
    CHECK_FALSE(nemesis.families().empty());
    choices.insert(nemesis.families());
  }
  CHECK(choices.size() > 5);
  Lab lab({.seed = 1});
  lab.build_cluster({.brokers = 1});
  NemesisSpec spec = spec_of(all_drawn());
  spec.swarm = false;
  CHECK(lab.add_nemesis(std::move(spec)).families().size() == std::size(kFaultFamilies));
}

TEST_CASE("a broker that somebody else isolates: what is missing is named when time is up") {
  Cluster cluster(1);
  NemesisSpec spec = spec_of({find_fault("clock-drift")});
  spec.recover_within = 15s;
  cluster.lab.add_nemesis(std::move(spec));
  cluster.lab.world().run_until(at(5s));
  testing::inject(cluster.lab, "isolate-one",
                  FaultArgs()
                      .set("node", cluster.lab.broker(kafka::NodeId(2)).id())
                      .set("direction", std::string("both")));
  cluster.lab.world().run_until(at(60s));
  const std::vector<std::string> unmet = cluster.lab.unmet_demands();
  REQUIRE(unmet.size() == 1);
  CHECK(unmet[0] ==
        "15s after the nemesis had healed everything (at 20s), broker-2 is not back in service and "
        "in its ISRs");
}

TEST_CASE("producers and consumers that are cut off: no progress is a demand not met") {
  Cluster cluster(1);
  NemesisSpec spec = spec_of({find_fault("clock-drift")});
  spec.recover_within = 10s;
  cluster.lab.add_nemesis(std::move(spec));
  cluster.lab.world().run_until(at(10s));
  std::vector<HostId> brokers;
  for (const Host* broker : cluster.lab.brokers()) brokers.push_back(broker->id());
  std::vector<HostId> clients;
  for (const char* name : {"producer-1", "consumer-1"})
    clients.push_back(cluster.lab.world().find_host(name)->id());
  testing::cut(cluster.lab, clients, brokers);
  cluster.lab.world().run_until(at(40s));
  const std::vector<std::string> unmet = cluster.lab.unmet_demands();
  REQUIRE(unmet.size() == 2);
  CHECK(unmet[0].ends_with("no send to orders that was meant after it is acknowledged"));
  CHECK(unmet[1].ends_with("consumer-1 got no record"));
}

TEST_CASE("a run that ends before the nemesis does has proved nothing, and says so") {
  Cluster cluster(1);
  cluster.lab.add_nemesis(spec_of(all_drawn()));
  cluster.lab.world().run_until(at(10s));
  REQUIRE(cluster.lab.unmet_demands().size() == 1);
  CHECK(cluster.lab.unmet_demands()[0] ==
        "the run ended at 10s, before the nemesis was to stop at 20s");
}

TEST_CASE("the shortest and longest times that nemesis{ } takes: faults draw what they take") {
  for (const env::Duration lasting : {env::Duration(100ms), env::Duration(24h)}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Cluster cluster(seed);
      NemesisSpec spec = spec_of(all_drawn());
      spec.every = 100ms;
      spec.lasting = lasting;
      spec.at_once_max = 1000;
      spec.swarm = false;
      spec.stop = at(8s);
      const Nemesis& nemesis = cluster.lab.add_nemesis(std::move(spec));
      cluster.lab.world().run_until(at(8s));
      CHECK(nemesis.injected() > 5);
    }
  }
}

}  // namespace sim
