-- Claims about this moment. (check.that judges its function when the run is over.)
local expect = {}

-- A check of that name, judged now and reported with the others.
function expect.that(name, claim)
  check.that(name, function() return claim end)
end

return expect
