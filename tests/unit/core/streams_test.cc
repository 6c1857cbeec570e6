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

}  // namespace
