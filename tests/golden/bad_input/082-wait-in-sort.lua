scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
table.sort({ 2, 1 }, function(a, b) sleep("1s") return a < b end)
