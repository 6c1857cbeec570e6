#include <doctest/doctest.h>

#include <set>

#include "broker-model/types/observation.h"

namespace kafka {
namespace {

SendAcked acked() {
  return {.tag = 1,
          .partition = {"orders", 0},
          .offset = 5,
          .content = 7,
          .acks = -1,
          .intended = Instant(3s)};
}

BecameLeader leader(std::span<const NodeId> isr) {
  return {.partition = {"orders", 0},
          .leader_epoch = LeaderEpoch(1),
          .partition_epoch = PartitionEpoch(2),
          .log_end_offset = 3,
          .high_watermark = 4,
          .isr = isr};
}

TEST_CASE("the hash of an observation changes with any of its fields, and with its kind") {
  std::set<std::uint64_t> hashes;
  const auto differs = [&hashes](const Observation& o) { return hashes.insert(hash(o)).second; };
  const auto change = [&](auto what, auto edit) {
    edit(what);
    return differs(what);
  };
  CHECK(differs(acked()));
  CHECK_FALSE(differs(acked()));
  CHECK(change(acked(), [](auto& o) { o.tag = 2; }));
  CHECK(change(acked(), [](auto& o) { o.partition.topic = "other"; }));
  CHECK(change(acked(), [](auto& o) { o.partition.partition = 1; }));
  CHECK(change(acked(), [](auto& o) { o.offset = 6; }));
  CHECK(change(acked(), [](auto& o) { o.offset.reset(); }));
  CHECK(change(acked(), [](auto& o) { o.content = 8; }));
  CHECK(change(acked(), [](auto& o) { o.acks = 1; }));
  CHECK(change(acked(), [](auto& o) { o.intended += 1ns; }));

  const NodeId isr[] = {NodeId(1), NodeId(2)};
  const NodeId turned[] = {NodeId(2), NodeId(1)};
  CHECK(differs(leader(isr)));
  CHECK(differs(leader(turned)));
  CHECK(differs(leader(std::span(isr).first(1))));
  CHECK(change(leader(isr), [](auto& o) { o.leader_epoch = LeaderEpoch(9); }));
  CHECK(change(leader(isr), [](auto& o) { o.partition_epoch = PartitionEpoch(9); }));
  CHECK(change(leader(isr), [](auto& o) { o.log_end_offset = 9; }));
  CHECK(change(leader(isr), [](auto& o) { o.high_watermark = 9; }));

  const env::Bytes body = env::Bytes::copy_of("abc");
  const env::Bytes flipped = env::Bytes::copy_of("abd");
  CHECK(differs(RecordsAppended{.partition = {"t", 0}, .batch_epoch = {}, .body = &body}));
  CHECK(differs(RecordsAppended{.partition = {"t", 0}, .batch_epoch = {}, .body = &flipped}));
  // Same fields, another kind.
  CHECK(differs(LogTruncated{.partition = {"t", 0}, .old_end_offset = 1, .new_end_offset = 2}));
  CHECK(differs(LogStartMoved{.partition = {"t", 0}, .log_start_offset = 1}));
}

TEST_CASE("an observation as text says kind and fields") {
  CHECK(to_string(Observation(acked())) ==
        "acked tag=1 partition=orders-0 offset=5 content=7 acks=-1 intended=3000000000ns");
  const NodeId isr[] = {NodeId(1), NodeId(2)};
  CHECK(to_string(Observation(leader(isr))) ==
        "became-leader partition=orders-0 leader_epoch=1 partition_epoch=2 log_end_offset=3 "
        "high_watermark=4 isr=[1,2]");
}

TEST_CASE("content tells an absent key from an empty one, and key from value") {
  const std::uint8_t bytes[] = {1, 2};
  const std::span<const std::uint8_t> some(bytes);
  const std::span<const std::uint8_t> none;
  CHECK(content_hash({}, some) != content_hash(none, some));
  CHECK(content_hash(some, none) != content_hash(none, some));
  CHECK(content_hash(some, some) == content_hash(some, some));
}

}  // namespace
}  // namespace kafka
