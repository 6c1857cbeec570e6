#include "sim/core/distributions.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/core/distribution_text.h"
#include "sim/core/fixed_math.h"
#include "sim/core/streams.h"

namespace {

using namespace std::chrono_literals;
using sim::Distribution;
using sim::distribution_text;
using sim::Empirical;
using sim::LogNormal;
using sim::Pareto;
using sim::parse_distribution;
using sim::parse_samples;

std::string draws(std::string_view name, const Distribution& d) {
  sim::Streams streams(1);
  std::string result;
  for (int i = 0; i < 5; ++i)
    result += fmt::format("{}{}", i > 0 ? " " : "", d.draw(streams.stream(name)).count());
  return result;
}

// Of 200,000 draws: the mean, and the value that so many thousandths are below.
struct Measured {
  explicit Measured(const Distribution& d) {
    env::Rng rng(7);
    for (int i = 0; i < 200'000; ++i) values.push_back(d.draw(rng).count());
    std::sort(values.begin(), values.end());
  }
  double quantile(std::size_t thousandths) const {
    return static_cast<double>(values[values.size() * thousandths / 1000]);
  }
  double mean() const {
    double sum = 0;
    for (const std::int64_t value : values) sum += static_cast<double>(value);
    return sum / static_cast<double>(values.size());
  }
  std::vector<std::int64_t> values;
};

doctest::Approx about(double value, double epsilon = 0.01) {
  return doctest::Approx(value).epsilon(epsilon);
}

TEST_CASE("golden: the first draws of log-normal, Pareto and empirical distributions") {
  CHECK(draws("ln", LogNormal::of_p99(20ms, 80ms)) ==
        "20543416 13959465 3333202 14968476 17433808");
  CHECK(draws("p", Pareto{1ms, 1500, 2s}) == "1019244 1049635 6608300 10375856 53979648");
  CHECK(draws("e", Empirical::of({{3ms, 1}, {1ms, 2}, {7ms, 1}})) ==
        "7000000 1000000 7000000 1000000 1000000");
}

TEST_CASE("fixed point: logarithms and powers against what they should be") {
  constexpr double kOne = static_cast<double>(std::uint64_t{1} << sim::kLogBits);
  CHECK(static_cast<double>(sim::log_of_ratio(80, 20)) / kOne == about(1.3862944, 1e-5));
  CHECK(sim::log_of_ratio(5, 5) == 0);
  CHECK(static_cast<double>(sim::log_of_ratio(UINT64_MAX, 1)) / kOne == about(44.361420, 1e-5));
  const auto e_to = [](double x) {
    return sim::exp_of(static_cast<std::int64_t>(x * kOne), 1'000'000'000);
  };
  CHECK(e_to(0) == 1'000'000'000);
  CHECK(static_cast<double>(e_to(1)) == about(2718281828.459, 1e-8));
  CHECK(static_cast<double>(e_to(-2.5)) == about(82084998.62, 1e-7));
  CHECK(static_cast<double>(e_to(20)) == about(4.8516519540979e17, 1e-8));
  CHECK(e_to(30) == INT64_MAX);
  CHECK(e_to(1000) == INT64_MAX);
  CHECK(e_to(-100) == 0);
}

TEST_CASE("normal: two draws each, moments and tails are those of the distribution") {
  env::Rng rng(3);
  constexpr int kDraws = 400'000;
  double sum = 0;
  double squares = 0;
  int beyond_two = 0;
  int beyond_four = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = static_cast<double>(sim::draw_standard_normal(rng)) /
                     static_cast<double>(std::uint64_t{1} << sim::kLogBits);
    sum += x;
    squares += x * x;
    beyond_two += x > 2 ? 1 : 0;
    beyond_four += x > 4 || x < -4 ? 1 : 0;
  }
  CHECK(rng.draws() == 2 * kDraws);
  CHECK(std::abs(sum / kDraws) < 0.005);
  CHECK(squares / kDraws == about(1));
  CHECK(beyond_two == about(kDraws * 0.02275, 0.04));
  CHECK(beyond_four > 8);  // 25 are expected
  CHECK(beyond_four < 50);
}

TEST_CASE("log-normal: median, p99 and mean are those asked for") {
  const Distribution d = LogNormal::of_p99(20ms, 80ms);
  const Measured measured(d);
  CHECK(measured.quantile(500) == about(20e6));
  CHECK(measured.quantile(990) == about(80e6, 0.03));
  CHECK(measured.mean() == about(static_cast<double>(d.mean().count())));
  CHECK(static_cast<double>(d.mean().count()) == about(23.88e6));
  CHECK(draws("x", LogNormal::of_p99(5ms, 5ms)) == draws("x", sim::Constant{5ms}));
}

TEST_CASE("Pareto: quantiles, both ends and the mean, of light and heavy tails") {
  const Distribution d = Pareto{1ms, 1500, 2s};
  const Measured measured(d);
  CHECK(measured.quantile(500) == about(1.5874e6));
  CHECK(measured.quantile(990) == about(21.5e6, 0.04));
  CHECK(measured.values.front() >= 1'000'000);
  CHECK(measured.values.back() <= 2'000'000'000);
  for (const std::uint32_t shape : {500u, 1000u, 1100u, 1500u, 3000u}) {
    const Distribution other = Pareto{1ms, shape, 1s};
    CHECK(Measured(other).mean() == about(static_cast<double>(other.mean().count()), 0.05));
  }
  CHECK(Distribution(Pareto{5ms, 1000, 5ms}).mean() == 5ms);
  CHECK(Distribution(Pareto{1ns, 1, 1h}).mean() > 1s);  // all magnitudes alike
}

TEST_CASE("empirical: each sample as often as it was seen") {
  const Distribution d = Empirical::of({{3ms, 1}, {1ms, 2}, {7ms, 1}, {1ms, 4}});
  const Measured measured(d);
  CHECK(measured.quantile(740) == 1e6);
  CHECK(measured.quantile(760) == 3e6);
  CHECK(measured.quantile(880) == 7e6);
  CHECK(d.mean() == 2ms);
  CHECK(d.lowest() == 1ms);
}

TEST_CASE("text: what is written is what is read") {
  for (const std::string_view text :
       {"20ms", "0ns", "1.5s", "uniform(1ms, 5ms)", "exponential(mean 2ms, min 1ms)",
        "exponential(mean 2ms, min 0ns)", "lognormal(median 20ms, sigma 0.6)",
        "pareto(min 1ms, shape 1.5, max 2s)", "pareto(min 10us, shape 2, max 1h)"}) {
    const auto parsed = parse_distribution(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    CHECK((distribution_text(*parsed) == text || text == "0ns" || text.find("0ns") != text.npos));
    const auto again = parse_distribution(distribution_text(*parsed));
    REQUIRE(again.has_value());
    CHECK(distribution_text(*again) == distribution_text(*parsed));
  }
  const auto loose = parse_distribution("  lognormal ( p99 80ms ,median 20ms)  ");
  REQUIRE(loose.has_value());
  CHECK(draws("x", *loose) == draws("x", LogNormal::of_p99(20ms, 80ms)));
  CHECK(distribution_text(*parse_distribution("exponential(mean 2ms)")).find("mean 2ms") == 12);
  CHECK(distribution_text(*parse_distribution("uniform(max 5ms, min 1ms)")) == "uniform(1ms, 5ms)");
}

TEST_CASE("text: mistakes are sentences that show the right form") {
  const auto mistake = [](std::string_view text) {
    const auto parsed = parse_distribution(text);
    return parsed.has_value() ? std::string("none") : parsed.error();
  };
  CHECK(mistake("20").starts_with("\"20\" is no distribution of durations; write \"20ms\""));
  CHECK(mistake("").starts_with("\"\" is no distribution of durations"));
  CHECK(mistake("-5ms").starts_with("\"-5ms\" is no distribution"));
  CHECK(mistake("gauss(1ms)").starts_with("there is no distribution \"gauss\"; write"));
  CHECK(mistake("uniform(1ms, 5)") ==
        "\"5\" is no duration with a unit, such as \"20ms\"; write uniform(1ms, 5ms)");
  CHECK(mistake("uniform(5ms, 1ms)") ==
        "the minimum of uniform is above its maximum; write uniform(1ms, 5ms)");
  CHECK(mistake("uniform(5ms)") == "uniform has no \"5ms\"; write uniform(1ms, 5ms)");
  CHECK(mistake("uniform(1ms, 5ms").starts_with("\"uniform(1ms, 5ms\" lacks its closing"));
  CHECK(mistake("uniform(1ms, 5ms) x").starts_with("\"uniform(1ms, 5ms) x\" lacks its closing"));
  CHECK(mistake("exponential()").starts_with("exponential has no \"\""));
  CHECK(mistake("exponential(min 1ms)") ==
        "exponential needs \"mean\"; write exponential(mean 2ms, min 1ms)");
  CHECK(mistake("exponential(mean 1ms, mean 2ms)").starts_with("exponential has \"mean\" twice"));
  CHECK(mistake("lognormal(median 0ms, p99 1ms)").starts_with("median of lognormal is from 1ns"));
  CHECK(mistake("lognormal(median 80ms, p99 20ms)").starts_with("the p99 of lognormal is below"));
  CHECK(mistake("lognormal(median 1ns, p99 1s)").find("100,000 times") != std::string::npos);
  CHECK(mistake("lognormal(median 1ms, p99 2ms, sigma 1)").find("either a") != std::string::npos);
  CHECK(mistake("lognormal(median 1ms, sigma 9)").starts_with("sigma of lognormal is a number"));
  CHECK(mistake("pareto(min 1ms, shape 0, max 1s)").starts_with("shape of pareto is a number"));
  CHECK(mistake("pareto(min 1ms, shape 1.5)").starts_with("pareto needs \"max\""));
  CHECK(mistake("99999h").starts_with("\"99999h\" is no distribution"));
}

TEST_CASE("samples: one column or two, with or without a head") {
  const auto text = [](std::string_view csv) {
    const auto parsed = parse_samples(csv);
    return parsed.has_value() ? distribution_text(*parsed) : parsed.error();
  };
  CHECK(text("1ms\n2ms\n") == "2 samples from 1ms to 2ms");
  CHECK(text("latency,count\r\n# from 2024\r\n\r\n3ms, 10\r\n1ms,5") ==
        "15 samples from 1ms to 3ms");
  CHECK(text("").starts_with("there are no samples"));
  CHECK(text("latency\n").starts_with("there are no samples"));
  CHECK(text("1ms\n17\n") == "line 2: \"17\" is no duration with a unit, such as \"1.5ms\"");
  CHECK(text("17\n").starts_with("line 1: \"17\" is no duration"));
  CHECK(text("1ms,0\n").starts_with("line 1: \"0\" is no whole number"));
  CHECK(text("1ms,x\n").starts_with("line 1: \"x\" is no whole number"));
  CHECK(text("a\nb\n").starts_with("line 2: \"b\" is no duration"));
}

}  // namespace
