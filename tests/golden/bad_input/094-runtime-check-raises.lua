scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
check.that("fine", function() return nothing.x end)
run_for("1s")
