// A host with its disk: what a kill and what a power loss leave to the next incarnation.
#include <doctest/doctest.h>

#include "sim/disk/disk.h"
#include "tests/unit/core/fake_network.h"
#include "tests/unit/core/script_node.h"

namespace {

using namespace std::chrono_literals;
using env::Instant;
using sim::Host;
using sim::World;
using sim::test::FakeNetwork;
using sim::test::Script;
using sim::test::ScriptNode;

// Writes "acked" at each start, answers it from the page cache, never syncs. What the file held
// before is noted.
struct Machine {
  explicit Machine(std::uint64_t seed = 1) : world({.seed = seed}), network(world) {
    world.attach_network(network);
    script.on_start = [this](env::Env& e) {
      found.clear();
      for (const env::FileInfo& file : e.list()) found += file.name;
      const env::FileId file = e.open("log");
      e.read(file, 0, 100);
      e.write(file, 0, env::Bytes::copy_of(std::string_view("acked")));
      e.sync_dir();
    };
    script.on_disk = [this](env::Env&, env::DiskOpId, const env::DiskResult& result) {
      if (!result.data.empty()) found += "=" + std::string(result.data.contiguous().text());
    };
    sim::DiskOptions options;
    options.page_kept = options.page_torn = 0;  // every unsynced page is lost
    host =
        &world.add_host({.name = "broker",
                         .rack = "",
                         .node = [this] { return std::make_unique<ScriptNode>(script); },
                         .disk = std::make_unique<sim::Disk>(
                             world.scheduler(), world.streams().stream("disk/broker"), options)});
    host->start();
  }
  World world;
  FakeNetwork network;
  Script script;
  Host* host = nullptr;
  std::string found;
};

TEST_CASE("kill after a write that was never synced: the next incarnation reads it") {
  Machine machine;
  machine.world.run_until(Instant(1s));
  machine.host->kill();
  machine.host->start();
  machine.world.run_until(Instant(2s));
  CHECK(machine.found == "log=acked");
}

TEST_CASE(
    "power loss after a write that was never synced: the name is there, the content is gone") {
  Machine machine;
  machine.world.run_until(Instant(1s));
  machine.host->power_loss();
  machine.host->start();
  machine.world.run_until(Instant(2s));
  CHECK(machine.found == "log");
}

TEST_CASE("power loss of a machine whose process was killed before takes the page cache too") {
  Machine machine;
  machine.world.run_until(Instant(1s));
  machine.host->kill();
  CHECK(machine.host->power_loss());
  machine.host->start();
  machine.world.run_until(Instant(2s));
  CHECK(machine.found == "log");
}

TEST_CASE("wipe: the next incarnation finds an empty disk") {
  Machine machine;
  machine.world.run_until(Instant(1s));
  machine.host->wipe();
  machine.host->start();
  machine.world.run_until(Instant(2s));
  CHECK(machine.found == "");
}

TEST_CASE("disk operations that a killed incarnation left are not told to its successor") {
  Machine machine;
  machine.world.run_until(Instant(25us));  // the read is done, the write is not
  const auto before = machine.script.log.size();
  machine.host->kill();
  machine.world.run_until(Instant(1s));
  CHECK(machine.script.log.size() == before);
  machine.host->start();
  machine.world.run_until(Instant(2s));
  CHECK(machine.found == "log");
}

TEST_CASE("operations that end during a pause are told at the resume, in order") {
  Machine machine;
  machine.world.at(Instant(1us), [&] { machine.host->pause(500ms); });
  machine.world.run_until(Instant(1s));
  CHECK(machine.script.log ==
        std::vector<std::string>{"0 start", "500 disk 1", "500 disk 2", "500 disk 3"});
}

}  // namespace
