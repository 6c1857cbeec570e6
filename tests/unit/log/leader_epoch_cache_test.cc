#include <doctest/doctest.h>

#include "broker-model/log/leader_epoch_cache.h"
#include "tests/datadriven/datadriven.h"

using namespace kafka;

namespace {

std::string show(const LeaderEpochCache& cache) {
  std::string text;
  for (const EpochEntry& entry : cache.entries()) {
    if (!text.empty()) text += ", ";
    text += std::to_string(entry.epoch.value()) + "@" + std::to_string(entry.start_offset);
  }
  return text.empty() ? "empty" : text;
}

std::string show(std::optional<LeaderEpoch> epoch) {
  return epoch ? "epoch " + std::to_string(epoch->value()) : "none";
}

std::string run(LeaderEpochCache& cache, const test::DatadrivenCommand& command) {
  const LeaderEpoch epoch(static_cast<std::int32_t>(command.get_int("epoch")));
  const Offset offset = command.get_int("offset");
  if (command.name == "assign") {
    const bool changed = cache.assign(epoch, offset);
    return (changed ? "changed: " : "unchanged: ") + show(cache);
  }
  if (command.name == "end-offset") {
    const auto end = cache.end_offset_for(epoch, command.get_int("leo"));
    if (!end) return "undefined";
    return "epoch " + std::to_string(end->epoch.value()) + " ends at " +
           std::to_string(end->end_offset);
  }
  if (command.name == "epoch-for") return show(cache.epoch_for_offset(offset));
  if (command.name == "latest") return show(cache.latest_epoch());
  if (command.name == "previous") return show(cache.previous_epoch(epoch));
  if (command.name == "truncate-from-end") {
    const bool changed = cache.truncate_from_end(offset);
    return (changed ? "changed: " : "unchanged: ") + show(cache);
  }
  if (command.name == "truncate-from-start") {
    const bool changed = cache.truncate_from_start(offset);
    return (changed ? "changed: " : "unchanged: ") + show(cache);
  }
  if (command.name == "checkpoint") return cache.to_checkpoint();
  if (command.name == "load") {
    std::string text;
    for (const std::string& line : command.input) text += line + "\n";
    auto loaded = LeaderEpochCache::from_checkpoint(text);
    if (!loaded) return loaded.error();
    cache = *loaded;
    return show(cache);
  }
  if (command.name == "clear") {
    cache.clear();
    return show(cache);
  }
  return "unknown command";
}

}  // namespace

TEST_CASE("leader epoch cache answers as LeaderEpochFileCache does") {
  LeaderEpochCache cache;
  test::run_datadriven("log/leader_epoch_cache.txt",
                       [&](const test::DatadrivenCommand& command) { return run(cache, command); });
}
