"""What spectra must fulfil before the resistances in them are good."""

from labctl.verdicts.condition import Condition

TITLE = "Impedance spectra"

CAUSAL = Condition(
    code="spectra-causal",
    holds="The spectrum obeys Kramers and Kronig.",
    quantity="Kramers–Kronig residual",
    limit=1.0,
    unit="%",
    why="A chain of Voigt elements follows every linear, causal and steady spectrum; "
    "residuals above 1 % of |Z| that are not noise are none of the cell's impedance "
    "(Schönleber, Klotz & Ivers-Tiffée 2014). A slow drift passes, so this is one of "
    "three tests.",
    advice="Lower the amplitude, wait longer before the spectrum, look at the leads.",
)
LINEAR = Condition(
    code="spectra-linear",
    holds="The sine was small: the cell answers it in proportion.",
    quantity="voltage amplitude of the sine",
    limit=15.0,
    unit="mV",
    why="A Butler–Volmer film with α = 1/2 answers a voltage E with a resistance lower "
    "by (E F/RT)²/32 of itself: 1 % at 15 mV, 10 % at 46 mV.",
    advice="Lower `amplitude`.",
)
DRIFT = Condition(
    code="spectra-drift",
    holds="The voltage hardly drifts within one period of the sine.",
    quantity="drift per period over the sine's amplitude",
    limit=0.03,
    why="A ramp of s volts a period leaks s/π of the sine's amplitude into Z: 1 % at "
    "0.03. Where the instrument takes a straight drift out, its curvature is left, and "
    "the limit is 2.",
    advice="Rest longer, raise the lowest frequency or the amplitude, or let the "
    "instrument correct the drift.",
)
STATE = Condition(
    code="spectra-state",
    holds="The cell's state hardly changed during the spectrum.",
    quantity="capacity passed during the spectrum",
    limit=4.0,
    unit="%",
    why="High and low frequencies answer for different states.",
    advice="Raise the lowest frequency or lower the direct current.",
)
CHANGED = Condition(
    code="spectra-changed",
    holds="Neighbouring spectra show that Z hardly changed during this one.",
    quantity="change of Z during the spectrum, after its neighbours",
    lowest=1.0,
    limit=10.0,
    unit="%",
    why="Kramers and Kronig's relations pass a slow drift, so it is measured: each Z "
    "is moved to one common time along the slope between its neighbours, half of what "
    "this moves R_ct counts as uncertainty. Without neighbours at the same current it "
    "is not known, which is accepted below 1 % of the capacity.",
    advice="Take spectra at more states, raise the lowest frequency.",
)
RETURNED = Condition(
    code="spectra-voltage-returned",
    holds="At rest the voltage after the spectrum is what it was before.",
    quantity="change of the DC voltage over the spectrum",
    limit=5.0,
    unit="mV",
    why="Kramers and Kronig's relations pass a slow drift. R_ct of an insertion film "
    "moves by up to F/2RT of the voltage: 10 % at 5 mV where nothing compensates it, "
    "usually a tenth of that.",
    advice="Rest longer before the spectrum.",
)
CIRCUIT_FITS = Condition(
    code="spectra-circuit-fits",
    holds="The circuit follows the spectrum.",
    quantity="root mean square of the circuit's residuals",
    limit=2.0,
    unit="%",
    why="What a circuit misses it puts into its parameters; intervals are widened by "
    "waves in the residuals, but not beyond 2 % of |Z|.",
    advice="Look at the relaxation times: how many arcs are there?",
)
CIRCUIT_CHOICE = Condition(
    code="spectra-circuit-choice",
    holds="No circuit that describes the spectrum better leaves R_ct open.",
    quantity="AICc above the best circuit's",
    limit=2.0,
    why="Circuits with more arcs leave it open which arc is which. By chance alone one "
    "of them is better by 2 in one spectrum of twenty.",
    advice="Measure to lower frequencies, or with less noise.",
)
ONE_PROCESS = Condition(
    code="spectra-one-process",
    holds="The arc is round enough to be one process.",
    quantity="exponent α of the arc's constant phase element",
    limit=0.65,
    why="An arc flatter than that is two arcs or a distribution, and its width the sum "
    "of both.",
    advice="Look at the relaxation times; use a reference electrode.",
)
COUNTER_APART = Condition(
    code="spectra-counter-apart",
    holds="The arc is none of the lithium counter electrode's.",
    quantity="capacitance of the arc per area",
    limit=50.0,
    unit="µF/cm²",
    why="Two electrodes without a reference: arcs equally fast are one arc. A foil of "
    "lithium has 10 to 50 µF/cm² of the cell's area; an arc with less may be partly "
    "lithium's. With more, lithium's own arc is the faster one and is seen apart.",
    advice="Measure against a reference electrode, in a symmetric cell, or at several "
    "temperatures, where the two part.",
)
ONE_ELECTRODE = Condition(
    code="spectra-one-electrode",
    holds="The arc belongs to one electrode: the cell is no full cell.",
    why="A full cell without a reference shows both electrodes in series: arcs about "
    "equally fast are one arc, the sum of both, and an exchange current worked out of "
    "it is nobody's.",
    advice="Measure against a reference electrode, or each electrode against lithium.",
)
CIRCUITS_AGREE = Condition(
    code="spectra-circuits-agree",
    holds="Circuits that describe the spectrum alike agree on R_ct.",
    quantity="spread of R_ct between circuits that cannot be told apart",
    limit=15.0,
    unit="%",
    why="AICc within 10: the spectrum cannot choose. The spread is a part of the "
    "uncertainty; beyond 15 % (30 % at k = 2) R_ct is a word and no number.",
    advice="Measure to lower frequencies, or with less noise.",
)
ARC_NEEDED = Condition(
    code="spectra-arc-needed",
    holds="No circuit without the arc describes the spectrum alike.",
    why="AICc within 4: the data prefer neither, so the arc may not exist.",
    advice="Measure with less noise, or at a state where the arc is larger.",
)
DETERMINED = Condition(
    code="spectra-determined",
    holds="The spectrum sets limits to the resistance on both sides.",
    quantity="standard uncertainty of the resistance",
    limit=25.0,
    unit="%",
    why="From the profile likelihood: the resistance is moved until the best fit of "
    "everything else is 95.45 % unlikely. Arcs on top of one another, or cut off, "
    "do not end it.",
    advice="Measure to lower frequencies, with more points, or with less noise.",
)
UNIQUE = Condition(
    code="spectra-unique",
    holds="No other set of parameters fits as well and says something else.",
    why="Circuits have several minima; which of two neighbouring arcs carries the "
    "diffusion is what a spectrum says last. Another minimum within Δχ² = 10 is not "
    "ruled out.",
    advice="Measure more points about the arcs, at several states.",
)
WITHIN_RANGE = Condition(
    code="spectra-within-range",
    holds="The parameter stays within six decades of the spectrum's own scale.",
    why="What runs to the end of its range is not an answer but the range.",
    advice="Take an element out of the circuit.",
)
ARC_SEEN = Condition(
    code="spectra-arc-seen",
    holds="The arc's top lies among the measured frequencies.",
    quantity="top of the arc over the lowest frequency",
    limit=1.0,
    why="The width of an arc that is seen from one side only is a guess.",
    advice="Measure to lower frequencies.",
)
FITTED = Condition(
    code="spectra-fitted",
    holds="There are points enough for a circuit.",
    why="Each circuit needs more data than parameters.",
    advice="Raise `points_per_decade`, or widen the frequencies.",
)
ONE_FILM = Condition(
    code="spectra-one-film",
    holds="R_ct under the current is below what one Butler–Volmer film can have.",
    why="R_ct(I) = (RT/F)/√(I0² + I²/4) is at most 2RT/(F I), with I0 = 0.",
    advice="The current does not flow through one film of equal area: look at R_ct at "
    "the direct current only.",
)
CORRECTION = Condition(
    code="spectra-rest-correction",
    holds="The correction to no current is small enough to be trusted.",
    quantity="R_ct at no current over R_ct under the current",
    limit=1.5,
    why="It rests on α = 1/2 and one film. With α of 0.4 to 0.6 the current shifts the "
    "correction by about a tenth of itself, which is a part of the uncertainty.",
    advice="Take R_ct as it is under the current, or measure at less current.",
)
DIFFUSION_SEEN = Condition(
    code="spectra-diffusion-seen",
    holds="The tail of diffusion is seen over more than half a decade.",
    quantity="uncertainty of the Warburg coefficient",
    limit=10.0,
    unit="%",
    why="A diffusion coefficient goes with 1/σ²: 10 % of σ are 20 % of D.",
    advice="Measure to lower frequencies.",
)
FOLLOWED = Condition(
    code="spectra-relaxation-followed",
    holds="The distribution of relaxation times follows the spectrum.",
    quantity="misfit of the distribution",
    limit=2.0,
    unit="%",
    why="Its smoothing widens ideal arcs and misses them by 1.4 %.",
    advice="Look at the Kramers–Kronig residual first.",
)
PARTED = Condition(
    code="spectra-peaks-parted",
    holds="The peak of relaxation times stands apart from its neighbours.",
    quantity="lowest valley beside the peak over its height",
    limit=0.3,
    why="The area of a peak ends at the valleys; where these are high, what belongs to "
    "which arc is a choice of the smoothing.",
    advice="Take the sum of both peaks, or fit a circuit.",
)
CHANNELS_AGREE = Condition(
    code="spectra-channels-agree",
    holds="A second channel on the same cell reads the same voltage.",
    quantity="difference of the two channels' voltages",
    limit=5.0,
    unit="mV",
    why="0.1 % of ±5 V: what two channels may be apart by their makers' limits.",
    advice="Look at the leads: are both channels on the same cell?",
)
STATES_REACHED = Condition(
    code="spectra-states-reached",
    holds="Every state that was asked for was reached at this current.",
    why="At high currents the voltage limit ends the half cycle early; the table has "
    "what there is.",
    advice="Leave the last states out, or lower the current.",
)
RECORDED = Condition(
    code="spectra-recorded",
    holds="A whole spectrum was recorded.",
    why="A half cycle that ends during a spectrum leaves a part of one.",
    advice="Begin at an earlier state.",
)
