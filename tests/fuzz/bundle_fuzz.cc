// Damaged and hostile bundles: whatever the bytes are, reading ends in a bundle or a sentence. Half
// of them are damaged inside a file whose checksum is right, as an enemy would; those that are read
// then are written and read again, and run for a moment.
//
//   bundle_fuzz [--seconds N] [--seed N]        default: 10 s, seed 1
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "broker-model/env/rng.h"
#include "reports/bundle.pb.h"
#include "sim/core/hash.h"
#include "sim/explore/bundle.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kScenario =
    "scenario { api = 1, name = 'x', params = { rate = 5 } }\n"
    "local m = require('m')\n"
    "local c = cluster { brokers = 1 }\n"
    "local t = c:topic('t')\n"
    "check.high_watermark_monotonic(t)\n"
    "variant('a', function() c:producer{}:drive{ topic = t, rate = param.rate .. '/s' } end)\n"
    "variant('b', function() end)\n"
    "run_for('2s')\n";

sim::Bundle good() {
  sim::Bundle bundle;
  bundle.version = "0.1.0";
  bundle.scenario = "s.lua";
  bundle.source = kScenario;
  bundle.modules = {{"m", {.path = "lib/m.lua", .source = "return {}"}}};
  bundle.files = {{"old.capture", "bytes"}};
  bundle.seed = 3;
  bundle.parameters = {{"rate", "7"}};
  bundle.overrides = {"replica.lag.time.max.ms=2000"};
  bundle.decisions.set("workload/producer-1", 1, 99);
  bundle.runs = {{.variant = "a",
                  .outcome = "passed",
                  .events = 9,
                  .digest = 5,
                  .checkpoints = {{.at = {}, .events = 4, .digest = 6}}}};
  return bundle;
}

std::string damaged(std::string bytes, env::Rng& rng) {
  for (std::uint64_t changes = 1 + rng.below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = rng.below(bytes.size());
    const std::size_t length = std::min<std::size_t>(rng.below(30), bytes.size() - at);
    const std::uint64_t kind = rng.below(4);
    if (kind == 0) bytes[at] = static_cast<char>(rng.below(256));
    if (kind == 1) bytes.erase(at, length);
    if (kind == 2) bytes.insert(at, bytes.substr(at, length));
    if (kind == 3) bytes.resize(at);
  }
  return bytes;
}

std::string with_right_checksum(const std::string& content) {
  titorelli::bundle::File file;
  file.set_magic("titorelli bundle");
  file.set_schema_version(1);
  file.set_content(content);
  file.set_checksum(sim::hash_text(content));
  return file.SerializeAsString();
}

std::string content_of(const std::string& bytes) {
  titorelli::bundle::File file;
  if (!file.ParseFromString(bytes)) return {};
  return file.content();
}

enum class Fate { kBroken, kRefused, kRan };  // broken: against a rule of reading

Fate fate_of(const sim::Bundle& bundle, std::string& complaint) {
  const std::string bytes = sim::encode(bundle);
  const auto again = sim::decode_bundle(bytes);
  if (!again.has_value() || sim::encode(*again) != bytes) return Fate::kBroken;
  auto options = sim::scenario_options(std::make_shared<const sim::Bundle>(bundle));
  if (!options.has_value()) {
    complaint = options.error();
    return complaint.empty() ? Fate::kBroken : Fate::kRefused;
  }
  const auto run = sim::ScenarioRun::create(std::move(*options));
  if (const auto failure = run->begin(); failure.has_value()) {
    complaint = failure->text;
    return complaint.empty() ? Fate::kBroken : Fate::kRefused;
  }
  run->advance(sim::Scheduler::kNever, 2000);
  return Fate::kRan;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--seconds") seconds = number(argv[i + 1]);
    if (flag == "--seed") seed = number(argv[i + 1]);
  }
  env::Rng rng(seed);
  const std::string file = sim::encode(good());
  const std::string content = content_of(file);
  std::string complaint;
  if (fate_of(good(), complaint) != Fate::kRan) {
    fmt::print(stderr, "the undamaged bundle does not run: {}\n", complaint);
    return 1;
  }
  std::uint64_t tried = 0;
  std::uint64_t read = 0;
  std::uint64_t ran = 0;
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end) {
    ++tried;
    const bool is_hostile = rng.below(2) == 0;
    const std::string bytes =
        is_hostile ? with_right_checksum(damaged(content, rng)) : damaged(file, rng);
    const auto bundle = sim::decode_bundle(bytes);
    if (!bundle.has_value()) {
      if (bundle.error().empty()) return 1;  // refused without a word
      continue;
    }
    ++read;
    const Fate fate = fate_of(*bundle, complaint);
    if (fate == Fate::kRan) ++ran;
    if (fate == Fate::kBroken) {
      fmt::print(stderr, "a bundle that was read does not come back, seed {}, try {}\n", seed,
                 tried);
      return 1;
    }
  }
  fmt::print("{} files, {} of them bundles, {} of those ran\n", tried, read, ran);
  return ran > 0 && read < tried ? 0 : 1;
}
