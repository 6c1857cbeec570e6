scenario { api = 1, name = "bad", require_effect = true }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
local p, q = c:producer {}, c:producer {}
at("5s", function() fault.partition { a = p, b = q, duration = "1s" } end)
run_for("10s")
