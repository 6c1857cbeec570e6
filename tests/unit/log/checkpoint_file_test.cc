#include <doctest/doctest.h>

#include "broker-model/log/checkpoint_file.h"
#include "tests/support/fake_env.h"

using namespace kafka;

namespace {

// Completes `steps` disk operations.
void complete(test::FakeEnv& env, CheckpointWriter& writer, int steps) {
  for (int i = 0; i < steps; ++i) {
    env.complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
      CHECK(writer.on_disk(env, op, result));
    });
  }
}

}  // namespace

TEST_CASE("checkpoint file, power loss at each step: the name holds the old content or the new") {
  const int steps_of_a_write = 4;  // truncate, write, sync, sync of the directory
  for (int steps = 0; steps <= steps_of_a_write; ++steps) {
    CAPTURE(steps);
    test::FakeDisk disk;
    test::FakeEnv env(disk);
    CheckpointWriter writer("checkpoint");
    writer.write(env, "old");
    complete(env, writer, steps_of_a_write);
    REQUIRE(writer.is_idle());
    writer.write(env, "newer");
    complete(env, writer, steps);
    CHECK(writer.is_idle() == (steps == steps_of_a_write));
    disk.lose_power();
    CHECK(disk.text("checkpoint") == (steps == steps_of_a_write ? "newer" : "old"));
  }
}

TEST_CASE("checkpoint file: writes that wait collapse into the newest") {
  test::FakeDisk disk;
  test::FakeEnv env(disk);
  CheckpointWriter writer("checkpoint");
  writer.write(env, "one");
  writer.write(env, "two");
  writer.write(env, "three");
  complete(env, writer, 4);
  CHECK(disk.text("checkpoint") == "one");
  CHECK_FALSE(writer.is_idle());
  complete(env, writer, 4);
  CHECK(disk.text("checkpoint") == "three");
  CHECK(writer.is_idle());
  CHECK(writer.writes_done() == 2);
  CHECK_FALSE(disk.exists("checkpoint.tmp"));
}

TEST_CASE("checkpoint file: a failed write leaves the old content, and the next one succeeds") {
  test::FakeDisk disk;
  test::FakeEnv env(disk);
  CheckpointWriter writer("checkpoint");
  writer.write(env, "old");
  complete(env, writer, 4);
  writer.write(env, "lost");
  complete(env, writer, 1);
  env.next_error = env::DiskError::kFull;
  complete(env, writer, 1);
  CHECK(writer.has_failed());
  CHECK(writer.is_idle());
  CHECK(disk.text("checkpoint") == "old");
  writer.write(env, "x");
  complete(env, writer, 4);
  CHECK(disk.text("checkpoint") == "x");
  CHECK_FALSE(writer.has_failed());
}

TEST_CASE("offset checkpoints have Kafka's text and refuse what is malformed") {
  const OffsetCheckpoint offsets{{{"orders", 0}, 17}, {{"orders", 10}, 0}, {{"a", 2}, 5}};
  const std::string text = format_offset_checkpoint(offsets);
  CHECK(text == "0\n3\na 2 5\norders 0 17\norders 10 0\n");
  CHECK(parse_offset_checkpoint(text) == offsets);
  CHECK(parse_offset_checkpoint("") == OffsetCheckpoint{});
  CHECK(parse_offset_checkpoint("1\n0\n").error() == "unknown checkpoint version 1, expected 0");
  CHECK(parse_offset_checkpoint("0\n2\na 2 5\n").error() == "expected 2 entries, found 1");
  CHECK(parse_offset_checkpoint("0\n1\na 2\n").error() ==
        "malformed line in an offset checkpoint: \"a 2\"");
  CHECK_FALSE(parse_offset_checkpoint("zero\n").has_value());
  CHECK_FALSE(parse_offset_checkpoint("0\n-1\n").has_value());
}

TEST_CASE("properties round-trip, with comments and both separators") {
  const Properties properties{{"node.id", "1"}, {"version", "1"}};
  CHECK(format_properties(properties) == "node.id=1\nversion=1\n");
  CHECK(parse_properties("#\n# Kafka\nnode.id = 1\r\nversion: 1\n") == properties);
  CHECK(parse_properties("flag\n") == Properties{{"flag", ""}});
}
