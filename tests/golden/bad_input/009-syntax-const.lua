scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local limit <const> = 5
limit = 6
