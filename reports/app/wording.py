"""The words of the what-if page, in Dutch and English; what the report says too comes from there."""

from __future__ import annotations

from dataclasses import dataclass

from reports.words import Words

type Pair = tuple[str, str]

THEMES: dict[str, tuple[str, ...]] = {
    "travel": ("within_travel_norm",),
    "spread": ("neighbourhood_concentration", "fair_share_between_municipalities", "facilities_kept_apart"),
    "pace": ("replacement_before_closure", "notice_before_closing", "no_reopening", "no_see_saw",
             "contract_nodes"),
    "waiting": ("waiting_does_not_grow", "help_within_reach", "staff_within_reach"),
    "money": ("budget", "provider_share", "specialist_scale", "agreed_decisions_are_kept"),
}  # fmt: skip
"""Theme → its policies; the words of a theme are `theme_…`."""


def _both(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


FIELDS: dict[str, dict[str, str]] = {
    "within_travel_norm.share": _both(
        "Deel van de mensen binnen de norm", "Part of the people within the norm"
    ),
    "norm": _both("Plekken per 1.000 inwoners", "Places per 1,000 inhabitants"),
    "own_norm": _both("Plekken per 1.000, de wijk alleen", "Places per 1,000, the area alone"),
    "most_share": _both("Grootste deel in één wijk", "Largest part in one area"),
    "band": _both("Zoveel mag het afwijken", "May differ by so much"),
    "distance": _both("Afstand tussen locaties", "Distance between sites"),
    "years_ahead": _both("Jaren dat vervanging eerder klaar is", "Years that replacement is ready before"),
    "most_per_year": _both("Hoogstens weg in één jaar", "At most gone in one year"),
    "notice": _both("Opzegtermijn", "Notice"),
    "no_see_saw.years": _both("Jaren ertussen", "Years between"),
    "response": _both("Hulp is er binnen", "Help comes within"),
    "level": _both("Budget van", "Budget of"),
    "provider_share.share": _both("Grootste deel van één aanbieder", "Largest part of one provider"),
    "least": _both("Minste aantal plekken", "Least number of places"),
    "renewal_years": _both("Jaren tussen contracten", "Years between contracts"),
    "in_region": _both("Personeel in de regio", "Staff in the region"),
}
"""Field, or policy and field, that a slider sets → what it is called."""

_PAGE: dict[str, Pair] = {
    "what_if": ("Wat als?", "What if?"),
    "page_title": ("Wat als? {region}", "What if? {region}"),
    "lead": (
        "Verschuif links wat je anders wilt. Plan A blijft staan; plan B is jouw ‘wat als’.",
        "Change on the left what you want otherwise. Plan A stays; plan B is your ‘what if’.",
    ),
    "other_language": ("English", "Nederlands"),
    "skip": ("Naar de uitkomst", "Skip to the result"),
    "settings": ("Wat wil je veranderen?", "What do you want to change?"),
    "changing": ("Je verandert", "You change"),
    "side_a": ("Plan A", "Plan A"),
    "side_b": ("Plan B", "Plan B"),
    "as_is": ("zoals de regio nu is ingesteld", "as the region is set now"),
    "as_plan": ("het plan dat je opende", "the plan that you opened"),
    "same_as_a": ("nog hetzelfde als plan A", "still the same as plan A"),
    "reset_side": ("Alles terugzetten", "Put everything back"),
    "copy_a": ("Neem plan A over", "Take over plan A"),
    "start_with": ("Begin met een scenario", "Begin with a scenario"),
    "none_chosen": ("geen", "none"),
    "theme_beds": ("Bedden afbouwen", "Fewer beds"),
    "theme_homes": ("Woningen per jaar erbij", "More homes a year"),
    "theme_travel": ("Reistijd", "Travel time"),
    "theme_spread": ("Spreiding over wijken en gemeenten", "Spread over areas and municipalities"),
    "theme_pace": ("Tempo en volgorde", "Pace and order"),
    "theme_waiting": ("Wachten, hulp en personeel", "Waiting, help and staff"),
    "theme_money": ("Geld, aanbieders en afspraken", "Money, providers and agreements"),
    "theme_sites": ("Locaties die vaststaan", "Sites that are settled"),
    "beds_gone": ("Deel van de bedden dat weg is", "Part of the beds that is gone"),
    "beds_by": ("In het jaar", "In the year"),
    "homes_note": (
        "Per gemeente, in elk jaar, boven op wat corporaties nu aanbieden.",
        "Per municipality, in every year, above what corporations offer now.",
    ),
    "sites_note": (
        "Klik een locatie aan op de kaart, of kies haar uit de lijst erboven.",
        "Click a site on the map, or choose it from the list above it.",
    ),
    "no_sites": ("Nog geen enkele.", "None yet."),
    "mode": ("Hoe streng", "How strict"),
    "level_region": ("de regio", "the region"),
    "level_municipality": ("elke gemeente apart", "each municipality"),
    "lacks_data": (
        "Kan hier niet aan: de regio heeft er geen gegevens voor.",
        "Cannot be on here: the region has no data for it.",
    ),
    "norm_of": ("Reisnorm {tier}", "Travel norm {tier}"),
    "default": ("nu {value}", "now {value}"),
    "go": ("Reken door", "Work it out"),
    "cancel": ("Stop", "Stop"),
    "enough": ("Genoeg zo", "Good enough"),
    "print": ("Druk af", "Print"),
    "save": ("Bewaar als scenario", "Save as scenario"),
    "link": ("Kopieer de link", "Copy the link"),
    "link_done": ("De link is gekopieerd.", "The link is copied."),
    "saved": ("{file} is bewaard. Zet het in de map scenarios van de regio.",
              "{file} is saved. Put it in the folder scenarios of the region."),
    "waiting_turn": ("Wacht op de beurt: nog {count} voor.", "Waiting for its turn: {count} before it."),
    "starting": ("Begint met rekenen…", "Begins to work it out…"),
    "working": ("Rekent al {seconds} s ({most} s hoogstens).", "At work for {seconds} s ({most} s at most)."),
    "progress_gap": (
        "Er is een plan; het kan nog hoogstens {gap} beter.",
        "There is a plan; it can still be at most {gap} better.",
    ),
    "progress_amounts": ("Gevonden {incumbent}, ondergrens {bound}.", "Found {incumbent}, bound {bound}."),
    "no_plan_yet": ("Er is nog geen plan.", "There is no plan yet."),
    "writing": ("Het plan is er; de kaart wordt getekend.", "The plan is there; the map is being drawn."),
    "cancelled": ("Gestopt. Er is niets veranderd.", "Stopped. Nothing has changed."),
    "ready": ("Klaar.", "Done."),
    "busy": (
        "Er staan al {count} vragen te wachten. Probeer het zo nog eens.",
        "There are {count} questions waiting already. Try again in a moment.",
    ),
    "lost": (
        "De pagina heeft geen verbinding met het programma. Start het opnieuw en laad de pagina.",
        "The page has lost the program. Start it again and load the page.",
    ),
    "fault": ("Er ging iets mis in het programma: {text}", "Something went wrong in the program: {text}"),
    "faults": ("Dit kan zo niet:", "This cannot be so:"),
    "impossible": (
        "Er is geen plan dat dit allemaal kan. Minimaal te kort:",
        "No plan can do all of this. Short by at least:",
    ),
    "repairs": ("Wat elk voor zich genoeg is:", "What is enough by itself:"),
    "apply": ("Neem over", "Take this"),
    "unsolved": ("In de tijd is geen plan gevonden.", "No plan was found in the time given."),
    "ended": (
        "Het rekenproces is onverwacht beëindigd, waarschijnlijk bij gebrek aan geheugen. "
        "Er is een nieuw begonnen; vraag het nog eens.",
        "The process that computes was ended unexpectedly, most likely for want of memory. "
        "A new one has begun; ask again.",
    ),
    "result": ("De uitkomst", "The result"),
    "not_solved": ("Nog niet doorgerekend", "Not worked out yet"),
    "stale": (
        "Er is iets veranderd sinds dit is uitgerekend.",
        "Something has changed since this was worked out.",
    ),
    "measure_help": ("Beide kaarten bewegen samen.", "Both maps move together."),
    "map_of": ("Kaart van plan {side}", "Map of plan {side}"),
    "difference": ("Het verschil", "The difference"),
    "difference_none": (
        "Verander iets en reken door: dan staat hier wat het verschil is.",
        "Change something and work it out: then the difference stands here.",
    ),
    "measure": ("Maat", "Measure"),
    "b_minus_a": ("Verschil", "Difference"),
    "real": (
        "Dit verschil is echt: groter dan wat de berekening openlaat.",
        "This difference is real: larger than what the calculation leaves open.",
    ),
    "unreal": (
        "Niet te onderscheiden: het verschil tussen de plannen is kleiner dan hun bewezen afstanden samen.",
        "Not distinguishable: the plans differ by less than their proven gaps together.",
    ),
    "unreal_mark": ("niet te onderscheiden", "not distinguishable"),
    "who": ("Wie is beter of slechter af in plan B", "Who is better or worse off in plan B"),
    "who_note": (
        "In cliëntjaren, {first}–{last}. Beter en slechter worden niet tegen elkaar weggestreept.",
        "In client-years, {first}–{last}. Better and worse are not set off against each other.",
    ),
    "about": ("Waarover", "About"),
    "better": ("beter af", "better off"),
    "worse": ("slechter af", "worse off"),
    "about_place": ("een (passende) plek", "a (fitting) place"),
    "about_minutes": ("5 minuten of meer reizen", "5 minutes or more of travel"),
    "whole_region": ("De hele regio", "The whole region"),
    "per_town": ("Per gemeente, plan A → plan B", "Per municipality, plan A → plan B"),
    "town_places": ("Plaatsen, {last}", "Places, {last}"),
    "town_homes": ("Woningen, {last}", "Homes, {last}"),
    "town_waiting": ("Wachtenden, {last}", "Waiting, {last}"),
    "town_cost": ("Kosten, {last}", "Cost, {last}"),
    "per_site": ("Locaties waar het anders gaat", "Sites where it goes otherwise"),
    "no_site_differs": ("Op geen enkele locatie.", "At no site."),
    "beds": ("Intramurale plaatsen, {last}", "Intramural places, {last}"),
    "homes": ("Woningen opgeleverd, {first}–{last}", "Homes handed over, {first}–{last}"),
    "why": ("Waarom is plan {side} zo?", "Why is plan {side} so?"),
    "why_ask": ("Leg uit", "Explain"),
    "why_note": (
        "Welke regels knellen en wat één meer scheelt.",
        "Which rules bind and what one more is worth.",
    ),
    "others": ("Andere goede plannen", "Other good plans"),
    "others_note": (
        "Plannen die hoogstens {within} slechter zijn dan plan {side}, maar zo anders mogelijk. Of: wat het "
        "kost om mensen dichterbij te laten wonen. Dit kan minuten duren.",
        "Plans that are at most {within} worse than plan {side}, but as different as can be. Or: what it "
        "costs to let people live nearer. This can take minutes.",
    ),
    "others_ask": ("Zoek andere plannen", "Find other plans"),
    "front_ask": ("Ruil kosten tegen reistijd", "Trade cost for travel"),
    "others_step": ("Plan {number} van {count}", "Plan {number} of {count}"),
    "others_previous": ("Vorige", "Previous"),
    "others_next": ("Volgende", "Next"),
    "others_none": ("Er is geen ander plan gevonden.", "No other plan was found."),
    "others_shown": ("Plan B toont dit plan.", "Plan B shows this plan."),
    "others_own": ("Weer mijn eigen plan B", "My own plan B again"),
    "apart": ("{count} keer (locatie, vorm, jaar) anders", "{count} times (site, form, year) otherwise"),
    "trade_cost": ("kosten {amount}", "cost {amount}"),
    "trade_travel": ("reisminuten {amount}", "travel minutes {amount}"),
    "chosen": ("Gekozen op de kaart", "Chosen on the map"),
    "chosen_none": (
        "Klik een locatie of wijk aan, of kies haar uit de lijst.",
        "Click a site or area, or choose it from the list.",
    ),
    "site_answer": ("Deze locatie in plan {side}", "This site in plan {side}"),
    "answer_free": ("het plan kiest", "the plan chooses"),
    "answer_open": ("blijft of gaat open", "stays or goes open"),
    "answer_shut": ("sluit of blijft dicht", "goes or stays shut"),
    "occupied": (
        "Hier wonen mensen van de Wlz: sluiten kan niet.",
        "People of the Wlz live here: it cannot be shut.",
    ),
    "town_homes_more": ("Woningen per jaar erbij in {town}", "More homes a year in {town}"),
    "room": ("Ruimte voor {town}", "Room for {town}"),
    "room_ask": ("Hoeveel ruimte is er?", "How much room is there?"),
    "room_told": (
        "In {year} kan {town} van {least} tot {most} plaatsen hebben, als het plan hoogstens {within} "
        "slechter mag zijn. Plan {side} heeft er {now}.",
        "In {year} {town} can have from {least} to {most} places, if the plan may be at most {within} "
        "worse. Plan {side} has {now}.",
    ),
    "room_open": (
        "In {year} heeft plan {side} {now} plaatsen in {town}; de ruimte is in de tijd niet bepaald.",
        "In {year} plan {side} has {now} places in {town}; the room was not settled in the time given.",
    ),
    "lock_open": ("open gehouden", "kept open"),
    "lock_shut": ("dicht", "shut"),
    "remove": ("Haal weg: {what}", "Take away: {what}"),
    "beds_chip": ("{share} van de bedden weg in {year}", "{share} of the beds gone in {year}"),
    "homes_chip": ("{town}: {count} woningen per jaar", "{town}: {count} homes a year"),
    "printed": ("Gemaakt met spreidplan op {date}.", "Made with spreidplan on {date}."),
    "source": ("Regio: {region}. Kenmerk van de gegevens: {digest}.", "Region: {region}. Data: {digest}."),
    "foot": (
        "Deze pagina draait op deze computer en haalt niets van internet. Wat je verschuift verandert niets "
        "aan de regio zelf.",
        "This page runs on this computer and fetches nothing from the internet. What you change here "
        "changes nothing in the region itself.",
    ),
    "unit_minutes": ("min", "min"),
    "unit_months": ("maanden", "months"),
    "unit_m": ("m", "m"),
    "unit_years": ("jaar", "years"),
    "unit_places": ("plekken", "places"),
    "unit_homes": ("woningen", "homes"),
    "unit_fte": ("fte", "fte"),
    "one_needs_javascript": ("Deze pagina heeft JavaScript nodig.", "This page needs JavaScript."),
    "a_row": ("Plan A", "Plan A"),
    "b_row": ("Plan B", "Plan B"),
    "given_note": (
        "In deze map liggen plannen. Kies er een; plan B toont het.",
        "This folder holds plans. Choose one; plan B shows it.",
    ),
    "town": ("Gemeente", "Municipality"),
    "site": ("Locatie", "Site"),
    "language": ("Taal", "Language"),
    "legend": ("Legenda", "Legend"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording(Words):
    """The words of the page in one language, and behind them those of the report."""

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of `key`; raises KeyError for a key that has none."""
        if key in _PAGE:
            return _PAGE[key][self.lang == "en"].format(**values)
        return Words(self.lang)(key, **values)

    def script(self) -> dict[str, str]:
        """Return all words of the page, for the script to fill in what varies."""
        return {key: pair[self.lang == "en"] for key, pair in _PAGE.items()}
