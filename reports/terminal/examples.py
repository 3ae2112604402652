"""Examples of every command, as its help shows them."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "init": (
        "init my-region --from groningen-bmwe --xlsx",
        "init my-region --from wijkenbuurten_2023_v1.gpkg --municipalities Emmen,Coevorden --sites sites.csv",
    ),
    "check": ("check my-region", "check groningen-bmwe -s fast"),
    "forecast": ("forecast groningen-bmwe --lang en", "forecast rotterdam --backtest"),
    "assumptions": ("assumptions my-region", "assumptions my-region --measure --only tiers"),
    "locate": (
        "locate groningen-bmwe --sites 3 --for travel --tier group_living",
        "locate groningen-bmwe --for coverage --radius 15",
    ),
    "partition": ("partition drenthe --into 2-3", "partition drenthe --given groups.csv --weigh tie=500"),
    "demo": ("demo", "demo --lang en --gap 5%"),
    "plan": (
        "plan groningen-bmwe -o my-plan",
        "plan my-region -s fast --set policies.intramural_reduction.by_end=0.4 -o fast",
        "plan --country wijken.gpkg --regions 43 -o my-country",
    ),
    "score": (
        "score my-region --export my-plan > edit.csv",
        "score my-region --edit edit.csv --finish -o finished",
    ),
    "explain": ("explain my-plan", "explain my-plan --site S3 --time 60"),
    "compare": ("compare base fast", "compare base fast --attribute -o half-way"),
    "alternatives": ("alternatives my-region --within 2% --count 5 -o others",),
    "frontier": ("frontier my-region --trade cost,travel --points 5 -o front",),
    "futures": ("futures my-region --draws 8 --commit 3 -o ahead",),
    "agreements": ("agreements my-plan --quick", "agreements my-plan --lock agreed.csv -o table"),
    "place": ("place my-plan --ready ready.csv --free free.csv -o placed.csv",),
    "lots": ("lots my-plan --lots 3 -o my-tender",),
    "monitor": ("monitor my-plan --actuals 2022Q4.csv", "monitor my-plan --replan -o next-plan"),
    "report": ("report my-plan --lang nl", "report my-plan --public -o for-the-web"),
    "serve": ("serve my-region", "serve my-plan --lang nl --port 8500"),
    "verify": ("verify my-plan", "verify my-plan --json"),
    "regions": ("regions", "regions --json"),
}
