-- Ten records by hand, three with a key, and what the logs of leader and follower really hold of them:
-- offsets without a gap, the keys and values as they were sent, one producer id, sequences in order.
scenario { api = 1, name = "records by hand, read back from the logs", seeds = "1..3" }

local waits = require("waits")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
local p = c:producer { acks = "all" }
local reader = c:consumer { topic = orders, auto_offset_reset = "earliest" }

local sends = {}
for i = 1, 10 do
  local key
  if i <= 3 then key = "key-" .. i end
  sends[i] = p:send { topic = orders, key = key, value = "value-" .. i, partition = 0 }
end
waits.done(sends)

check.that("every record got the next offset", function()
  for i, send in ipairs(sends) do
    if send:error() or send:offset() ~= i - 1 then return false end
  end
  return p:acked() == 10 and p:in_flight() == 0
end)

check.that("leader and followers hold what was sent, once and in order", function()
  for _, broker in ipairs(orders:replicas(0)) do
    local records = orders:log(0, broker):records()
    if #records ~= 10 then return false end
    for i, record in ipairs(records) do
      if record.offset ~= i - 1 or record.value ~= "value-" .. i then return false end
      if record.key ~= (i <= 3 and "key-" .. i or nil) then return false end
      if record.producer_id ~= records[1].producer_id or record.sequence ~= i - 1 then return false end
    end
  end
  return orders:count(0) == 10
end)

check.eventually("the consumer has them all", function()
  return reader:delivered() == 10 and reader:lag(0) == 0
end, "10s")

run_for("12s")
reader:seek(0, 4)
check.eventually("after a seek it gets the last six again", function() return reader:delivered() == 16 end, "5s")
run_for("10s")
