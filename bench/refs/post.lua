-- wrk -s post.lua URL -- FILE [NAME]: each thread sends its own share of the file's lines "path key body".
-- With a NAME every request carries an Idempotency-Key of its own.
local threads = 0
function setup(thread)
  thread:set("mine", threads)
  threads = threads + 1
end
function init(arguments)
  lines, next_line, name = {}, 0, arguments[2]
  local number = 0
  for line in io.lines(arguments[1]) do
    if number % 2 == mine then lines[#lines + 1] = line end
    number = number + 1
  end
end
function request()
  next_line = next_line + 1
  local path, key, body = lines[next_line]:match("^(%S+) (%S+) (.+)$")
  return wrk.format("POST", path, {
    ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = name and name .. "-" .. mine .. "-" .. next_line,
  }, body)
end
function response(status)
  if status ~= 201 then refused = (refused or 0) + 1 end
end
