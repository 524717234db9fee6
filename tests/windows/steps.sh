# What .ci/windows does on Windows' Python, in two rows that run side by side. Sourced.

# Row 1: what a person does first, then a run on the DLL.
alone_first() {
  # Said in the code page of a PC, as into a file there: no PYTHONIOENCODING here.
  step help 120 'Drive a lab' windows -m labctl --help
  step doctor 120 '^ok +EClib can be loaded here' in_memory doctor
  export PYTHONIOENCODING=utf-8
  step dll-station 120 'BioLogic VSP-300, serial' in_room dll station show
  step dll-formation 240 'initial coulombic efficiency +[0-9]' in_room dll \
    run formation-cycling --sample cell.yaml --role cell=vsp300/1 --set cycles=1
  step dll-file 120 'all [0-9]+ rows are the same' in_room dll \
    runs verify "$(of_windows "$(run_of dll)")"
  step tests 240 '^[0-9]+ passed' windows -m pytest -q -o addopts= \
    --import-mode=importlib -p no:cacheprovider \
    --basetemp "$(of_windows "$work/tests")" tests/engine tests/test_quantities.py
}

# Row 2: what is simulated, against Linux; Ctrl-C; the station and its window.
beside_it() {
  export PYTHONIOENCODING=utf-8
  local run=(run formation-cycling --simulate --sample si --set cycles=1)
  mkdir "$work"/{linux,simulated,ctrl-c,station}
  (cd "$work/linux" && "$linux" -m labctl "${run[@]}" >said 2>&1) &
  step simulated 240 'initial coulombic efficiency +[0-9]' in_room simulated "${run[@]}"
  wait $!
  step same-words 10 'coulombic efficiency' same_words
  step same-rows 60 'datasets' "$linux" "$sources/same_rows.py" \
    "$(run_of linux)"/*.h5 "$(run_of simulated)"/*.h5
  step ctrl-c 240 'stopped by SIGINT' interrupted
  step window 240 'offscreen: .battery-bench' window_of_a_station
}

# Where a commit takes no time: a busy machine's disk is not what is looked at here.
in_memory() { cd "$(mktemp -d -p /dev/shm)" && windows -m labctl "$@" && rmdir "$PWD"; }

in_room() { cd "$work/$1" && shift && windows -m labctl "$@"; }

# What both said of the results must not differ in a digit.
same_words() {
  diff <(printed "$work/linux/said") <(printed "$work/simulated.log") &&
    printed "$work/linux/said"
}
printed() { tr -d '\r' <"$1" | grep -E '^  [a-z ]+ {2,}[0-9]'; }

# The folder of the only run below one of this script's.
run_of() { echo "$work/$1"/runs/*-*; }

# until_there SECONDS PATTERN: wait for a file.
until_there() {
  local left=$(($1 * 5))
  until compgen -G "$2" >/dev/null; do
    [ $((left--)) -gt 0 ] || { echo "no $2 after $1 s"; return 1; }
    sleep 0.2
  done
}

# Ctrl-C, as Wine hands on Linux's, while rows come: safe, results, and a sealed file.
interrupted() {
  cd "$work/ctrl-c"
  python_of_windows -m labctl run formation-cycling --simulate --sample si \
    --speed 300 </dev/null > >(cat) 2>&1 &
  until_there 120 'runs/*/live.h5'
  kill -INT $!
  wait $! || echo "exit code $?"
  until_there 20 'runs/*/*-si-*.h5'
}

# A station with its HTTP API, and the window that finds it and shows it.
window_of_a_station() {
  cd "$work/station"
  python_of_windows -m labctl serve --simulate --speed 200 --data runs </dev/null \
    > >(cat) 2>&1 &
  until_there 120 'runs/.station/station.json'
  windows "$(of_windows "$sources/window.py")" runs
  kill -INT $!
  wait $! || echo "the station ended with $?"
}
export -f in_room in_memory until_there interrupted window_of_a_station run_of same_words printed
export sources
