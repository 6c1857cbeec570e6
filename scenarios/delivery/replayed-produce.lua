-- A ProduceRequest that a broker has executed reaches it a second time, as a retry does whose first
-- attempt was executed while its answer got lost. What the broker makes of it depends on idempotence.
--
-- Without it the broker cannot tell: the record is stored a second time, at the next offset. With it
-- each batch carries producer id and sequence number, and the broker remembers the last five batches of
-- each producer. A repeat of one of these is answered with the offset that it got the first time, and
-- nothing is stored. A repeat of an older batch is no longer recognised: its sequence number is not the
-- next one, so it is refused with OUT_OF_ORDER_SEQUENCE_NUMBER, and nothing is stored either.
--
-- Ten records each, at 10/s, so that a batch seldom holds more than one. Replayed are the third batch
-- of the plain producer, and of the idempotent one the oldest of the last five, the one before that
-- (just too old), and the last one, three times in a row.
scenario {
  api = 1,
  name = "a replayed ProduceRequest, without and with idempotence",
  seeds = "1..3",
}

local c = cluster { brokers = 3 }
local plain = c:topic("plain", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
local exact = c:topic("exact", { partitions = 1, replicas = 3, min_insync_replicas = 2 })

check.no_lost_acks()
check.replicas_agree()
check.high_watermark_monotonic()

local p = c:producer { acks = "all", enable_idempotence = false }
local q = c:producer { acks = "all", enable_idempotence = true }
local sent = net:capture { api = "Produce", from = p, topic = plain }
local numbered = net:capture { api = "Produce", from = q, topic = exact }
p:drive { topic = plain, rate = "10/s", count = 10 }
q:drive { topic = exact, rate = "10/s", count = 10 }

-- What the broker said of the one partition that a request was for.
local function told(answer)
  return answer.responses[1].partition_responses[1]
end

wait_until(function()
  return plain:leo(0) == 10 and exact:leo(0) == 10 and numbered:response(numbered:count()) ~= nil
end, { within = "30s" })

local last = numbered:count()
local again = sent:replay { index = 3 }
local remembered = numbered:replay { index = last - 4 }
local too_old = numbered:replay { index = last - 5 }
local thrice = numbered:replay { index = last, times = 3, after = "500ms" }
wait_until(function()
  return again:is_done() and remembered:is_done() and too_old:is_done() and thrice:is_done()
end, { within = "10s" })

check.that("without idempotence: stored twice", function()
  local first, second = told(sent:response(3)), told(again:answer())
  return second.error_code == "NONE" and first.base_offset < 10 and second.base_offset == 10
    and plain:leo(0) == 11
end)

check.that("with idempotence, one of the last five: answered with the first offset", function()
  local first, second = told(numbered:response(last - 4)), told(remembered:answer())
  return second.error_code == "NONE" and second.base_offset == first.base_offset
end)

check.that("with idempotence, older: refused as out of order", function()
  return told(too_old:answer()).error_code == "OUT_OF_ORDER_SEQUENCE_NUMBER"
end)

check.that("three repeats, three equal answers", function()
  local answers = thrice:answers()
  for _, answer in ipairs(answers) do
    if told(answer).base_offset ~= 9 then return false end
  end
  return #answers == 3
end)

check.that("with idempotence: nothing was stored twice", function()
  return exact:leo(0) == 10
end)

run_for("5s")
