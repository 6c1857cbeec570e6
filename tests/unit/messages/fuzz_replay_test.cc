// Runs the fuzz target without a fuzzer: over the kept corpus, and over Kafka's own frames damaged
// in ways that a fuzzer would try. Nothing here may crash; the sanitizers' build makes it strict.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "broker-model/env/rng.h"
#include "tests/fuzz/decode_fuzz.cc"

namespace kafka {

namespace {

using Input = std::vector<std::uint8_t>;

void run(const Input& input) { CHECK(LLVMFuzzerTestOneInput(input.data(), input.size()) == 0); }

std::vector<std::filesystem::path> files_of(const std::string& folder) {
  std::vector<std::filesystem::path> result;
  for (const auto& entry : std::filesystem::directory_iterator(TITORELLI_SOURCE_DIR + folder)) {
    if (entry.is_regular_file()) result.push_back(entry.path());
  }
  std::ranges::sort(result);
  return result;
}

// Number of the message type in the target's list.
std::uint8_t index_of(const std::string& wanted) {
  int index = 0;
  int found = 0;
  for_each_message([&]<class M>() {
    if (type_name<M>() == wanted) found = index;
    ++index;
  });
  return static_cast<std::uint8_t>(found);
}

std::string column(const std::string& line, int number) {
  std::size_t from = 0;
  for (int i = 0; i < number; ++i) from = line.find('\t', from) + 1;
  return line.substr(from, line.find('\t', from) - from);
}

// A vector as the target's input: message, version, parts of 7 bytes, frame.
Input input_of(const std::string& line) {
  const std::string name = column(line, 0);
  std::string hex = column(line, 4);
  const int version = std::stoi(column(line, 1));
  int lowest = 0;
  for_each_message([&]<class M>() {
    if (type_name<M>() == name) lowest = info_of<M>().lowest;
  });
  if (hex == "-") hex = "";
  Input input{index_of(name), static_cast<std::uint8_t>(version - lowest), 7};
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    input.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return input;
}

// One change of the kinds that libFuzzer makes.
void damage(Input& input, env::Rng& rng) {
  if (input.size() <= 3) return;
  const auto at = static_cast<std::ptrdiff_t>(3 + rng.below(input.size() - 3));
  const auto value = static_cast<std::uint8_t>(rng.next());
  switch (rng.below(6)) {
    case 0: input[static_cast<std::size_t>(at)] = value; break;
    case 1:
      input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << (value % 8));
      break;
    case 2: input.insert(input.begin() + at, value); break;
    case 3: input.erase(input.begin() + at); break;
    case 4: input[static_cast<std::size_t>(at)] = value % 2 == 0 ? 0xff : 0x7f; break;
    default: input.resize(static_cast<std::size_t>(at)); break;
  }
}

}  // namespace

TEST_CASE("the kept fuzz corpus decodes to values or errors") {
  const auto files = files_of("/tests/fuzz/corpus");
  CHECK(files.size() >= 10);
  for (const auto& path : files) {
    CAPTURE(path.string());
    std::ifstream in(path, std::ios::binary);
    run(Input(std::istreambuf_iterator<char>(in), {}));
  }
}

TEST_CASE("Kafka's own frames, damaged, decode to values or errors") {
  env::Rng rng(20260101);
  int frames = 0;
  for (const auto& path : files_of("/tests/data/messages")) {
    if (path.filename() == "api_table.txt") continue;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line); ++frames) {
      const Input whole = input_of(line);
      run(whole);
      for (int round = 0; round < 20; ++round) {
        Input damaged = whole;
        const std::uint64_t changes = 1 + rng.below(3);
        for (std::uint64_t i = 0; i < changes; ++i) damage(damaged, rng);
        damaged[2] = static_cast<std::uint8_t>(rng.below(30));
        run(damaged);
      }
    }
  }
  CHECK(frames > 2900);
}

}  // namespace kafka
