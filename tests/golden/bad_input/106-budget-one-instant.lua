scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local function again() spawn(again) end
again()
run_for("1s")
