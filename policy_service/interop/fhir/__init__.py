"""FHIR R4 (4.0.1): tolerant readers of what an EHR sends, and the resources we emit."""
