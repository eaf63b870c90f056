-- For wrk: ask a query that nobody asked before, each time with another comment at its end.
-- The environment gives OSTEOKG_PATH, the path with the encoded query, and OSTEOKG_FIRST.
local number = tonumber(os.getenv("OSTEOKG_FIRST"))
local path = os.getenv("OSTEOKG_PATH") .. "%0A%23"
function request()
  number = number + 1
  return wrk.format("GET", path .. string.format("%.0f", number))
end
