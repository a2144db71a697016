"""The evidence bundle: one zip that a stranger checks offline with the two programs inside it."""
