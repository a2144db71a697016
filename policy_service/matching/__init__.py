"""Who is this person? Normalising, match keys, comparisons, hypotheses, explanations. Pure."""
