// What a start makes of files that are damaged: a node goes on or ends itself, as the table in
// broker-model/README.md says, and the simulator never crashes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "sim/disk/disk.h"
#include "sim/faults/nodes.h"
#include "sim/lab/lab.h"
#include "tests/support/lab_faults.h"

namespace sim {
namespace {

using namespace std::chrono_literals;

env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

struct Damaged final : RecorderListener {
  explicit Damaged(std::uint64_t seed, int controllers = 1)
      : lab({.seed = seed, .check_every_event = true}) {
    lab.build_cluster({.brokers = 3, .controllers = controllers});
    TopicSpec topic{.name = "orders", .partitions = 2, .replicas = 3};
    REQUIRE(topic.config.set("min.insync.replicas", "2").has_value());
    REQUIRE(topic.config.set("segment.ms", "1000").has_value());
    lab.declare_topic(std::move(topic));
    lab.set_listener(this);
    kafka::Config producer(kafka::ConfigDef::producer());
    REQUIRE(producer.set("acks", "all").has_value());
    lab.drive(lab.add_producer(std::move(producer)),
              {.topic = "orders", .gap = 20ms, .count = std::nullopt, .size = 100, .keys = 20});
    lab.world().run_until(at(6s));
  }
  void on_observed(const Member& source, const kafka::Observation& observation) override {
    if (const auto* halted = std::get_if<kafka::Halted>(&observation.what))
      reasons.push_back(fmt::format("{}: {}", source.name, halted->reason));
  }

  // In order, so that everything is on the platter; by force when no controller lets it go.
  void shut_down(Host& host) {
    testing::inject_on(lab, "shutdown", host);
    for (int i = 0; i < 100 && host.state() != HostState::kDown; ++i)
      lab.world().run_until(lab.world().now() + 100ms);
    if (host.state() != HostState::kDown) host.kill();
  }
  void restart(Host& host, env::Duration then = 5s) {
    lab.start(host);
    lab.world().run_until(lab.world().now() + then);
  }
  std::string reason() const { return reasons.empty() ? "" : reasons.front(); }

  Lab lab;
  std::vector<std::string> reasons;
};

// In place of the file's content, on the platter and in the cache. The process is down.
void overwrite(Damaged& run, Host& host, std::string_view name, std::string_view content) {
  Disk& disk = *disk_of(host);
  const env::FileId file = disk.open(name);
  disk.truncate(file, 0);
  disk.write(file, 0, env::Bytes::copy_of(content));
  disk.sync(file);
  disk.sync_dir();
  run.lab.world().run_until(run.lab.world().now() + 100ms);
}

TEST_CASE("damaged files of a broker: each is handled as Kafka handles it") {
  struct Row {
    std::string_view file;
    std::string_view content;
    std::string_view reason;  // "": it starts
  };
  for (const Row& row : std::initializer_list<Row>{
           {"meta.properties", "", "meta.properties has no version that is known"},
           {"meta.properties", "version=1\nnode.id=2\n", "meta.properties is not of this node"},
           {"meta.properties", "version=1\nnode.id=1\ncluster.id=other\n",
            "meta.properties is not of this cluster"},
           {".kafka_cleanshutdown", "{", ""},
           {"replication-offset-checkpoint", "0\n1\nnonsense\n",
            "all log directories have failed: replication-offset-checkpoint cannot be read"},
           {"recovery-point-offset-checkpoint", "7\n0\n",
            "all log directories have failed: recovery-point-offset-checkpoint cannot be read"},
           {"replication-offset-checkpoint", "", ""},
           {"orders-0/leader-epoch-checkpoint", "0\n2\n1 0\n",
            "all log directories have failed: orders-0, a file cannot be read"},
           {"__cluster_metadata-0/quorum-state", "{}", "the metadata log has failed"},
           {"__cluster_metadata-0/quorum-state", R"({"leaderEpoch":1,"data_version":9})",
            "the metadata log has failed"}}) {
    CAPTURE(row.file);
    CAPTURE(row.content);
    Damaged run(1);
    Host& broker = run.lab.broker(kafka::NodeId(1));
    run.shut_down(broker);
    overwrite(run, broker, row.file, row.content);
    run.restart(broker, 12s);
    const bool starts = row.reason.empty();
    CHECK(run.reason() == (starts ? "" : fmt::format("broker-1: {}", row.reason)));
    CHECK((broker.state() == HostState::kUp) == starts);
    if (starts) CHECK(run.lab.is_unfenced(broker));
  }
}

TEST_CASE("damaged quorum-state of a controller: it does not start; the other two go on") {
  Damaged run(1, 3);
  Host& controller = run.lab.controller();
  run.shut_down(controller);
  overwrite(run, controller, "__cluster_metadata-0/quorum-state", "\x01\x02");
  run.restart(controller);
  CHECK(controller.state() == HostState::kDown);
  CHECK(run.reason() == controller.name() + ": the metadata log has failed");
  CHECK(run.lab.controller().name() != controller.name());
}

// One file of a host that is down, in one of five ways.
void damage(Damaged& run, Host& host, env::Rng& rng) {
  Disk& disk = *disk_of(host);
  const std::vector<env::FileInfo> files = disk.list();
  const env::FileInfo& file = files[rng.below(files.size())];
  CAPTURE(file.name);
  const env::FileId id = disk.open(file.name);
  switch (rng.below(5)) {
    case 0:
      for (int i = 0; i < 100 && file.size > 0; ++i)
        disk.flip_bit(file.name, rng.between(std::int64_t{0}, file.size - 1),
                      static_cast<int>(rng.below(8)));
      break;
    case 1:
      if (file.size > 0)
        disk.flip_bit(file.name, rng.between(std::int64_t{0}, file.size - 1),
                      static_cast<int>(rng.below(8)));
      break;
    case 2: disk.truncate(id, rng.between(std::int64_t{0}, file.size)); break;
    case 3: {
      std::string noise;
      for (std::uint64_t left = rng.below(300); left > 0; --left)
        noise += static_cast<char>(rng.below(256));
      disk.write(id, rng.between(std::int64_t{0}, file.size), env::Bytes::copy_of(noise));
      break;
    }
    default: disk.remove(file.name); break;
  }
  run.lab.world().run_until(run.lab.world().now() + 100ms);
}

TEST_CASE("random damage to any file between two runs: nodes halt or go on, nothing crashes") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Damaged run(seed, seed % 3 == 0 ? 3 : 1);
    env::Rng rng(seed);
    for (int round = 0; round < 3; ++round) {
      std::vector<Host*> servers = run.lab.brokers();
      servers.insert(servers.end(), run.lab.controllers().begin(), run.lab.controllers().end());
      Host& host = *servers[rng.below(servers.size())];
      if (host.state() == HostState::kUp) {
        if (rng.chance(1, 2)) {
          run.shut_down(host);
        } else {
          host.kill();
        }
      }
      for (std::uint64_t times = 1 + rng.below(3); times > 0; --times) damage(run, host, rng);
      run.restart(host, 12s);
    }
    run.lab.finish();
  }
}

}  // namespace
}  // namespace sim
