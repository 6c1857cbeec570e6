// titorelli new: a scenario to start from, and what an editor needs to help with it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "sim/cli/verbs.h"
#include "sim/lua/stub.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitUsage = 2;
constexpr int kExitCannotWrite = 74;

// Runs and passes as it stands; each part says what else could stand there.
constexpr std::string_view kStarter =
    R"(-- What this scenario shows, in a sentence or two: the first thing that a reader sees, and
-- `titorelli test` names the file. This one cuts the leader of a partition off from a follower for
-- ten seconds; nothing that was acknowledged is lost.
--
--   titorelli check PATH      finds mistakes without running
--   titorelli run PATH        one seed; leaves out/NAME-SEED with plots
--   titorelli test PATH       all seeds, held against what is expected
scenario {
  api = 1,
  name = "NAME",
  seeds = "1..3",               -- of `titorelli test`
  expect = "passed",            -- or "violated: no_lost_acks", "liveness"
  params = { rate = 100 },      -- -D rate=500; read as param.rate
}

-- Three brokers and a controller. Kafka's broker keys stand in config, with underscores or dots.
local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "5s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })

-- What must hold, declared before the run so that all of it is watched (`titorelli list checks`).
check.no_lost_acks(orders)
check.replicas_agree(orders)
check.one_leader_per_epoch(orders)
threshold("produce.latency", "p50 < 50ms")

-- A load that does not wait for the cluster, and somebody who reads.
local p = c:producer { acks = "all" }
p:drive { topic = orders, rate = param.rate .. "/s", size = 200 }
c:consumer { topic = orders, auto_offset_reset = "earliest" }

-- What happens. Virtual time begins with power-on; the cluster is in service after a few seconds.
at("15s", function()
  local leader, follower = orders:leader(0), orders:followers(0)[1]
  local cut = net:partition(leader, follower)
  wait_until(function() return #orders:isr(0) == 2 end, { within = "20s" })
  sleep("5s")
  cut:heal()
  wait_until(function() return #orders:isr(0) == 3 end, { within = "30s" })
  note("the follower is back at " .. now() .. " ms")
end)

run_for("60s")
)";

std::string starter(const std::string& name, const std::string& path) {
  std::string text(kStarter);
  for (const auto& [word, value] : {std::pair("PATH", path), std::pair("NAME", name)}) {
    for (std::size_t at = text.find(word); at != std::string::npos;
         at = text.find(word, at + value.size()))
      text.replace(at, 4, value);
  }
  return text;
}

int complain(int exit_code, const std::string& sentence) {
  fmt::print(stderr, "titorelli new: {}\n", sentence);
  return exit_code;
}

// False when it could not be written.
bool write(const fs::path& path, const std::string& text) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good();
}

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int make(std::string name, const std::string& folder) {
  if (name.ends_with(".lua")) name.resize(name.size() - 4);
  if (name.empty() || name.size() > 100 || name.front() == '-' ||
      name.find_first_not_of(kLetters) != std::string::npos) {
    return complain(
        kExitUsage,
        fmt::format("a name has letters, digits, '-' and '_', as in "
                    "leader-crash; got \"{}\"{}",
                    name,
                    name.find('/') != std::string::npos ? "; the folder is given with --dir" : ""));
  }
  const std::string path = (fs::path(folder) / (name + ".lua")).string();
  std::error_code error;
  if (fs::exists(path, error))
    return complain(kExitUsage, fmt::format("'{}' exists; nothing was written", path));
  struct File {
    std::string path;
    std::string text;
    bool is_replaced;  // what nobody edits is brought up to date
  };
  const File files[] = {
      {path, starter(name, path), false},
      {".titorelli/library/titorelli.lua", editor_stub(), true},
      {".luarc.json", editor_settings(), false},
      {".luacheckrc", luacheck_settings(), false},
  };
  for (const File& file : files) {
    if (!file.is_replaced && fs::exists(file.path, error)) {
      fmt::print(stderr, "kept  {}\n", file.path);
      continue;
    }
    if (!write(file.path, file.text))
      return complain(kExitCannotWrite, fmt::format("cannot write '{}'", file.path));
    fmt::print("wrote {}\n", file.path);
  }
  return 0;
}

}  // namespace

VerbAction add_new(CLI::App& command) {
  auto name = std::make_shared<std::string>();
  auto folder = std::make_shared<std::string>("scenarios");
  command.add_option("name", *name, "Of the scenario and its file")->required();
  command.add_option("--dir", *folder, "The folder that it is written to")->capture_default_str();
  command.footer(
      "Beside the scenario, in the present folder: .titorelli/library/titorelli.lua and "
      ".luarc.json\n"
      "for editors with the Lua language server, .luacheckrc for luacheck; the latter two only "
      "where\n"
      "there are none.\n\nExamples:\n"
      "  titorelli new leader-crash\n  titorelli new half-open --dir scenarios/network");
  return [name, folder] { return make(*name, *folder); };
}

}  // namespace sim
