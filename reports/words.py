"""The words of report and workbook, in Dutch and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reports.notation import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `words("status_proven", gap="2 %")` fills in what varies."""

    lang: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of `key`; raises KeyError for a key that has none."""
        return WORDS[key][self.lang].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """Return the words of `key`, or `otherwise` where it has none."""
        return self(key) if key in WORDS else otherwise

    def of(self, texts: object) -> str:
        """Return the text of this language from `{"nl": …, "en": …}` or an object with both as attributes."""
        if isinstance(texts, Mapping):
            return str(texts[self.lang])
        return str(getattr(texts, self.lang))


def _words(**pairs: tuple[str, str]) -> dict[str, Mapping[Language, str]]:
    return {key: MappingProxyType({"nl": nl, "en": en}) for key, (nl, en) in pairs.items()}


_PAGE = _words(
    title=("Spreidingsplan {region}, {first}–{last}", "Spreading plan {region}, {first}–{last}"),
    skip=("Naar de inhoud", "Skip to content"),
    contents=("Inhoud", "Contents"),
    status_proven=(
        "Bewezen: binnen deze aannames is dit het beste plan (afstand tot de ondergrens {gap}).",
        "Proven: under these assumptions this is the best plan (distance to the bound {gap}).",
    ),
    status_within_gap=(
        "Bewezen binnen {gap}: onder deze aannames kan geen enkel plan meer dan {gap} beter zijn dan dit.",
        "Proven within {gap}: under these assumptions no plan can be more than {gap} better than this one.",
    ),
    status_best_found=(
        "Het beste plan dat in de rekentijd is gevonden. Een plan dat tot {gap} beter is, is niet "
        "uitgesloten.",
        "The best plan found in the time given. A plan up to {gap} better has not been ruled out.",
    ),
    status_by_hand=(
        "Met de hand gemaakt. Een plan dat de regels houdt en tot {gap} beter is, is niet uitgesloten.",
        "Made by hand. A plan that keeps the rules and is up to {gap} better has not been ruled out.",
    ),
    status_breaks=("Gebroken regels: {count} ({names}).", "Rules broken: {count} ({names})."),
    status_impossible=("Er is geen plan dat aan alle harde regels voldoet.", "No plan meets all hard rules."),
    status_note=(
        "Vergeleken is de som van contante euro's en stuurpunten: {gap} daarvan is {gap_eur}, of "
        "{controllable} "
        "van wat een plan nog kan beïnvloeden. Die som is niet de rekening (zie Bewijs).",
        "What is compared is the sum of discounted euros and steering points: {gap} of it is {gap_eur}, or "
        "{controllable} of what a plan can still influence. That sum is not the bill (see Proof).",
    ),
    questions=("De drie vragen van de raad", "The council's three questions"),
    municipality_section=("Wat verandert er voor onze gemeente?", "What changes for our municipality?"),
    municipality_caption=(
        "Van {base} naar {last}; kosten van {first} naar {last}",
        "From {base} to {last}; cost from {first} to {last}",
    ),
    municipality_note=(
        "Mensen en wachtenden tellen bij de gemeente waar zij vandaan komen, plaatsen en woningen bij de "
        "gemeente waar zij staan; kosten volgen de mensen.",
        "People and those waiting count where they come from, places and homes where they stand; cost "
        "follows the people.",
    ),
    municipality=("Gemeente", "Municipality"),
    places_head=("Plaatsen in voorzieningen", "Places in facilities"),
    homes_head=("Woningen met begeleiding", "Homes with support"),
    people_head=("Mensen met een plek", "People with a place"),
    waiting_head=("Wachtenden", "People waiting"),
    cost_head=("Kosten per jaar, mln €", "Cost a year, € m"),
    region_total=("Hele regio", "Whole region"),
    map_section=("Kaart", "Map"),
    map_title=("Kaart van {region}: {measure}, {year}", "Map of {region}: {measure}, {year}"),
    map_help=(
        "Kies een jaar en een maat. De kaart luistert naar pijltjes (schuiven), + en − (zoomen) en "
        "0 (alles); "
        "klik een gebied aan of kies het uit de lijst.",
        "Choose a year and a measure. The map answers to arrow keys (pan), + and − (zoom) and 0 "
        "(all); click an area "
        "or choose it from the list.",
    ),
    map_static=(
        "Zonder JavaScript toont de kaart het basisjaar; de tabellen hieronder tonen alle jaren.",
        "Without JavaScript the map shows the base year; the tables below show every year.",
    ),
    map_ring=(
        "Locaties in hetzelfde gebied delen een punt; zij zijn in een kring om dat punt getekend.",
        "Sites in the same area share a point; they are drawn in a ring around it.",
    ),
    map_legend=("Legenda", "Legend"),
    map_size=(
        "De oppervlakte van een teken volgt het aantal plaatsen.",
        "The area of a sign follows the number of places.",
    ),
    base_unknown=("voor het basisjaar niet berekend", "not computed for the base year"),
    year=("Jaar", "Year"),
    measure=("Maat", "Measure"),
    area=("Gebied of locatie", "Area or site"),
    choose_area=("Kies een gebied of locatie", "Choose an area or site"),
    zoom_in=("Inzoomen", "Zoom in"),
    zoom_out=("Uitzoomen", "Zoom out"),
    zoom_all=("Hele kaart", "Whole map"),
    none=("geen", "none"),
    up_to=("tot en met", "up to"),
    above=("meer dan", "more than"),
    measure_places=("Plaatsen per 1.000 inwoners", "Places per 1,000 inhabitants"),
    measure_homes=("Woningen met begeleiding per 1.000 inwoners", "Homes with support per 1,000 inhabitants"),
    measure_waiting=("Wachtenden naar herkomst", "People waiting, by origin"),
    measure_excess=("Gewogen plaatsen boven de norm", "Weighted places over the norm"),
    inhabitants=("Inwoners", "Inhabitants"),
    events_caption=(
        "Locaties: wat ermee gebeurt en hoeveel plaatsen zij hebben",
        "Sites: what happens and how many places",
    ),
    unused_note=(
        "{count} kandidaat-locaties worden in geen jaar gebruikt en staan niet in deze tabel.",
        "{count} candidate sites are used in no year and are not in this table.",
    ),
    site=("Locatie", "Site"),
    neighbourhood=("Wijk", "Neighbourhood"),
    provider=("Aanbieder", "Provider"),
    what_happens=("Wat gebeurt er", "What happens"),
    event_opens=("opent", "opens"),
    event_grows=("groeit", "grows"),
    event_shrinks=("krimpt", "shrinks"),
    event_changes_form=("verandert van vorm", "changes form"),
    event_closes=("sluit", "closes"),
    event_stays=("blijft gelijk", "stays"),
    event_unused=("kandidaat, niet in gebruik", "candidate, not in use"),
    beds_section=("Bedden en woningen per jaar", "Beds and homes per year"),
    beds_title=("Plaatsen in voorzieningen per vorm", "Places in facilities by tier"),
    homes_title=("Mensen in woningen met begeleiding per vorm", "People in homes with support by tier"),
    beds_alt=(
        "Gestapelde staven: plaatsen in voorzieningen van {first} in {base} naar {last} in {year}. "
        "De tabel eronder "
        "geeft alle getallen.",
        "Stacked bars: places in facilities from {first} in {base} to {last} in {year}. The table "
        "below gives every "
        "figure.",
    ),
    homes_alt=(
        "Gestapelde staven: mensen in woningen met begeleiding van {first} in {base} naar {last} "
        "in {year}. De tabel "
        "eronder geeft alle getallen.",
        "Stacked bars: people in homes with support from {first} in {base} to {last} in {year}. "
        "The table below gives "
        "every figure.",
    ),
    nothing_line=("bij niets doen", "doing nothing"),
    tier=("Vorm", "Tier"),
    profile=("Profiel", "Profile"),
    total=("Totaal", "Total"),
    waiting_row=("Wacht", "Waiting"),
    clients_caption=("Mensen per vorm en profiel, en wie wacht", "People by tier and profile, and who waits"),
    rounded_note=(
        "Mensen zijn op helen afgerond met de grootste resten, zodat totalen kloppen; de breuken "
        "staan in plan.nc.",
        "People are rounded to whole numbers by largest remainder so that totals hold; plan.nc has "
        "the fractions.",
    ),
    agreements_section=("Woningen van corporaties", "Homes from corporations"),
    agreements_caption=(
        "Nieuwe woningen per corporatie en gemeente",
        "New homes by corporation and municipality",
    ),
    corporation=("Corporatie", "Corporation"),
    offered=("aangeboden", "offered"),
    agreed=("in het plan", "in the plan"),
    what=("Wat", "What"),
    cost_section=("Wat het kost en wie betaalt", "What it costs and who pays"),
    cost_title=(
        "Kosten per gemeente van herkomst, in miljoenen euro’s",
        "Cost by municipality of origin, in millions of euros",
    ),
    cost_caption=(
        "Kosten per gemeente van herkomst en jaar, × € 1.000",
        "Cost by municipality of origin and year, × €1,000",
    ),
    cost_payer=(
        "De rekening gaat naar: {payers}. De verdeling over gemeenten volgt waar mensen vandaan komen.",
        "The bill goes to: {payers}. Its division over municipalities follows where people come from.",
    ),
    parts_caption=("Kosten per onderdeel en jaar, × € 1.000", "Cost by part and year, × €1,000"),
    cost_note=(
        "Nominale euro's van het jaar zelf, niet contant gemaakt. Afronding per cel kan een totaal "
        "1 laten verschillen.",
        "Nominal euros of the year itself, not discounted. Rounding per cell may put a total 1 out.",
    ),
    cost_alt=(
        "Gestapelde staven: totale kosten van {first} miljoen euro in {base} naar {last} in {year}. De tabel "
        "eronder geeft alle "
        "getallen.",
        "Stacked bars: total cost from {first} million euros in {base} to {last} in {year}. The table below "
        "gives every figure.",
    ),
    payer=("Betaler", "Payer"),
    part=("Onderdeel", "Part"),
    unit_clients=("mensen", "people"),
    **{"unit_weighted places": ("gewogen plaatsen", "weighted places")},
    unit_places=("plaatsen", "places"),
    unit_facilities=("locaties", "sites"),
    unit_fte=("fte", "fte"),
    unit_EUR=("euro's", "euros"),
    stream=("Geldstroom", "Stream"),
    stream_client=("Eigen bijdrage", "Client's own contribution"),
    stream_corporation=("Kapitaal van corporaties", "Corporation capital"),
    payer_client=("Cliënten (eigen bijdrage)", "Clients (own contribution)"),
    payer_Wlz=("Zorgkantoor (Wlz)", "Care office (Wlz)"),
    payer_Zvw=("Zorgverzekeraars (Zvw)", "Health insurers (Zvw)"),
    funding_title=("Wie ontvangt, wie betaalt, wie verrekent", "Who receives, who pays, who settles"),
    funding_caption=(
        "Benodigd, te betalen, toegekend en verschil per gemeente, geldstroom en jaar, × € 1.000",
        "Needed, due, granted and gap by municipality, stream and year, ×€1,000",
    ),
    funding_note=(
        "Benodigd: voor de mensen die uit de gemeente komen, wie ook betaalt. Te betalen: wat de "
        "gemeente zelf "
        "draagt. Verschil: toegekend min te betalen; onder nul is een tekort. Geldstromen van "
        "anderen staan er "
        "alleen met wat nodig is. Elke regel is tot op de cent te volgen in plan.xlsx.",
        "Needed: for the people who come from the municipality, whoever pays. Due: what the "
        "municipality itself "
        "bears. Gap: granted less due; below zero is short. Streams that others pay are told by what is "
        "needed only. Every line can be followed to the cent in plan.xlsx.",
    ),
    need=("benodigd (herkomst)", "needed (origin)"),
    due=("te betalen", "due"),
    grant=("toegekend", "granted"),
    gap=("verschil", "gap"),
    settles_with=("Aan", "To"),
    settlement_caption=(
        "Verrekening tussen gemeenten, × € 1.000",
        "Settlement between municipalities, ×€1,000",
    ),
    due_central=(
        "Wat zij betaalt volgt in het model lineair uit het plan.",
        "What it pays is linear in the plan's decisions.",
    ),
    due_objective=(
        "Uitkeringen staan vast; wie wat betaalt is na het plan berekend, uit waar mensen wonen.",
        "Grants are fixed; who pays what is worked out after the plan, from where people live.",
    ),
    due_development=(
        "Budgetten staan vast; wie wat betaalt is na het plan berekend, uit waar mensen wonen.",
        "Budgets are fixed; who pays what is worked out after the plan, from where people live.",
    ),
    due_residence=(
        "Uitkeringen staan vast; wie betaalt en wat verrekend wordt is na het plan berekend, uit waar "
        "mensen wonen.",
        "Grants are fixed; who pays and what is settled is worked out after the plan, from where "
        "people live.",
    ),
    several_centres=(
        "Er is meer dan één centrumgemeente: wie betaalt, volgt uit waar mensen vandaan komen en is na het "
        "plan berekend.",
        "There is more than one central municipality: which of them pays follows from where people come from "
        "and is worked out after the plan.",
    ),
    shares_given=(
        "De objectieve aandelen staan in municipalities.csv; hun bron of toelichting staat bij de aannames.",
        "The objective shares are those of municipalities.csv; the assumptions tell their source or note.",
    ),
    shares_proxy=(
        "Objectieve aandelen zijn niet gegeven: inwoners vervangen ze, als benadering.",
        "Objective shares are not given: inhabitants stand in for them, as a proxy.",
    ),
    budget_region=(
        "De regel op het budget houdt de kosten van de hele regio tegen alle uitkeringen samen; "
        "dat is lineair in "
        "het plan.",
        "The policy on budgets holds the cost of the whole region against all grants together; "
        "that is linear in "
        "the plan.",
    ),
    budget_exact=(
        "De regel op het budget geldt per gemeente, lineair in het plan.",
        "The policy on budgets holds by municipality, linear in the plan.",
    ),
    budget_base=(
        "De regel op het budget geldt per gemeente, met gedeelde kosten (locaties, kapitaal, "
        "nieuwe woningen) "
        "verdeeld naar herkomst in het basisjaar; wat een gemeente na het plan draagt kan daarvan afwijken.",
        "The policy on budgets holds by municipality, with shared cost (sites, capital, new homes) "
        "divided by "
        "origin in the base year; what a municipality bears after the plan may differ from that.",
    ),
    grant_fixed=(
        "Geen enkele uitkering hangt van het plan af.",
        "No grant depends on the plan.",
    ),
    no_grant=(
        "Er zijn geen uitkeringen bekend (budgets.csv), dus ook geen verschil.",
        "No grants are known (budgets.csv), so no gap either.",
    ),
    wlz_people=(
        "Naar de Wlz gaan in {first}–{last} volgens het plan {people} mensen.",
        "In {first}–{last} {people} people move to the Wlz in this plan.",
    ),
    wlz_money=(
        "Los daarvan is {share} van de uitkering uitgenomen, vanaf {since}; de twee getallen "
        "hoeven niet bij elkaar "
        "te passen.",
        "Apart from that {share} of the grant is taken out, from {since} on; the two numbers need not match.",
    ),
    wlz_no_money=(
        "Een uitname van geld is niet gegeven.",
        "No take-out of money is given.",
    ),
    comparison_section=("Vergeleken met niets doen", "Compared with doing nothing"),
    comparison_caption=(
        "Niets doen: de plaatsen van {base} blijven zoals zij zijn; alleen aangeboden woningen komen erbij.",
        "Doing nothing: the places of {base} stay as they are; only the homes on offer are added.",
    ),
    plan=("Plan", "Plan"),
    nothing=("Niets doen", "Doing nothing"),
    difference=("Verschil", "Difference"),
    compare_places=("Plaatsen in voorzieningen, {last}", "Places in facilities, {last}"),
    compare_people_home=(
        "Mensen in woningen met begeleiding, {last}",
        "People in homes with support, {last}",
    ),
    compare_waiting=("Wachtenden, {last}", "People waiting, {last}"),
    compare_waiting_years=("Wachtjaren, {first}–{last}", "Years of waiting, {first}–{last}"),
    compare_minutes=("Gemiddelde reistijd in minuten, {last}", "Mean travel minutes, {last}"),
    compare_excess=("Gewogen plaatsen boven de wijknorm, {last}", "Weighted places over the norm, {last}"),
    compare_cost=("Kosten, {first}–{last}", "Cost, {first}–{last}"),
    compare_cost_last=("Kosten, {last}", "Cost, {last}"),
    travel_caption=("Reistijd tussen herkomst en woonplek", "Travel between origin and place"),
    minutes=("gemiddelde minuten", "mean minutes"),
    within=("binnen de norm", "within the norm"),
    rules_section=("Waar het plan tekortschiet", "Where the plan falls short"),
    rules_caption=(
        "Beleidsregels: tekort per jaar in de eenheid van de regel; leeg betekent gehaald.",
        "Policies: shortfall per year in the rule's own unit; empty means met.",
    ),
    rules_all_met=(
        "Alle zachte regels worden in alle jaren gehaald.",
        "Every soft rule is met in every year.",
    ),
    rules_list=("Alle regels in woorden", "All rules in words"),
    rule=("Regel", "Rule"),
    sentence=("In woorden", "In words"),
    kind=("Soort", "Kind"),
    kind_core=("kern, altijd hard", "core, always hard"),
    kind_own=("eigen regel, altijd hard", "own rule, always hard"),
    kind_policy=("beleid: {mode}", "policy: {mode}"),
    mode_hard=("hard", "hard"),
    mode_soft=("zacht", "soft"),
    mode_off=("uit", "off"),
    unit=("Eenheid", "Unit"),
    proof_section=("Bewijs", "Proof"),
    proof_caption=("Hoe zeker is dit plan?", "How sure is this plan?"),
    proof_objective=(
        "Doelwaarde van het plan (contante euro's en punten)",
        "Objective of the plan (discounted euros and points)",
    ),
    proof_bound=("Bewezen ondergrens: lager kan geen plan", "Proven bound: no plan goes below"),
    proof_gap=("Kloof", "Gap"),
    proof_gap_eur=("Kloof in euro's en punten", "Gap in euros and points"),
    proof_gap_controllable=("Kloof ten opzichte van wat stuurbaar is", "Gap against what can be controlled"),
    proof_solver=("Rekenaar", "Solver"),
    proof_seconds=("Rekentijd in seconden", "Seconds of computing"),
    proof_digest=("Vingerafdruk van de invoer", "Digest of the input"),
    proof_scenario=("Scenario", "Scenario"),
    overrides_caption=("Wat het scenario wijzigt", "What the scenario changes"),
    old=("Was", "Was"),
    new=("Wordt", "Becomes"),
    origin=("Uit", "From"),
    remarks_section=("Wat u moet weten", "What you should know"),
    assumptions_section=("Aannames en bronnen", "Assumptions and sources"),
    assumptions_caption=(
        "Alle getallen onder dit plan: {sourced} met een bron, {assumed} aangenomen.",
        "Every number under this plan: {sourced} with a source, {assumed} assumed.",
    ),
    number=("Getal", "Number"),
    value=("Waarde", "Value"),
    price_year=("Prijspeil", "Price year"),
    source=("Bron", "Source"),
    assumption=("aanname", "assumption"),
    note=("Toelichting", "Note"),
    low=("Laagst", "Lowest"),
    high=("Hoogst", "Highest"),
    offline=(
        "Eén bestand, zonder internet te openen. De getallen komen uit plan.nc in dezelfde map.",
        "One file that opens without internet. The figures come from plan.nc in the same folder.",
    ),
)

_PARTS = _words(
    part_support=("Begeleiding", "Support"),
    part_sites=("Locaties in gebruik", "Running sites"),
    part_capital=("Kapitaallasten", "Capital"),
    part_conversion=("Ombouw", "Conversion"),
    part_closing=("Sluiting en dubbele lasten", "Closing and double running"),
    part_homes=("Nieuwe woningen", "New homes"),
    part_home_capital=("Kapitaal van nieuwe woningen", "Capital of new homes"),
    part_bridging=("Overbruggingszorg", "Bridging support"),
    part_travel=("Reistijd", "Travel"),
    part_misfit=("Niet-passende plek", "Tier that does not fit"),
    part_waiting=("Wachten", "Waiting"),
    part_unasked_moves=("Ongevraagd verhuizen", "Unasked moves"),
    part_intramural_reduction=("Afbouw intramuraal", "Intramural reduction"),
    part_within_travel_norm=("Binnen de reisnorm", "Within the travel norm"),
    part_neighbourhood_concentration=("Concentratie in wijken", "Neighbourhood concentration"),
    part_fair_share_between_municipalities=("Eerlijk deel per gemeente", "Fair share between municipalities"),
    part_waiting_does_not_grow=("Wachten groeit niet", "Waiting does not grow"),
    part_replacement_before_closure=("Eerst vervangen, dan sluiten", "Replacement before closure"),
    part_facilities_kept_apart=("Afstand tussen locaties", "Distance between sites"),
    part_help_within_reach=("Hulp dichtbij", "Help within reach"),
    part_budget=("Binnen het budget", "Within the budget"),
    part_provider_share=("Aandeel per aanbieder", "Share per provider"),
    part_contract_nodes=("Contractmomenten", "Renewal of contracts"),
    part_specialist_scale=("Schaal van specialistische vormen", "Scale of specialist tiers"),
    part_agreed_decisions_are_kept=("Afspraken", "Agreed decisions"),
    part_staff_within_reach=("Personeel", "Staff"),
    part_no_reopening=("Gestopt blijft gestopt", "No reopening"),
    part_no_see_saw=("Niet weg en weer open", "No see-saw"),
)

_BOOK = _words(
    sheet_summary=("Samenvatting", "Summary"),
    sheet_places=("Plaatsen per locatie", "Places per site"),
    sheet_beds=("Bedden per vorm", "Beds per tier"),
    sheet_homes=("Woningen", "Homes"),
    sheet_clients=("Mensen", "People"),
    sheet_waiting=("Wachtenden", "Waiting"),
    sheet_parts=("Kosten per onderdeel", "Cost per part"),
    sheet_payers=("Kosten per gemeente", "Cost per municipality"),
    sheet_funding=("Financiering", "Funding"),
    sheet_one=("Eén gemeente", "One municipality"),
    sheet_lines=("Elke euro", "Every euro"),
    sheet_concentration=("Concentratie", "Concentration"),
    sheet_travel=("Reistijd", "Travel"),
    sheet_comparison=("Niets doen", "Doing nothing"),
    sheet_rules=("Regels", "Rules"),
    sheet_assumptions=("Aannames", "Assumptions"),
    ask_summary=("Wat houdt het plan in en hoe zeker is het?", "What is the plan and how sure is it?"),
    ask_places=("Hoeveel plaatsen heeft elke locatie, per jaar?", "How many places has every site, by year?"),
    ask_beds=("Hoeveel bedden zijn er per vorm, per jaar?", "How many beds are there by tier and year?"),
    ask_homes=(
        "Welke woningen levert welke corporatie, en wat was er aangeboden?",
        "Which homes come from which corporation, and what was offered?",
    ),
    ask_clients=("Waar wonen mensen, per vorm en profiel?", "Where do people live, by tier and profile?"),
    ask_waiting=(
        "Hoeveel mensen wachten, naar gemeente van herkomst?",
        "How many people wait, by municipality of origin?",
    ),
    ask_parts=("Waaraan gaat het geld op? (nominale euro's)", "What is the money spent on? (nominal euros)"),
    ask_payers=(
        "Wat kost het per gemeente van herkomst? (nominale euro's)",
        "What does it cost by municipality of origin? (nominal euros)",
    ),
    ask_funding=(
        "Wie ontvangt, betaalt en verrekent wat, per jaar? (nominale euro's)",
        "Who receives, pays and settles what, by year? (nominal euros)",
    ),
    ask_one=("Waar gaat het geld van één gemeente heen?", "Where does the money of one municipality go?"),
    ask_lines=(
        "Waar komt elke euro vandaan, en welk getal staat eronder?",
        "Where does every euro come from, and which number is under it?",
    ),
    one_note=(
        "Kies een gemeente in de gele cel. De bedragen zijn sommen van het blad {lines}; het "
        "verschil met het plan "
        "hoort nul te zijn.",
        "Choose a municipality in the yellow cell. The amounts are sums of the sheet {lines}; the difference "
        "from the plan should be zero.",
    ),
    lines_note=(
        "Bedrag = aantal × deel herkomst × deel betaler × prijs. De getallen onder de prijs staan "
        "met hun bron op het "
        "blad {assumptions}. Filter op een kolom; het totaal telt wat zichtbaar is.",
        "Amount = quantity × part of origin × part of payer × price. The numbers under the price stand with "
        "their source on the sheet {assumptions}. Filter a column; the total counts what is visible.",
    ),
    bears_title=("Wat de gemeente draagt", "What the municipality bears"),
    pays_title=("Wie betaalt voor mensen uit deze gemeente", "Who pays for people from this municipality"),
    settles_title=("Verrekening", "Settlement"),
    pays_out=("betaalt aan andere gemeenten", "pays to other municipalities"),
    takes_in=("ontvangt van andere gemeenten", "receives from other municipalities"),
    in_plan=("volgens het plan (te betalen)", "in the plan (due)"),
    need_in_plan=("volgens het plan (benodigd)", "in the plan (needed)"),
    visible=("Totaal van wat zichtbaar is", "Total of what is visible"),
    regime=("Stelsel", "Regime"),
    regime_central=("centrumgemeente, historisch", "central municipality, historic"),
    regime_objective=("objectieve verdeling", "objective distribution"),
    regime_development=("Gronings ontwikkelmodel", "Groningen development model"),
    regime_residence=("woonplaatsbeginsel", "residence principle"),
    legacy=("Deel dat nog bij het oude blijft", "Part that is still as before"),
    depends_due=("Wie betaalt hangt van het plan af", "Who pays depends on the plan"),
    depends_settlement=("Verrekening hangt van het plan af", "Settlement depends on the plan"),
    depends_no=("nee", "no"),
    depends_linear=("lineair, in het model", "linear, in the model"),
    depends_after=("ja, berekend na het plan", "yes, worked out after the plan"),
    grant_steps_title=("Hoe de uitkering tot stand komt", "How the grant comes about"),
    step_given=("budgets.csv", "budgets.csv"),
    step_carried_on=("laatste bedrag doorgetrokken", "last amount carried on"),
    step_wlz=("uitname Wlz", "Wlz money taken out"),
    step_execution=("uitvoeringskosten", "execution cost"),
    step_divided=("verdeling volgens het stelsel", "division by the regime"),
    wlz_title=("Uitname Wlz: mensen en geld apart", "Wlz take-out: people and money apart"),
    wlz_people_row=("mensen naar de Wlz", "people to the Wlz"),
    wlz_money_row=("geld uit de uitkering", "money out of the grant"),
    shares_title=("Objectieve aandelen", "Objective shares"),
    share=("Aandeel", "Share"),
    origin_of=("Komt uit", "Comes from"),
    counts_for=("Telt bij", "Counts for"),
    host=("Woont in", "Lives in"),
    place=("Plek", "Place"),
    built=("Sinds", "Since"),
    quantity=("Aantal", "Quantity"),
    share_origin=("Deel herkomst", "Part of origin"),
    share_payer=("Deel betaler", "Part of payer"),
    price=("Prijs", "Price"),
    euros=("Bedrag", "Amount"),
    keys=("Getallen (blad aannames)", "Numbers (sheet of assumptions)"),
    **{
        "of_client-year": ("cliëntjaar", "client-year"),
        "of_site-year": ("locatiejaar", "site-year"),
        "of_place-year": ("plaatsjaar", "place-year"),
    },
    of_place=("plaats", "place"),
    of_home=("woning", "home"),
    ask_concentration=(
        "Hoeveel plaatsen per 1.000 inwoners heeft elke wijk?",
        "How many places per 1,000 inhabitants has every neighbourhood?",
    ),
    ask_travel=(
        "Hoe ver wonen mensen van waar zij vandaan komen?",
        "How far do people live from where they come from?",
    ),
    ask_comparison=("Wat scheelt het met niets doen?", "How does it differ from doing nothing?"),
    ask_rules=("Aan welke regels houdt het plan zich?", "Which rules does the plan keep?"),
    ask_assumptions=("Op welke getallen rust het plan?", "Which numbers does the plan rest on?"),
    not_used_summary=(
        "Kandidaat-locaties zonder plaatsen staan niet op dit blad.",
        "Candidate sites without places are not on this sheet.",
    ),
    item=("Onderwerp", "Item"),
    code=("Code", "Code"),
)

WORDS: Mapping[str, Mapping[Language, str]] = MappingProxyType({**_PAGE, **_PARTS, **_BOOK})
"""Every word of the reports: key → language → text."""
