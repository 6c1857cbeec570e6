scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
at("3s", function()
  pcall(function()
    while true do end
  end)
end)
run_for("5s")
