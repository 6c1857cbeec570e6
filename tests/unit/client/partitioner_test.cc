#include "broker-model/client/producer/partitioner.h"

#include <doctest/doctest.h>

#include <map>
#include <string_view>

#include "broker-model/client/producer/murmur2.h"

namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("murmur2: the values of Kafka's UtilsTest") {
  CHECK(kafka::murmur2(bytes("21")) == -973932308);
  CHECK(kafka::murmur2(bytes("foobar")) == -790332482);
  CHECK(kafka::murmur2(bytes("a-little-bit-long-string")) == -985981536);
  CHECK(kafka::murmur2(bytes("a-little-bit-longer-string")) == -1486304829);
  CHECK(kafka::murmur2(bytes("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
  CHECK(kafka::murmur2(bytes("abc")) == 479470107);
}

TEST_CASE("a key's partition: a negative hash is made positive by its mask") {
  CHECK(kafka::partition_for_key(bytes("foobar"), 3) == (-790332482 & 0x7fffffff) % 3);
}

TEST_CASE("sticky partitioner: stays until batch.size bytes, leaves only full batches behind") {
  env::Rng rng(7);
  kafka::BuiltInPartitioner partitioner(100);
  const kafka::TopicShape topic{.partition_count = 50, .available = {}};
  const std::int32_t first = partitioner.current(topic, rng);
  CHECK_FALSE(partitioner.record_appended(99, true, topic, rng));
  CHECK_FALSE(partitioner.record_appended(50, false, topic, rng));  // its batch is not full
  CHECK(partitioner.current(topic, rng) == first);
  CHECK(partitioner.record_appended(0, true, topic, rng));
  const std::uint64_t draws = rng.draws();
  partitioner.current(topic, rng);
  CHECK(rng.draws() == draws);                                 // a drawn partition is kept
  CHECK(partitioner.record_appended(200, false, topic, rng));  // twice as much: in any case
}

TEST_CASE("sticky partitioner: partitions without a leader are left out") {
  env::Rng rng(7);
  kafka::BuiltInPartitioner partitioner(1);
  const kafka::TopicShape topic{.partition_count = 3, .available = {2}};
  for (int i = 0; i < 20; ++i) {
    CHECK(partitioner.current(topic, rng) == 2);
    partitioner.record_appended(10, true, topic, rng);
  }
}

TEST_CASE("adaptive partitioner: queues of 0, 3 and 1 batches weigh 4, 1 and 3") {
  env::Rng rng(7);
  kafka::BuiltInPartitioner partitioner(1);
  const kafka::BuiltInPartitioner::Load loads[] = {{0, 0}, {1, 3}, {2, 1}};
  partitioner.update_loads(loads, 3);
  REQUIRE(partitioner.is_adaptive());
  const kafka::TopicShape topic{.partition_count = 3, .available = {0, 1, 2}};
  std::map<std::int32_t, int> counts;
  for (int i = 0; i < 8000; ++i) {
    ++counts[partitioner.current(topic, rng)];
    partitioner.record_appended(10, true, topic, rng);
  }
  CHECK(counts[0] > 3800);
  CHECK(counts[0] < 4200);
  CHECK(counts[1] > 850);
  CHECK(counts[1] < 1150);
  const kafka::BuiltInPartitioner::Load equal[] = {{0, 2}, {1, 2}, {2, 2}};
  partitioner.update_loads(equal, 3);
  CHECK_FALSE(partitioner.is_adaptive());
}
