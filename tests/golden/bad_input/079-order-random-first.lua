local x = math.random(5)
scenario { api = 1, name = "bad input" }
