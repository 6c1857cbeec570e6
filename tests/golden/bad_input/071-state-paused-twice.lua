scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
at("20s", function()
  c:broker(1):pause()
  c:broker(1):pause("1s")
end)
run_for("21s")
