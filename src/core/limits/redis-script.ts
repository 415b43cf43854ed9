/**
 * One decision, in one step that nothing comes between: grants what every window has left, counts it, and begins the
 * windows that had not begun. Keys: a counter each window. Arguments: the time on Redis's clock from which the decision
 * comes too late, the cost, then limit and length of each window. Answers Redis's time alone where it is too late; else
 * also what was granted, then of each window what is used and for how many milliseconds it lasts.
 *
 * What others did to a counter holds for a window at most: without an end, or with a later one, it would lock its key.
 */
export const CONSUME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(ARGV[1]) then return { now } end
local granted = tonumber(ARGV[2])
local used, left = {}, {}
for i, key in ipairs(KEYS) do
  local count = redis.call('GET', key) or '0'
  if #count > 15 or not string.match(count, '^%d+$') then return redis.error_reply('ERR ' .. key .. ' is no counter') end
  used[i] = tonumber(count)
  left[i] = redis.call('PTTL', key)
  granted = math.max(0, math.min(granted, tonumber(ARGV[2 * i + 1]) - used[i]))
end
local answer = { now, granted }
for i, key in ipairs(KEYS) do
  local window = tonumber(ARGV[2 * i + 2])
  local exists = left[i] ~= -2
  if granted > 0 then used[i] = redis.call('INCRBY', key, granted) end
  if left[i] < 0 or left[i] > window then
    left[i] = window
    if granted > 0 or exists then redis.call('PEXPIRE', key, window) end
  end
  table.insert(answer, used[i])
  table.insert(answer, left[i])
end
return answer`;
