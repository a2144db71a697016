"""Rule pages: what each rule says, for people, made from the packs alone. Pure."""
