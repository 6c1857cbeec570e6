#include "broker-model/raft/election_state.h"

#include <charconv>
#include <cstdint>

namespace kafka {
namespace {

// The number behind `"name":`; nothing when it is not there or no number.
std::optional<std::int64_t> number_of(std::string_view text, std::string_view name) {
  const std::string key = '"' + std::string(name) + '"';
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  at = text.find_first_not_of(" \t\r\n", at + key.size());
  if (at == std::string_view::npos || text[at] != ':') return std::nullopt;
  at = text.find_first_not_of(" \t\r\n", at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

constexpr std::size_t kUuidLength = 22;

// Behind `"name":"`, in Kafka's form of a Uuid; nothing when it is not there, or the zero one.
std::optional<Uuid> uuid_of(std::string_view text, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":\"";
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const auto id = uuid_from_string(text.substr(at + key.size(), kUuidLength));
  return id ? directory_from(*id) : std::nullopt;
}

}  // namespace

std::optional<Uuid> uuid_from_string(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.size() != kUuidLength) return std::nullopt;
  Uuid id;
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    const std::size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    // The last of the 22 digits has 2 bits of the 128, the others 6.
    const int bits = i + 1 < kUuidLength ? 6 : 2;
    const std::uint64_t value = i + 1 < kUuidLength ? digit : digit >> 4;
    id.high = id.high << bits | id.low >> (64 - bits);
    id.low = id.low << bits | value;
  }
  return id;
}

std::string format_quorum_state(const ElectionState& state, const VoterSet& voters,
                                std::int16_t kraft_version) {
  std::string ids;
  for (const auto& [id, voter] : voters.voters()) {
    if (!ids.empty()) ids += ',';
    ids += R"({"voterId":)" + std::to_string(id.value()) + '}';
  }
  const std::int32_t leader = state.leader ? state.leader->value() : -1;
  const std::int32_t voted = state.voted ? state.voted->id.value() : -1;
  if (kraft_version > 0) {
    const Uuid directory = state.voted ? directory_of(*state.voted) : Uuid{};
    return R"({"leaderId":)" + std::to_string(leader) + R"(,"leaderEpoch":)" +
           std::to_string(state.epoch.value()) + R"(,"votedId":)" + std::to_string(voted) +
           R"(,"votedDirectoryId":")" + to_string(directory) + R"(","data_version":1})";
  }
  return R"({"clusterId":"","leaderId":)" + std::to_string(leader) + R"(,"leaderEpoch":)" +
         std::to_string(state.epoch.value()) + R"(,"votedId":)" + std::to_string(voted) +
         R"(,"appliedOffset":0,"currentVoters":[)" + ids + R"(],"data_version":0})";
}

std::expected<ElectionState, std::string> parse_quorum_state(std::string_view text) {
  const auto version = number_of(text, "data_version");
  if (!version) return std::unexpected("quorum-state has no data_version");
  if (*version < 0 || *version > 1) {
    return std::unexpected("quorum-state has data_version " + std::to_string(*version) +
                           "; versions 0 and 1 are known");
  }
  const auto epoch = number_of(text, "leaderEpoch");
  if (!epoch || *epoch < 0 || *epoch > INT32_MAX) {
    return std::unexpected("quorum-state has no leaderEpoch of 0 or more");
  }
  ElectionState state{.epoch = LeaderEpoch(static_cast<std::int32_t>(*epoch))};
  const auto id_of = [&](std::string_view name) -> std::optional<NodeId> {
    const auto id = number_of(text, name);
    if (!id || *id < 0 || *id > INT32_MAX) return std::nullopt;
    return NodeId(static_cast<std::int32_t>(*id));
  };
  state.leader = id_of("leaderId");
  if (const auto voted = id_of("votedId"))
    state.voted = ReplicaKey{*voted, uuid_of(text, "votedDirectoryId")};
  return state;
}

}  // namespace kafka
