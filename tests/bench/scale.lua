-- A cluster of `brokers` brokers starts with a topic for each of them, `partitions` partitions in all with three replicas
-- each, takes records of a producer for each topic, gives them to a consumer for each, loses a broker, and is measured until
-- all partitions have leaders again. The load is the same for each broker, whatever their number, so that the cost of an
-- event can be compared.
scenario {
  api = 1, name = "a cluster at scale", seed = 1, params = { brokers = 50, partitions = 10000, rate = 20 },
}

local c = cluster { brokers = param.brokers, controllers = 3 }
for i = 1, param.brokers do
  local topic = c:topic("topic-" .. i, {
    partitions = param.partitions // param.brokers, replicas = 3, min_insync_replicas = 2,
  })
  local producer = c:producer { acks = "all" }
  producer:drive { topic = topic, rate = param.rate .. "/s", size = 100, keys = 100000 }
  c:consumer { topic = topic, auto_offset_reset = "earliest" }
end
check.no_lost_acks()
check.replicas_agree()
check.high_watermark_monotonic()
check.one_leader_per_epoch()
check.in_order_without_gaps()
check.quorum_agrees()

at("20s", function()
  c:broker(1):kill()
  wait_until(function() return c:broker(1):state() == "fenced" and #c:leaderless() == 0 end, { within = "20s" })
  note("all partitions have leaders again at " .. now() .. " ms")
end)

run_for("40s")
