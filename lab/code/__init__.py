"""Code, documentation and pages of others, and the signatures of what is installed here."""
