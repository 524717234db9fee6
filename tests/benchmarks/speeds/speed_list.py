"""The work that is measured, and the goals: one row a promise.

Goals are medians on a quiet machine of two cores. What stands beside labctl does the
same work, or the nearest that there is: each row says what it leaves out.
"""

from speed_rows import CPU, MEMORY, WALL, Figure, House, Program, Row

PEERS = House.PEERS
RUN = "bin/labctl run {} --simulate --sample {} --speed max --out runs --json"
QUICK_GITT = (
    "--set fine_below=0 --set directions=opening --set pulse=1200s --set fast_every=10s"
)
S_CPU = "s CPU"


def _peer(name: str, words: str, quick: str = "") -> Program:
    return Program(name, words, quick, PEERS)


def _run(
    group: str,
    work: str,
    order: tuple[str, str, str],
    goal: float,
    peers: tuple[Program, ...] = (),
    repeats: int = 3,
) -> Row:
    """Return a row of a whole run; an order is protocol, sample, settings if quick."""
    protocol, sample, quick = order
    words = RUN.format(protocol, sample)
    figures = (Figure(CPU, S_CPU, goal),)
    program = Program("labctl", words, f"{words} {quick}")
    return Row(group, work, program, figures, peers, repeats=repeats)


def _command(work: str, goal: float, peers: tuple[Program, ...] = ()) -> Row:
    words = f"bin/{work}"
    figures = (Figure(WALL, "s", goal),)
    return Row("start", f"`{work}`", Program("labctl", words), figures, peers, None, 9)


RUNS = (
    _run(
        "cycling",
        "500 cycles at C/2, virtual, sealed",
        ("cycling", "qms-0.7", "--set cycles=3"),
        12.0,
        (
            _peer(
                "PyBaMM SPM, no instrument, no file",
                "spm_pybamm.py 500",
                "spm_pybamm.py 3",
            ),
        ),
    ),
    _run(
        "gitt",
        "`gitt`",
        (
            "gitt",
            "qms-0.7",
            QUICK_GITT,
        ),
        8.0,
    ),
    _run(
        "cv",
        "`cyclic-voltammetry`",
        (
            "cyclic-voltammetry",
            "qms-0.7",
            "--set scan_rates=[1mV/s] --set record_step=10mV",
        ),
        8.0,
    ),
    _run(
        "insitu-eis",
        "`insitu-eis`",
        ("insitu-eis", "qms-0.7", "--set states=[0.5]"),
        8.0,
    ),
    _run("peis", "`peis`", ("peis", "qms-0.7", ""), 2.0, repeats=5),
    _run(
        "rates",
        "`rate-capability`",
        ("rate-capability", "qms-0.7", "--set cycles_per_rate=1"),
        3.0,
        repeats=5,
    ),
    *(
        _run("conduction", f"`{protocol}`", (protocol, sample, ""), 1.5, repeats=5)
        for protocol, sample in (
            ("pellet-conductivity", "pellet-si"),
            ("van-der-pauw", "film-si"),
            ("hall-effect", "film-si"),
            ("particle-iv", "particle-si"),
        )
    ),
)
COMMANDS = (
    _command(
        "labctl --help",
        0.15,
        (
            _peer("qserver", "bin/qserver --help"),
            _peer("tomato status", "bin/tomato status --help"),
        ),
    ),
    _command("labctl protocol list", 0.35),
    _command("labctl protocol show gitt", 0.35),
    Row(
        "start",
        "`labctl doctor`",
        Program("labctl", "bin/labctl doctor"),
        (Figure(WALL, "s", 1.0), Figure(MEMORY, "MB", 60.0, label="memory")),
        repeats=9,
    ),
    Row(
        "start",
        "first durable row of a simulated run after Enter",
        Program("labctl", "first_row.py"),
        (Figure("s", "s", 0.8),),
        repeats=9,
    ),
)
VISA = (
    Row(
        "visa",
        "set and measure, a point: driver, PyMeasure, PyVISA, twin",
        Program("labctl", "visa_points.py driver 5000", "visa_points.py driver 500"),
        (Figure("cpu_us", "µs", 1.3, beside="PyVISA alone"),),
        (
            Program(
                "PyVISA alone",
                "visa_points.py pyvisa 5000",
                "visa_points.py pyvisa 500",
            ),
            Program(
                "PyMeasure's Keithley2400",
                "visa_points.py pymeasure 5000",
                "visa_points.py pymeasure 500",
            ),
        ),
    ),
)


def _record(name: str, words: str, house: House = House.LABCTL) -> Program:
    """Return a recorder of rows; the last word is how many, a tenth when quick."""
    *head, rows = words.split()
    return Program(name, words, " ".join([*head, str(int(rows) // 10)]), house)


JOURNAL = (
    Row(
        "journal",
        "a row, in batches of 100, each durable",
        _record("labctl", "record_journal.py 100 50000"),
        (Figure("us", "µs", 3.0), Figure("cpu_us", "µs CPU", label="processor")),
        (
            _record("SQLite by hand", "record_sqlite.py 100 50000"),
            _record("h5py, SWMR, flush (not durable)", "record_h5py.py 100 20000"),
            _record("QCoDeS dataset", "record_qcodes.py 100 20000", PEERS),
            _record(
                "bluesky, JSON lines (not durable)", "record_bluesky.py 100 5000", PEERS
            ),
        ),
    ),
    Row(
        "journal",
        "a row, each durable on its own",
        _record("labctl", "record_journal.py 1 5000"),
        (Figure("us", "µs", 70.0), Figure("cpu_us", "µs CPU", label="processor")),
        (
            _record("SQLite by hand", "record_sqlite.py 1 5000"),
            _record("PyMeasure, CSV (not durable)", "record_pymeasure.py 1 20000"),
        ),
    ),
    Row(
        "journal",
        "cost of a row with 10⁶ rows before it : with 10³",
        Program("labctl", "growth_journal.py 1000000", "growth_journal.py 20000"),
        (Figure("ratio", "", 1.1),),
        (
            _peer(
                "QCoDeS dataset", "growth_qcodes.py 1000000", "growth_qcodes.py 20000"
            ),
        ),
        repeats=3,
    ),
)
SEAL = (
    Row(
        "seal",
        "seal 500 cycles of 240 rows, verified against the journal",
        Program("labctl", "seal_rows.py 500", "seal_rows.py 10"),
        (Figure("cpu_s", S_CPU), Figure("bytes_a_row", "B", label="a row of the file")),
    ),
)
FITS = (
    Row(
        "fits",
        "circuits of nine parameters, 57 points, blind: a fit",
        Program("labctl", "circuit_fits.py 20", "circuit_fits.py 2"),
        (
            Figure("cpu_s", S_CPU, 0.3),
            Figure("share", "%", 100.0, label="seeds in the best minimum", least=True),
        ),
        (_peer("impedance.py, from a good start", "fits_impedance.py"),),
    ),
)
ANALYSIS = (
    Row(
        "analysis",
        "cycles out of 10⁷ rows",
        Program("labctl", "cycles_labctl.py"),
        (Figure("s", "s", 0.3), Figure("mb", "MB", 10.0, label="memory")),
        (
            Program("pandas", "cycles_pandas.py"),
            _peer("PyProBE", "cycles_pyprobe.py"),
            Program("cellpy", "cycles_cellpy.py", house=PEERS, turns=1),
        ),
        Program("columns", "cycling_columns.py 10000000", "cycling_columns.py 100000"),
        repeats=3,
    ),
)
MEMORY_ROWS = (
    Row(
        "growth",
        "`cycling`",
        Program("labctl", "cycling_growth.py 50 500 2000", "cycling_growth.py 5 10"),
        (
            Figure(
                "flat",
                "",
                1.05,
                label="dearest of 50, 500, 2000 cycles : cheapest, a row",
            ),
            Figure("more_mb", "MB", 10.0, label="memory at the end of 2000 beyond 50"),
            Figure("more_peak_mb", "MB", 10.0, label="its peak, results and file made"),
            *(
                Figure(f"{key}_{count}", unit, label=f"{count} cycles: {words}")
                for count in (50, 500, 2000)
                for key, unit, words in (
                    ("us_row", "µs CPU", "a row"),
                    ("ms", "ms CPU", "a cycle"),
                    ("first", "ms CPU", "a cycle of the first 50"),
                    ("last", "ms CPU", "a cycle of the last 50"),
                    ("mb", "MB", "memory at the end"),
                    ("peak_mb", "MB", "peak, results and file made"),
                )
            ),
        ),
        repeats=1,
    ),
    Row(
        "station",
        "station of 8 channels: memory a cycle of all",
        Program(
            "labctl", "station_memory.py --cycles 200", "station_memory.py --cycles 4"
        ),
        (Figure("mb_a_cycle", "MB", 0.01),),
        repeats=1,
    ),
)
FIRST_EVER = (
    Row(
        "first",
        "500 cycles, the first simulation after installing (compiles)",
        Program(
            "labctl",
            RUN.format("cycling", "qms-0.7"),
            RUN.format("cycling", "qms-0.7") + " --set cycles=3",
            first_ever=True,
        ),
        (Figure(WALL, "s"),),
        repeats=1,
    ),
)
"""After all others: what compiles goes on for a while in a process of its own."""
TESTS = (
    Row(
        "tests",
        "the README's tests",
        Program("labctl", "readme_tests.py", "readme_tests.py --collect-only"),
        (Figure(WALL, "s", 180.0),),
        repeats=1,
        long=True,
    ),
)
ROWS: tuple[Row, ...] = (
    *RUNS,
    *COMMANDS,
    *VISA,
    *JOURNAL,
    *SEAL,
    *FITS,
    *ANALYSIS,
    *MEMORY_ROWS,
    *FIRST_EVER,
    *TESTS,
)
GROUPS = tuple(dict.fromkeys(row.group for row in ROWS))


def chosen(groups: list[str], *, long: bool = False) -> list[Row]:
    """Return the rows of some groups; of all but the long ones where none is named."""
    if groups:
        return [row for row in ROWS if row.group in groups]
    return [row for row in ROWS if long or not row.long]
