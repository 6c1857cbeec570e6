scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
at("50s", function() sleep(10) end)
run_for("1s")
