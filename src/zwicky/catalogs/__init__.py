"""Catalogs: foreign simulation catalogues in, universe directories out."""
