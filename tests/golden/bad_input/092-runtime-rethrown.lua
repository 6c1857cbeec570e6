scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local ok, problem = pcall(c.topic, c, "orders", { replcas = 1 })
error(problem, 0)
