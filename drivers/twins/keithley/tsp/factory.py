"""The factory scripts of a 2600: sweeps that a program calls by name.

Series 2600B reference manual, "Factory scripts" (KISweep): the source steps, waits
``stime``, measures into ``nvbuffer1``; source values and time stamps are kept. The
output is on during the sweep and off after it.
"""

SCRIPTS = """
do
  local function prepare(smu, points)
    local buffer = smu.nvbuffer1
    buffer.clear()
    buffer.appendmode = 1
    buffer.collecttimestamps = 1
    buffer.collectsourcevalues = 1
    smu.measure.count = 1
    return buffer
  end

  local function sweep(smu, source, measured, levels, stime)
    local buffer = prepare(smu)
    local volts = source == 'v'
    smu.source.func = volts and smu.OUTPUT_DCVOLTS or smu.OUTPUT_DCAMPS
    smu.source['level' .. source] = levels[1]
    smu.source.output = smu.OUTPUT_ON
    for _, level in ipairs(levels) do
      smu.source['level' .. source] = level
      if stime > 0 then delay(stime) end
      smu.measure[measured](buffer)
    end
    smu.source.output = smu.OUTPUT_OFF
    smu.source['level' .. source] = 0
    buffer.appendmode = 0
  end

  local function linear(start, stop, points)
    local levels = {}
    for k = 1, points do
      levels[k] = start + (stop - start) * (k - 1) / math.max(points - 1, 1)
    end
    return levels
  end

  local function logarithmic(start, stop, points)
    local levels = {}
    for k = 1, points do
      levels[k] = start * (stop / start) ^ ((k - 1) / math.max(points - 1, 1))
    end
    return levels
  end

  for _, pair in ipairs{{'V', 'v', 'I', 'i'}, {'I', 'i', 'V', 'v'}} do
    local S, s, M, m = pair[1], pair[2], pair[3], pair[4]
    _G['Sweep' .. S .. 'LinMeasure' .. M] = function(smu, start, stop, stime, points)
      sweep(smu, s, m, linear(start, stop, points), stime)
    end
    _G['Sweep' .. S .. 'LogMeasure' .. M] = function(smu, start, stop, stime, points)
      sweep(smu, s, m, logarithmic(start, stop, points), stime)
    end
    _G['Sweep' .. S .. 'ListMeasure' .. M] = function(smu, list, stime)
      sweep(smu, s, m, list, stime)
    end
  end
end
"""
