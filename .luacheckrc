-- For luacheck: the words of Titorelli's scenarios. Written by `titorelli new`.
std = "lua54"
max_line_length = 120
exclude_files = { ".titorelli" }
read_globals = { "param", "scenario", "cluster", "at", "after", "every", "on", "spawn", "sleep", "wait_until", "run_for", "now", "nemesis", "note", "print", "threshold", "variant", "compare", "metric", "plot", "require", "net", "fault", "check" }
