"""Functions of texts in random programs: of the field `word`, beside constants and beside another text."""

CONDITIONS = (
    'starts_with(word, "u")',
    'ends_with(word, "v")',
    "contains(word, site)",
    "starts_with(site, word)",
    'like(word, "?v*")',
    'matches(word, "(u|v)+|U?")',
    'lower(word) == "uv"',
    "upper(word) == word",
    "length(word) > 1",
)
NUMBERS = ("length(word)", "length(lower(word))")
WORDS = ("u", "v", "", "U", "uv")
