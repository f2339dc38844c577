"""Whole lives in a real browser, against one running stack."""
