// Selectors name nodes by what they are at that moment.
#include "sim/lab/selectors.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/lab_faults.h"

namespace sim {
namespace {

using namespace std::chrono_literals;

class Selection {
 public:
  Selection() : lab({.seed = 1}) {
    lab.build_cluster({.brokers = 4, .racks = {"east", "west"}});
    TopicSpec topic;
    topic.name = "click-stream";  // with a dash of its own
    topic.replicas = 3;
    lab.declare_topic(std::move(topic));
    lab.add_producer(kafka::Config(kafka::ConfigDef::producer()));
    lab.world().run_until(env::Instant(3s));
  }
  std::string names(std::string_view selector) {
    const auto hosts = select_hosts(lab, selector, lab.faults().next_stream());
    if (!hosts.has_value()) {
      std::string text = "error: " + hosts.error().message;
      for (const std::string& name : hosts.error().nearest) text += " | " + name;
      return text;
    }
    std::string text;
    for (const HostId id : *hosts) text += (text.empty() ? "" : " ") + lab.world().host(id).name();
    return text;
  }
  Lab lab;
};

}  // namespace

TEST_CASE("4 brokers in 2 racks: names, groups, racks, parts of a partition") {
  Selection s;
  CHECK(s.names("broker-2") == "broker-2");
  CHECK(s.names("brokers") == "broker-1 broker-2 broker-3 broker-4");
  CHECK(s.names("controllers") == "controller-3000");
  CHECK(s.names("controller") == "controller-3000");
  CHECK(s.names("clients") == "admin-1 producer-1");
  CHECK(s.names("rack west") == "broker-2 broker-4");
  const kafka::TopicPartition partition{"click-stream", 0};
  const ClusterState::Partition& state = *s.lab.state().find(partition);
  CHECK(s.names("leader of click-stream-0") == s.lab.broker(*state.leader).name());
  CHECK(s.names("leader of click-stream-0") + " " + s.names("followers of click-stream-0") ==
        s.names("replicas of click-stream-0"));
  CHECK(s.names("isr of click-stream-0") == s.names("replicas of click-stream-0"));
}

TEST_CASE("a leader is looked up when it is asked for: after a kill there is none, then another") {
  Selection s;
  const std::string old = s.names("leader of click-stream-0");
  testing::inject_on(s.lab, "kill", *s.lab.world().find_host(old));
  s.lab.world().run_until(env::Instant(20s));
  const std::string now = s.names("leader of click-stream-0");
  CHECK(now != old);
  CHECK(now.starts_with("broker-"));
}

TEST_CASE("random draws one of several, from the fault's own stream") {
  Selection s;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) seen.insert(s.names("random brokers"));
  CHECK(seen == std::set<std::string>{"broker-1", "broker-2", "broker-3", "broker-4"});
}

TEST_CASE("what names nothing is told, with what is close") {
  Selection s;
  CHECK(s.names("broker-9").starts_with("error: no node \"broker-9\" | broker-"));
  CHECK(s.names("rack weest") == "error: no rack \"weest\" | west | east");
  CHECK(s.names("leader of click-strem-0") == "error: no topic \"click-strem\" | click-stream");
  CHECK(s.names("leader of click-stream-1") ==
        "error: topic click-stream has partitions 0 to 0, got 1");
  CHECK(s.names("leader of click-stream") ==
        "error: a partition is written \"topic-0\", got \"click-stream\"");
}

}  // namespace sim
