"""The EHR standards door (CDS Hooks, FHIR, SMART, webhooks): later issues."""
