"""Asking a model, or deciding by the playbook; LiteLLM is imported when a model is asked, not before."""
