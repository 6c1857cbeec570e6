-- Exhibit 28 of the museum: KAFKA-12619, in Kafka's raft code before 2.8, which nobody ran in production. A new leader
-- of the quorum may commit what earlier leaders wrote only when a majority has a record of its own epoch. The old logic
-- asked for a majority that has reached the start of the epoch, which it does before it has that record. So (Raft,
-- figure 8):
--
--   1. S1 leads. It is cut off with S2, which gets what S1 writes, X.
--   2. W leads the other three. Before any of them has its first record, it dies.
--   3. All but W and one more are there. S1 or S2 is elected and writes the record of its epoch behind X. R, of the
--      other side, fetches X, and asks for more: a majority has all up to the start of the epoch. The old logic commits
--      X.
--   4. The leader, its other follower and R die before R has more. R comes back, with X, and W, whose last record is of
--      a later epoch than X: it is elected, and overwrites X.
--
--   titorelli run THIS --plant raft.commit_rule=epoch_start                    violated: quorum_agrees
--   titorelli run THIS                                                         passed
--   titorelli run THIS --plant raft.commit_rule=epoch_start -D fault=false     passed
scenario {
  api = 1, name = "museum 28: the start of an epoch and its first record", seeds = "1..3", params = { fault = true },
}

-- A batch at a time, over links that leave time to act in between.
local c = cluster {
  brokers = 1, controllers = 5, network = { default = "10ms" }, config = { controller_quorum_fetch_max_bytes = 1 },
}
check.quorum_agrees()

local function is_one_of(node, nodes)
  for _, other in ipairs(nodes) do
    if other:name() == node:name() then return true end
  end
  return false
end

local function others_than(nodes)
  local others = {}
  for _, node in ipairs(c:controllers()) do
    if not is_one_of(node, nodes) then others[#others + 1] = node end
  end
  return others
end

local function wait_for_leader_among(nodes)
  local found
  repeat
    sleep("1ms")
    for _, node in ipairs(c:quorum_leaders()) do
      if is_one_of(node, nodes) then found = node end
    end
  until found
  return found
end

-- The offset from which a controller asks next, whenever it asks that one.
local function on_fetch(from, to, fn)
  return on("message", { api = "Fetch", kind = "request", from = from, to = to }, function(e)
    fn(e.message:fields().topics[1].partitions[1].fetch_offset)
  end)
end

if param.fault then
  at("10s", function()
    local s1 = c:controller()
    local s2 = others_than({ s1 })[1]
    local far = others_than({ s1, s2 })
    local rest = { c:broker(1) }
    for _, node in ipairs(far) do rest[#rest + 1] = node end
    local cut = net:partition({ s1, s2 }, rest)
    local w = wait_for_leader_among(far)
    sleep("8ms")
    w:kill()
    local away = others_than({ s1, s2, w })
    local r, late = away[1], away[2]
    late:kill()
    local slow = fault.slow_disk { node = r, latency = "40ms" }
    cut:heal()
    wait_until(function() return #c:quorum_leaders() == 0 end, { within = "10s" })
    local leader = wait_for_leader_among({ s1, s2 })
    local follower = leader:name() == s1:name() and s2 or s1
    local reached = -1 -- by the fast follower: the end of the leader's log
    local is_there = false
    local one = on_fetch(follower, leader, function(offset) if offset > reached then reached = offset end end)
    local other = on_fetch(r, leader, function(offset) is_there = is_there or offset == reached - 1 end)
    wait_until(function() return is_there end, { within = "20s" })
    sleep("25ms")
    for _, node in ipairs({ leader, follower, r }) do node:kill() end
    one:cancel()
    other:cancel()
    slow:heal()
    for _, node in ipairs({ w, r, late }) do node:start() end
    sleep("20s")
    leader:start()
    follower:start()
  end)
end

run_for("75s")
