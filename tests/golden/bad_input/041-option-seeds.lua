scenario { api = 1, name = "x", seeds = "20..1" }
