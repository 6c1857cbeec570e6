-- Twenty virtual seconds in which as much as possible goes wrong: time-outs are 5 to 20 times shorter than
-- Kafka's (those of minutes 60 to 300 times), drawn from the seed, so that lags, sessions, deliveries and
-- connections do run out; the cluster's shape, the clients' settings and the kinds of faults are drawn too.
-- At 12 s everything is healed, and the cluster has to be as new. Little load: what counts is how many
-- different things happen. What they are: docs/checks.md, "What a soak reaches".
scenario {
  api = 1, name = "a soak: short time-outs, drawn settings, all faults that are fair", seeds = "1..5",
  draw_ties = true,
  -- Where the topic comes late, or never.
  allow_unknown = {
    "one_leader_per_epoch(scratch)", "high_watermark_monotonic(scratch)", "leader_completeness(scratch)",
    "replicas_agree(scratch)", "isr_holds_committed(scratch)", "isr_within_maximal(scratch)",
    "flushed_logs_survive(scratch)", "leader_epoch_monotonic(scratch)", "log_start_monotonic(scratch)",
  },
}

local workloads = require("workloads")

local function one_of(list) return list[math.random(#list)] end
local function chance(percent) return math.random(100) <= percent end
local function ms(number) return number .. "ms" end

-- The nemesis may have done that to that node already; then it is as well.
local function try(name, options) pcall(fault[name], options) end

-- Kafka's default in ms, 5 to 20 times shorter; each key has its own draw.
local function short(default)
  return math.max(1, default // math.random(5, 20))
end

-- The same for defaults of minutes, which would not run out in 20 s.
local function very_short(default)
  return default // math.random(60, 300)
end

-- --- settings

-- Kafka's own relations hold: a first wait is at most the longest one.
local function set_backoffs(config, name, first, longest)
  config[name .. ".ms"] = short(first)
  config[name .. ".max.ms"] = math.max(config[name .. ".ms"], short(longest))
end

local function connections(config)
  config["request.timeout.ms"] = short(30000)
  set_backoffs(config, "socket.connection.setup.timeout", 10000, 30000)
  config["connections.max.idle.ms"] = very_short(600000)
  return config
end

local function client(config)
  connections(config)
  set_backoffs(config, "reconnect.backoff", 50, 1000)
  set_backoffs(config, "retry.backoff", 100, 1000)
  config["metadata.max.age.ms"] = very_short(300000)
  config["metadata.recovery.rebootstrap.trigger.ms"] = very_short(300000)
  return config
end

local function producer(config)
  client(config)
  config["linger.ms"] = one_of { 0, 5, 100 }
  config["batch.size"] = one_of { 0, 500, 16384 }
  config["buffer.memory"] = one_of { 20000, 33554432 }
  config["max.block.ms"] = short(60000)
  config["max.in.flight.requests.per.connection"] = one_of { 1, 5 }
  config["metadata.max.idle.ms"] = 5000
  -- At least a linger and a request: Kafka refuses less.
  config["delivery.timeout.ms"] =
    math.max(short(120000), config["linger.ms"] + config["request.timeout.ms"])
  return config
end

local function consumer(config)
  client(config)
  config["fetch.max.wait.ms"] = one_of { 50, 100, 500 }
  config["auto.offset.reset"] = one_of { "earliest", "latest" }
  config["max.poll.records"] = one_of { 3, 500 }
  return config
end

local session = short(9000)
local config = connections {
  ["broker.session.timeout.ms"] = session,
  -- A broker is fenced when it misses some heartbeats, not one.
  ["broker.heartbeat.interval.ms"] = math.min(short(2000), session // 3),
  ["replica.lag.time.max.ms"] = short(30000),
  ["replica.socket.timeout.ms"] = short(30000),
  ["replica.fetch.backoff.ms"] = short(1000),
  -- Less than the lag that is allowed, or an idle follower would leave the ISR.
  ["replica.fetch.wait.max.ms"] = one_of { 100, 250, 500 },
  ["replica.high.watermark.checkpoint.interval.ms"] = short(5000),
  ["log.flush.offset.checkpoint.interval.ms"] = short(60000),
  ["controller.quorum.election.timeout.ms"] = short(1000),
  ["controller.quorum.election.backoff.max.ms"] = short(1000),
  ["controller.quorum.fetch.timeout.ms"] = 500 + short(2000),
  ["controller.quorum.request.timeout.ms"] = 500 + short(2000),
  ["initial.broker.registration.timeout.ms"] = short(60000),
  ["leader.imbalance.check.interval.seconds"] = math.random(1, 5),
  ["log.cleaner.backoff.ms"] = short(15000),
  ["log.retention.check.interval.ms"] = very_short(300000),
  ["log.initial.task.delay.ms"] = short(30000),
  -- Kafka's hour, or as often as that a node which was away has to fetch one.
  ["metadata.log.max.snapshot.interval.ms"] = one_of { 1000, 3600000 },
}

-- --- the cluster and its load

local controllers = one_of { 1, 3 }
local elr = one_of { 0, 1 }
local network
if chance(20) then
  network = {
    switches = { "east", "west" },
    links = {
      { "broker-1", "east" }, { "broker-2", "east" }, { "broker-3", "west" },
      { "controller-3000", "east" },
      { "east", "west", latency = "300us" }, { "west", "east", latency = "5ms" },
    },
    clients = "east",
  }
  if controllers == 3 then
    table.insert(network.links, { "controller-3001", "west" })
    table.insert(network.links, { "controller-3002", "east" })
  end
end
local c = cluster {
  brokers = 3, controllers = controllers, config = config, network = network,
  features = { ["eligible.leader.replicas.version"] = elr, ["kraft.version"] = one_of { 0, 1 } },
}
local admin = c:admin(client { default_api_timeout_ms = 60000 })

-- What is acknowledged here must last.
local orders = c:topic("orders", {
  partitions = math.random(1, 3), replicas = 3, min_insync_replicas = 2,
  segment_ms = one_of { 2000, 604800000 }, file_delete_delay_ms = one_of { 500, 60000 },
  flush_messages = one_of { 1, 9223372036854775807 }, flush_ms = one_of { 300, 9223372036854775807 },
})
workloads.watch(orders, { allow_excused = true })
c:producer(producer {
  acks = "all", enable_idempotence = chance(70), retries = one_of { 2, 2147483647, 2147483647 },
}):drive {
  topic = orders, rate = "15/s", size = 100, keys = one_of { 0, 20 },
}
local reader = c:consumer(consumer { topic = orders })

-- Here much may be lost, and is: an unclean leader, one replica's word, batches that are too large, records
-- of another time.
local scratch = c:topic("scratch", {
  partitions = 1, replicas = math.random(2, 3), min_insync_replicas = 1,
  unclean_leader_election_enable = true,
  max_message_bytes = one_of { 400, 1048588 },
  message_timestamp_after_max_ms = one_of { 500, 3600000 },
})
check.one_leader_per_epoch(scratch)
check.high_watermark_monotonic(scratch)
check.leader_completeness(scratch, { allow_excused = true })
check.replicas_agree(scratch, { allow_excused = true })
check.isr_holds_committed(scratch)
check.isr_within_maximal(scratch)
check.flushed_logs_survive(scratch)
check.leader_epoch_monotonic(scratch)
check.log_start_monotonic(scratch)
local careless = c:producer(producer {
  acks = one_of { 0, 1, "all" }, enable_idempotence = false, retries = one_of { 0, 1, 2147483647 },
})
careless:drive { topic = scratch, rate = "10/s", size = 100, count = 100 }
local follower = c:consumer(consumer { topic = scratch })

-- Here a key's newest record must last, and the rest is cleaned away.
if chance(30) then
  local accounts = c:topic("accounts", {
    partitions = 1, replicas = 3, min_insync_replicas = 2, cleanup_policy = "compact", segment_ms = 1000,
    min_cleanable_dirty_ratio = 0.01, delete_retention_ms = one_of { 100, 86400000 }, file_delete_delay_ms = 500,
  })
  check.compaction_keeps_newest(accounts)
  check.no_lost_acks(accounts, { allow_excused = true })
  check.leader_completeness(accounts, { allow_excused = true })
  c:producer(producer { acks = "all" }):drive { topic = accounts, rate = "15/s", size = 100, keys = 10 }
end

-- A producer that says little, something too large among it, and is restarted now and then.
local rare = c:producer(producer { acks = "all" })
at("1s", function() rare:send { topic = scratch, value = ("x"):rep(1000) } end)
at("13s", function()
  if rare:is_up() then rare:send { topic = scratch, value = "after a long silence" } end
end)
if chance(30) then
  every(ms(math.random(200, 1500)), function()
    if now() > 1000 and now() < 11000 and rare:is_up() then fault.restart { node = rare, downtime = "20ms" } end
  end)
end

-- One that is closed while records still come.
if chance(20) then
  at(ms(math.random(2000, 9000)), function() fault.shutdown { node = careless, duration = "2s" } end)
end

-- Positions that nobody has reached yet, and some that are gone by.
if chance(50) then
  every(ms(math.random(100, 800)), function()
    local who = one_of { reader, follower }
    if now() < 12000 and who:position(0) then who:seek(0, one_of { 0, 1, 1000000 }) end
  end)
end

-- A topic in the middle of it all; sometimes one that its producer is cut off from and waits for.
local late
local function make_late()
  if late then return end
  if chance(30) and rare:is_up() then try("isolate_one", { node = rare, duration = "9s" }) end
  late = c:topic("late", {
    partitions = math.random(1, 2), replicas = math.random(2, 3), min_insync_replicas = 1,
    may_fail = true,
  })
  if rare:is_up() then rare:send { topic = late, value = "first" } end
end
if chance(70) then at(ms(math.random(1500, 9000)), make_late) end

-- --- what is asked of the cluster meanwhile

local brokers = c:brokers()

local function shuffled(count)
  local list = table.move(brokers, 1, #brokers, 1, {})
  while #list > count do table.remove(list, math.random(#list)) end
  if chance(50) then list[1], list[#list] = list[#list], list[1] end
  return list
end

-- A change of replicas replaces none that is under way: as in Kafka that one might never end.
local function reassign(topic, partition, brokers_then)
  local order = admin:cancel_reassignment(topic, partition)
  local patience = now() + 3000
  while not order:is_done() and now() < patience do sleep("50ms") end
  if order:is_done() then admin:reassign(topic, partition, brokers_then) end
end

local chores = {
  -- As in Kafka a replica that is taken away may stay eligible, and then nobody that is there is: with ELR none is.
  function()
    local partition = math.random(0, orders:partitions() - 1)
    if elr == 0 then reassign(orders, partition, shuffled(2)) end
    sleep(ms(math.random(200, 3000)))
    reassign(orders, partition, shuffled(3))
  end,
  function() reassign(scratch, 0, shuffled(elr == 0 and math.random(1, 3) or 3)) end,
  function() admin:elect_leader(orders, math.random(0, orders:partitions() - 1)) end,
  function() admin:elect_leader(scratch, 0, { unclean = chance(50) }) end,
  function() admin:delete_records(orders, 0, math.max(0, (orders:hw(0) or 0) - math.random(0, 20))) end,
  function() admin:delete_records(scratch, 0, chance(50) and 1000000 or nil) end,
  -- Nor does min.insync.replicas change with ELR: that forgets who is eligible, also where nobody else is left.
  function()
    if elr == 0 then admin:alter_config { topic = scratch, min_insync_replicas = math.random(1, 2) } end
    admin:alter_config {
      topic = scratch, unclean_leader_election_enable = chance(50),
      segment_ms = 1000, retention_ms = one_of { 2000, -1 }, retention_bytes = one_of { 2000, -1 },
    }
  end,
  -- Refused with ELR.
  function() admin:alter_config { broker = one_of(brokers), min_insync_replicas = math.random(1, 2) } end,
  function() admin:create_partitions(scratch, math.random(1, 3)) end,
  function() if late then admin:delete_topic(late) end end,
}
-- Before anything goes wrong: while a partition has no leader, its last one is forgotten by a change of this level, or
-- was never noted, and nobody but an operator can elect another.
if chance(20) then
  local level = math.random(0, 2)
  if level == 1 then elr = 1 end
  at("400ms", function()
    admin:update_feature("eligible.leader.replicas.version", level, { downgrade = chance(50) })
  end)
end
if chance(40) then
  spawn(function()
    sleep(ms(math.random(1000, 3000)))
    while now() < 11000 do
      one_of(chores)()
      sleep(ms(math.random(100, 2000)))
    end
  end)
end

-- --- what goes wrong

-- A last replica that forgets is believed where nobody else is left, and what it had not flushed is lost: that is
-- excused. A wiped disk only when all replicas are in sync: what three hold, two may not lose at once.
local function forget(kind)
  if kind == "wipe" or chance(50) then
    wait_until(function() return #c:under_replicated() == 0 end, { within = "12s" })
  end
  fault[kind] { node = one_of(brokers), duration = ms(math.random(200, 1500)) }
  sleep("3s")
end

local function storage()
  nemesis {
    faults = { "reset", "clock-drift", "slow-link" },
    every = "1s", lasting = "500ms", start = "1s", stop = "12s", recover_within = "8s",
  }
  at("1500ms", function()
    forget(one_of { "power_loss", "wipe" })
    forget(one_of { "power_loss", "wipe" })
  end)
end

local operations = {
  -- With a slow disk it takes a while until it knows that it is the controller.
  function()
    if chance(50) then try("slow_disk", { node = c:controller(), latency = "50ms", duration = "4s" }) end
    try(one_of { "kill", "power_loss" }, { node = c:controller(), duration = ms(math.random(200, 2500)) })
    sleep("100ms")
    make_late()
  end,
  function() fault.rolling_restart { how = one_of { "shutdown", "kill" }, downtime = "300ms", wait = "1500ms" } end,
  function()
    local leaves = one_of(brokers)
    if leaves:is_up() then fault.scale_in { nodes = leaves, duration = ms(math.random(1000, 3000)) } end
  end,
  function()
    local more = fault.scale_out { brokers = 1 }
    at("17s", function() more:heal() end)
  end,
  function()
    fault.random_partition { nodes = "servers", groups = 2, duration = ms(math.random(500, 3000)) }
  end,
  function()
    if network then fault.dead_link { link = "east/west", duration = ms(math.random(500, 3000)) } end
  end,
}

local function strife()
  nemesis {
    every = ms(math.random(400, 1200)), lasting = ms(math.random(300, 2500)),
    families = { "partition", "link", "connection", "cpu", "disk" },
    faults = { "kill", "restart", "pause", "shutdown", "clock-skew", "clock-drift" },
    start = "1s", stop = "12s", recover_within = "8s",
  }
  -- Not the nemesis's own, which jumps by up to 10 s: a clock that goes back keeps a node from connecting again for as
  -- long, because Kafka's clients count their back-offs by the wall clock.
  if chance(40) then
    at(ms(math.random(1500, 9000)), function()
      local jump = { node = one_of(brokers), offset = one_of { "-2s", "-300ms", "500ms", "3s" } }
      jump.duration = ms(math.random(500, 2500))
      try("clock_jump", jump)
    end)
  end
  at(ms(math.random(1500, 7000)), one_of(operations))
end

if chance(15) then storage() else strife() end

-- A broker that could not register in its time has left by itself; whoever runs it starts it again.
at("12500ms", function()
  for _, broker in ipairs(brokers) do
    if not broker:is_up() then broker:start() end
  end
end)

-- Nor does one come back whose place a request of its process before has taken, which arrived late
-- (scenarios/replication/late-registration.lua): its heartbeats are refused for good, and whoever runs it sees that.
local function start_anew_when_refused(broker)
  local refused = 0
  local heartbeats = on("message", { api = "BrokerHeartbeat", kind = "response", to = broker }, function(e)
    if e.message:fields().error_code == "STALE_BROKER_EPOCH" then refused = refused + 1 end
  end)
  sleep("1s")
  heartbeats:cancel()
  if refused > 1 and broker:is_up() then fault.restart { node = broker, downtime = "20ms" } end
end
at("13s", function()
  for _, broker in ipairs(brokers) do
    if broker:state() ~= "unfenced" then spawn(function() start_anew_when_refused(broker) end) end
  end
end)

run_for("20s")
