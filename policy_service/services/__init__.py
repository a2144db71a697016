"""What users ask for, one file each. Services take a Session and a Principal and never commit."""
