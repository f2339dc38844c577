"""A second implementation of the language, written from docs/rules-language.md alone: small, slow, trying everything.

Only ``comparison`` imports Muster's code. Whatever differs is a defect of Muster, of the document or of this evaluator.
"""
