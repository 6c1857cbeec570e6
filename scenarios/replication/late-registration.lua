-- A broker asks to be registered, and dies before its request arrives: a partition holds it back. Its next process
-- registers. Before that has sent its first heartbeat the old request arrives, and as Kafka counts a session from the
-- first heartbeat on, nothing speaks for the newer one: the process that is dead takes its place. The living one has an
-- epoch that is not the registered one any more, its heartbeats are refused with STALE_BROKER_EPOCH, and all that
-- Kafka's broker does about it is to try again (ClusterControlManager.registerBroker, BrokerLifecycleManager). It stays
-- fenced until somebody starts it anew. Nothing is lost meanwhile: the others have what was acknowledged.
--
-- Found by scenarios/soak/soak.lua, two runs in ten thousand.
scenario {
  api = 1, name = "a registration that arrives late", seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })
workloads.reader(c, orders)

local victim = c:broker(2)
-- The first process's own request stands for the one that was held back: it is the same, byte by byte.
local registrations = net:capture { api = "BrokerRegistration", from = victim, limit = 1 }

local refused = 0
on("message", { api = "BrokerHeartbeat", kind = "response", to = victim }, function(e)
  if e.message:fields().error_code == "STALE_BROKER_EPOCH" then refused = refused + 1 end
end)

at("10s", function()
  -- Until its session has run out. The way to the controller is long, so that a heartbeat takes its time.
  fault.kill { node = victim, duration = "12s" }
  local slow = fault.slow_link { a = victim, b = c:controller(), latency = "200ms" }
  local late
  on("broker-state", { node = victim }, function(e)
    if e.state == "registered" and not late then late = registrations:replay {} end
  end)
  wait_until(function() return late ~= nil and late:is_done() end, { within = "30s" })
  expect.that("the registration of the process that is dead was taken", late:answer().error_code == "NONE")
  slow:heal()
  sleep("20s")
  expect.that("the one that lives is refused all the time", victim:state() ~= "unfenced" and refused > 1)
  victim:kill()
  sleep("1s")
  victim:start()
  waits.unfenced(victim)
  waits.isr(orders, 0, 3)
end)

run_for("80s")
