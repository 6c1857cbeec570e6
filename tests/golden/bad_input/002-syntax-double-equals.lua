scenario { api = 1, name = "bad input" }
local x = = 1
