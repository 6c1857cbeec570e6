scenario { api = 1, name = "bad input" }
note("never closed)
