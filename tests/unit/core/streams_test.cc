#include "sim/core/streams.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "sim/core/distributions.h"

namespace {

using namespace std::chrono_literals;
using sim::Constant;
using sim::Distribution;
using sim::Exponential;
using sim::Streams;
using sim::Uniform;

std::vector<std::int64_t> draws(std::uint64_t seed, std::string_view name, const Distribution& d) {
  Streams streams(seed);
  std::vector<std::int64_t> result;
  for (int i = 0; i < 5; ++i) result.push_back(d.draw(streams.stream(name)).count());
  return result;
}

TEST_CASE("golden: the first draws of a stream depend on seed and name alone") {
  Streams streams(1);
  env::Rng& rng = streams.stream("net/1-2");
  CHECK(rng.next() == 0xf3d425e417598648u);
  CHECK(rng.next() == 0x7873765a1e816237u);
  CHECK(rng.next() == 0xb64fc89702a7b40bu);
  CHECK(rng.next() == 0xaec5fa9f1603bdddu);
  CHECK(streams.stream("disk/1").next() == 0x6d773c39ade9f5fau);
  CHECK(Streams(2).stream("net/1-2").next() == 0x873c27bca8258e45u);
}

TEST_CASE("golden: the first draws of each distribution") {
  using Golden = std::vector<std::int64_t>;
  CHECK(draws(1, "c", Constant{5ms}) == Golden{5000000, 5000000, 5000000, 5000000, 5000000});
  CHECK(draws(1, "u", Uniform{1ms, 2ms}) == Golden{1505754, 1597233, 1089540, 1221515, 1908139});
  CHECK(draws(1, "e", Exponential{1ms, 0ms}) == Golden{128746, 944065, 205282, 1728941, 1371744});
  CHECK(draws(1, "es", Exponential{1ms, 10ms}) ==
        Golden{10154200, 10758935, 12431222, 10094374, 11004315});
}

TEST_CASE("exponential: mean, second moment and tail are those of the distribution") {
  env::Rng rng(7);
  constexpr int kDraws = 1'000'000;
  std::int64_t sum = 0;
  std::int64_t sum_of_squares = 0;  // in units of 1e-6 of the mean's square
  int beyond_three = 0;
  const Distribution d = Exponential{1ms, 0ms};
  for (int i = 0; i < kDraws; ++i) {
    const std::int64_t x = d.draw(rng).count();
    sum += x;
    sum_of_squares += x * x / 1'000'000;
    beyond_three += x > 3'000'000 ? 1 : 0;
  }
  CHECK(rng.draws() == kDraws);
  CHECK(std::abs(sum / kDraws - 1'000'000) < 4'000);
  CHECK(std::abs(sum_of_squares / kDraws - 2'000'000) < 20'000);
  CHECK(std::abs(beyond_three - 49'787) < 800);
}

TEST_CASE("streams: a new stream, or a further draw of one, moves no other") {
  Streams plain(1);
  const std::uint64_t first = plain.stream("node/b").next();
  const std::uint64_t second = plain.stream("node/b").next();
  Streams busy(1);
  busy.stream("node/a").next();
  CHECK(busy.stream("node/b").next() == first);
  busy.stream("node/c").next();
  busy.stream("node/a").next();
  CHECK(busy.stream("node/b").next() == second);
}

TEST_CASE("streams: draws are listed in order of names and change the digest, unused ones do not") {
  Streams streams(1);
  streams.stream("z").next();
  streams.stream("a").next();
  streams.stream("a").next();
  std::vector<std::pair<std::string, std::uint64_t>> listed;
  streams.for_each(
      [&](std::string_view name, std::uint64_t count) { listed.emplace_back(name, count); });
  CHECK(listed == std::vector<std::pair<std::string, std::uint64_t>>{{"a", 2}, {"z", 1}});

  const auto digest = [&] {
    sim::Digest d;
    streams.add_to(d);
    return d.value();
  };
  const std::uint64_t before = digest();
  streams.stream("unused");
  CHECK(digest() == before);
  streams.stream("unused").next();
  CHECK(digest() != before);
}

TEST_CASE("hash of a rope: the same however it is cut") {
  std::string content(5000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{900}, content.size()}) {
    const env::Bytes whole = env::Bytes::copy_of(std::string_view(content).substr(0, size));
    env::Rope cut;
    for (std::size_t at = 0; at < size; at += 7)
      cut.append(whole.slice(at, std::min<std::size_t>(7, size - at)));
    CHECK(sim::hash_rope(cut) == sim::hash_rope(env::Rope(whole)));
    CHECK(sim::hash_rope(cut) == sim::hash_text(std::string_view(content).substr(0, size)));
  }
}

TEST_CASE("decisions: a decided draw is what was said, and moves no other") {
  Streams plain(1);
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 6; ++i) expected.push_back(plain.stream("net/1-2").next());
  sim::Decisions decisions;
  decisions.set("net/1-2", 0, 7);
  decisions.set("net/1-2", 3, UINT64_MAX);
  Streams decided(1, decisions);
  expected[0] = 7;
  expected[3] = UINT64_MAX;
  for (const std::uint64_t value : expected) CHECK(decided.stream("net/1-2").next() == value);
  CHECK(decided.stream("net/1-2").draws() == expected.size());
  CHECK(decided.stream("disk/1").next() == Streams(1).stream("disk/1").next());
  CHECK(decided.unused_decisions().empty());
}

TEST_CASE("decisions: half of 2^64 is the middle of what is drawn from") {
  const auto decisions = sim::Decisions::parse("a 0 0.5\na 1 0.999999\nu 0 0.25\n");
  REQUIRE(decisions.has_value());
  Streams streams(1, *decisions);
  CHECK(streams.stream("a").below(10) == 5);
  CHECK(streams.stream("a").below(10) == 9);
  CHECK(Distribution(Uniform{1ms, 2ms}).draw(streams.stream("u")) == 1250us);
}

TEST_CASE("decisions: those that come to nothing are named") {
  sim::Decisions decisions;
  decisions.set("a", 2, 0);
  decisions.set("b", 0, 0);
  Streams streams(1, decisions);
  streams.stream("a").next();
  CHECK(streams.unused_decisions() ==
        std::vector<std::string>{"draw 2 of a: the run made 1 draws of it",
                                 "draw 0 of b: the run has no such stream"});
}

TEST_CASE("decisions: a watch is told every draw, decided ones as decided") {
  class Watch final : public sim::DrawWatch {
   public:
    bool watches(std::string_view stream) override { return stream == "a"; }
    void on_draw(std::string_view stream, std::uint64_t index, std::uint64_t value) override {
      lines.push_back(sim::decision_line(stream, index, value));
    }
    std::vector<std::string> lines;
  } watch;
  sim::Decisions decisions;
  decisions.set("a", 1, 255);
  Streams streams(1, decisions, &watch);
  for (int i = 0; i < 3; ++i) streams.stream("a").next();
  streams.stream("b").next();
  REQUIRE(watch.lines.size() == 3);
  CHECK(watch.lines[0] == sim::decision_line("a", 0, Streams(1).stream("a").next()));
  CHECK(watch.lines[1] == "a 1 0x00000000000000ff");
}

TEST_CASE("decisions: their text comes back as it was, and what is none is refused with its line") {
  sim::Decisions decisions;
  decisions.set("net/a b-c", 3, 17);  // a name may hold blanks
  decisions.set("disk/1", 0, UINT64_MAX);
  decisions.set("disk/1", 12, 0);
  const auto again = sim::Decisions::parse("# kept by hand\n\n" + decisions.text());
  REQUIRE(again.has_value());
  CHECK(*again == decisions);

  const auto complaint = [](std::string_view text) {
    const auto parsed = sim::Decisions::parse(text);
    REQUIRE(!parsed.has_value());
    return parsed.error();
  };
  CHECK(complaint("a 1 0.5\na 1") ==
        "line 2: expected a stream, the number of a draw and a value, \"disk/broker-1 17 0.5\"");
  CHECK(complaint("a one 0.5") ==
        "line 1: the number of a draw is a whole one from 0, not \"one\"");
  CHECK(complaint("a 1 1.5") ==
        "line 1: a value is 0x and up to 16 hex digits, or a fraction from 0 to below 1 with up to "
        "12 digits, not \"1.5\"");
  CHECK(complaint("a 1 0x11111111111111111").starts_with("line 1: a value is"));
  CHECK(complaint("a 1 0.5\na 1 0.25") == "line 2: draw 1 of a is decided twice");
}

}  // namespace
