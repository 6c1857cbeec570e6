-- The standard nemesis of `titorelli score`: 20 virtual seconds in which anything may fail that a cluster of three
-- promises to survive. Configuration, load and time-outs are drawn from the seed, and so are the faults.
--
-- What is promised: kills and disks that fail keep the page cache, so acknowledged records survive any number of them,
-- with min.insync.replicas=1 too. A broker's machine loses power only after it was asked to leave, when everything is
-- flushed; should something kill it before, the loss is excused. One seed in some thousands (1991) does not recover, by
-- Kafka's own rules: the registration of a dead process is taken up after that of its successor, before the first
-- heartbeat makes that one's session, and takes its place for good.
scenario {
  api = 1,
  name = "the standard nemesis: every planted bug must be caught under it",
  seeds = "1..5",
  draw_ties = true,
}

local function one_of(list) return list[math.random(#list)] end

-- Kafka's defaults, that many times as fast.
local speed = one_of { 5, 10, 20 }
local c = cluster {
  brokers = 3,
  controllers = one_of { 1, 3 },
  features = { ["eligible.leader.replicas.version"] = one_of { 0, 1 } },
  config = {
    ["replica.lag.time.max.ms"] = 30000 // speed,
    ["broker.session.timeout.ms"] = 9000 // speed,
    ["broker.heartbeat.interval.ms"] = 2000 // speed,
    ["replica.socket.timeout.ms"] = one_of { 600, 1500 },
    ["request.timeout.ms"] = one_of { 600, 1500 },
    ["controller.quorum.election.timeout.ms"] = 1000 // speed,
    ["controller.quorum.fetch.timeout.ms"] = one_of { 700, 2000 },
    ["controller.quorum.request.timeout.ms"] = one_of { 600, 1500 },
    ["replica.fetch.wait.max.ms"] = one_of { 20, 100, 500 },
  },
}
local orders = c:topic("orders", {
  partitions = one_of { 1, 1, 2 },
  replicas = 3,
  min_insync_replicas = one_of { 1, 2, 2 },
})

-- Several producers, so that what is sent again comes in another order. `patience` is what is left of
-- delivery.timeout.ms after one request.
local function producer(idempotent, patience, in_flight)
  local request = one_of { 300, 1000, 2000 }
  local p = c:producer {
    acks = "all",
    enable_idempotence = idempotent,
    linger_ms = one_of { 0, 5, 50 },
    request_timeout_ms = request,
    delivery_timeout_ms = request + patience,
    retry_backoff_ms = one_of { 20, 100 },
    reconnect_backoff_max_ms = 200,
    max_in_flight_requests_per_connection = in_flight or one_of { 1, 5 },
    metadata_max_age_ms = one_of { 500, 300000 },
    metadata_recovery_strategy = patience < 120000 and "rebootstrap" or "none",
  }
  p:drive { topic = orders, rate = one_of { "10/s", "30/s", "80/s" }, size = one_of { 40, 400 },
            keys = one_of { 0, 20 } }
  return p
end
-- Only a producer that never gives a batch up and never forgets which leader it knew writes each record once and in
-- order. Where a batch expires, Kafka's own gives its other batches new sequences, though they may have been written
-- with the old ones. It does the same when a deposed leader, which it takes for the leader again after a rebootstrap,
-- answers OUT_OF_ORDER_SEQUENCE_NUMBER. And a producer snapshot keeps the last batch of each producer alone, so that a
-- leader that was restarted knows none of the others that were in flight: one batch at a time, then.
local exact = producer(true, 120000, 1)
producer(true, one_of { 100, 500, 2000 })
producer(false, one_of { 100, 1000, 10000 })

local consumers = {}
for i = 1, 2 do
  consumers[i] = c:consumer {
    topic = orders,
    auto_offset_reset = "earliest",
    max_poll_records = one_of { 2, 500 },
    fetch_min_bytes = one_of { 1, 1, 2000 },
    max_partition_fetch_bytes = one_of { 1000, 1048576 },
    retry_backoff_ms = one_of { 20, 100 },
    request_timeout_ms = one_of { 1000, 3000 },
  }
end

-- With some seeds whoever takes the lead may lose the other servers at once, for a moment or for long, while clients
-- still reach it; and a consumer may fall asleep over what it has just asked for.
if one_of { true, false } then
  on("became-leader", { topic = orders }, function(e)
    if now() < 3000 or now() > 10000 or one_of { true, false } then return end
    sleep(one_of { "1ms", "20ms", "100ms" })
    -- An error: it is cut off, asleep or down already.
    pcall(fault.isolate_leader, {
      partition = "orders-" .. e.partition, from = "servers", duration = one_of { "300ms", "1s", "2s" },
    })
    pcall(function() one_of(consumers):pause(one_of { "1s", "3s" }) end)
  end)
end

check.no_lost_acks(orders, { allow_excused = true })
check.replicas_agree(orders, { allow_excused = true })
check.leader_completeness(orders, { allow_excused = true })
check.high_watermark_monotonic(orders)
check.one_leader_per_epoch(orders)
check.in_order_without_gaps(orders)
check.isr_holds_committed(orders)
check.isr_within_maximal(orders)
check.flushed_logs_survive(orders)
check.leader_epoch_monotonic(orders)
check.log_start_monotonic(orders)
check.quorum_agrees()

-- The numbers of that producer's records, in the order of each leader's log.
local function each_log(judge)
  local head = "^" .. exact:name():gsub("%-", "%%-") .. "/(%d+)"
  for partition = 0, orders:partitions() - 1 do
    local log = orders:log(partition)
    if log and log:is_open() then
      local numbers = {}
      for _, record in ipairs(log:records { from = log:start_offset(), to = log:end_offset() }) do
        local number = record.value and record.value:match(head)
        if number then numbers[#numbers + 1] = math.tointeger(number) end
      end
      if not judge(numbers) then return false end
    end
  end
  return true
end

-- What an unclean election takes away is written again, or out of its order, by whoever still had it in hand.
local is_lossy = false
on("election", { topic = orders }, function(e) is_lossy = is_lossy or e.unclean end)

check.that("each_record_once", function()
  return is_lossy or each_log(function(numbers)
    local seen = {}
    for _, number in ipairs(numbers) do
      if seen[number] then return false end
      seen[number] = true
    end
    return true
  end)
end)

check.that("in_order_of_sending", function()
  return is_lossy or each_log(function(numbers)
    local last = 0
    for _, number in ipairs(numbers) do
      if number < last then return false end  -- one that is there twice is another check's
      last = number
    end
    return true
  end)
end)

-- A controller syncs what it promises, so its machine may lose power at any time.
if #c:controllers() > 1 then
  every(one_of { "700ms", "1500ms" }, function()
    if now() < 2000 or now() > 11000 or one_of { true, false } then return end
    pcall(fault.power_loss, { node = one_of(c:controllers()), duration = one_of { "50ms", "300ms", "1s" } })
  end)
end

if one_of { true, false } then
  at(one_of { "4s", "7s", "9s" }, function()
    local broker = one_of(c:brokers())
    if not pcall(fault.shutdown, { node = broker }) then return end
    while broker:is_up() do sleep("100ms") end  -- no controller may be there to let it go
    if now() < 12000 and not broker:is_up() then
      broker:power_loss()
      sleep(one_of { "100ms", "1s" })
    end
    if not broker:is_up() then broker:start() end  -- healing something else may have
  end)
end

nemesis {
  families = { "partition", "link", "connection", "cpu", "disk" },
  faults = { "kill", "restart", "pause", "shutdown" },
  every = one_of { "300ms", "1s" },
  lasting = one_of { "300ms", "1s", "3s" },
  start = "3s", stop = "12s", recover_within = "8s",
}

run_for("20s")
