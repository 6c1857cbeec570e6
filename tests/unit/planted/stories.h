// The small scenarios in which planted bugs bite. Each is passed by the model as it is, under all
// checks; docs/checks.md says what each is about.
#pragma once

#include <string_view>

namespace planted {

// What all stories share. A story is this and its own lines.
inline constexpr std::string_view kPrelude = R"lua(
scenario {
  api = 1,
  name = "a planted bug",
  params = { min_isr = 2, rate = 100, lag = 30000, fetch_min = 1, fetch_max = 1048576,
             controllers = 1, flush = 1000000 },
}
local c = cluster { brokers = 3, controllers = param.controllers,
                    config = { ["replica.lag.time.max.ms"] = param.lag },
                    features = { ["eligible.leader.replicas.version"] = 0 } }
local orders = c:topic("orders",
                       { partitions = 1, replicas = 3, min_insync_replicas = param.min_isr,
                         flush_messages = param.flush })
check.no_lost_acks(orders)
check.replicas_agree(orders)
check.high_watermark_monotonic(orders)
check.one_leader_per_epoch(orders)
check.quorum_agrees()
check.in_order_without_gaps(orders)
check.leader_completeness(orders)
check.isr_holds_committed(orders)
check.isr_within_maximal(orders)
check.flushed_logs_survive(orders)
check.leader_epoch_monotonic(orders)
check.log_start_monotonic(orders)
local p = c:producer { acks = "all" }
p:drive { topic = orders, rate = param.rate .. "/s", size = 100, keys = 50 }
-- A second one, so that what is sent again to a new leader comes in another order.
local q = c:producer { acks = "all" }
q:drive { topic = orders, rate = param.rate .. "/s", size = 100, keys = 50 }
local consumer = c:consumer {
  topic = orders,
  auto_offset_reset = "earliest",
  fetch_min_bytes = param.fetch_min,
  max_partition_fetch_bytes = param.fetch_max,
}
local function others(node)
  local list = {}
  for _, broker in ipairs(c:brokers()) do
    if broker ~= node then list[#list + 1] = broker end
  end
  return list
end
local function others_and_controller(node)
  local list = others(node)
  list[#list + 1] = c:controller()
  return list
end
)lua";

// The leader is cut off from its followers for a second and then killed.
inline constexpr std::string_view kCutAndKilled = R"lua(
at("4s", function()
  local leader = orders:leader(0)
  local cut = net:partition(leader, others(leader))
  sleep("1s")
  leader:kill()
  cut:heal()
  sleep("13s")
  leader:start()
end)
run_for("24s")
)lua";

// A follower leaves in order, all flushed; then its machine loses power.
inline constexpr std::string_view kFlushedThenDark = R"lua(
at("4s", function()
  local follower = orders:followers(0)[1]
  fault.shutdown { node = follower }
  wait_until(function() return not follower:is_up() end, { within = "20s" })
  follower:power_loss()
  sleep("1s")
  follower:start()
end)
run_for("30s")
)lua";

// Some writes of the leader fail for a second; a second later it is killed, and comes back.
inline constexpr std::string_view kWritesFail = R"lua(
at("4s", function()
  local leader = orders:leader(0)
  fault.write_errors { node = leader, files = "orders-0/", ratio = "30%", duration = "1s" }
  sleep("2s")
  leader:kill()
  sleep("1s")
  leader:start()
end)
run_for("30s")
)lua";

// The leader lives on alone: cut off from brokers and controller until another leads and on.
inline constexpr std::string_view kCutAndAlive = R"lua(
at("4s", function()
  local leader = orders:leader(0)
  local cut = net:partition(leader, others_and_controller(leader))
  sleep("14s")
  cut:heal()
end)
run_for("36s")
)lua";

// Leader A dies; B leads; C, cut off from B, has become its follower in the new epoch but fetched
// nothing when B dies too. (KIP-101, the first scenario.)
inline constexpr std::string_view kTwoLeadersDie = R"lua(
at("4s", function()
  local a = orders:leader(0)
  local rest = others(a)
  local cut = net:partition(rest[1], rest[2])
  a:kill()
  wait_until(function() return orders:leader(0) ~= nil and orders:leader(0) ~= a end)
  sleep("500ms")
  orders:leader(0):kill()
  sleep("100ms")
  cut:heal()
  sleep("12s")
  for _, broker in ipairs(c:brokers()) do
    if not broker:is_up() then broker:start() end
  end
end)
run_for("40s")
)lua";

// A follower is cut off from everyone until it is fenced, and comes back while the leader still
// counts it as caught up a moment ago.
inline constexpr std::string_view kFollowerReturns = R"lua(
at("4s", function()
  local follower = orders:followers(0)[1]
  local cut = net:partition(follower, others_and_controller(follower))
  sleep("14s")
  cut:heal()
end)
run_for("30s")
)lua";

// A follower is cut off until it leaves the ISR, and the leader dies when it is reachable again but
// far behind.
inline constexpr std::string_view kLaggardIsThere = R"lua(
at("4s", function()
  local leader = orders:leader(0)
  local lagging = orders:followers(0)[1]
  net:partition(lagging, others(lagging))
  wait_until(function() return #orders:isr(0) == 2 end)
  sleep("1s")
  leader:kill()
end)
run_for("30s")
)lua";

// The consumer sleeps for some seconds and has a backlog to fetch.
inline constexpr std::string_view kConsumerHasBacklog = R"lua(
at("3s", function() consumer:pause("3s") end)
run_for("10s")
)lua";

// The active controller is cut off from the other controllers and goes on with the brokers alone,
// until those have elected another. A follower dies meanwhile, so that there is something to write.
inline constexpr std::string_view kQuorumIsCut = R"lua(
at("4s", function()
  local first = c:controller()
  local rest = {}
  for _, controller in ipairs(c:controllers()) do
    if controller ~= first then rest[#rest + 1] = controller end
  end
  local cut = net:partition(first, rest)
  local follower = orders:followers(0)[1]
  follower:kill()
  sleep("100ms")
  follower:start()
  sleep("8s")
  cut:heal()
end)
run_for("30s")
)lua";

// All brokers lose power in one moment. The topic asks for a sync of every append, so each that was
// acknowledged is there when they come back.
inline constexpr std::string_view kLightsGoOut = R"lua(
at("5s", function()
  for _, broker in ipairs(c:brokers()) do broker:power_loss() end
  sleep("2s")
  for _, broker in ipairs(c:brokers()) do broker:start() end
end)
run_for("30s")
)lua";

// A topic that is compacted every few seconds, beside the other.
inline constexpr std::string_view kCompacted = R"lua(
local accounts = c:topic("accounts", { partitions = 1, replicas = 3, cleanup_policy = "compact",
                                       segment_ms = "2s", min_cleanable_dirty_ratio = 0.1 })
check.compaction_keeps_newest(accounts)
c:producer { acks = "all" }:drive { topic = accounts, rate = "50/s", size = 100, keys = 20 }
run_for("30s")
)lua";

}  // namespace planted
