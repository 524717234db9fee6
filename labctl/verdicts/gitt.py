"""What a titration must fulfil before its diffusivities are good."""

from labctl.verdicts.condition import Condition

TITLE = "Titration (GITT)"

SIGNAL = Condition(
    code="gitt-signal",
    holds="The relaxed voltage changed by more than its noise and the converter hide.",
    quantity="|ΔE_s|",
    limit=5.0,
    unit="standard uncertainties",
    why="D goes with (ΔE_s)²: at 5 it is uncertain by 40 %.",
    advice="Pulse longer or harder, or measure on a smaller voltage range.",
)
FOLLOWS = Condition(
    code="gitt-follows-current",
    holds="The relaxed voltage moved the way the current drove it.",
    quantity="ΔE_s × current",
    why="Against it moves a plateau, a crossing of hysteresis or a drift.",
    advice="Rest longer; leave out the plateau.",
)
JUMP = Condition(
    code="gitt-jump",
    holds="The step of electrolyte and charge transfer has a resistance above 0.",
    quantity="jump resistance",
    unit="ohm",
    why="No cell has less; the extrapolation to the beginning of the pulse took "
    "diffusion, or a crossing, for resistance.",
    advice="Record faster at the beginning of the pulse, or pulse shorter.",
)
RELAXED = Condition(
    code="gitt-relaxed",
    holds="The rest had come to rest: dV/dt at its end was seen to be below the limit "
    "with what noise and the converter's step leave open, or is the fit's own.",
    quantity="|dV/dt| at the end of the rest",
    limit=1.0,
    unit="mV/h",
    why="What drifts then and is not diffusion (side reactions, temperature, stress) "
    "adds itself to ΔE_s. A 16-bit converter over 5 V resolves 0.8 mV/h in 10 minutes.",
    advice="Rest longer, or measure on a smaller voltage range.",
)
REST = Condition(
    code="gitt-rest",
    holds="The surface had come near the mean composition by the end of the rest.",
    quantity="part of the step by which the surface was still away",
    limit=0.3,
    why="The fit knows of the unfinished rest, but what it then extrapolates is no "
    "longer small.",
    advice="Rest longer, or pulse shorter.",
)
FAST = Condition(
    code="gitt-fast",
    holds="The particles were not nearly in balance at the end of the pulse.",
    quantity="ρ = ΔE_s/ΔE_t",
    limit=0.92,
    why="From τ' = Dτ/r² = 0.75 on, D bends less than a twelfth of the step: it is "
    "bounded from below only. End points and slopes alone stand to ρ = 0.85.",
    advice="Pulse shorter and harder, and record faster: `fine` pulses.",
)
TOLD = Condition(
    code="gitt-told",
    holds="The pulse tells D: χ² has a minimum within 1e-5 < Dτ/r² < 50 and is higher "
    "by 9 at both ends.",
    quantity="Dτ/r²",
    why="At an edge any D beyond it explains the pulse as well; 9 is three standard "
    "deviations.",
    advice="Choose a pulse nearer to a tenth of r²/D.",
)
CERTAIN = Condition(
    code="gitt-certain",
    holds="Noise, sizes and the model leave D certain within the limit.",
    quantity="relative standard uncertainty without the radius",
    limit=0.3,
    why="A choice: beyond it the interval is no longer even in ln D.",
    advice="Pulse longer or harder, rest longer, average more rows.",
)
DESCRIBED = Condition(
    code="gitt-described",
    holds="Diffusion into spheres describes the whole pulse and its rest.",
    quantity="χ²/ν of the fit",
    limit=4.0,
    why="Twice the error that the model is granted (0.2 % of the pulse); plateaus, "
    "a change of branch and steps of the open-circuit voltage give more.",
    advice="Shorter pulses there.",
)
MOSTLY_DESCRIBED = Condition(
    code="gitt-mostly-described",
    holds="Diffusion into spheres describes most pulses of the titration.",
    quantity="part of the pulses that are described",
    limit=0.5,
    why="Sizes and D(θ) are taken from all pulses: where most have another physics, "
    "the few that look described are so by chance. Particles of many sizes with a "
    "hysteresis each, that exchange lithium in the rest, are one.",
    advice="Look at the relaxation of single pulses.",
)
CROSSING = Condition(
    code="gitt-crossing",
    holds="Little of the step is a crossing between branches of hysteresis.",
    quantity="part of the step that is hysteresis",
    limit=0.3,
    why="Its course over the pulse is only assumed. End points and slopes, which do "
    "not part it from diffusion, stand to 0.1.",
    advice="Look at pulses further from the reversal.",
)
STEADY = Condition(
    code="gitt-steady",
    holds="D does not change too much within what one pulse moves.",
    quantity="change of ln D by following D(θ)",
    limit=0.7,
    why="A choice: at a factor of 2 the value hangs on the shape assumed between "
    "pulses.",
    advice="Shorter pulses there.",
)
CURVED = Condition(
    code="gitt-curved",
    holds="The open-circuit voltage bends little over the step of one pulse.",
    quantity="second and third order of the step, as part of it",
    limit=0.5,
    why="Bends are taken from the pulses around; near the steep ends higher orders "
    "count.",
    advice="Shorter pulses there: `fine` pulses.",
)
ROOT_TIME = Condition(
    code="gitt-root-time",
    holds="The voltage runs with √t in the window of the slope.",
    quantity="R² of the √t line",
    limit=0.99,
    why="Weppner and Huggins' formula is about that line.",
    advice="Record faster; use the fit.",
)
MOSTLY_GOOD = Condition(
    code="gitt-mostly-good",
    holds="At least half of the pulses that a mean is taken over are good.",
    quantity="part of the pulses that are good",
    limit=0.5,
    why="A mean over the few that passed is a mean over what is easy.",
    advice="Look at the conditions that the others did not meet.",
)
BOUND = Condition(
    code="gitt-bound",
    holds="The number is a value, not a bound.",
    why="No pulse there told D; the largest D that some pulse could exclude from "
    "below is given instead.",
    advice="Short, hard, densely recorded pulses there: `fine` pulses.",
)
