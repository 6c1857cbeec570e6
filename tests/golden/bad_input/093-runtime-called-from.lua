scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local function inner() error("boom") end
local function outer()
  inner()
  note("after")
end
at("7s", function()
  outer()
  note("after")
end)
run_for("9s")
