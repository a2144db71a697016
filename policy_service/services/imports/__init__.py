"""Import rosters: plan what a file would change, then carry it out in batches."""
