scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3, controllers = 3, features = { ["kraft.version"] = 1 } }
local admin = c:admin {}
c:topic("orders", {})
at("1s", function() admin:add_voter(c:broker(1)) end)
run_for("2s")
