"""Files that ``zwicky export`` puts beside its table, for codes of cosmology to load; they need no Zwicky."""
