"""The HTML door for compliance officers and clinicians."""
