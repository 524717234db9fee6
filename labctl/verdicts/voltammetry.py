"""What voltammograms must fulfil before b, a share or a diffusivity is good."""

from labctl.verdicts.condition import Condition

TITLE = "Voltammetry"

ALL_RATES = Condition(
    code="cv-all-rates",
    holds="Every scan rate that was asked for was scanned to its end.",
    why="A rate that is missing, or a scan that was cut, is not one of the series.",
    advice="Go on with the run (`labctl resume`), or do it again.",
)
PEAK_SEEN = Condition(
    code="cv-peak-seen",
    holds="The scan shows a peak that stands out by a tenth of its branch.",
    why="A maximum at the end of the window, or a shoulder, has no height of its own.",
    advice="Widen the window, or scan more slowly.",
)
STATED = Condition(
    code="cv-stated",
    holds="What the route needs is stated: an area and a concentration for Randles and "
    "Ševčík, a particle radius for the isotherms.",
    why="A diffusivity goes with the square of each; none is invented.",
    advice="Give `concentration` and `electroactive_area`, or write `area` and "
    "`particle_radius` on the label.",
)
ENOUGH_RATES = Condition(
    code="cv-enough-rates",
    holds="At least four scan rates show the peak.",
    quantity="number of scan rates with the peak",
    limit=4,
    why="A line through three points has one degree of freedom: its interval is right "
    "and says next to nothing, and no bend can be seen.",
    advice="Scan more rates, over at least one decade.",
)
INSIDE = Condition(
    code="cv-peak-inside",
    holds="Behind the peak the current falls by a tenth or more before the reversal.",
    quantity="fall of the current between peak and reversal",
    limit=10.0,
    unit="%",
    why="A maximum at the turning point is where the scan was turned, not a peak.",
    advice="Widen the window, or scan more slowly.",
)
POWER_LAW = Condition(
    code="cv-power-law",
    holds="log i_p against log v is a straight line.",
    quantity="R² of log i_p against log v",
    limit=0.99,
    why="b is one number only where one power law holds.",
    advice="Fit fewer rates: the law changes where diffusion becomes finite.",
)
NO_BEND = Condition(
    code="cv-no-bend",
    holds="The scatter explains what bend the line of log i_p against log v has.",
    quantity="bend over its 95 % limit",
    limit=1.0,
    why="Student's test of a quadratic term at 5 %; needs five rates. A bend means "
    "that b depends on which rates were chosen.",
    advice="Quote b over a narrower range of rates.",
)
B_PHYSICAL = Condition(
    code="cv-b-physical",
    holds="b lies between 0.4 and 1.1.",
    quantity="b",
    lowest=0.4,
    limit=1.1,
    why="0.5 is diffusion, 1 the surface; less means that resistance or kinetics "
    "limit the current, more that the peaks are not those of one process.",
    advice="See whether the peaks wander with the rate, and give `uncompensated`.",
)
STRAIGHT = Condition(
    code="cv-straight",
    holds="i_p against √v is a straight line.",
    quantity="R² of i_p against √v",
    limit=0.99,
    why="Randles–Ševčík (1948) holds for diffusion alone.",
    advice="Scan slower, or take b for what it says: no diffusion alone.",
)
INTERCEPT = Condition(
    code="cv-intercept",
    holds="The line of i_p over √v meets the origin within 10 % of the largest peak.",
    quantity="intercept of the line, of the largest peak",
    limit=10.0,
    unit="%",
    why="What is left at v = 0 is no diffusion: a capacity, a side reaction.",
    advice="Subtract the capacity, or scan slower.",
)
HALF_WIDTH = Condition(
    code="cv-half-width",
    holds="|E_p − E_p/2| is that of a reversible one-electron couple, 45 to 70 mV.",
    quantity="|E_p − E_p/2|",
    lowest=45.0,
    limit=70.0,
    unit="mV",
    why="The factor 0.4463 √(nFv/RT) is Nernst's isotherm, 2.20 RT/F = 56.5 mV wide at "
    "25 °C. An electrode whose own isotherm is wider gives a diffusivity too low by "
    "the ratio of the widths.",
    advice="Use `diffusivity_finite_…`, which takes the isotherm from the data.",
)
PEAKS_STAY = Condition(
    code="cv-peaks-stay",
    holds="The peak potential moves by at most 30 mV in a decade of the scan rate.",
    quantity="shift of the peak in a decade",
    limit=30.0,
    unit="mV",
    why="Of a reversible couple it does not move, of an irreversible one by 30/α mV "
    "(Nicholson and Shain 1964); more is resistance. What is compared at one voltage "
    "is then not at one state.",
    advice="Give the resistance as `uncompensated`, or scan more slowly.",
)
SEMI_INFINITE = Condition(
    code="cv-semi-infinite",
    holds="The charge of a scan goes with v^−½: no end of the diffusion path is felt.",
    quantity="exponent of the charge with the scan rate",
    lowest=-0.6,
    limit=-0.4,
    why="A charge that does not depend on the rate is the whole charge: the particle "
    "is emptied and the peak is cut by its size.",
    advice="Use `diffusivity_finite_…`.",
)
SHARE_PHYSICAL = Condition(
    code="cv-share-physical",
    holds="The surface's share of the charge lies between 0 and 100 %.",
    quantity="surface share",
    lowest=0.0,
    limit=100.0,
    unit="%",
    why="i = k₁v + k₂√v has a negative part otherwise, which is no part.",
    advice="Scan at more rates, slower ones too.",
)
SHARE_STRAIGHT = Condition(
    code="cv-share-straight",
    holds="The charge of the branch follows k₁v + k₂√v within 5 %.",
    quantity="misfit of k₁v + k₂√v",
    limit=5.0,
    unit="%",
    why="Dunn's split (2007) is two terms and no other.",
    advice="Leave out the fastest rates, where resistance bends the charge.",
)
ONE_ISOTHERM = Condition(
    code="cv-one-isotherm",
    holds="With the diffusivity found all rates tell one isotherm within 0.5 %.",
    quantity="scatter of the isotherms, of the charge",
    limit=0.5,
    unit="%",
    why="Surface composition against voltage must not depend on the scan rate if the "
    "sphere, one diffusivity and one resistance are the whole story. Hysteresis, slow "
    "kinetics, a distribution of sizes or a diffusivity that depends on composition "
    "show here.",
    advice="Take the diffusivity from GITT, composition by composition.",
)
DIFFUSION_SEEN = Condition(
    code="cv-diffusion-seen",
    holds="At the fastest rate the surface runs ahead of the mean by 5 % or more.",
    quantity="lead of the surface, of the charge",
    limit=5.0,
    unit="%",
    why="Less, and the current is that of equilibrium: it knows no diffusivity.",
    advice="Scan faster.",
)
RATES_AGREE = Condition(
    code="cv-rates-agree",
    holds="The rates agree on the diffusivity within 30 %, and with its model.",
    quantity="relative standard uncertainty of the diffusivity",
    limit=30.0,
    unit="%",
    why="From leaving out one rate after the other and from the scatter of the "
    "isotherms: beyond, only its order of magnitude is known.",
    advice="Scan at more rates, where peaks stay in their place.",
)
