"""The Hugging Face Hub, read only: data sets and models as they really are, files and cards."""
