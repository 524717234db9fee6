"""The Lua half of `lua.LuaMachine`: what strangers' programs find, and do not find.

Rules for whoever edits it: no value of Python may become reachable (a Python object is
userdata in Lua, and its metatable holds its destructor). What a program may overwrite,
such as ``pairs``, is taken into a local before it runs. Every function of Lua that can
run long without an instruction (``rep``, pattern matching) is bounded here: the budget
is looked at between instructions. ``MEMORY`` and ``STRIDE`` are replaced by numbers.
"""

HOUSE = """
function(gate, spent)
  local sethook, setmetatable, error, pcall = debug.sethook, setmetatable, error, pcall
  local tostring, tonumber, type, select = tostring, tonumber, type, select
  local unpack, pairs, ipairs = unpack, pairs, ipairs
  local loadstring, collect, rep = loadstring, collectgarbage, string.rep
  local byte, sub, gsub, exit = string.byte, string.sub, string.gsub, {}
  local paths = setmetatable({}, {__mode = 'k'})
  local house = {}

  local function over()
    if spent() then sethook(over, '', 1) error('stuck', 0) end
  end
  function house.calm() sethook() end

  local function settled(ok, ...)
    if ok then return ... end
    error(..., 0)
  end
  local function call(...) return settled(gate(...)) end

  function house.publish(path, kind, readable, writable, objects, called)
    local getters, setters, functions = {}, {}, {}
    for k in pairs(readable) do
      getters[k] = function() return call('read', path, k) end
    end
    for k in pairs(writable) do
      setters[k] = function(_, v) call('write', path, k, v) end
    end
    for k in pairs(called) do
      objects[k] = function(...) return call('call', path, k, ...) end
    end
    local proxy = setmetatable({}, {
      luatype = kind, Getters = getters, Setters = setters, Objects = objects,
      __index = function(t, k)
        local getter = getters[k]
        if getter then return getter(t) end
        local object = objects[k]
        if object == nil and type(k) == 'number' then
          return call('read item', path, k)
        end
        return object
      end,
      __newindex = function(t, k, v)
        local setter = setters[k]
        if setter then return setter(t, v) end
        if type(k) == 'number' then return call('write item', path, k, v) end
        call('write', path, tostring(k), v)
      end,
    })
    paths[proxy] = path
    return proxy
  end

  function house.path(value) return paths[value] end

  function house.compile(text, name)
    if byte(text) == 27 then return nil, name .. ':1: no text' end
    return loadstring(text, '=' .. name)
  end

  function house.run(chunk)
    sethook(over, '', STRIDE)
    local ok, problem = pcall(chunk)
    if ok or problem == exit then return 'done' end
    return 'failed', tostring(problem)
  end

  local scripts = {}
  local library = {user = {scripts = scripts}}
  function house.keep(name, text, chunk)
    local script = {name = name, source = text, run = function() return chunk() end,
      save = function() end, list = function() print(text) end}
    local kept = setmetatable({}, {luatype = 'script', Getters = {}, Setters = {},
      Objects = script, __index = script, __call = function() return chunk() end})
    if name == '' then
      library.anonymous = kept
    else
      scripts[name], _G[name] = kept, kept
    end
    return kept
  end
  function library.run() return library.anonymous() end
  function library.delete(name) scripts[name] = nil end
  function library.new(text, name)
    local chunk, problem = house.compile(tostring(text), tostring(name or 'chunk'))
    if not chunk then error(problem, 2) end
    return house.keep(name or '', text, chunk)
  end

  local function shown(...)
    local values = {...}
    for k = 1, select('#', ...) do
      if type(values[k]) ~= 'number' then values[k] = tostring(values[k]) end
    end
    return unpack(values, 1, select('#', ...))
  end

  local function bounded(search)
    return function(text, pattern, ...)
      local _, loops = gsub(tostring(pattern), '[%*%+%-%?]', '')
      if loops > 0 and (#tostring(text) + 1) ^ (loops + 1) > 1e9 then
        error('pattern matching takes too long on this text', 2)
      end
      return search(text, pattern, ...)
    end
  end
  for _, name in ipairs{'find', 'match', 'gmatch', 'gfind', 'gsub'} do
    if string[name] then string[name] = bounded(string[name]) end
  end
  function string.rep(text, n)
    text = tostring(text)
    if #text * (tonumber(n) or 0) > MEMORY then error('not enough memory', 2) end
    return #text == 0 and '' or rep(text, n)
  end
  string.dump = nil
  for _, name in ipairs{'io', 'os', 'package', 'require', 'module', 'dofile', 'load',
      'loadfile', 'debug', 'newproxy', 'getfenv', 'setfenv', 'coroutine', 'python'} do
    _G[name] = nil
  end
  function _G.loadstring(text, name)
    return house.compile(tostring(text), tostring(name or 'chunk'))
  end
  function _G.collectgarbage(what)
    return collect(what == 'count' and what or 'collect')
  end
  function _G.print(...) call('call', '', 'print', shown(...)) end
  function _G.exit() error(exit, 0) end
  _G.script = library
  function _G.makegetter(t, k) return function() return t[k] end end
  function _G.makesetter(t, k) return function(v) t[k] = v end end
  return house
end
"""
