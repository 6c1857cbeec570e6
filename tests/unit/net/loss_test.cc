#include "sim/net/loss.h"

#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

constexpr std::uint32_t kAll = 1'000'000;

TEST_CASE("loss: ratios, alone and together") {
  CHECK(LossRatio().is_zero());
  CHECK(LossRatio::parts_per_million(0).is_zero());
  const LossRatio half = LossRatio::parts_per_million(500'000);
  CHECK(half.chance_of_all(1, 1) == LossRatio::kOne / 2);
  CHECK(half.chance_of_all(2, 1) == LossRatio::kOne / 4);
  CHECK(half.chance_of_all(1, 2) == LossRatio::kOne / 4 * 3);
  CHECK(half.with(half).chance_of_all(1, 1) == LossRatio::kOne / 4);
  CHECK(LossRatio::parts_per_million(kAll).chance_of_all(1, 100) == 0);
}

TEST_CASE("loss: draws as often as the ratio says, and few numbers for large frames") {
  env::Rng rng(1);
  const LossRatio one_percent = LossRatio::parts_per_million(10'000);
  std::uint64_t hit = 0;
  std::uint64_t twice = 0;
  std::uint64_t fast = 0;
  constexpr int kFrames = 100'000;
  for (int i = 0; i < kFrames; ++i) {
    const LossDraw draw = draw_loss(one_percent, 10, 16, rng);
    hit += draw.lost > 0 ? 1 : 0;
    twice += draw.lost > 1 ? 1 : 0;
    fast += draw.is_fast ? 1 : 0;
  }
  CHECK(hit == doctest::Approx(9562).epsilon(0.03));   // 1 - 0.99^10
  CHECK(twice == doctest::Approx(100).epsilon(0.3));   // 1 - (1 - 0.0001)^10
  CHECK(fast == doctest::Approx(6592).epsilon(0.03));  // none of the last three
  CHECK(rng.draws() == kFrames + hit);
  env::Rng golden(7);
  std::string drawn;
  for (int i = 0; i < 12; ++i)
    drawn += std::to_string(draw_loss(LossRatio::parts_per_million(600'000), 2, 16, golden).lost);
  CHECK(drawn == "013272319001");
}

TEST_CASE("loss: a lost frame comes with the time-out, what follows waits for it") {
  Pair net;
  const RuleHandle loss = net.network.lose_packets({net.a.id}, {net.b.id}, kAll);
  net.send(net.from_a, "one");
  net.run_until(100ms);
  net.network.heal(loss);
  net.send(net.from_a, "two");
  net.run_until(209ms);
  CHECK(net.b.story().empty());
  net.run_until(1s);
  CHECK(net.b.story() == "one two");
  CHECK(net.b.when("one") == 211ms);
  CHECK(net.network.counts(loss).frames_lost == 1);
  CHECK(net.network.counts(loss).losses == 1);
  CHECK(net.network.counts().retransmissions == 1);
  CHECK(net.scheduler.pending() == 0u);
}

TEST_CASE("loss: time-outs double, and after 15 in a row the sender is told of a reset") {
  Pair net;
  const RuleHandle loss =
      net.network.lose_packets({net.a.id}, {net.b.id}, kAll, Direction::kForward);
  net.send(net.from_a, "lost");
  net.run_until(1h);
  CHECK(net.a.story() == "reset");
  CHECK(net.a.when("reset") == 10ms + 924'600ms);
  CHECK(net.b.story().empty());
  CHECK(net.network.counts(loss).losses == 16);
  CHECK(net.network.counts(loss).frames_lost == 1);
}

TEST_CASE("loss: a frame of many segments is sent again fast, after one round trip") {
  Pair net;
  // With 1 % over 700 segments, something is lost nearly always, and mostly not at the end.
  const RuleHandle loss = net.network.lose_packets({net.a.id}, {net.b.id}, 10'000);
  const std::string megabyte(1'000'000, 'x');
  std::uint64_t fast = 0;
  for (int i = 0; i < 20; ++i) {
    const env::Duration start = net.scheduler.now().time_since_epoch();
    net.send(net.from_a, megabyte);
    net.run_for(10s);
    const env::Duration took = net.b.log.back().when - start;
    if (took == 3ms) ++fast;
    CHECK(took >= 3ms);
  }
  CHECK(net.b.log.size() == 20);
  CHECK(fast >= 12);
  CHECK(fast < 20);
  CHECK(net.network.counts(loss).frames_lost == 20);
  CHECK(net.network.counts(loss).losses >= 20);
}

TEST_CASE("loss: SYNs are sent again after 1, 3, 7 s") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  SUBCASE("the SYN is lost") {
    const RuleHandle loss = net.network.lose_packets({a.id}, {b.id}, kAll, Direction::kForward);
    net.connect(a, "b");
    net.run_until(2s);
    CHECK(net.network.counts(loss).connects_unanswered == 1);
    CHECK(net.network.counts(loss).losses == 2);
    net.network.heal(loss);
  }
  SUBCASE("its answer is lost") {
    const RuleHandle loss = net.network.lose_packets({b.id}, {a.id}, kAll, Direction::kForward);
    net.connect(a, "b");
    net.run_until(2s);
    net.network.heal(loss);
  }
  net.run_until(1min);
  CHECK(a.story() == "connected");
  CHECK(b.story() == "accepted");
  CHECK(a.when("connected") == 3s + 2ms);
}

TEST_CASE("loss: a killed sender sends nothing again; its lost reset is sent when asked for") {
  Pair net;
  const RuleHandle loss =
      net.network.lose_packets({net.a.id}, {net.b.id}, kAll, Direction::kForward);
  net.send(net.from_a, "lost");
  net.network.host_killed(net.a.id);
  CHECK(net.network.counts(loss).resets_eaten == 1);
  net.run_until(1min);
  net.network.heal(loss);
  net.run_until(2min);
  CHECK(net.b.story().empty());
  net.send(net.from_b, "anybody there");
  net.run_until(3min);
  CHECK(net.b.story() == "reset");
}

TEST_CASE("loss and a cut: what was lost is held by the cut, and comes after it") {
  Pair net;
  const RuleHandle loss = net.network.lose_packets({net.a.id}, {net.b.id}, kAll);
  net.send(net.from_a, "x");
  net.run_until(100ms);
  net.network.heal(loss);
  const RuleHandle cut = net.cut();
  net.run_until(500ms);
  net.network.heal(cut);
  net.run_until(5s);
  CHECK(net.b.when("x") == 611ms);  // retransmissions at 210 and 610 ms
}

TEST_CASE("loss of a link of the topology needs no rule") {
  LinkDirection lossy = exact(1ms);
  lossy.loss_ppm = 300'000;
  TestNet net{Topology(lossy)};
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId socket = net.connect(a, "b");
  net.run_until(2min);
  for (int i = 0; i < 100; ++i) net.send(socket, std::to_string(i));
  net.run_until(30min);
  CHECK(net.network.counts().retransmissions > 10);
  REQUIRE(b.log.size() == 101);
  for (int i = 0; i < 100; ++i)
    CHECK(b.log[static_cast<std::size_t>(i) + 1].what == std::to_string(i));
}

}  // namespace
}  // namespace sim::net_test
