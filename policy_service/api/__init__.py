"""The REST door: one file per resource; doors translate and nothing else."""
